import { LIVE } from '../shared/browser.js';

/**
 * The payer came back from Invoice Cloud: the platform's return page says so to this window. It is a courtesy, by which
 * the payment window is closed; it proves nothing, so no invoice becomes paid by it.
 */
export const SCRIPT = `${LIVE}
addEventListener('message', (event) => {
  const page = document.querySelector('[data-platform]');
  // From the platform alone: any page that has a hold of this window can send messages.
  if (event.origin !== page?.dataset.platform || event.data?.type !== 'billbridge:return') return;
  const row = [...document.querySelectorAll('[data-payment]')].find((one) => one.dataset.payment === event.data.paymentId);
  if (!row) return;
  event.source.close();
  document.getElementById('news').textContent = 'You are back. What the relay says stands below.';
});
`;
