/** The portals' one style sheet. Text keeps a contrast of at least 4.5 to 1, controls one of 3 to 1. */
export const STYLE = `
:root {
  --ink: #18212b; --soft: #51606f; --line: #d9e0e7; --paper: #fff; --ground: #f4f6f9;
  --good: #135c34; --good-ground: #e6f4eb; --bad: #8c1d18; --bad-ground: #fdecea; --wait: #6b4a00; --wait-ground: #fff4d6;
}
body.leadsonline { --brand: #16325c; --brand-dark: #0e2242; --tint: #e8eef8; }
body.start { --brand: #2b2f5b; --brand-dark: #1c1f40; --tint: #eceef9; }
body.my360 { --brand: #0a5d57; --brand-dark: #074540; --tint: #e2f2f0; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 1rem/1.55 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif; }
.skip { position: absolute; left: -100vw; }
.skip:focus { left: .5rem; top: .5rem; padding: .5rem 1rem; background: #fff; z-index: 1; }
.top { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem 1.25rem; padding: .875rem max(1rem, calc(50vw - 33rem)); background: var(--brand); color: #fff; }
.top .brand { font-size: 1.25rem; font-weight: 700; color: #fff; text-decoration: none; letter-spacing: -.01em; }
.top .who { margin-left: auto; font-size: .9375rem; }
.top form { display: inline; }
.top button { margin: 0; background: transparent; border: 1px solid #ffffffb0; }
.tabs { display: flex; flex-wrap: wrap; gap: .25rem; padding: .5rem max(1rem, calc(50vw - 33rem)); background: var(--paper); border-bottom: 1px solid var(--line); }
.tabs a { padding: .5rem .75rem; border-radius: .5rem; color: var(--ink); text-decoration: none; font-size: .9375rem; }
.tabs a:hover { background: var(--ground); }
.tabs a[aria-current] { background: var(--tint); color: var(--brand-dark); font-weight: 600; }
main { max-width: 68rem; margin: 0 auto; padding: 1.5rem 1rem 2.5rem; }
footer { padding: 1.25rem 1rem; color: var(--soft); font-size: .875rem; text-align: center; }
h1 { margin: 0 0 .75rem; font-size: 1.75rem; line-height: 1.2; letter-spacing: -.015em; }
h2 { margin: 0 0 .5rem; font-size: 1.1875rem; }
p { margin: 0 0 .75rem; }
.lead { color: var(--soft); max-width: 46rem; margin-bottom: 1.25rem; }
.grid { display: grid; gap: 1.25rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); align-items: start; }
.card { padding: 1.25rem; margin: 0 0 1.25rem; background: var(--paper); border: 1px solid var(--line); border-radius: .75rem; box-shadow: 0 1px 2px #18212b0d; }
.grid { margin-bottom: 1.25rem; }
.grid .card { margin: 0; }
.steps { margin: 0 0 .5rem; padding-left: 1.25rem; }
.steps li { padding: .25rem 0 .25rem .25rem; }
.card > :last-child { margin-bottom: 0; }
.alert { margin: 0 0 1.25rem; padding: .75rem 1rem; border-radius: .5rem; border-left: .3rem solid var(--wait); background: var(--wait-ground); color: var(--wait); }
.alert.good { border-color: var(--good); background: var(--good-ground); color: var(--good); }
.alert.bad { border-color: var(--bad); background: var(--bad-ground); color: var(--bad); }
.alert p { margin: 0; }
.alert a { color: inherit; }
table { width: 100%; border-collapse: collapse; font-size: .9375rem; }
caption { padding-bottom: .5rem; color: var(--soft); text-align: left; }
th, td { padding: .75rem .625rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: middle; }
tbody tr:last-child td { border-bottom: 0; }
th { color: var(--soft); font-size: .8125rem; font-weight: 600; }
.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.badge { display: inline-block; padding: .125rem .625rem; border-radius: 1rem; background: var(--ground); border: 1px solid var(--line); font-size: .875rem; font-weight: 600; }
.badge.paid, .badge.new { background: var(--good-ground); border-color: #9fd3b3; color: var(--good); }
.badge.declined, .badge.forged { background: var(--bad-ground); border-color: #e5aaa5; color: var(--bad); }
.badge.open, .badge.repeat { background: var(--wait-ground); border-color: #e3c878; color: var(--wait); }
.note { color: var(--soft); font-size: .875rem; }
iframe + .note { margin-top: .75rem; }
td .note { display: block; }
td code { white-space: nowrap; }
button + p.note { margin-top: .875rem; }
.pick { display: flex; align-items: center; gap: .75rem; margin: 0 0 .625rem; }
.pick button { flex: none; width: 11.5rem; margin: 0; padding-inline: .5rem; white-space: nowrap; }
label { display: block; margin: .75rem 0 .25rem; font-weight: 600; font-size: .9375rem; }
input { display: block; width: 100%; max-width: 28rem; padding: .625rem .75rem; border: 1px solid #748296; border-radius: .5rem; background: #fff; color: inherit; font: inherit; }
button, a.button {
  display: inline-block; margin: .75rem 0 0; padding: .625rem 1.125rem; border: 1px solid var(--brand); border-radius: .5rem; background: var(--brand);
  color: #fff; font: inherit; font-weight: 600; text-decoration: none; cursor: pointer;
}
button:hover, a.button:hover { background: var(--brand-dark); }
button.quiet, a.quiet { background: var(--paper); color: var(--brand); }
button.quiet:hover, a.quiet:hover { background: var(--tint); }
td button { margin: 0; white-space: nowrap; }
a { color: var(--brand); }
code { font-family: ui-monospace, SFMono-Regular, Menlo, monospace; font-size: .9em; overflow-wrap: anywhere; }
iframe { display: block; width: 100%; height: max(42rem, 78vh); border: 1px solid var(--line); border-radius: .75rem; background: var(--paper); }
:focus-visible { outline: 3px solid #e08a00; outline-offset: 2px; }
@media (max-width: 44rem) {
  .stack thead { position: absolute; left: -100vw; }
  .stack, .stack caption, .stack tbody, .stack tr, .stack td { display: block; }
  .stack tr { padding: .75rem 0; border-bottom: 1px solid var(--line); }
  .stack tr:last-child { border-bottom: 0; }
  .stack td { display: flex; justify-content: space-between; gap: 1rem; padding: .25rem 0; border: 0; text-align: right; }
  .stack td::before { content: attr(data-label); color: var(--soft); text-align: left; }
  .stack td[data-label=''] { display: block; }
  .stack td[data-label=''] button { width: 100%; margin-top: .5rem; }
  iframe { height: 85vh; }
  h1 { font-size: 1.5rem; }
  .top .who { order: 1; width: 100%; margin: 0; overflow-wrap: anywhere; }
  .top form { margin-left: auto; }
  .top button { padding: .375rem .75rem; }
  .tabs a { padding: .375rem .5rem; }
  .pick { align-items: flex-start; }
  .pick button { width: 9.5rem; }
}
`;
