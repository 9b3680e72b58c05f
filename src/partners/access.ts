import { createParamDecorator, SetMetadata, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Role } from '../administrators/role.js';
import type { Actor } from '../audit/audit-trail.js';
import type { Mode, Scope } from './partner-key.entity.js';

/** What a route asks of its caller. A route that says nothing is closed. */
export type Access =
  | { readonly kind: 'public' }
  | {
      readonly kind: 'admin';
      readonly role: Role;
      /** The route answers while the database is away, so a key is also taken that was verified in the last day. */
      readonly withoutDatabase?: boolean;
    }
  | { readonly kind: 'partner'; scope: Scope };

export const ACCESS = 'billbridge:access';

/** Anyone: the route has a guard of its own (a capability, a ticket) or shows nothing. */
export const Public = () => SetMetadata(ACCESS, { kind: 'public' } satisfies Access);
/** Administrators of this role and of those above it. */
export const RequiresRole = (role: Role, options: { readonly withoutDatabase?: boolean } = {}) =>
  SetMetadata(ACCESS, { kind: 'admin', role, ...options } satisfies Access);
export const RequiresScope = (scope: Scope) => SetMetadata(ACCESS, { kind: 'partner', scope } satisfies Access);

/** Who is calling, as their key says. Tenancy comes from here, never from the path. */
export interface Caller {
  readonly partnerId: string;
  readonly keyId: string;
  readonly mode: Mode;
  /** Null: every biller of the partner. */
  readonly billerIds: readonly string[] | null;
}

export type CallerRequest = FastifyRequest & { caller?: Caller; actor?: Actor };

/** The administrator, or the partner's key, that is calling, for the audit trail. */
export const CurrentActor = createParamDecorator((_: unknown, context: ExecutionContext): Actor | undefined => {
  return context.switchToHttp().getRequest<CallerRequest>().actor;
});

export const CurrentCaller = createParamDecorator((_: unknown, context: ExecutionContext): Caller | undefined => {
  return context.switchToHttp().getRequest<CallerRequest>().caller;
});
