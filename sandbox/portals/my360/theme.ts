/**
 * How Invoice Cloud's pages look in our frame: this portal's colours, by day and by night, for the page around them has
 * no dark side; and without tabs, for it has tabs of its own. The biller's CssUrl leads here. Text keeps a contrast of at
 * least 4.5 to 1.
 */
export const THEME = `
:root {
  color-scheme: light;
  --ground: #fff; --paper: #fff; --ink: #18212b; --soft: #51606f; --line: #d9e0e7; --edge: #748296;
  --accent: #0a5d57; --accent-strong: #074540; --accent-ink: #fff; --tint: #e2f2f0;
  --good: #135c34; --good-tint: #e6f4eb; --bad: #8c1d18; --bad-tint: #fdecea; --warn: #6b4a00; --warn-tint: #fff4d6;
  --radius: .5rem; --shadow: none;
}
h1 { font-size: 1.375rem; }
.tabs a:not(.sign-out) { display: none; }
`;
