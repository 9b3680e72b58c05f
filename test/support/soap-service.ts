import { receiver, type Receiver, type Reply } from './receiver.js';

export interface SoapService extends Receiver {
  /** The Web Service Key that it takes. */
  readonly key: string;
  /** From then on every invoice is found, with 3.00 due. */
  knowsEveryInvoice(): void;
  /** How it answers SOAP from then on; everything else stays well. */
  soap(reply: Reply): void;
}

const result = (members: string) =>
  `<?xml version="1.0"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><ViewInvoiceByInvoiceNumberResponse xmlns="http://www.invoicecloud.com/webservices/"><ViewInvoiceByInvoiceNumberResult>${members}</ViewInvoiceByInvoiceNumberResult></ViewInvoiceByInvoiceNumberResponse></s:Body></s:Envelope>`;
const FOUND = result(
  '<Success>true</Success><Message/><TotalAmountDue>3.00</TotalAmountDue><BalanceDue>3.00</BalanceDue><AllowPartialPayments>false</AllowPartialPayments>',
);
const NOT_FOUND = result('<Success>false</Success><Message>Invoice not found</Message>');
const REFUSED = result('<Success>false</Success><Message>Invalid BillerGUID or WebServiceKey</Message>');

/** An Invoice Cloud that takes every API key and has the SOAP service for invoices. */
export async function soapService(): Promise<SoapService> {
  const invoiceCloud = await receiver('');
  const key = 'the/right+web=service-key&<>';
  let known = NOT_FOUND;
  const soapWell: Reply = (response) => {
    const right = invoiceCloud.deliveries
      .at(-1)
      ?.body.includes('<WebServiceKey>the/right+web=service-key&amp;&lt;&gt;</WebServiceKey>');
    response.writeHead(200, { 'content-type': 'application/soap+xml' }).end(right ? known : REFUSED);
  };
  let soap: Reply = soapWell;
  invoiceCloud.always((response) => {
    const isSoap = invoiceCloud.deliveries.at(-1)?.url.endsWith('/CloudInvoicing.asmx');
    if (!isSoap) response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    else if (typeof soap === 'function') soap(response);
    else response.writeHead(soap).end();
  });
  return {
    ...invoiceCloud,
    key,
    knowsEveryInvoice: () => void (known = FOUND),
    soap: (reply) => void (soap = reply),
  };
}
