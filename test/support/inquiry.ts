import { randomUUID } from 'node:crypto';
import { admin } from './api.js';
import { stage } from './stage-facts.js';
import { newStory, type Opened, type Story, type StoryOptions, type Wire } from './story.js';

/** A biller who lets us ask Invoice Cloud about invoices: the switch is on, and both sides have the Web Service Key. */
export async function askingStory(options: StoryOptions = {}, { asks = true } = {}): Promise<Story> {
  const story = await newStory(options);
  const webServiceKey = `canary-${randomUUID()}`;
  await story.steer('', 'PATCH', { webServiceKey });
  await admin('PUT', `/billers/${story.billerId}/web-service-key`, { key: webServiceKey }, options.url);
  if (asks) await letAsk(story, true, options.url);
  return story;
}

export async function letAsk(story: Story, askInvoiceStatus: boolean, url?: string): Promise<void> {
  const { revision } = await admin('GET', `/billers/${story.billerId}`, undefined, url);
  const headers = { 'if-match': `"${revision}"` };
  await admin('PATCH', `/billers/${story.billerId}`, { askInvoiceStatus }, url, headers);
}

/** What Invoice Cloud was asked about one invoice, or about any. */
export async function inquiries(story: Story, invoiceNumber?: string): Promise<Wire[]> {
  return (await story.requests()).filter(
    ({ operation, body }) =>
      operation === 'view-invoice' && (invoiceNumber === undefined || body.InvoiceNumber === invoiceNumber),
  );
}

/** Paid at Invoice Cloud, as on the hosted page: whole, or the dollars that are given. @returns the PaymentGUID */
export async function pay({ cloudPaymentUrl }: Pick<Opened, 'cloudPaymentUrl'>, amount?: string): Promise<string> {
  const response = await fetch(`${stage.sandboxUrl}/_sandbox/pay`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ paymentUrl: cloudPaymentUrl, ...(amount && { amount }) }),
  });
  if (response.status !== 201) throw new Error(`the sandbox answered ${response.status} ${await response.text()}`);
  return ((await response.json()) as { paymentGuid: string }).paymentGuid;
}

/** The same, and no PostBack tells of it. */
export async function payInSilence(
  story: Story,
  page: Pick<Opened, 'cloudPaymentUrl'>,
  amount?: string,
): Promise<string> {
  await story.fault({ operation: 'postback', kind: 'missing' });
  return pay(page, amount);
}
