/** The one style sheet. Text and controls keep a contrast of at least 4.5 to 1. */
export const STYLE = `
:root {
  --ink: #1c2733; --soft: #51606f; --line: #d7dee5; --paper: #ffffff; --ground: #f3f6f8;
  --brand: #0b5c7a; --brand-dark: #08465d; --good: #17663a; --bad: #a3201b;
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--ground); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif;
}
.strip { margin: 0; padding: .4rem 1rem; background: #fff3cf; color: #5c4300; font-size: .875rem; text-align: center; }
.masthead { padding: 1rem; background: var(--brand); color: #fff; font-size: 1.125rem; font-weight: 600; text-align: center; }
main { max-width: 56rem; margin: 0 auto; padding: 1.5rem 1rem; }
footer { padding: 1rem; color: var(--soft); font-size: .875rem; text-align: center; }
h1 { margin: 0 0 1rem; font-size: 1.625rem; line-height: 1.25; }
h2 { margin: 0 0 .75rem; font-size: 1.125rem; }
.card { margin: 0 0 1.25rem; padding: 1.25rem; background: var(--paper); border: 1px solid var(--line); border-radius: .625rem; }
.alert { margin: 0 0 1.25rem; padding: .875rem 1rem; border-left: .3rem solid var(--bad); background: #fdecea; color: #7d1712; border-radius: .3rem; }
.done { border-left-color: var(--good); background: #e8f5ec; color: #10502d; }
.alert p { margin: 0; }
table { width: 100%; border-collapse: collapse; font-size: .9375rem; }
caption { padding-bottom: .5rem; color: var(--soft); text-align: left; }
th, td { padding: .5rem .625rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
th { color: var(--soft); font-size: .8125rem; font-weight: 600; }
.amount { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.total { display: flex; justify-content: space-between; gap: 1rem; margin: .25rem 0 0; padding: .25rem .625rem; }
.total:last-child { font-size: 1.125rem; font-weight: 700; }
.total .amount { margin: 0; }
.methods { display: grid; gap: 1.25rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 19rem), 1fr)); }
.methods .card { margin: 0; }
.methods { margin-bottom: 1.25rem; }
label { display: block; margin: .75rem 0 .25rem; font-weight: 600; font-size: .9375rem; }
input, select {
  width: 100%; padding: .625rem .75rem; border: 1px solid #77869a; border-radius: .375rem;
  background: #fff; color: inherit; font: inherit;
}
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: .75rem; }
button {
  width: 100%; margin-top: 1.25rem; padding: .75rem 1rem; border: 0; border-radius: .375rem;
  background: var(--brand); color: #fff; font: inherit; font-weight: 600; cursor: pointer;
}
input[type='checkbox'] { width: 1.25rem; height: 1.25rem; }
input.short { width: 7rem; padding: .375rem .5rem; text-align: right; }
.row { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: 1rem; }
.row p { margin: 0; }
.row button { width: auto; margin: 0; }
button.quiet { background: #fff; color: var(--bad); border: 1px solid var(--bad); }
button.quiet:hover { background: #fdecea; }
.tabs { display: flex; flex-wrap: wrap; gap: .25rem; padding: .5rem 1rem; background: var(--paper); border-bottom: 1px solid var(--line); justify-content: center; }
.tabs a { padding: .5rem .75rem; border-radius: .375rem; color: var(--ink); text-decoration: none; }
.tabs a:hover { background: var(--ground); }
.tabs a[aria-current] { background: #e3f0f5; color: var(--brand-dark); font-weight: 600; }
.tabs .sign-out { border: 1px solid var(--line); }
pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; }
summary { cursor: pointer; overflow-wrap: anywhere; }
button:hover { background: var(--brand-dark); }
a { color: var(--brand); }
a.button { display: inline-block; padding: .625rem 1.25rem; border-radius: .375rem; background: var(--brand); color: #fff; text-decoration: none; font-weight: 600; }
:focus-visible { outline: 3px solid #f0a202; outline-offset: 2px; }
code { font-family: ui-monospace, SFMono-Regular, Menlo, monospace; font-size: .9375em; overflow-wrap: anywhere; }
dl.facts { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; margin: 0; }
dl.facts dt { color: var(--soft); }
dl.facts dd { margin: 0; overflow-wrap: anywhere; }
.note { color: var(--soft); font-size: .875rem; }
@media (max-width: 40rem) {
  .cart thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .cart tr { display: block; padding: .5rem 0; border-bottom: 1px solid var(--line); }
  .cart td { display: flex; justify-content: space-between; gap: 1rem; padding: .2rem 0; border: 0; text-align: right; }
  .cart td::before { content: attr(data-label); color: var(--soft); text-align: left; }
}
`;
