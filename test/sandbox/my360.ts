import { json, startStory } from './support.js';

export interface RestAnswer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

/** A sandbox as My360's platform meets it: REST v1, its own customers, the hand-off. */
export async function startMy360(settings: Record<string, unknown> = {}) {
  const story = await startStory(settings);
  const authorization = `Basic ${Buffer.from(`${story.apiKey}:`).toString('base64')}`;

  const call = async (path: string, body: unknown): Promise<RestAnswer> => {
    const answer = await fetch(`${story.url}/api/v1/${path}`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return { status: answer.status, body: await json(answer) };
  };
  const get = (path: string) => fetch(`${story.url}/api/v1/${path}`, { headers: { authorization } });
  const customers = async () => json<Record<string, unknown>>(story.steer('/customers'));
  const signIn = async (email: string, password: string): Promise<string> => {
    const { body } = await call('remoteauth/RemoteAuthentication', { EmailAddress: email, Password: password });
    return String(body.RemoteAuthenticationToken);
  };
  const handOff = (fields: Record<string, string>) =>
    fetch(`${story.url}/portal/cloudsso`, {
      method: 'POST',
      body: new URLSearchParams({ ViewMode: '1', RedirectID: '1', ...fields }),
      redirect: 'manual',
    });

  return {
    ...story,
    call,
    get,
    signIn,
    handOff,
    customers,
    /** Makes a customer; fails where the sandbox refuses it. */
    customer: async (body: Record<string, unknown>) => {
      const answer = await story.steer('/customers', 'POST', body);
      expect(answer.status).toBe(201);
      return json<{ customerGuid: string }>(answer);
    },
    /** Opens a portal page; the answer is its address. */
    visit: async (email: string, password: string, fields: Record<string, string> = {}) => {
      const answer = await handOff({ RemoteAuthenticationToken: await signIn(email, password), ...fields });
      expect(answer.status).toBe(303);
      return new URL(answer.headers.get('location') ?? '', story.url).href;
    },
    /** Runs something and expects that Invoice Cloud is afterwards as it was. */
    unchanged: async <T>(run: () => Promise<T>): Promise<T> => {
      const before = await customers();
      const result = await run();
      expect(await customers()).toEqual(before);
      return result;
    },
  };
}

export type My360 = Awaited<ReturnType<typeof startMy360>>;
