import { closeDb, newDatabase } from '../support/db.js';
import { startPlatform, stopPlatforms } from '../support/platform.js';
import { closeReceivers, receiver } from '../support/receiver.js';
import { sampleRequest } from '../support/sample.js';
import { newInvoiceNumber, newStory } from '../support/story.js';

afterAll(async () => {
  await stopPlatforms();
  await closeReceivers();
  await closeDb();
});

const ANSWER = '{"Data":{"CloudPaymentURL":"https://www.invoicecloud.com/portal/x"}}';

describe('the way to Invoice Cloud', () => {
  test('is a connection that is kept', async () => {
    const invoiceCloud = await receiver('');
    invoiceCloud.always((response) => response.writeHead(200, { 'content-type': 'application/json' }).end(ANSWER));
    const story = await newStory({ invoiceCloudUrl: invoiceCloud.url });
    for (let time = 0; time < 4; time += 1) {
      const body = sampleRequest({}, {}, { InvoiceNumber: newInvoiceNumber() });
      expect((await story.ask(body)).status).toBe(201);
    }
    expect(invoiceCloud.deliveries).toHaveLength(4);
    expect(new Set(invoiceCloud.deliveries.map(({ port }) => port)).size).toBe(1);
  });

  test('leads to other addresses where the configuration says so', async () => {
    const invoiceCloud = await receiver('');
    invoiceCloud.always((response) => response.writeHead(200, { 'content-type': 'application/json' }).end(ANSWER));
    const databaseUrl = await newDatabase();
    const platform = await startPlatform({
      DATABASE_URL: databaseUrl,
      INVOICE_CLOUD_URL: `${invoiceCloud.url}/`,
      INVOICE_CLOUD_PATHS: '{"openCloudPayment":"/other/v3"}',
    });
    const story = await newStory({ url: platform.url, databaseUrl });
    expect((await story.ask()).status).toBe(201);
    expect(invoiceCloud.deliveries.map(({ method, url }) => `${method} ${url}`)).toEqual(['POST /other/v3']);
    await platform.stop();
  });

  test('of a biller may be another than the platform’s, but not into the private network', async () => {
    for (const invoiceCloudUrl of ['https://10.0.0.1', 'http://169.254.169.254', 'javascript:alert(1)', 'nowhere']) {
      await expect(newStory({ invoiceCloudUrl })).rejects.toThrow('invoiceCloudUrl');
    }
  });
});
