import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify';
import { amount, shownDay } from './fields.js';
import { readCall, soapAnswer, soapFault, SoapFault, type SoapCall } from './soap.js';
import { misbehave, readBodiesAsText, record } from './wire.js';
import type { Biller } from './biller.js';
import type { Operation } from './faults.js';
import type { MaskedBody } from './masking.js';
import type { Store } from './store.js';

type Result = Readonly<Record<string, string | boolean>>;

/** One operation of a web service. Addresses, operations and arguments are observed; the answers' forms are assumed. */
interface SoapOperation {
  readonly operation: Operation;
  readonly service: string;
  readonly name: string;
  answer(biller: Biller, fields: SoapCall['fields']): Result;
}

/** .NET's empty date (observed). */
const NO_DAY = '1/1/0001';

const KEY = /(<(?:[\w.-]+:)?WebServiceKey\b[^>]*>)[\s\S]*?(<\/(?:[\w.-]+:)?WebServiceKey)/g;

const viewInvoice: SoapOperation = {
  operation: 'view-invoice',
  service: 'CloudInvoicing',
  name: 'ViewInvoiceByInvoiceNumber',
  answer: (biller, { InvoiceNumber = '' }) => {
    const account = biller.invoiceHolders.get(InvoiceNumber);
    const invoice = account?.invoices.get(InvoiceNumber);
    if (!account || !invoice || (invoice.byCloudPayments && !biller.settings.soapSeesCloudPayments)) {
      return failure('Invoice not found');
    }
    const day = (value?: string) => (value === undefined ? NO_DAY : shownDay(value));
    return {
      Success: true,
      Message: '',
      InvoiceNumber: invoice.number,
      AccountNumber: account.customer.accountNumber,
      InvoiceDate: day(invoice.invoiceDate),
      DueDate: day(invoice.dueDate),
      TotalAmountDue: amount(invoice.totalCents),
      BalanceDue: amount(account.paid.has(invoice.number) ? 0 : invoice.balanceCents),
      MinimumAmountDue: amount(invoice.minimumCents ?? 0),
      AllowPartialPayments: invoice.allowPartial ?? false,
    };
  },
};

const viewCustomer: SoapOperation = {
  operation: 'view-customer',
  service: 'CloudManagement',
  name: 'ViewCustomerRecord',
  answer: (biller, { AccountNumber = '' }) => {
    const account = biller.accounts.get(AccountNumber);
    if (!account) return failure('Customer not found');
    const { customer, owner } = account;
    return {
      Success: true,
      Message: '',
      AccountNumber: customer.accountNumber,
      CustomerName: customer.name ?? '',
      EmailAddress: owner?.email ?? customer.emailAddress ?? '',
      AutoPay: owner?.autopay.has(customer.accountNumber) ?? false,
      PaperInvoices: !owner?.paperless.has(customer.accountNumber),
      Registered: owner !== undefined,
      LoginName: owner?.username ?? '',
    };
  },
};

/** The SOAP 1.2 services, which know callers by BillerGUID and WebServiceKey in the message. */
export function soapServices(app: FastifyInstance, store: Store, closing: AbortSignal): void {
  readBodiesAsText(app);
  app.setErrorHandler<FastifyError>((error, _request, reply) => {
    if (error instanceof SoapFault) return send(reply, 500, soapFault(error.message));
    const status = error.statusCode ?? 500;
    return send(reply, status, soapFault(status < 500 ? error.message : 'The sandbox failed.'));
  });
  for (const soap of [viewInvoice, viewCustomer]) {
    app.post(`/portal/webservices/${soap.service}.asmx`, { bodyLimit: 65_536 }, async (request, reply) => {
      const text = typeof request.body === 'string' ? request.body : '';
      const call = readCall(text);
      if (call.operation !== soap.name) throw new SoapFault(`${soap.service} has no such operation here.`);
      const biller = holder(store, call);
      if (!biller) return send(reply, 200, soapAnswer(soap.name, failure('Invalid BillerGUID or WebServiceKey')));

      const asked = record(store, biller, soap.operation, request, masked(text, call));
      const act = () => soap.answer(biller, call.fields);
      if (await misbehave({ biller, operation: soap.operation, asked, reply, closing, act })) return reply;
      asked.status = 200;
      return send(reply, 200, soapAnswer(soap.name, act()));
    });
  }
}

function holder(store: Store, { fields }: SoapCall): Biller | undefined {
  const biller = store.biller(fields.BillerGUID ?? '');
  const key = biller?.settings.webServiceKey;
  return key !== undefined && key === fields.WebServiceKey ? biller : undefined;
}

function failure(message: string): Result {
  return { Success: false, Message: message };
}

function send(reply: FastifyReply, status: number, xml: string): FastifyReply {
  return reply.code(status).type('application/soap+xml; charset=utf-8').send(xml);
}

/** The message without its key, and its arguments as an object. */
function masked(text: string, { fields }: SoapCall): MaskedBody {
  const without = text.replace(KEY, '$1***$2');
  return { text: isMasked(without) ? without : '(it names a secret)', body: { ...fields, WebServiceKey: '***' } };
}

/** Odd messages, where a comment holds half an element, say, get past the pattern; what is then read does not. */
function isMasked(text: string): boolean {
  try {
    return readCall(text).fields.WebServiceKey === '***';
  } catch (error) {
    if (error instanceof SoapFault) return false;
    throw error;
  }
}
