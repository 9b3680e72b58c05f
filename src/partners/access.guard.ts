import { timingSafeEqual } from 'node:crypto';
import { CanActivate, ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { digestOf } from '../common/secret-box.js';
import { CONFIG, type Config } from '../config/config.js';
import { ACCESS, type Access, type CallerRequest } from './access.js';
import { keyOf } from './api-key.js';
import { Forbidden, Unauthenticated } from './errors.js';
import { PartnersService } from './partners.service.js';

/** Deny by default: every route declares who may call it, and a test walks all of them. */
@Injectable()
export class AccessGuard implements CanActivate {
  private readonly adminDigest: Buffer;

  constructor(
    private readonly reflector: Reflector,
    private readonly partners: PartnersService,
    @Inject(CONFIG) config: Config,
  ) {
    this.adminDigest = digestOf(config.adminKey);
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const access = this.reflector.getAllAndOverride<Access | undefined>(ACCESS, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (access?.kind === 'public') return true;
    const request = context.switchToHttp().getRequest<CallerRequest>();
    const key = keyOf(request.headers.authorization);
    if (!key) {
      throw new Unauthenticated('Send your API key as "Authorization: Bearer <key>".');
    }
    if (access?.kind === 'admin') return this.admitAdmin(key);
    if (access?.kind !== 'partner') throw new Forbidden('This route is closed.');
    const found = await this.partners.findByKey(key);
    if (!found) {
      // An administrator's key is no partner's: say so, since mixing them up is the usual mistake.
      throw this.isAdmin(key)
        ? new Forbidden('This route takes a partner API key, not the administrator key.')
        : new Unauthenticated('The API key is unknown, expired or revoked. Ask an administrator for a new one.');
    }
    if (!found.scopes.includes(access.scope)) {
      throw new Forbidden(`This key lacks the scope ${access.scope}. Ask an administrator for a key that has it.`);
    }
    request.caller = { partnerId: found.partnerId, mode: found.mode, billerId: found.billerId };
    return true;
  }

  private async admitAdmin(key: string): Promise<boolean> {
    if (this.isAdmin(key)) return true;
    if (await this.partners.findByKey(key)) throw new Forbidden('A partner API key opens no administrator route.');
    throw new Unauthenticated('The administrator key is not the one this platform was started with.');
  }

  private isAdmin(key: string): boolean {
    return timingSafeEqual(digestOf(key), this.adminDigest);
  }
}
