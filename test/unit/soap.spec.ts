import { XMLParser } from 'fast-xml-parser';
import fc from 'fast-check';
import type { InvoiceCloudError } from '../../src/invoice-cloud/errors.js';
import { blamesTheRequest, CONTENT_TYPE, invoiceRequest, readInvoiceStatus } from '../../src/invoice-cloud/soap.js';

const GUID = '0192a000-0000-7000-8000-000000000000';
const envelope = (body: string, prefix = 'soap12') =>
  `<?xml version="1.0" encoding="utf-8"?><${prefix}:Envelope xmlns:${prefix}="http://www.w3.org/2003/05/soap-envelope"><${prefix}:Body>${body}</${prefix}:Body></${prefix}:Envelope>`;
const result = (members: string) =>
  envelope(
    `<ViewInvoiceByInvoiceNumberResponse xmlns="http://www.invoicecloud.com/webservices/"><ViewInvoiceByInvoiceNumberResult>${members}</ViewInvoiceByInvoiceNumberResult></ViewInvoiceByInvoiceNumberResponse>`,
  );
const GOOD =
  '<Success>true</Success><Message/><InvoiceNumber>1</InvoiceNumber><TotalAmountDue>3.00</TotalAmountDue><BalanceDue>1.50</BalanceDue><AllowPartialPayments>false</AllowPartialPayments>';
const found = { found: true, balanceDueCents: 150, totalAmountDueCents: 300, allowPartialPayments: false };
/** After the XML declaration, where a DTD belongs: before it nothing would be XML. */
const behind = (dtd: string, data: string) => data.replace('?>', `?>${dtd}`);
const readStatus = (data: string, status = 200) => readInvoiceStatus({ status, data });

function refusalOf(data: string, status = 200): [string, string] {
  try {
    readStatus(data, status);
  } catch (error) {
    const { type, outcome, detail } = error as InvoiceCloudError;
    expect(detail).toContain('viewInvoiceByInvoiceNumber');
    expect(detail).not.toContain('canary');
    return [type.code, outcome];
  }
  throw new Error('was read');
}

describe('the question', () => {
  it('has the form that was agreed on', () => {
    expect(CONTENT_TYPE).toBe(
      'application/soap+xml; charset=utf-8; action="http://www.invoicecloud.com/webservices/ViewInvoiceByInvoiceNumber"',
    );
    expect(invoiceRequest({ billerGuid: GUID, webServiceKey: 'k' }, '2025000158')).toBe(
      `<soap12:Envelope xmlns:soap12="http://www.w3.org/2003/05/soap-envelope"><soap12:Body><ViewInvoiceByInvoiceNumber xmlns="http://www.invoicecloud.com/webservices/"><BillerGUID>${GUID}</BillerGUID><WebServiceKey>k</WebServiceKey><InvoiceNumber>2025000158</InvoiceNumber></ViewInvoiceByInvoiceNumber></soap12:Body></soap12:Envelope>`,
    );
  });

  it('carries any text as text, whatever markup is in it', () => {
    const parser = new XMLParser({ parseTagValue: false, trimValues: false, removeNSPrefix: true });
    const printable = fc.stringMatching(/^[\x21-\x7e]{1,40}$/);
    fc.assert(
      fc.property(printable, printable, (webServiceKey, number) => {
        const parsed = parser.parse(invoiceRequest({ billerGuid: GUID, webServiceKey }, number), true);
        const call = parsed.Envelope.Body.ViewInvoiceByInvoiceNumber;
        expect([call.BillerGUID, call.WebServiceKey, call.InvoiceNumber]).toEqual([GUID, webServiceKey, number]);
      }),
    );
    expect(invoiceRequest({ billerGuid: GUID, webServiceKey: 'k' }, '</InvoiceNumber><WebServiceKey>')).not.toMatch(
      /<WebServiceKey>.*<WebServiceKey>/,
    );
  });

  it.each(['a\u0000b', 'a\u0008b', 'a\ud800', 'a\ufffe'])('is not asked with %j, which XML can not carry', (number) => {
    expect(() => invoiceRequest({ billerGuid: GUID, webServiceKey: 'k' }, number)).toThrow(/XML/);
  });
});

describe('an answer', () => {
  it.each<[string, string]>([
    ['as agreed on', result(GOOD)],
    ['with other prefixes', result(GOOD).replaceAll('soap12', 's')],
    ['of SOAP 1.1', result(GOOD).replace('http://www.w3.org/2003/05/', 'http://schemas.xmlsoap.org/')],
    ['in other case', result(GOOD).replaceAll('BalanceDue', 'BALANCEDUE').replaceAll('Success', 'success')],
    ['with True and four decimals', result(GOOD.replace('true', 'True').replace('1.50', '1.5000'))],
    ['with more in it', result(`${GOOD}<More><Deep>1</Deep></More>`)],
    ['with white space', result(GOOD.replaceAll('><', '>\n  <'))],
    ['with a comment', result(`<!-- hello -->${GOOD}`)],
  ])('%s is read', (_, data) => expect(readStatus(data)).toEqual(found));

  it('that the invoice is not found is one', () => {
    expect(readStatus(result('<Success>false</Success><Message>Invoice not found</Message>'))).toEqual({
      found: false,
    });
  });

  it('of zero due, and of partial payments, is read', () => {
    const paid = GOOD.replace('1.50', '0').replace('false', 'true');
    expect(readStatus(result(paid))).toEqual({ ...found, balanceDueCents: 0, allowPartialPayments: true });
  });

  it.each<[string, string, number, string, string]>([
    [
      'wrong key',
      result('<Success>false</Success><Message>Invalid BillerGUID or WebServiceKey</Message>'),
      200,
      'invoice_cloud_key_refused',
      'not-done',
    ],
    ['401', 'no', 401, 'invoice_cloud_key_refused', 'not-done'],
    ['403', '', 403, 'invoice_cloud_key_refused', 'not-done'],
    [
      'fault about the key',
      envelope(
        '<soap12:Fault><soap12:Code><soap12:Value>soap12:Sender</soap12:Value></soap12:Code><soap12:Reason><soap12:Text>The web service key is not valid</soap12:Text></soap12:Reason></soap12:Fault>',
      ),
      500,
      'invoice_cloud_key_refused',
      'not-done',
    ],
    [
      'other fault',
      envelope('<soap12:Fault><soap12:Reason>canary</soap12:Reason></soap12:Fault>'),
      400,
      'invoice_cloud_rejected',
      'not-done',
    ],
    [
      'other refusal',
      result('<Success>false</Success><Message>canary</Message>'),
      200,
      'invoice_cloud_rejected',
      'not-done',
    ],
    ['no such service', '<html>canary</html>', 404, 'invoice_cloud_rejected', 'not-done'],
    ['another way', '', 302, 'invoice_cloud_answer_unreadable', 'unknown'],
    ['nothing', '', 200, 'invoice_cloud_answer_unreadable', 'unknown'],
    ['JSON', '{"Success":true}', 200, 'invoice_cloud_answer_unreadable', 'unknown'],
    ['HTML', '<!doctype html><html><body>canary</body></html>', 200, 'invoice_cloud_answer_unreadable', 'unknown'],
    ['broken', result(GOOD).slice(0, -30), 200, 'invoice_cloud_answer_unreadable', 'unknown'],
    ['another envelope', '<a/>', 200, 'invoice_cloud_answer_unreadable', 'unknown'],
    [
      'no Success',
      result(GOOD.replace('<Success>true</Success>', '')),
      200,
      'invoice_cloud_answer_unreadable',
      'unknown',
    ],
    ['a Success that is neither', result(GOOD.replace('true', '1')), 200, 'invoice_cloud_answer_unreadable', 'unknown'],
    [
      'no balance',
      result(GOOD.replace(/<BalanceDue>.*<\/BalanceDue>/, '')),
      200,
      'invoice_cloud_answer_unreadable',
      'unknown',
    ],
    ['two balances', result(`${GOOD}<BalanceDue>9.00</BalanceDue>`), 200, 'invoice_cloud_answer_unreadable', 'unknown'],
    ['a balance below zero', result(GOOD.replace('1.50', '-1.50')), 200, 'invoice_cloud_answer_unreadable', 'unknown'],
    [
      'a balance with separators',
      result(GOOD.replace('1.50', '1,500.00')),
      200,
      'invoice_cloud_answer_unreadable',
      'unknown',
    ],
    ['fractions of a cent', result(GOOD.replace('1.50', '1.505')), 200, 'invoice_cloud_answer_unreadable', 'unknown'],
    ['an exponent', result(GOOD.replace('1.50', '1e3')), 200, 'invoice_cloud_answer_unreadable', 'unknown'],
    [
      'a balance in a balance',
      result(GOOD.replace('1.50', '<b>1.50</b>')),
      200,
      'invoice_cloud_answer_unreadable',
      'unknown',
    ],
  ])('that is none: %s', (_, data, status, code, outcome) => {
    expect(refusalOf(data, status)).toEqual([code, outcome]);
  });

  it.each<[string, string]>([
    [
      'an external entity',
      behind('<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>', result(GOOD.replace('1.50', '&e;'))),
    ],
    [
      'an entity that says the balance',
      behind('<!DOCTYPE x [<!ENTITY e "1.50">]>', result(GOOD.replace('1.50', '&e;'))),
    ],
    ['a harmless DTD', behind('<!doctype x>', result(GOOD))],
    ['a thousand laughs', behind('<!DOCTYPE x [<!ENTITY a "haha"><!ENTITY b "&a;&a;&a;">]>', result(GOOD))],
    ['endless depth', `${'<a>'.repeat(200_000)}`],
    ['endless depth that ends', envelope('<a>'.repeat(100_000) + '</a>'.repeat(100_000))],
    [
      'a prototype',
      result(GOOD.replace('<BalanceDue>1.50</BalanceDue>', '<__proto__><BalanceDue>1.50</BalanceDue></__proto__>')),
    ],
  ])('with %s is not read', (_, data) => {
    expect(refusalOf(data)).toEqual(['invoice_cloud_answer_unreadable', 'unknown']);
  });

  it('is never half read, whatever comes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), fc.nat(result(GOOD).length), (noise, at) => {
        const data = result(GOOD).slice(0, at) + noise + result(GOOD).slice(at);
        for (const text of [noise, data]) {
          try {
            expect(readStatus(text)).toHaveProperty('found');
          } catch (error) {
            expect((error as InvoiceCloudError).type.code).toMatch(/^invoice_cloud_/);
          }
        }
      }),
    );
  });
});

describe('a fault', () => {
  it.each<[string, boolean]>([
    ['<s:Fault><s:Code><s:Value>s:Sender</s:Value></s:Code></s:Fault>', true],
    ['<s:Fault><faultcode>s:Client</faultcode></s:Fault>', true],
    ['<s:Fault><s:Code><s:Value>s:Receiver</s:Value></s:Code></s:Fault>', false],
    ['<s:Fault><faultcode>s:Server</faultcode></s:Fault>', false],
    ['<x/>', false],
  ])('%s: the request is at fault: %p', (fault, blames) => expect(blamesTheRequest(envelope(fault, 's'))).toBe(blames));
});
