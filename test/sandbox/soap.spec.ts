import { startMy360, type My360 } from './my360.js';
import { sampleRequest } from './support.js';

const KEY = 'a-web-service-key & <more>';
const escaped = (text: string) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;');

describe('the SOAP services', () => {
  let story: My360;
  beforeEach(async () => {
    story = await startMy360({ webServiceKey: KEY });
    await story.ask(sampleRequest('http://127.0.0.1:9/'));
  });
  afterEach(() => story.close());

  const envelope = (body: string) =>
    `<soap12:Envelope xmlns:soap12="http://www.w3.org/2003/05/soap-envelope"><soap12:Body>${body}</soap12:Body></soap12:Envelope>`;
  const message = (operation: string, argument: string, guid: string, key: string) =>
    envelope(
      `<${operation} xmlns="http://www.invoicecloud.com/webservices/"><BillerGUID>${guid}</BillerGUID>` +
        `<WebServiceKey>${escaped(key)}</WebServiceKey>${argument}</${operation}>`,
    );
  const post = async (xml: string, service = 'CloudInvoicing') => {
    const answer = await fetch(`${story.url}/portal/webservices/${service}.asmx`, {
      method: 'POST',
      headers: { 'content-type': 'application/soap+xml; charset=utf-8' },
      body: xml,
    });
    return { status: answer.status, type: answer.headers.get('content-type'), xml: await answer.text() };
  };
  const view = (number: string, guid: string = story.billerGuid, key = KEY) =>
    post(message('ViewInvoiceByInvoiceNumber', `<InvoiceNumber>${escaped(number)}</InvoiceNumber>`, guid, key));
  const owed = async (number = '2025000158') => {
    const { xml } = await view(number);
    return ['TotalAmountDue', 'BalanceDue'].map((name) => new RegExp(`<${name}>([^<]*)<`).exec(xml)?.[1]);
  };

  it('tell what an invoice was made for and what it owes', async () => {
    const { status, type, xml } = await view('2025000158');
    expect(status).toBe(200);
    expect(type).toBe('application/soap+xml; charset=utf-8');
    expect(xml).toBe(
      '<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="http://www.w3.org/2003/05/soap-envelope"><soap:Body>' +
        '<ViewInvoiceByInvoiceNumberResponse xmlns="http://www.invoicecloud.com/webservices/"><ViewInvoiceByInvoiceNumberResult>' +
        '<Success>true</Success><Message/><InvoiceNumber>2025000158</InvoiceNumber><AccountNumber>209860</AccountNumber>' +
        '<InvoiceDate>4/17/2025</InvoiceDate><DueDate>4/17/2025</DueDate><TotalAmountDue>3.00</TotalAmountDue>' +
        '<BalanceDue>3.00</BalanceDue><MinimumAmountDue>0.00</MinimumAmountDue><AllowPartialPayments>false</AllowPartialPayments>' +
        '</ViewInvoiceByInvoiceNumberResult></ViewInvoiceByInvoiceNumberResponse></soap:Body></soap:Envelope>',
    );
  });

  it('follow payments: a declined one, parts, the rest, a second charge', async () => {
    const request = sampleRequest('http://127.0.0.1:9/');
    Object.assign(request.Customers[0].Invoices[0], {
      BalanceDue: 10,
      AllowPartialPayments: true,
      MinimumAmountDue: 1,
    });
    const page = await story.open(request);
    expect((await view('2025000158')).xml).toContain('<AllowPartialPayments>true<');
    await story.payAt(page, { number: '4000000000009996' });
    expect(await owed()).toEqual(['10.00', '10.00']);
    await story.payAt(page, { amount: '4' });
    expect(await owed()).toEqual(['10.00', '6.00']);
    await story.payAt(page);
    expect(await owed()).toEqual(['10.00', '0.00']);
    await story.set({ doubleCharge: true });
    await story.payAt(page, { amount: '2' });
    await story.ask(sampleRequest('http://127.0.0.1:9/'));
    expect(await owed()).toEqual(['10.00', '0.00']);
  });

  it('show none of the Cloud Payments invoices where the biller’s switch says so', async () => {
    await story.customer({
      accountNumber: 'own',
      name: 'Own',
      invoices: [{ invoiceNumber: 'O<1>', balanceDue: '5.00' }],
    });
    await story.set({ soapSeesCloudPayments: false });
    expect((await view('2025000158')).xml).toContain('<Success>false</Success><Message>Invoice not found</Message>');
    expect(await owed('O<1>')).toEqual(['5.00', '5.00']);
    expect((await view('O<1>')).xml).toContain('<InvoiceNumber>O&lt;1&gt;</InvoiceNumber>');
    await story.set({ soapSeesCloudPayments: true });
    expect(await owed()).toEqual(['3.00', '3.00']);
  });

  it('know no invoice by another number, nor another biller’s', async () => {
    await story.putBiller({ billerGuid: 'other', apiKey: 'other', webServiceKey: 'other', name: 'Other' });
    for (const answer of [await view('2025'), await view(''), await view('2025000158', 'other', 'other')]) {
      expect(answer.status).toBe(200);
      expect(answer.xml).toContain('<Success>false</Success><Message>Invoice not found</Message>');
    }
  });

  it('refuse a wrong key or GUID alike, and billers without a key', async () => {
    await story.putBiller({ billerGuid: 'keyless', apiKey: 'keyless', name: 'Keyless' });
    for (const [guid, key] of [
      [story.billerGuid, 'wrong'],
      [story.billerGuid, ''],
      ['00000000-0000-4000-8000-000000000000', KEY],
      ['keyless', ''],
      ['other', 'undefined'],
    ]) {
      const { status, xml } = await view('2025000158', guid, key);
      expect(status).toBe(200);
      expect(xml).toContain('<Success>false</Success><Message>Invalid BillerGUID or WebServiceKey</Message>');
    }
    expect((await view('2025000158', story.billerGuid.toUpperCase())).xml).toContain('<Success>true<');
  });

  const call = (inner: string) =>
    envelope(
      `<ViewInvoiceByInvoiceNumber xmlns="http://www.invoicecloud.com/webservices/">${inner}</ViewInvoiceByInvoiceNumber>`,
    );
  it.each([
    ['nothing', ''],
    ['no XML', 'hello'],
    ['broken XML', call('<InvoiceNumber>1')],
    ['two roots', `${call('')}${call('')}`],
    ['a DTD', `<!DOCTYPE a [<!ENTITY b "c">]>${call('<InvoiceNumber>&b;</InvoiceNumber>')}`],
    ['an outer DTD', `<!doctype a SYSTEM "http://127.0.0.1:9/">${call('<InvoiceNumber>1</InvoiceNumber>')}`],
    ['an entity of its own', call('<InvoiceNumber>&b;</InvoiceNumber>')],
    ['a bare ampersand', call('<InvoiceNumber>a & b</InvoiceNumber>')],
    ['a character that is none', call('<InvoiceNumber>&#x110000;</InvoiceNumber>')],
    [
      'SOAP 1.1',
      call('').replaceAll('http://www.w3.org/2003/05/soap-envelope', 'http://schemas.xmlsoap.org/soap/envelope/'),
    ],
    ['another namespace', call('').replace('www.invoicecloud.com', 'example.com')],
    ['another operation', call('<InvoiceNumber>1</InvoiceNumber>').replaceAll('ViewInvoiceByInvoiceNumber', 'Delete')],
    ['two operations', envelope('<A xmlns="http://www.invoicecloud.com/webservices/"><b>1</b></A><B><b>1</b></B>')],
    ['an argument twice', call('<InvoiceNumber>1</InvoiceNumber><InvoiceNumber>2</InvoiceNumber>')],
    ['an argument with children', call('<InvoiceNumber><b>1</b></InvoiceNumber>')],
    ['__proto__', call('<__proto__>1</__proto__>')],
    ['deep nesting', call('<a>'.repeat(200) + '</a>'.repeat(200))],
    ['JSON', '{"BillerGUID":"1"}'],
  ])('answer a Fault to %s', async (_name, xml) => {
    const answer = await post(xml);
    expect(answer.status).toBe(500);
    expect(answer.type).toContain('application/soap+xml');
    expect(answer.xml).toContain('<soap:Fault><soap:Code><soap:Value>soap:Sender</soap:Value></soap:Code>');
  });

  it('read CDATA, comments, blanks, references and other prefixes', async () => {
    const body = (number: string, key: string) =>
      envelope(
        `<w:ViewInvoiceByInvoiceNumber xmlns:w="http://www.invoicecloud.com/webservices/"><w:BillerGUID>\n ${story.billerGuid} </w:BillerGUID>` +
          `<w:WebServiceKey>${key}</w:WebServiceKey><!-- no --><w:InvoiceNumber>${number}</w:InvoiceNumber></w:ViewInvoiceByInvoiceNumber>`,
      ).replaceAll('soap12', 'S');
    const keys = [escaped(KEY), `<![CDATA[${KEY}]]>`, escaped(KEY).replace('w', '&#119;').replace('k', '&#x6b;')];
    for (const key of keys) {
      expect((await post(`<?xml version="1.0"?>${body('2025000158', key)}`)).xml).toContain('<Success>true<');
    }
    for (const { text, body } of await story.requests()) {
      expect(text).not.toContain('more');
      expect(text).not.toContain('service-key');
      if (body.BillerGUID !== undefined) expect(body.WebServiceKey).toBe('***');
    }
  });

  it('are recorded without the key, whatever the message does', async () => {
    await view('2025000158');
    const [, asked] = await story.requests();
    expect(asked).toMatchObject({
      operation: 'view-invoice',
      path: '/portal/webservices/CloudInvoicing.asmx',
      status: 200,
      body: { BillerGUID: story.billerGuid, WebServiceKey: '***', InvoiceNumber: '2025000158' },
    });
    expect(asked.text).toContain('<WebServiceKey>***</WebServiceKey>');

    const odd = message('ViewInvoiceByInvoiceNumber', '', story.billerGuid, KEY).replace(
      '<BillerGUID>',
      '<!-- <WebServiceKey> --><BillerGUID>',
    );
    expect((await post(odd)).status).toBe(200);
    expect((await story.requests())[2].text).toBe('(it names a secret)');
  });

  it('misbehave as asked', async () => {
    const fault = (kind: string, more = {}) =>
      story.steer('/faults', 'POST', { operation: 'view-invoice', kind, ...more });
    await fault('status', { status: 429 });
    expect((await view('2025000158')).status).toBe(429);
    await fault('half-body');
    await expect(view('2025000158')).rejects.toThrow();
    await fault('html');
    expect((await view('2025000158')).type).toContain('text/html');
    expect((await view('2025000158')).xml).toContain('<Success>true<');
    expect((await story.requests()).slice(1).map(({ status }) => status)).toEqual([429, null, 200, 200]);
  });

  it('tell of a customer', async () => {
    await story.customer({
      accountNumber: 'c',
      name: 'C',
      registered: { email: 'c@example.com', password: 'secret-of-c' },
    });
    const look = (number: string) =>
      post(
        message('ViewCustomerRecord', `<AccountNumber>${number}</AccountNumber>`, story.billerGuid, KEY),
        'CloudManagement',
      );
    const { xml } = await look('c');
    expect(xml).toContain(
      '<AutoPay>false</AutoPay><PaperInvoices>true</PaperInvoices><Registered>true</Registered><LoginName>c@example.com</LoginName>',
    );
    expect((await look('209860')).xml).toContain('<Registered>false</Registered><LoginName/>');
    expect((await look('nobody')).xml).toContain('<Message>Customer not found</Message>');
  });

  it('take no message above their limit', async () => {
    const answer = await post(' '.repeat(70_000));
    expect(answer.status).toBe(413);
    expect(answer.xml).toContain('<soap:Fault>');
  });
});
