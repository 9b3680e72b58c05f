import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OPENING_SCENARIOS, PAYMENT_SCENARIOS, openingFaultOf, paymentScenarioOf } from '../../sandbox/scenarios.js';
import { TEST_CARDS, grouped } from '../../sandbox/test-numbers.js';
import { startMy360, type My360 } from './my360.js';
import {
  NO_FUNDS,
  VISA,
  json,
  payByBank,
  payByCard,
  sampleRequest,
  startReceiver,
  GOOD_ACCOUNT,
  type Envelope,
} from './support.js';

describe('scenarios by number', () => {
  let my360: My360;
  let partner: Awaited<ReturnType<typeof startReceiver>>;

  beforeEach(async () => {
    my360 = await startMy360();
    partner = await startReceiver();
  });
  afterEach(async () => {
    await my360.close();
    await partner.close();
  });

  const requestFor = (InvoiceNumber: string, AccountNumber = '209860', changes: Record<string, unknown> = {}) => {
    const request = sampleRequest(partner.url);
    Object.assign(request.Customers[0], { AccountNumber });
    Object.assign(request.Customers[0].Invoices[0], { InvoiceNumber, ...changes });
    return request;
  };
  const open = (...asked: Parameters<typeof requestFor>) => my360.open(requestFor(...asked));
  const told = () => partner.received.map(({ fields }) => [fields.Approved, fields.PaymentAmount]);

  describe('of a payment', () => {
    /** What the ledger and the partner then have, however the scenario was asked for. */
    const expectations: Readonly<Record<string, () => Promise<void>>> = {
      DECLINED: async () => {
        expect(await my360.ledger()).toMatchObject([{ approved: false, message: 'Declined: insufficient funds' }]);
        expect(told()).toEqual([['False', '3.00']]);
      },
      EXPIRED: async () => {
        expect(await my360.ledger()).toMatchObject([{ approved: false, message: 'Declined: expired card' }]);
      },
      MISSING: async () => {
        expect(await my360.ledger()).toMatchObject([{ approved: true, postbacks: [{ fault: 'missing' }] }]);
        expect(told()).toEqual([]);
      },
      TWICE: async () => {
        await my360.ledger();
        expect(partner.received).toHaveLength(2);
        expect(partner.received[1].body).toBe(partner.received[0].body);
      },
      ATONCE: async () => {
        expect(await my360.ledger()).toMatchObject([{ postbacks: [{ fault: 'twice' }, { fault: 'twice' }] }]);
        expect(partner.received).toHaveLength(2);
      },
      FORGED: async () => {
        await my360.ledger();
        expect(told()).toEqual([['False', '3.00'], ['True', '3.00']]); // prettier-ignore
        expect(new Set(partner.received.map(({ fields }) => fields.PaymentGUID)).size).toBe(2);
      },
      AMOUNT: async () => {
        expect(await my360.ledger()).toMatchObject([{ amountCents: 300 }]);
        expect(told()).toEqual([['True', '4.00']]);
      },
      DOUBLE: async () => {
        const ledger = await my360.ledger();
        expect(ledger).toMatchObject([{ amountCents: 300 }, { amountCents: 300, duplicate: true }]);
        expect(ledger[0]).not.toHaveProperty('duplicate');
        expect(new Set(partner.received.map(({ fields }) => fields.PaymentGUID)).size).toBe(2);
      },
      PARTIAL: async () => {
        expect(await my360.ledger()).toMatchObject([{ amountCents: 150, approved: true }]);
        expect(told()).toEqual([['True', '1.50']]);
        const { customers } = (await my360.customers()) as { customers: { balance: string }[] };
        expect(customers[0].balance).toBe('1.50');
      },
      ORDER: async () => {
        await my360.ledger();
        expect(partner.received).toEqual([]);
        await payByCard(await open('the-next'), VISA);
        await my360.ledger();
        expect(partner.received[0].fields.InvoiceNumber).toBe('the-next');
        expect(partner.received).toHaveLength(2);
      },
    };
    const others = PAYMENT_SCENARIOS.filter(({ name }) => name !== 'LATE');

    it('has one expectation for each', () => {
      expect(Object.keys(expectations).sort()).toEqual(others.map(({ name }) => name).sort());
    });

    it.each(others.map(({ name, card = '' }) => [name, card]))('%s, by the card %s', async (name, card) => {
      const page = await open('ordinary');
      const refused = name === 'DECLINED' || name === 'EXPIRED';
      expect((await payByCard(page, card)).status).toBe(refused ? 402 : 303);
      expect((await my360.ledger())[0]).toMatchObject({ scenario: name });
      await expectations[name]?.();
    });

    it.each(others.map(({ name }) => name))('%s, by the invoice number', async (name) => {
      await payByCard(await open(`FAULT-${name}-1`), VISA);
      await expectations[name]?.();
    });

    it('by the account number, in lower case, by bank account', async () => {
      await payByBank(await open('ordinary', 'fault-amount-x'), GOOD_ACCOUNT);
      await expectations.AMOUNT?.();
    });

    it('late by the seconds that it names', async () => {
      const late = (number: string) => paymentScenarioOf([number], new Set())?.postback?.({} as never);
      const card = TEST_CARDS.find(({ scenario }) => scenario?.name === 'LATE')?.scenario;
      expect(card?.postback?.({} as never)).toMatchObject({ kind: 'delay', ms: 5000 });
      expect(late('FAULT-LATE-1')).toMatchObject({ kind: 'delay', ms: 5000 });
      expect(late('FAULT-LATE30-1')).toMatchObject({ kind: 'delay', ms: 30_000 });
      await payByCard(await open('FAULT-LATE0-1'), VISA);
      expect(await my360.ledger()).toMatchObject([{ postbacks: [{ status: 204, fault: 'delay' }] }]);
    });

    it('makes a refusal arrive after the approval', async () => {
      const page = await open('FAULT-ORDER-1');
      expect((await payByCard(page, NO_FUNDS)).status).toBe(402);
      expect((await payByCard(page, VISA)).status).toBe(303);
      await my360.ledger();
      expect(told().map(([approved]) => approved)).toEqual(['True', 'False']);
    });

    it('leaves the rest of a half approval to be paid', async () => {
      const page = await open('FAULT-PARTIAL-ONCE-1');
      await payByCard(page, VISA);
      expect((await payByCard(page, VISA)).status).toBe(303);
      expect((await my360.ledger()).map(({ amountCents }) => amountCents)).toEqual([150, 150]);
      expect((await payByCard(page, VISA)).status).toBe(409);
    });

    it('charges a chosen part twice and lowers the balance once', async () => {
      const page = await open('FAULT-DOUBLE-1', '1', { AllowPartialPayments: true });
      await my360.payAt(page, { amount: '1.00' });
      expect(await my360.ledger()).toMatchObject([{ amountCents: 100 }, { amountCents: 100, duplicate: true }]);
      const { customers } = (await my360.customers()) as { customers: { balance: string }[] };
      expect(customers[0].balance).toBe('2.00');
    });

    it('leaves the faults that wait their turn', async () => {
      await my360.fault({ kind: 'missing' });
      await payByCard(await open('FAULT-TWICE-1'), VISA);
      await my360.ledger();
      expect(partner.received).toHaveLength(2);
      expect((await json<{ faults: object[] }>(my360.steer('/faults'))).faults).toHaveLength(1);
    });
  });

  describe('of a call', () => {
    const ask = (number: string, account?: string) => my360.ask(requestFor(number, account));

    it.each([
      ['FAULT-401-1', 401],
      ['FAULT-429-1', 429],
      ['FAULT-500-1', 500],
      ['fault-503-1', 503],
    ])('%s is answered %s, each time', async (number, status) => {
      expect([(await ask(number)).status, (await ask(number)).status]).toEqual([status, status]);
      expect(await my360.requests()).toMatchObject([{ status, fault: 'status' }, { status }]);
    });

    it('once goes well afterwards, and goes wrong again after a reset', async () => {
      const statuses = async () => [(await ask('FAULT-429-ONCE-1')).status, (await ask('FAULT-429-ONCE-1')).status];
      expect(await statuses()).toEqual([429, 200]);
      expect((await ask('FAULT-429-ONCE-2')).status).toBe(429);
      await my360.control('reset', 'POST', { billerGuid: my360.billerGuid });
      expect(await statuses()).toEqual([429, 200]);
    });

    it('is a page, half an answer, or a dead socket', async () => {
      const page = await ask('FAULT-HTML-1');
      expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
      await expect(ask('FAULT-SOCKET-1')).rejects.toThrow();
      const half = await ask('FAULT-HALF-1');
      await expect(half.text()).rejects.toThrow();
      const { customers } = (await my360.customers()) as { customers: object[] };
      expect(customers).toEqual([]);
    });

    it('is done although the answer is lost', async () => {
      await expect(ask('FAULT-LOST-ONCE-1')).rejects.toThrow();
      const { customers } = (await my360.customers()) as { customers: { balance: string }[] };
      expect(customers).toMatchObject([{ balance: '3.00' }]);
      const again = await json<Envelope>(ask('FAULT-LOST-ONCE-1'));
      expect(again.Data.CloudPaymentURL).toContain('/portal/cloudpay/');
    });

    it('is slow by the seconds that it names', async () => {
      const slow = (number: string) => openingFaultOf([number], new Set());
      expect(slow('FAULT-SLOW-1')).toMatchObject({ kind: 'delay', ms: 5000 });
      expect(slow('FAULT-SLOW12-1')).toMatchObject({ kind: 'delay', ms: 12_000 });
      expect((await ask('FAULT-SLOW0-1')).status).toBe(200);
      expect(await my360.requests()).toMatchObject([{ status: 200, fault: 'delay' }]);
    });

    it('is asked for by the account number, in REST v1 too', async () => {
      expect((await ask('1', 'FAULT-500-7')).status).toBe(500);
      const users = await my360.call('remoteauth/RetrieveUsers', { AccountNumber: 'FAULT-429-7' });
      expect(users.status).toBe(429);
      const linked = { EmailAddress: 'r@example.com', Accounts: [{ AccountNumber: 'FAULT-503-7' }] };
      expect((await my360.call('remoteauth/LinkAccounts', linked)).status).toBe(503);
    });

    it.each(['FAULT-TEAPOT-1', 'FAULT-200-1', 'FAULT-9999-1'])('%s names none, and is refused', async (number) => {
      const answer = await ask(number);
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject({ Message: expect.stringContaining('names no scenario') });
    });

    it.each(['FAULT-', 'FAULTY-1', 'FAULT-1', 'DEFAULT-429-1'])('%s is an ordinary number', async (number) => {
      expect((await ask(number)).status).toBe(200);
    });
  });

  it('stand on the start page and in the README, all of them', async () => {
    const start = await (await fetch(my360.url)).text();
    const readme = readFileSync(join(import.meta.dirname, '../../sandbox/README.md'), 'utf8');
    for (const { name } of [...PAYMENT_SCENARIOS, ...OPENING_SCENARIOS]) {
      expect(start).toContain(`FAULT-${name}-…`);
      expect(readme).toContain(`FAULT-${name}-…`);
    }
    for (const { number, scenario } of TEST_CARDS) {
      expect(start).toContain(grouped(number));
      if (scenario) expect(readme).toContain(`| ${grouped(number)} |`);
    }
  });
});
