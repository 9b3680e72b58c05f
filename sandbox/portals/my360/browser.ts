import { LIVE } from '../shared/browser.js';

/**
 * The payer came back from Invoice Cloud inside the frame: the platform's return page says so to this window, which then
 * takes the frame away. It proves nothing: what became of the payment is said by the relay.
 */
export const SCRIPT = `${LIVE}
const frame = document.querySelector('iframe[data-platform]');
addEventListener('message', (event) => {
  // From the platform alone, out of our own frame, and about the payment that was opened in it, if it was one.
  if (event.origin !== frame?.dataset.platform || event.source !== frame.contentWindow) return;
  if (event.data?.type !== 'billbridge:return' || event.data.paymentId !== (frame.dataset.payment ?? null)) return;
  location.assign(frame.dataset.back);
});
`;
