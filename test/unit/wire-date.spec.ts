import fc from 'fast-check';
import { wireDateOf } from '../../src/cloud-pay/wire-date.js';

describe('dates', () => {
  it.each([
    ['4/17/2025', '4/17/2025'],
    ['04/07/2025', '4/7/2025'],
    ['2025-04-07', '4/7/2025'],
    ['2025-04-07T00:00:00', '4/7/2025'],
    ['2024-02-29', '2/29/2024'],
    ['2/29/2000', '2/29/2000'],
  ])('reads %s as %s', (text, wire) => expect(wireDateOf(text)).toBe(wire));

  it.each([
    '2/30/2025',
    '13/1/2025',
    '2/29/2025',
    '2/29/1900',
    '0/1/2025',
    '1/0/2025',
    '1/1/0001',
    '17.4.2025',
    '',
    '2025-4-7',
    '2025-04-07T10:00:00',
    '4/17/25',
    'tomorrow',
    '٤/١/2025',
  ])('refuses %p', (text) => expect(wireDateOf(text)).toBeUndefined());

  it('reads the three forms of every date alike', () => {
    const dates = fc.date({ min: new Date('1900-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(dates, (date) => {
        const iso = date.toISOString().slice(0, 10);
        const [year = '', month = '', day = ''] = iso.split('-');
        const wire = `${Number(month)}/${Number(day)}/${year}`;
        expect([wireDateOf(iso), wireDateOf(`${month}/${day}/${year}`), wireDateOf(wire)]).toEqual([wire, wire, wire]);
      }),
    );
  });
});
