import type { DemoPartner, LocalFacts } from './facts.js';

interface SeedOptions {
  readonly apiUrl: string;
  readonly adminKey: string;
  readonly sandboxUrl: string;
  /** Where the demo portals will be. */
  readonly portals: { readonly leadsonline: string; readonly my360: string };
  /** What an earlier start wrote down; kept as long as its keys work. */
  readonly previous: LocalFacts | undefined;
}

interface SandboxBiller {
  readonly billerGuid: string;
  readonly apiKey: string;
  readonly name: string;
  readonly dba: string;
}

interface Named {
  readonly id: string;
  readonly name: string;
}

interface Demo {
  /** Also how the sandbox's biller for this partner is recognised. */
  readonly partner: string;
  readonly pinned?: object;
  /** How Invoice Cloud's pages are dressed. */
  readonly cssUrl: (sandboxUrl: string, portalUrl: string) => string;
}

const SSO_ONE_TIME_PAYMENT_RETURN_URL = 36;

const LEADSONLINE: Demo = {
  partner: 'LeadsOnline',
  // The technical design: "Always 39", "Always 0.00", "Always 4 - Invoice Cart".
  pinned: {
    'Customers.Invoices.TypeID': 39,
    'Customers.Invoices.CCServiceFee': 0,
    'Customers.Invoices.AchServiceFee': 0,
    PageLoadOverride: 4,
  },
  // "Default IC CssUrl": here the sandbox is Invoice Cloud.
  cssUrl: (sandboxUrl) => `${sandboxUrl}/_sandbox/style.css`,
};

const MY360: Demo = {
  partner: 'My360',
  // "has created a custom CSS URL"
  cssUrl: (_sandboxUrl, portalUrl) => `${portalUrl}/invoice-cloud.css`,
};

/**
 * One demo partner with one biller each, made over the same admin API that an administrator uses. What is there stays:
 * keys that work are kept, and a partner whose key was lost gets a new one.
 */
export async function seed(options: SeedOptions): Promise<Pick<LocalFacts, 'leadsonline' | 'my360'>> {
  const response = await call(options.sandboxUrl, 'GET', '/_sandbox/billers');
  const { billers } = response as { readonly billers: readonly SandboxBiller[] };
  return {
    leadsonline: await seedPartner(
      LEADSONLINE,
      options.portals.leadsonline,
      options.previous?.leadsonline,
      billers,
      options,
    ),
    my360: await seedPartner(MY360, options.portals.my360, options.previous?.my360, billers, options),
  };
}

async function seedPartner(
  demo: Demo,
  portalUrl: string,
  previous: DemoPartner | undefined,
  sandboxBillers: readonly SandboxBiller[],
  { apiUrl, adminKey, sandboxUrl }: SeedOptions,
): Promise<DemoPartner> {
  const admin = <T>(method: string, path: string, body?: object, headers?: Record<string, string>): Promise<T> =>
    call(apiUrl, method, `/admin/v1${path}`, body, { authorization: `Bearer ${adminKey}`, ...headers }) as Promise<T>;
  const cssUrl = demo.cssUrl(sandboxUrl, portalUrl);
  /** Also for requests that name no style sheet. */
  const cloudPayPolicy = { pinned: demo.pinned ?? {}, defaults: { CssUrl: cssUrl } };
  /**
   * Its portal may show Invoice Cloud's pages, which are dressed from this machine and not from the internet, and payers
   * come back to it. Nothing is changed where it is so already.
   */
  const allowPortal = async (id: string): Promise<void> => {
    const { revision, ...facts } = await admin<SeededBiller>('GET', `/billers/${id}`);
    const dressed = facts.cssUrl === cssUrl && facts.cloudPayPolicy.defaults['CssUrl'] === cssUrl;
    if (dressed && facts.portalOrigins.join() === portalUrl && facts.returnOrigins.join() === portalUrl) return;
    const allowed = { portalOrigins: [portalUrl], returnOrigins: [portalUrl], cssUrl, cloudPayPolicy };
    await admin('PATCH', `/billers/${id}`, allowed, { 'if-match': `"${revision}"` });
    await admin('PUT', `/billers/${id}/settings/${SSO_ONE_TIME_PAYMENT_RETURN_URL}`, { value: `${portalUrl}/back` });
  };
  if (previous && (await stillWorks(apiUrl, previous))) {
    await allowPortal(previous.billerId);
    return { ...previous, portalUrl };
  }

  const partners = await admin<{ readonly data: readonly Named[] }>('GET', '/partners');
  const existing = partners.data.find(({ name }) => name === demo.partner);
  const { id: partnerId, webhookSecret } = existing
    ? { ...existing, ...(await admin<Secret>('POST', `/partners/${existing.id}/webhook-secret`)) }
    : await admin<Named & Secret>('POST', '/partners', { name: demo.partner });

  const source = sandboxBillers.find(({ name }) => name.includes(demo.partner));
  if (!source) throw new Error(`The sandbox has no biller for ${demo.partner}.`);
  const { billerGuid, name, dba } = source;
  const billers = await admin<{ readonly data: readonly (Named & { readonly billerGuid: string })[] }>(
    'GET',
    `/billers?partnerId=${partnerId}`,
  );
  const { id: billerId } =
    billers.data.find((biller) => biller.billerGuid === billerGuid) ??
    (await admin<{ readonly id: string }>('POST', '/billers', {
      partnerId,
      name,
      dba,
      billerGuid,
      mode: 'test',
    }));
  await admin('PUT', `/billers/${billerId}/api-key`, { apiKey: source.apiKey });
  await allowPortal(billerId);

  const { key } = await admin<{ readonly key: string }>('POST', `/partners/${partnerId}/keys`, {
    name: 'demo',
    mode: 'test',
    billerId,
  });
  return { apiKey: key, billerId, portalUrl, webhookSecret };
}

interface SeededBiller {
  readonly revision: number;
  readonly portalOrigins: readonly string[];
  readonly returnOrigins: readonly string[];
  readonly cssUrl: string | null;
  readonly cloudPayPolicy: { readonly defaults: Readonly<Record<string, unknown>> };
}

interface Secret {
  readonly webhookSecret: string;
}

async function stillWorks(apiUrl: string, { apiKey, billerId }: DemoPartner): Promise<boolean> {
  const { status } = await fetch(`${apiUrl}/v1/billers/${billerId}/cloud-pay/payments?limit=1`, {
    headers: { authorization: `Bearer ${apiKey}` },
  });
  return status === 200;
}

/** @throws Error with the method, the path and the problem's own words; never a key */
async function call(origin: string, method: string, path: string, body?: object, headers = {}): Promise<unknown> {
  const response = await fetch(origin + path, {
    method,
    headers: {
      ...headers,
      ...(body && { 'content-type': 'application/json' }),
    },
    body: body && JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`Demo data: ${method} ${path} answered ${response.status} ${text.slice(0, 600)}`);
  return text ? JSON.parse(text) : undefined;
}
