import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { exportJWK, exportSPKI, generateKeyPair, type GenerateKeyPairResult, type JWK, SignJWT } from 'jose';

export interface TokenOptions {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly issuer?: string;
  readonly audience?: string;
  /** Seconds from now. */
  readonly expiresIn?: number | null;
  readonly subject?: string | null;
  /** Signed by a key that the issuer never published. */
  readonly foreignKey?: boolean;
  readonly kid?: string;
}

/** An OpenID Connect issuer: its discovery document, its keys, and tokens of every kind. */
export class Issuer {
  private server: Server | undefined;
  /** What it answers to whatever it is asked, where it is not well. */
  broken: number | undefined;
  /** Its keys alone can't be had. */
  keysBroken = false;
  /** Of whom its discovery document speaks. */
  named: string;

  private constructor(
    readonly url: string,
    private readonly own: GenerateKeyPairResult,
    private readonly foreign: GenerateKeyPairResult,
    private readonly jwk: JWK,
  ) {
    this.named = url;
  }

  /** @param port where it will be; it is not there yet */
  static async at(port: number): Promise<Issuer> {
    const pair = () => generateKeyPair('RS256', { extractable: true });
    const [own, foreign] = [await pair(), await pair()];
    const jwk = { ...(await exportJWK(own.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' };
    return new Issuer(`http://127.0.0.1:${port}`, own, foreign, jwk);
  }

  async open(): Promise<void> {
    this.server = createServer(({ url = '' }, response) => {
      const broken = this.broken ?? (this.keysBroken && url === '/keys' ? 500 : undefined);
      if (broken) return void response.writeHead(broken, { connection: 'close' }).end('broken');
      const documents: Record<string, object> = {
        '/.well-known/openid-configuration': { issuer: this.named, jwks_uri: `${this.url}/keys` },
        '/keys': { keys: [this.jwk] },
      };
      const document = documents[url];
      response.writeHead(document ? 200 : 404, { 'content-type': 'application/json', connection: 'close' });
      response.end(JSON.stringify(document ?? {}));
    });
    await once(this.server.listen(Number(new URL(this.url).port), '127.0.0.1'), 'listening');
  }

  async close(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    if (!server) return;
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }

  token(options: TokenOptions = {}): Promise<string> {
    const { privateKey } = options.foreignKey ? this.foreign : this.own;
    return this.claims(options)
      .setProtectedHeader({ alg: 'RS256', kid: options.kid ?? 'one' })
      .sign(privateKey);
  }

  /** The trick of old: the public key, which everybody has, as the secret of an HMAC. */
  async hmacToken(options: TokenOptions = {}): Promise<string> {
    const secret = new TextEncoder().encode(await exportSPKI(this.own.publicKey));
    return this.claims(options).setProtectedHeader({ alg: 'HS256', kid: 'one' }).sign(secret);
  }

  /** @param alg as the header says; there is no signature */
  unsignedToken(alg: string, claims: object): string {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const exp = Math.trunc(Date.now() / 1000) + 300;
    return `${part({ alg, kid: 'one' })}.${part({ iss: this.url, exp, ...claims })}.`;
  }

  private claims({ claims, issuer, audience, expiresIn = 300, subject }: TokenOptions): SignJWT {
    const token = new SignJWT({ ...claims }).setIssuer(issuer ?? this.url).setAudience(audience ?? 'billbridge');
    if (subject !== null) token.setSubject(subject ?? 'jane');
    if (expiresIn !== null) token.setExpirationTime(Math.trunc(Date.now() / 1000) + expiresIn);
    return token.setIssuedAt();
  }
}
