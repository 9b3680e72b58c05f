import { testNumbers } from './hosted-page.js';
import { html, layout } from './html.js';
import type { BillerSettings } from './presets.js';

/** Tells whoever opens the sandbox's address what it is and where to go on. */
export function startPage(billers: readonly BillerSettings[]): string {
  return layout(
    'A pretend Invoice Cloud',
    'Billbridge sandbox',
    html`<section class="card">
        <p>
          Partners build and test against this instead of the real Invoice Cloud. It keeps everything in memory, moves
          no money, and forgets all when it stops.
        </p>
        <p>
          <code>POST /cloudpaymentsapi/v2</code> opens a hosted payment page and answers its address;
          <code>GET /api/v1/biller/status</code> says whether an API key works. Whoever pays on the hosted page causes a
          PostBack to the PostBackURL of the request.
        </p>
      </section>
      <section class="card" aria-labelledby="billers">
        <h2 id="billers">Demo billers</h2>
        <dl class="facts">
          ${billers.map(
            (settings) =>
              html`<dt>${settings.name}</dt>
                <dd><code>${settings.guid}</code></dd> `,
          )}
        </dl>
        <p><a href="/_sandbox/billers">Their API keys</a> (JSON) · <a href="/_sandbox/health">Health</a> (JSON)</p>
      </section>
      ${testNumbers()}`,
  );
}
