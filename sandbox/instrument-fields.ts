import { html, type Html } from './html.js';
import { TEST_BANK_ACCOUNTS, TEST_CARDS, grouped } from './test-numbers.js';

// autocomplete is off throughout: a browser must not offer the payer's real card to a page that refuses it.

export function cardFields(): Html {
  return html`<label for="card-number">Card number</label>
    <input id="card-number" name="cardNumber" inputmode="numeric" autocomplete="off" maxlength="23" aria-describedby="card-note" required />
    <p class="note" id="card-note">Test card: <code>${grouped(TEST_CARDS[0].number)}</code>, any expiry, any code.</p>
    <div class="pair">
      <div>
        <label for="expiry">Expires (MM/YY)</label>
        <input id="expiry" name="expiry" inputmode="numeric" autocomplete="off" maxlength="7" required />
      </div>
      <div>
        <label for="security-code">Security code</label>
        <input id="security-code" name="securityCode" inputmode="numeric" autocomplete="off" maxlength="4" required />
      </div>
    </div>`;
}

export function bankFields(): Html {
  const [bank] = TEST_BANK_ACCOUNTS;
  return html`<label for="routing-number">Routing number</label>
    <input id="routing-number" name="routingNumber" inputmode="numeric" autocomplete="off" maxlength="11" required />
    <label for="account-number">Account number</label>
    <input id="account-number" name="accountNumber" inputmode="numeric" autocomplete="off" maxlength="23" aria-describedby="account-note" required />
    <p class="note" id="account-note">Test account: <code>${bank.routing}</code> / <code>${bank.account}</code>.</p>`;
}
