import { Inject, Injectable, Logger } from '@nestjs/common';
import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload } from 'jose';
import { traceOf } from '../common/problem.js';
import { CONFIG, type Config } from '../config/config.js';
import { OidcNotConfigured } from './errors.js';
import { type Role, ROLES } from './role.js';

export interface OidcAdministrator {
  readonly subject: string;
  readonly role: Role;
}

/** Asymmetric only: a shared secret would make every holder of it an issuer. */
const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA'];

/** What is wrong with a token, and not with the issuer. */
const OF_TOKENS = /^ERR_(JWT|JWS|JWKS_(NO|MULTIPLE)_MATCHING|JOSE_ALG_NOT_ALLOWED|JOSE_NOT_SUPPORTED)/;

/** Bearer tokens of the OpenID Connect issuer that is configured, with one claim mapped to roles. */
@Injectable()
export class Oidc {
  private readonly logger = new Logger('oidc');
  private keys: ReturnType<typeof createRemoteJWKSet> | undefined;

  constructor(@Inject(CONFIG) private readonly config: Config) {}

  /**
   * @returns undefined when the token is not a valid one of the issuer, or its claim names no role
   * @throws OidcNotConfigured when the issuer's keys can't be fetched
   */
  async authenticate(token: string): Promise<OidcAdministrator | undefined> {
    const { oidc } = this.config;
    if (!oidc || token.split('.').length !== 3) return undefined;
    try {
      const keys = (this.keys ??= createRemoteJWKSet(await this.discover(oidc.issuer), { timeoutDuration: 5_000 }));
      const { payload } = await jwtVerify(token, keys, {
        issuer: oidc.issuer,
        audience: oidc.audience,
        algorithms: ALGORITHMS,
        requiredClaims: ['exp', 'sub'],
        clockTolerance: 30,
      });
      const role = this.roleOf(payload);
      const { email } = payload;
      return role && { subject: typeof email === 'string' ? email : (payload.sub ?? ''), role };
    } catch (error) {
      if (error instanceof OidcNotConfigured) throw error;
      if (error instanceof errors.JOSEError && OF_TOKENS.test(error.code)) return undefined;
      throw this.unavailable(error);
    }
  }

  private async discover(issuer: string): Promise<URL> {
    try {
      const answer = await fetch(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`, {
        signal: AbortSignal.timeout(5_000),
      });
      const document = (await answer.json()) as { issuer?: unknown; jwks_uri?: unknown };
      if (document.issuer !== issuer) throw new Error('the document names another issuer');
      return new URL(String(document.jwks_uri));
    } catch (error) {
      throw this.unavailable(error);
    }
  }

  private unavailable(error: unknown): OidcNotConfigured {
    this.logger.error(traceOf(error), 'issuer not reachable');
    return new OidcNotConfigured('The issuer of OIDC_ISSUER does not answer. Try again, or use an administrator key.', {
      retryAfter: 10,
    });
  }

  /** The highest role that the claim, a text or a list of texts, is mapped to. */
  private roleOf(payload: JWTPayload): Role | undefined {
    const { oidc } = this.config;
    const claim = payload[oidc?.roleClaim ?? ''];
    const values = (Array.isArray(claim) ? (claim as unknown[]) : [claim]).filter((value) => typeof value === 'string');
    const roles = values
      .map((value) => (oidc && Object.hasOwn(oidc.roles, value) ? oidc.roles[value] : undefined))
      .filter((role) => role !== undefined);
    return ROLES.toReversed().find((role) => roles.includes(role));
  }
}
