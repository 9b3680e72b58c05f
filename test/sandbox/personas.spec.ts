import { PERSONAS } from '../../sandbox/personas.js';
import { startMy360, type My360 } from './my360.js';

describe('customers of the sandbox', () => {
  let my360: My360;
  beforeEach(async () => {
    my360 = await startMy360({ personas: true });
  });
  afterEach(() => my360.close());

  it('are personas for every branch, printed on the start page', async () => {
    const start = await (await fetch(my360.url)).text();
    for (const { name, accounts, email, password, my360: held } of PERSONAS) {
      for (const text of [name, accounts.join(', '), email, password, held?.password]) {
        if (text !== undefined) expect(start).toContain(text);
      }
      for (const one of [email, held?.email]) if (one !== undefined) expect(one).toMatch(/@example\.com$/);
    }
    const codes = await Promise.all(
      PERSONAS.map(async ({ email, password, my360: held }) => {
        const credentials = { EmailAddress: held?.email ?? email, Password: held?.password ?? password };
        const { body } = await my360.call('remoteauth/RemoteAuthentication', credentials);
        return body.Code ?? 'signed in';
      }),
    );
    expect(codes).toEqual([
      'signed in',
      'NotRegistered',
      'NotRegistered',
      'UserLocked',
      'signed in',
      'NotRegistered',
      'InvalidRequest',
    ]);
    const dora = PERSONAS[5];
    expect(await my360.signIn(dora.email ?? '', dora.password ?? '')).toHaveLength(43);
    expect(
      (await my360.call('remoteauth/RetrieveUsers', { AccountNumber: PERSONAS[2].accounts[0] })).body.Users,
    ).toEqual([]);
  });

  it('stay as they are when the biller is put again', async () => {
    const { billerGuid, apiKey } = my360;
    const again = { billerGuid, apiKey, name: 'Again', personas: true };
    await my360.unchanged(() => my360.putBiller(again));
  });

  it.each([
    ['an account twice', { accountNumber: '36010001' }, 409],
    ['a user twice', { registered: { email: 'ROSA@example.com', password: 'x' } }, 409],
    ['a link to nobody', { linkedTo: 'nobody@example.com' }, 404],
    ['a lock without a user', { locked: true }, 400],
    ['an email that is none', { email: 'rosa' }, 400],
    ['an amount that is none', { balance: 'much' }, 400],
    ['an unknown field', { accountnumber: '1' }, 400],
  ])('are not made of %s', async (_name, body, status) => {
    const answer = await my360.unchanged(() =>
      my360.steer('/customers', 'POST', { accountNumber: 'n', name: 'N', ...body }),
    );
    expect(answer.status).toBe(status);
  });

  describe('faults of REST v1', () => {
    const addFault = (fault: Record<string, unknown>) => my360.steer('/faults', 'POST', fault);
    const rosa = { EmailAddress: 'rosa@example.com', Password: 'Rosa-is-registered-1' };

    it('lose the answer after the operation is done', async () => {
      await addFault({ operation: 'create-customer-record', kind: 'answer-lost' });
      const create = () => my360.call('customers/CreateCustomerRecord', { AccountNumber: 'n' });
      await expect(create()).rejects.toThrow();
      expect((await my360.requests()).at(-1)).toMatchObject({ fault: 'answer-lost', status: null });
      expect((await create()).body.Created).toBe(false);
    });

    it('slow every operation until cleared, and let another fault happen all the same', async () => {
      await addFault({ kind: 'delay', ms: 200, times: 0 });
      await addFault({ operation: 'retrieve-users', kind: 'status', status: 503 });
      const timed = async (path: string) => {
        const started = performance.now();
        const { status } = await my360.call(`remoteauth/${path}`, rosa);
        expect(performance.now() - started).toBeGreaterThan(190);
        return status;
      };
      const statuses = [
        await timed('RetrieveUsers'),
        await timed('RetrieveUsers'),
        await timed('RemoteAuthentication'),
      ];
      expect(statuses).toEqual([503, 200, 200]);
      await my360.steer('/faults', 'DELETE');
      const started = performance.now();
      await my360.call('remoteauth/RetrieveUsers', rosa);
      expect(performance.now() - started).toBeLessThan(190);
    });
  });
});
