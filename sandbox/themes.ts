/**
 * A style sheet as a partner would write one for CssUrl, served as an example: a serif, one green, square corners.
 * The classes and properties that it may use stand in README.md.
 */
export const EXAMPLE_THEME = `/* An example for CssUrl. Copy it, change it, serve it over https. */
:root {
  --accent: #2f6b2f; --accent-strong: #1f4d1f; --accent-ink: #ffffff; --tint: #e9f3e6;
  --ground: #faf8f2; --line: #e4dfd2; --radius: 0;
}
@media (prefers-color-scheme: dark) {
  :root {
    --accent: #9ad48f; --accent-strong: #c3e9bb; --accent-ink: #10240d; --tint: #1d3319;
    --ground: #12150f; --paper: #1b2017; --line: #343c2d;
  }
}
h1, h2, .masthead { font-family: Georgia, 'Times New Roman', serif; letter-spacing: 0; }
button, a.button, input, select { border-radius: 0; }
`;
