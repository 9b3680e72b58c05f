import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { Html, html } from './html.js';

const ENVELOPE = 'http://www.w3.org/2003/05/soap-envelope';
const SERVICES = 'http://www.invoicecloud.com/webservices/';

/** One call: the operation's name and its arguments as text. */
export interface SoapCall {
  readonly operation: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** A message that is no call; the text says why and never repeats a value. */
export class SoapFault extends Error {}

const PREDEFINED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
const REFERENCE = /&(?:(amp|lt|gt|quot|apos)|#(\d{1,7})|#x([\da-f]{1,6}));/gi;

const parser = new XMLParser({
  removeNSPrefix: true,
  ignoreDeclaration: true,
  ignorePiTags: true,
  // A number that starts with 0 would lose it.
  parseTagValue: false,
  maxNestedTags: 20,
  entityDecoder: {
    decode: (text) => text.replace(REFERENCE, character),
    addInputEntities: () => {
      throw new SoapFault('The message has a document type declaration.');
    },
    setExternalEntities: () => undefined,
    setXmlVersion: () => undefined,
    reset: () => undefined,
  },
});

/** Reads a SOAP 1.2 message. Document types and entities of their own are refused: nobody needs them, attackers do. */
export function readCall(text: string): SoapCall {
  if (/<!(?:DOCTYPE|ENTITY)/i.test(text)) throw new SoapFault('The message has a document type declaration.');
  if (
    text
      .replace(REFERENCE, '')
      .replace(/<!\[CDATA\[[\s\S]*?\]\]>/g, '')
      .includes('&')
  ) {
    throw new SoapFault('The message has an entity that is not predefined.');
  }
  if (!text.includes(ENVELOPE)) throw new SoapFault('The message is not a SOAP 1.2 envelope.');
  if (!text.includes(SERVICES)) throw new SoapFault('The operation is not in the namespace of the web services.');
  const body = member(member(parse(text), 'Envelope'), 'Body');
  const [operation, ...others] = Object.keys(body);
  if (operation === undefined || others.length > 0) throw new SoapFault('The body must hold one operation.');
  const fields = Object.entries(member(body, operation)).map(([name, value]): [string, string] => {
    if (typeof value !== 'string') throw new SoapFault(`${operation} has an argument that is not text.`);
    return [name, value];
  });
  return { operation, fields: Object.fromEntries(fields) };
}

/** A SOAP 1.2 answer to a call. */
export function soapAnswer(operation: string, result: Readonly<Record<string, string | boolean>>): string {
  const fields = Object.entries(result).map(([name, value]) => element(name, html`${String(value)}`));
  return envelope(
    element(`${operation}Response`, element(`${operation}Result`, html`${fields}`), html` xmlns="${SERVICES}"`),
  );
}

export function soapFault(message: string): string {
  const code = element('soap:Code', element('soap:Value', html`soap:Sender`));
  const reason = element('soap:Reason', element('soap:Text', html`${message}`, html` xml:lang="en"`));
  return envelope(element('soap:Fault', html`${code}${reason}`));
}

function envelope(body: Html): string {
  const all = element('soap:Envelope', element('soap:Body', body), html` xmlns:soap="${ENVELOPE}"`);
  return `<?xml version="1.0" encoding="utf-8"?>${all.markup}`;
}

/** Names are ours; an empty element is written short, as .NET does. */
function element(name: string, content: Html, attributes = html``): Html {
  const markup = content.markup;
  return new Html(
    markup === '' ? `<${name}${attributes.markup}/>` : `<${name}${attributes.markup}>${markup}</${name}>`,
  );
}

function parse(text: string): unknown {
  // The parser forgives what is not well-formed, so that it is checked first.
  if (XMLValidator.validate(text) !== true) throw new SoapFault('The message is not well-formed XML.');
  try {
    return parser.parse(text);
  } catch (error) {
    if (error instanceof SoapFault) throw error;
    throw new SoapFault('The message is not well-formed XML.', { cause: error });
  }
}

function member(value: unknown, name: string): Readonly<Record<string, unknown>> {
  const found = (value as Readonly<Record<string, unknown>>)[name];
  if (typeof found !== 'object' || found === null || Array.isArray(found)) {
    throw new SoapFault(`The message has no ${name} with content, or more than one.`);
  }
  return found as Readonly<Record<string, unknown>>;
}

function character(whole: string, name?: string, decimal?: string, hexadecimal?: string): string {
  if (name !== undefined) return PREDEFINED[name.toLowerCase()] ?? whole;
  const point = decimal === undefined ? parseInt(hexadecimal ?? '', 16) : Number(decimal);
  if (point === 0 || point > 0x10ffff) throw new SoapFault('The message has a character that is none.');
  return String.fromCodePoint(point);
}
