import { api, type Json } from '../support/api.js';
import { PUBLIC_ROUTES } from '../support/public-routes.js';

/** The six tables of the design. */
const PARAMETERS = {
  request: ['ReturnURL', 'PostBackURL', 'BillerReference', 'ViewMode', 'CssUrl', 'Customers'],
  customer: [
    'AccountNumber',
    'DisplayAccountNumber',
    'Name',
    'Address',
    'City',
    'State',
    'Zip',
    'EmailAddress',
    'Invoices',
  ],
  invoice: [
    'InvoiceNumber',
    'TypeID',
    'InvoiceDate',
    'DueDate',
    'BalanceDue',
    'CCServiceFee',
    'ACHServiceFee',
    'MinimumAmountDue',
    'AllowPartialPayments',
  ],
  settings: [
    'AllowSwipe',
    'AllowEMV',
    'EMVDeviceID',
    'EMVLocationID',
    'CashierName',
    'AllowCCPayment',
    'AllowACHPayment',
    'CreateCustomerRecord',
    'RemoteAuthenticationToken',
    'PageLoadOverride',
  ],
  result: ['InvoiceOptions', 'AllowRegisterAccount'],
  experience: ['AllowViewStatement', 'AllowRemove', 'AllowViewRelated', 'AllowRemindMe'],
};

let document: Json;
beforeAll(async () => {
  const { status, body } = await api({ path: '/docs-json' });
  expect(status).toBe(200);
  document = body;
});

const operations = (): [string, Json][] =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods as Json).map(([method, operation]): [string, Json] => [
      `${method.toUpperCase()} ${path}`,
      operation,
    ]),
  );
const schema = (name: string): Json => document.components.schemas[name];
/** The schema that a property leads to, whether it is a list, a reference, or wrapped for its description. */
const target = (property: Json): Json => {
  const { $ref } = property.items ?? property.allOf?.[0] ?? property;
  return schema($ref.split('/').at(-1));
};
const lower = (names: readonly string[]) => names.map((name) => name.toLowerCase()).sort();

describe('Swagger', () => {
  test('shows its page at /docs', async () => {
    const { status, headers, text } = await api({ path: '/docs' });
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch(/^text\/html/);
    expect(text.toLowerCase()).toContain('swagger');
    for (const [, asset] of text.matchAll(/(?:src|href)="(\.?\/?docs\/[^"]+)"/g)) {
      expect((await api({ path: `/${asset?.replace(/^\.?\//, '')}` })).status).toBe(200);
    }
  });

  test('has every route of the issue', () => {
    expect(operations().map(([name]) => name)).toEqual(
      expect.arrayContaining([
        'POST /v1/billers/{billerId}/cloud-pay/payments',
        'GET /v1/billers/{billerId}/cloud-pay/payments',
        'GET /v1/billers/{billerId}/cloud-pay/payments/{id}',
        'GET /v1/billers/{billerId}/cloud-pay/payments/{id}/events',
        'POST /cloudpaymentsapi/v2',
        'POST /postbacks/{capability}',
        'POST /admin/v1/partners',
        'POST /admin/v1/partners/{partnerId}/keys',
        'POST /admin/v1/billers',
        'PUT /admin/v1/billers/{billerId}/api-key',
        'PUT /admin/v1/billers/{billerId}/settings/{settingId}',
        'GET /health/live',
        'GET /health/ready',
      ]),
    );
  });

  test('describes every route: summary, success, errors, and who may call', () => {
    const lacking: string[] = [];
    for (const [name, operation] of operations()) {
      const path = name.split(' ')[1] ?? '';
      const statuses = Object.keys(operation.responses);
      const publicly = PUBLIC_ROUTES.includes(name);
      if (!operation.summary || operation.summary.length < 10) lacking.push(`${name}: summary`);
      if (!operation.tags?.length) lacking.push(`${name}: tag`);
      if (!statuses.some((status) => status.startsWith('2'))) lacking.push(`${name}: success`);
      if (!publicly && !operation.security?.length) lacking.push(`${name}: security`);
      if (!publicly && !statuses.some((status) => /^401|^4XX/.test(status))) lacking.push(`${name}: 401`);
      if (path !== '/health/live' && !statuses.some((status) => /^[45]/.test(status))) lacking.push(`${name}: errors`);
      for (const [, parameter] of path.matchAll(/\{(\w+)\}/g)) {
        const declared = operation.parameters?.some(({ name: one }: { name: string }) => one === parameter);
        if (!declared) lacking.push(`${name}: parameter ${parameter}`);
      }
    }
    expect(lacking).toEqual([]);
  });

  test('gives every error answer the problem document, or the drop-in envelope', () => {
    for (const [name, operation] of operations()) {
      for (const [status, response] of Object.entries<Json>(operation.responses)) {
        if (!/^[45]/.test(status)) continue;
        const [[type, { schema: shape }]] = Object.entries<Json>(response.content ?? {}) as [[string, Json]];
        const dropIn = name === 'POST /cloudpaymentsapi/v2';
        expect(type).toBe(dropIn ? 'application/json' : 'application/problem+json');
        expect(shape.$ref).toBe(`#/components/schemas/${dropIn ? 'Cpv2Refusal' : 'ProblemView'}`);
        expect(response.description.length).toBeGreaterThan(10);
      }
    }
    expect(schema('ProblemView').properties).toMatchObject({
      type: expect.anything(),
      title: expect.anything(),
      status: expect.anything(),
      code: expect.anything(),
      detail: expect.anything(),
      errors: expect.anything(),
    });
  });

  test('names the security schemes that the routes ask for', () => {
    const schemes = document.components.securitySchemes;
    expect(schemes['partner-key']).toMatchObject({ type: 'http', scheme: 'bearer' });
    expect(schemes['cpv2-key']).toMatchObject({ type: 'http', scheme: 'basic' });
    expect(schemes['admin-key']).toMatchObject({ type: 'http', scheme: 'bearer' });
    for (const [name, operation] of operations()) {
      for (const scheme of (operation.security ?? []).flatMap((one: object) => Object.keys(one))) {
        expect(schemes).toHaveProperty([scheme]);
        expect([name, scheme]).toEqual([
          name,
          name.includes('/admin/') ? 'admin-key' : name.includes('/v1/') ? 'partner-key' : 'cpv2-key',
        ]);
      }
    }
  });

  test.each(['/v1/billers/{billerId}/cloud-pay/payments', '/cloudpaymentsapi/v2'])(
    'documents every parameter of the design’s six tables for POST %s',
    (path) => {
      const request = target(document.paths[path].post.requestBody.content['application/json'].schema);
      expect(lower(Object.keys(request.properties))).toEqual(
        lower([...PARAMETERS.request, ...PARAMETERS.settings, 'PageResultOptions', 'PortalOrigin']),
      );
      const customer = target(request.properties.Customers);
      expect(lower(Object.keys(customer.properties))).toEqual(lower(PARAMETERS.customer));
      const invoice = target(customer.properties.Invoices);
      expect(lower(Object.keys(invoice.properties))).toEqual(lower(PARAMETERS.invoice));
      const result = target(request.properties.PageResultOptions);
      expect(lower(Object.keys(result.properties))).toEqual(lower(PARAMETERS.result));
      const experience = target(result.properties.InvoiceOptions);
      expect(lower(Object.keys(experience.properties))).toEqual(lower(PARAMETERS.experience));

      expect(request.required.sort()).toEqual(['Customers', 'ViewMode']);
      expect(customer.required.sort()).toEqual(['AccountNumber', 'Invoices']);
      expect(invoice.required).toEqual(['InvoiceNumber']);
      for (const [name, property] of Object.entries<Json>({
        ...request.properties,
        ...customer.properties,
        ...invoice.properties,
        ...experience.properties,
      })) {
        const typed = 'type' in property || '$ref' in property || 'oneOf' in property || 'allOf' in property;
        expect([name, typed]).toEqual([name, true]);
      }
    },
  );

  test('gives an example of whatever the design’s sample holds', () => {
    const request = schema('CloudPaymentRequest');
    const customer = target(request.properties.Customers);
    const invoice = target(customer.properties.Invoices);
    const lacking = [
      ...['CreateCustomerRecord', 'AllowEMV', 'AllowSwipe', 'AllowCCPayment', 'AllowACHPayment', 'PageLoadOverride'],
      ...['PostBackURL', 'BillerReference', 'ViewMode', 'CssUrl'],
    ]
      .filter((name) => request.properties[name].example === undefined)
      .concat(
        ['AccountNumber', 'Name', 'Address', 'City', 'State', 'Zip', 'EmailAddress'].filter(
          (name) => customer.properties[name].example === undefined,
        ),
        ['InvoiceNumber', 'TypeID', 'DueDate', 'InvoiceDate', 'BalanceDue', 'CCServiceFee', 'AchServiceFee'].filter(
          (name) => invoice.properties[name].example === undefined,
        ),
      );
    expect(lacking).toEqual([]);
    expect(customer.properties).toMatchObject({
      Name: { example: 'Jane Payer' },
      EmailAddress: { example: 'payer@example.com' },
    });
    expect(JSON.stringify(document)).not.toMatch(/halgren|hitsandmisss/i);
  });

  test('documents the PostBack’s eighteen parameters', () => {
    const [media] = Object.values<Json>(document.paths['/postbacks/{capability}'].post.requestBody.content);
    expect(Object.keys(target(media.schema).properties)).toHaveLength(18);
  });
});

describe('health', () => {
  test.each(['/health/live', '/health/ready'])('%s answers without a key', async (path) => {
    expect(await api({ path })).toMatchObject({ status: 200, body: { status: 'ok' } });
  });
});
