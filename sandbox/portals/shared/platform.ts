/** What a partner is given: where the platform is, its biller there, and its API key. */
export interface PlatformAccess {
  readonly platformUrl: string;
  readonly billerId: string;
  readonly apiKey: string;
}

/** The platform said no. Its answer is a problem document (RFC 9457): `code` is stable, `detail` says what to do next. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly title: string,
    readonly detail: string,
  ) {
    super(`${title}. ${detail}`);
  }
}

/** The platform's REST API, for one biller. All that a partner needs of a client library. */
export class Platform {
  constructor(private readonly access: PlatformAccess) {}

  get origin(): string {
    return new URL(this.access.platformUrl).origin;
  }

  /**
   * @param path beneath `/v1/billers/{billerId}`
   * @throws Refused
   */
  async ask<Answer>(
    method: string,
    path: string,
    body?: object,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const { platformUrl, billerId, apiKey } = this.access;
    const response = await fetch(`${platformUrl}/v1/billers/${billerId}${path}`, {
      method,
      // The key stays on this server. A browser never sees it.
      headers: { authorization: `Bearer ${apiKey}`, ...(body && { 'content-type': 'application/json' }), ...headers },
      body: body && JSON.stringify(body),
      // The platform's own deadline towards Invoice Cloud is 15 seconds.
      signal: AbortSignal.timeout(30_000),
    });
    const text = await response.text();
    if (response.ok) return (text ? JSON.parse(text) : undefined) as Answer;
    throw problemOf(response.status, text);
  }
}

function problemOf(status: number, text: string): Refused {
  try {
    const { code, title, detail } = JSON.parse(text) as { code: string; title: string; detail: string };
    return new Refused(status, code, title, detail);
  } catch {
    // A proxy in between answers with a page of its own.
    return new Refused(status, 'unreadable', 'The platform could not be reached', 'Try again in a minute.');
  }
}
