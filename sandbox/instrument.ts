import { judgeBankAccount, judgeCard, type Verdict } from './test-numbers.js';
import type { PaymentMethod } from './model.js';

export const ONLY_TEST_NUMBERS =
  'The sandbox takes only its test numbers, listed below. Never type a real card or bank account here. Nothing was stored.';

/** What the card or bank account in a form is worth. */
export function judge(method: PaymentMethod, form: URLSearchParams): Verdict {
  return method === 'card'
    ? judgeCard(form.get('cardNumber') ?? '')
    : judgeBankAccount(form.get('routingNumber') ?? '', form.get('accountNumber') ?? '');
}

/** What is missing in a form. The expiry's form alone is read: the test number decides. */
export function incomplete(method: PaymentMethod, form: URLSearchParams): string | undefined {
  const filled = (name: string) => (form.get(name) ?? '').trim() !== '';
  if (method === 'bank') {
    return filled('routingNumber') && filled('accountNumber')
      ? undefined
      : 'Enter the routing number and the account number.';
  }
  if (!filled('cardNumber')) return 'Enter the card number.';
  if (!/^(0?[1-9]|1[0-2])\s*\/?\s*(\d{2}|\d{4})$/.test((form.get('expiry') ?? '').trim())) {
    return 'Enter the expiry as MM/YY.';
  }
  if (!/^\d{3,4}$/.test((form.get('securityCode') ?? '').trim())) {
    return 'Enter the security code, three or four digits.';
  }
  return undefined;
}
