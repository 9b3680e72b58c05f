import { judgeBankAccount, judgeCard, type Verdict } from './test-numbers.js';
import type { Instrument, PaymentMethod } from './model.js';

export const ONLY_TEST_NUMBERS =
  'The sandbox takes only its test numbers, listed below. Never type a real card or bank account here. Nothing was stored.';

/** What the card or bank account in a form is worth. */
export function judge(by: Instrument, form: URLSearchParams): Verdict {
  return by === 'bank'
    ? judgeBankAccount(form.get('routingNumber') ?? '', form.get('accountNumber') ?? '')
    : judgeCard(form.get(by === 'card' ? 'cardNumber' : 'testCard') ?? '');
}

/** What a form pays by; a card where it does not say. */
export function instrumentIn(form: URLSearchParams): Instrument {
  const by = form.get('method');
  return by === 'bank' || by === 'swipe' || by === 'emv' ? by : 'card';
}

export function methodOfInstrument(by: Instrument): PaymentMethod {
  return by === 'bank' ? 'bank' : 'card';
}

/** What is missing in a form. The expiry's form alone is read: the test number decides. */
export function incomplete(by: Instrument, form: URLSearchParams): string | undefined {
  const filled = (name: string) => (form.get(name) ?? '').trim() !== '';
  if (by === 'bank') {
    return filled('routingNumber') && filled('accountNumber')
      ? undefined
      : 'Enter the routing number and the account number.';
  }
  if (by !== 'card') return filled('testCard') ? undefined : 'Choose the card that the reader reads.';
  if (!filled('cardNumber')) return 'Enter the card number.';
  if (!/^(0?[1-9]|1[0-2])\s*\/?\s*(\d{2}|\d{4})$/.test((form.get('expiry') ?? '').trim())) {
    return 'Enter the expiry as MM/YY.';
  }
  if (!/^\d{3,4}$/.test((form.get('securityCode') ?? '').trim())) {
    return 'Enter the security code, three or four digits.';
  }
  return undefined;
}
