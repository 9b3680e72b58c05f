import { PAYMENT_SCENARIOS, type PaymentScenario } from './scenarios.js';

/** How a payment instrument was judged: not one of ours at all, or ours with a fixed outcome. */
export type Verdict =
  | { readonly known: false }
  | {
      readonly known: true;
      readonly approved: boolean;
      readonly message: string;
      readonly cardType: string;
      /** What else the number asks for. */
      readonly scenario?: PaymentScenario;
    };

export interface TestCard {
  readonly number: string;
  readonly cardType: 'VISA' | 'MASTERCARD';
  readonly approved: boolean;
  readonly message: string;
  readonly scenario?: PaymentScenario;
}

interface TestBankAccount {
  readonly routing: string;
  readonly account: string;
  readonly approved: boolean;
  readonly message: string;
}

/** Every number fails the Luhn check, so that none can be a real card; a test holds this. */
export const TEST_CARDS: readonly TestCard[] = [
  { number: '4111111111111112', cardType: 'VISA', approved: true, message: 'Approved' },
  { number: '5555555555554445', cardType: 'MASTERCARD', approved: true, message: 'Approved' },
  ...PAYMENT_SCENARIOS.map(cardOf).filter((card) => card !== undefined),
];

/** The routing number fails the ABA check digit, so that it can be no real bank. */
export const TEST_BANK_ACCOUNTS: readonly TestBankAccount[] = [
  { routing: '999999999', account: '000123456789', approved: true, message: 'Approved' },
  { routing: '999999999', account: '000111111116', approved: false, message: 'Declined: account closed' },
];

export function judgeCard(typed: string): Verdict {
  const number = digits(typed);
  // Before the table and not instead of it: a real card's number stays refused even if somebody adds it as a test card.
  if (passesLuhn(number)) return { known: false };
  const card = TEST_CARDS.find((one) => one.number === number);
  return card ? { known: true, ...outcome(card), cardType: card.cardType, scenario: card.scenario } : { known: false };
}

export function judgeBankAccount(typedRouting: string, typedAccount: string): Verdict {
  const [routing, account] = [digits(typedRouting), digits(typedAccount)];
  // Payers do type their card's number into the account field.
  if (passesLuhn(account)) return { known: false };
  const found = TEST_BANK_ACCOUNTS.find((one) => one.routing === routing && one.account === account);
  return found ? { known: true, ...outcome(found), cardType: '' } : { known: false };
}

/** True for whatever could be a real card's number (ISO/IEC 7812 check digit). Expects digits alone. */
export function passesLuhn(number: string): boolean {
  if (!/^\d{12,19}$/.test(number)) return false;
  const sum = [...number].reverse().reduce((total, digit, index) => {
    const value = Number(digit) * (index % 2 === 0 ? 1 : 2);
    return total + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
}

/** `4111111111111112` as `4111 1111 1111 1112`. */
export function grouped(number: string): string {
  return number.replace(/(\d{4})(?=\d)/g, '$1 ');
}

function cardOf(scenario: PaymentScenario): TestCard | undefined {
  const { card: number, declined } = scenario;
  const message = declined ?? 'Approved';
  return number === undefined
    ? undefined
    : { number, cardType: 'VISA', approved: declined === undefined, message, scenario };
}

function digits(typed: string): string {
  return typed.replace(/[\s-]/g, '');
}

function outcome({ approved, message }: { readonly approved: boolean; readonly message: string }) {
  return { approved, message };
}
