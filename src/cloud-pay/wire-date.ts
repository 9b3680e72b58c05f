/**
 * Reads a calendar date as clients send it (M/d/yyyy, MM/dd/yyyy, ISO yyyy-MM-dd, also with a time of midnight behind
 * it) and answers it in the sample's form, M/d/yyyy.
 * @returns undefined when it is no date that exists, 2/29 of a common year included
 */
export function wireDateOf(text: string): string | undefined {
  const us = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/.exec(text);
  const iso = /^(\d{4})-(\d{2})-(\d{2})(?:T00:00:00(?:\.0{1,7})?Z?)?$/.exec(text);
  const parts = us ? [us[3], us[1], us[2]] : iso ? [iso[1], iso[2], iso[3]] : undefined;
  if (!parts) return undefined;
  const [year = 0, month = 0, day = 0] = parts.map(Number);
  if (year < 1900 || year > 9999) return undefined;
  const date = new Date(Date.UTC(year, month - 1, day));
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  return `${month}/${day}/${year}`;
}
