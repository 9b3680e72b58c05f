import { CanActivate, ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { type Administrator, AdministratorsService } from '../administrators/administrators.service.js';
import { includesRole } from '../administrators/role.js';
import { keyOf } from '../common/api-key.js';
import { within } from '../common/deadline.js';
import { isAway } from '../database/postgres-errors.js';
import { DatabaseProbe } from '../database/probe.js';
import { ACCESS, type Access, type CallerRequest } from './access.js';
import { Forbidden, Unauthenticated } from './errors.js';
import { PartnerKeysService } from './partner-keys.service.js';
import type { Scope } from './partner-key.entity.js';

/** A look-up that takes longer hangs. Milliseconds. */
const LOOK_UP_MS = 2_000;

type AdminAccess = Extract<Access, { kind: 'admin' }>;

/** Deny by default: every route declares who may call it, and a test walks all of them with every kind of key. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly keys: PartnerKeysService,
    private readonly administrators: AdministratorsService,
    private readonly database: DatabaseProbe,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const access = this.reflector.getAllAndOverride<Access | undefined>(ACCESS, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (access?.kind === 'public') return true;
    const request = context.switchToHttp().getRequest<CallerRequest>();
    const key = keyOf(request.headers.authorization);
    if (!key) throw new Unauthenticated('Send your API key as "Authorization: Bearer <key>".');
    if (access?.kind === 'admin') return this.admitAdministrator(request, key, access);
    if (access?.kind === 'partner') return this.admitPartner(request, key, access.scope);
    throw new Forbidden('This route is closed.');
  }

  private async admitPartner(request: CallerRequest, key: string, scope: Scope): Promise<boolean> {
    const found = await this.keys.findByKey(key, request.ip);
    if (!found) {
      // An administrator's key is no partner's: say so, since mixing them up is the usual mistake.
      throw (await this.administrators.authenticate(key, request.ip))
        ? new Forbidden("This route takes a partner API key, not an administrator's.")
        : new Unauthenticated(
            'The API key is unknown, expired, revoked, or not allowed from this address. Ask an administrator.',
          );
    }
    if (!found.scopes.includes(scope)) {
      throw new Forbidden(`This key lacks the scope ${scope}. Ask an administrator for a key that has it.`);
    }
    const { partnerId, id, mode, billerIds } = found;
    request.caller = { partnerId, keyId: id, mode, billerIds };
    request.actor = { name: `partner key ${id}`, ip: request.ip, requestId: request.id };
    return true;
  }

  private async admitAdministrator(
    request: CallerRequest,
    key: string,
    { role, withoutDatabase }: AdminAccess,
  ): Promise<boolean> {
    const administrator = await (withoutDatabase
      ? this.administratorInAnyCase(key, request.ip)
      : this.administrators.authenticate(key, request.ip));
    if (!administrator) {
      if (await this.keys.findByKey(key, request.ip))
        throw new Forbidden('A partner API key opens no administrator route.');
      throw new Unauthenticated("The administrator's key or token is not valid, or not allowed from this address.");
    }
    if (!includesRole(administrator.role, role)) {
      throw new Forbidden(`This takes the role ${role}; yours is ${administrator.role}.`);
    }
    request.actor = { name: administrator.name, ip: request.ip, requestId: request.id };
    return true;
  }

  /** While the database is away: by what was verified before. Asks the probe first, since a look-up may hang for long. */
  private async administratorInAnyCase(key: string, ip: string): Promise<Administrator | undefined> {
    if (await this.database.lacks()) return this.administrators.recall(key, ip);
    try {
      return await within(this.administrators.authenticate(key, ip), LOOK_UP_MS, () =>
        this.administrators.recall(key, ip),
      );
    } catch (error) {
      if (isAway(error)) return this.administrators.recall(key, ip);
      throw error;
    }
  }
}
