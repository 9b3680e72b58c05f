/** 13 to 19 digits, with a space or a dash between any two of them. */
const RUN = /(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)/g;

/** How the numbers of the card schemes begin, and how long they are. */
const SCHEMES = [
  /^4(\d{12}|\d{15}|\d{18})$/,
  /^(5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)\d*$/,
  /^3[47]\d{13}$/,
  /^(6011|64[4-9]|65|62)\d{12,15}$/,
  /^35(2[89]|[3-8]\d)\d{12}$/,
  /^3(0[0-5]|[68]\d)\d{11}$/,
];

/** Whether a value, or anything inside it, is or holds a number that could be a card's (scheme, length and Luhn check). */
export function holdsCardNumber(value: unknown): boolean {
  if (typeof value === 'string') return (value.match(RUN) ?? []).some((run) => isCard(run.replace(/\D/g, '')));
  if (typeof value === 'number') return Number.isSafeInteger(value) && isCard(String(value));
  if (typeof value === 'object' && value !== null) return Object.values(value).some(holdsCardNumber);
  return false;
}

function isCard(digits: string): boolean {
  if (!SCHEMES.some((scheme) => scheme.test(digits))) return false;
  // Mastercard's pattern above leaves the length open.
  if (/^[25]/.test(digits) && digits.length !== 16) return false;
  let sum = 0;
  for (let i = 0; i < digits.length; i += 1) {
    const digit = Number(digits[digits.length - 1 - i]);
    sum += i % 2 === 0 ? digit : digit > 4 ? digit * 2 - 9 : digit * 2;
  }
  return sum % 10 === 0;
}
