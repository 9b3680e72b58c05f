/**
 * The one style sheet. Text keeps a contrast of 4.5 to 1, controls and focus one of 3 to 1, by day and by night. Colours
 * are custom properties, so that a partner's style sheet changes all of it in a few lines (README, "Themes").
 */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: #f4f6f8; --paper: #fff; --ink: #17212b; --soft: #52606d; --line: #dfe4ea; --edge: #7b8794;
  --accent: #0b5c7a; --accent-strong: #08465d; --accent-ink: #fff; --tint: #e8f2f6;
  --good: #146c3c; --good-tint: #e7f5ec; --bad: #a3201b; --bad-tint: #fdeeec; --warn: #5c4300; --warn-tint: #fff3cf;
  --radius: .625rem; --shadow: 0 1px 2px rgb(16 32 48 / 6%), 0 4px 16px rgb(16 32 48 / 5%);
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0f161c; --paper: #18222b; --ink: #e8edf1; --soft: #a5b3bf; --line: #2c3945; --edge: #7d8d9b;
    --accent: #6cc0dd; --accent-strong: #a3dbee; --accent-ink: #06232f; --tint: #14303c;
    --good: #7ad6a1; --good-tint: #12301f; --bad: #ff9d96; --bad-tint: #3a1917; --warn: #f5dd95; --warn-tint: #362c0d;
    --shadow: none;
  }
}
*, ::before, ::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; min-height: 100vh; overflow-wrap: anywhere; display: flex; flex-direction: column; background: var(--ground); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif;
}
.skip { position: absolute; left: -999rem; }
.skip:focus { left: 1rem; top: 1rem; z-index: 1; padding: .5rem 1rem; background: var(--paper); }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.strip { margin: 0; padding: .375rem 1rem; background: var(--warn-tint); color: var(--warn); font-size: .8125rem; text-align: center; }
.masthead {
  margin: 0; padding: 1rem max(1rem, calc((100% - 66rem) / 2)); background: var(--paper); border-bottom: 1px solid var(--line);
  font-size: 1.125rem; font-weight: 650; letter-spacing: -.01em;
}
.masthead::before { content: ''; display: inline-block; width: .75rem; height: .75rem; margin-right: .625rem; border-radius: 50%; background: var(--accent); }
main { flex: 1; width: 100%; max-width: 68rem; margin: 0 auto; padding: 2rem 1rem 1rem; }
.framed main { max-width: none; padding: 1rem; }
.footer { padding: 1rem; color: var(--soft); font-size: .8125rem; text-align: center; }
.footer p { margin: 0; }
.framed .footer { padding-top: 0; }

h1 { margin: 0 0 1.25rem; font-size: 1.75rem; line-height: 1.2; letter-spacing: -.02em; text-wrap: balance; }
h2 { margin: 0 0 .75rem; font-size: 1.1875rem; line-height: 1.3; letter-spacing: -.01em; }
h3 { margin: 0 0 .25rem; font-size: 1rem; line-height: 1.4; overflow-wrap: anywhere; }
p { margin: 0 0 .75rem; overflow-wrap: anywhere; }
p:last-child { margin-bottom: 0; }
.lead { max-width: 44rem; margin-bottom: 1.25rem; color: var(--soft); font-size: 1.0625rem; }
.note { color: var(--soft); font-size: .875rem; }
a { color: var(--accent); text-underline-offset: .15em; }
a:hover { color: var(--accent-strong); }
:focus-visible, .alert:focus { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: .25rem; }
code, pre { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: .875em; overflow-wrap: anywhere; }
pre { margin: 0 0 .75rem; padding: .875rem 1rem; border-radius: .375rem; background: var(--ground); border: 1px solid var(--line); white-space: pre-wrap; }
pre.letter { margin: 1rem 0 0; padding: 1rem 0 0; border: 0; border-top: 1px solid var(--line); border-radius: 0; background: none; font: inherit; overflow-wrap: anywhere; }

.steps { margin: 0 0 1rem; padding-left: 1.25rem; }
.steps li { padding: .125rem 0 .125rem .25rem; overflow-wrap: anywhere; }
.card { margin: 0 0 1.25rem; padding: 1.25rem; background: var(--paper); border: 1px solid var(--line); border-radius: var(--radius); box-shadow: var(--shadow); }
.columns { display: grid; gap: 1.25rem; align-items: start; grid-template-columns: minmax(0, 1fr); }
.tiles { display: grid; gap: 1.25rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 18rem), 1fr)); margin-bottom: 1.25rem; }
.columns > *, .columns .card:last-child, .tiles > .card { margin-bottom: 0; min-width: 0; }
.narrow { max-width: 34rem; }
.alert { margin: 0 0 1.25rem; padding: .875rem 1rem; border: 1px solid; border-left-width: .3rem; border-radius: .375rem; background: var(--bad-tint); color: var(--bad); }
.done { background: var(--good-tint); color: var(--good); }
.alert p { margin: 0; }
.alert a { color: inherit; font-weight: 600; }
.alert form { margin-top: .5rem; }

.cart { margin: 0; padding: 0; list-style: none; }
.cart-line { padding: 1rem 0; border-top: 1px solid var(--line); }
.cart-line:first-child { padding-top: 0; border: 0; }
.cart-line:last-child { padding-bottom: 0; }
.cart-head { display: flex; justify-content: space-between; gap: 1rem; }
.cart-head .amount { font-weight: 650; }
.details { display: flex; flex-wrap: wrap; gap: .125rem 1.25rem; margin: 0; color: var(--soft); font-size: .9375rem; }
.details div { display: flex; gap: .375rem; }
.details dt { flex: none; }
.details dd { margin: 0; color: var(--ink); overflow-wrap: anywhere; }
.actions { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem 1.25rem; margin-top: .5rem; font-size: .9375rem; }
.actions a, .actions button { display: inline-block; padding: .25rem 0; }
.badge { display: inline-block; padding: .0625rem .5rem; border-radius: 1rem; background: var(--tint); color: var(--accent-strong); font-size: .8125rem; font-weight: 600; white-space: nowrap; }
.badge.good { background: var(--good-tint); color: var(--good); }
.badge.bad { background: var(--bad-tint); color: var(--bad); }

.removed { padding-top: .75rem; }
.amount { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.totals { margin: 0; }
.totals div { display: flex; justify-content: space-between; gap: 1rem; padding: .25rem 0; }
.totals dd { margin: 0; }
.totals dt { color: var(--soft); }
.totals div:last-child { margin-top: .5rem; padding-top: .75rem; border-top: 1px solid var(--line); font-size: 1.25rem; font-weight: 700; }
.totals div:last-child dt { color: inherit; }
dl.facts { display: grid; grid-template-columns: minmax(7rem, max-content) minmax(0, 1fr); gap: .375rem 1.25rem; margin: 0; }
dl.facts dt { color: var(--soft); }
dl.facts dd { margin: 0; overflow-wrap: anywhere; }

table { overflow-wrap: break-word; width: 100%; border-collapse: collapse; font-size: .9375rem; }
caption { padding-bottom: .5rem; color: var(--soft); text-align: left; }
th, td { padding: .625rem .75rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
th:first-child, td:first-child { padding-left: 0; }
th:last-child, td:last-child { padding-right: 0; }
th.amount, td.amount { text-align: right; }
tbody tr:last-child td { border-bottom: 0; padding-bottom: 0; }
th { color: var(--soft); font-size: .8125rem; font-weight: 600; }

label, legend { display: block; margin: 1rem 0 .25rem; padding: 0; font-weight: 600; font-size: .9375rem; }
fieldset { margin: 0; padding: 0; border: 0; min-width: 0; }
form > label:first-of-type { margin-top: 0; }
input, select {
  width: 100%; min-height: 2.75rem; padding: .5rem .75rem; border: 1px solid var(--edge); border-radius: .375rem;
  background: var(--paper); color: inherit; font: inherit;
}
input + .note, select + .note { margin-top: .25rem; }
input[type='checkbox'], input[type='radio'] { width: 1.25rem; height: 1.25rem; min-height: 0; margin: .125rem 0; accent-color: var(--accent); vertical-align: middle; }
input.short { width: 7.5rem; min-height: 2.25rem; padding: .25rem .5rem; text-align: right; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 9rem), 1fr)); gap: 0 .75rem; align-items: end; }
.row { display: flex; flex-wrap: wrap; align-items: center; justify-content: space-between; gap: .75rem 1rem; }
.row p { margin: 0; flex: 1 1 14rem; }
.row > div { flex: 1 1 16rem; }
.row form { margin: 0; }
.row .grow { flex: 1 1 18rem; }
.row .grow label { margin-top: 0; }
.row.card > button { align-self: end; }
.buttons { display: flex; flex-wrap: wrap; gap: .5rem; margin: 0; }
button, a.button {
  overflow-wrap: break-word; display: inline-block; min-height: 2.75rem; padding: .5625rem 1.25rem; border: 1px solid transparent; border-radius: .375rem;
  background: var(--accent); color: var(--accent-ink); font: inherit; font-weight: 600; line-height: 1.5; text-align: center;
  text-decoration: none; cursor: pointer;
}
button:hover, a.button:hover { background: var(--accent-strong); color: var(--accent-ink); }
button.wide, form > button.wide { width: 100%; margin-top: 1.25rem; }
form > button { margin-top: 1.25rem; }
.row > button, .buttons > button, .row form > button, .actions button, .inline button { margin-top: 0; }
button.secondary, a.secondary { background: var(--paper); border-color: var(--edge); color: var(--ink); }
button.secondary:hover, a.secondary:hover { background: var(--tint); border-color: var(--accent); color: var(--ink); }
button.quiet { background: var(--paper); border-color: var(--bad); color: var(--bad); }
button.quiet:hover { background: var(--bad-tint); color: var(--bad); }
button.small { min-height: 2.25rem; padding: .25rem .75rem; font-size: .875rem; }
button.link { min-height: 0; padding: .25rem 0; border: 0; background: none; color: var(--accent); font-weight: 400; text-decoration: underline; text-underline-offset: .15em; }
button.link:hover { background: none; color: var(--accent-strong); }

.method { border-top: 1px solid var(--line); }
.method:first-of-type { border: 0; }
details > summary { cursor: pointer; overflow-wrap: anywhere; }
.method > summary { padding: .875rem 0; font-weight: 600; list-style: none; display: flex; align-items: center; gap: .75rem; }
.method > summary::-webkit-details-marker { display: none; }
.method > summary::before { content: ''; flex: none; width: 1.125rem; height: 1.125rem; border: 2px solid var(--edge); border-radius: 50%; }
.method[open] > summary::before { border: .375rem solid var(--accent); }
.method > form { padding: 0 0 1.25rem; }
.method:last-of-type > form { padding-bottom: .25rem; }
.method:last-of-type:not([open]) > summary { padding-bottom: 0; }
.reader { margin: 1rem 0; padding: 1rem; border: 1px dashed var(--edge); border-radius: .375rem; background: var(--ground); }
.reader .buttons { margin-top: .75rem; }
.reader details { margin-top: .75rem; }
details.card > summary { font-weight: 600; }
details.card[open] > summary { margin-bottom: .75rem; }
details.plain > summary { color: var(--accent); }
details.plain[open] > summary { margin-bottom: .5rem; }

.tabs { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem; padding: .5rem max(.75rem, calc((100% - 66.5rem) / 2)); background: var(--paper); border-bottom: 1px solid var(--line); }
.framed .tabs { padding-left: .5rem; padding-right: .5rem; }
.tabs a { padding: .5rem .625rem; font-size: .9375rem; border-radius: .375rem; color: var(--ink); text-decoration: none; }
.tabs a:hover { background: var(--ground); }
.tabs a[aria-current] { background: var(--tint); color: var(--accent-strong); font-weight: 600; }
.tabs .sign-out { margin-left: auto; border: 1px solid var(--edge); }
.paid { display: flex; align-items: center; gap: 1rem; }
.paid .tick { flex: none; width: 3rem; height: 3rem; border-radius: 50%; background: var(--good-tint); color: var(--good); display: grid; place-items: center; font-size: 1.5rem; font-weight: 700; }
.paid .sum { margin: 0; font-size: 1.5rem; font-weight: 700; line-height: 1.2; }

tr:has(input) td { vertical-align: middle; }
.gap { margin: 1.25rem 0 0; border: 0; }

@media (min-width: 60rem) {
  .columns.aside { grid-template-columns: minmax(0, 1fr) 21rem; }
  .aside > .summary { grid-column: 2; grid-row: 1 / span 3; position: sticky; top: 1.25rem; }
}
@media (max-width: 44rem) {
  h1 { font-size: 1.5rem; }
  main { padding-top: 1.25rem; }
  .card { padding: 1rem; }
  .tabs .sign-out { margin-left: 0; flex-basis: 100%; text-align: center; }
  .list thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .list, .list tbody, .list tr { display: block; }
  .list caption { display: block; }
  .list tr { padding: .75rem 0; border-bottom: 1px solid var(--line); }
  .list tr:first-child { padding-top: 0; }
  .list tr:last-child { padding-bottom: 0; border: 0; }
  .list td { display: flex; justify-content: space-between; gap: 1rem; padding: .1875rem 0; border: 0; text-align: right; white-space: normal; }
  .list td::before { content: attr(data-label); flex: none; color: var(--soft); text-align: left; }
  .list td > div { min-width: 0; }
  .list td:has(> div:empty) { display: none; }
  dl.facts { grid-template-columns: minmax(0, 1fr); gap: 0; }
  dl.facts dd { margin-bottom: .5rem; }
  dl.facts dd:last-child { margin-bottom: 0; }
  .narrow a.button, .row > button { width: 100%; }
}
@media print {
  .strip, .tabs, .no-print, .skip, .footer { display: none; }
  .card { box-shadow: none; break-inside: avoid; }
  body { background: #fff; }
}
`;
