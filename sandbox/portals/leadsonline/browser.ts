import { LIVE } from '../shared/browser.js';

/**
 * The payer came back from Invoice Cloud: the platform's return page says so to this window. It is a courtesy, by which
 * the payment window is closed; it proves nothing, so no invoice becomes paid by it.
 */
export const SCRIPT = `${LIVE}
const rowOf = (payment) => [...document.querySelectorAll('[data-payment]')].find((one) => one.dataset.payment === payment);
addEventListener('message', async (event) => {
  const page = document.querySelector('[data-platform]');
  // From the platform alone: any page that has a hold of this window can send messages.
  if (event.origin !== page?.dataset.platform || event.data?.type !== 'billbridge:return') return;
  // The payer may be quicker than this page's next look at its invoices.
  if (!rowOf(event.data.paymentId)) await Promise.all(liveParts.map(refresh));
  if (!rowOf(event.data.paymentId)) return;
  event.source.close();
  document.getElementById('news').textContent = 'You are back. What the relay says stands below.';
});
`;
