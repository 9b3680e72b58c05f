import { SetMetadata } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Mode, Scope } from './partner-key.entity.js';

/** What a route asks of its caller. A route that says nothing is closed. */
export type Access =
  { readonly kind: 'public' } | { readonly kind: 'admin' } | { readonly kind: 'partner'; scope: Scope };

export const ACCESS = 'billbridge:access';

/** Anyone: the route has a guard of its own (a capability, a ticket) or shows nothing. */
export const Public = () => SetMetadata(ACCESS, { kind: 'public' } satisfies Access);
export const AdminOnly = () => SetMetadata(ACCESS, { kind: 'admin' } satisfies Access);
export const RequiresScope = (scope: Scope) => SetMetadata(ACCESS, { kind: 'partner', scope } satisfies Access);

/** Who is calling, as their key says. Tenancy comes from here, never from the path. */
export interface Caller {
  readonly partnerId: string;
  readonly mode: Mode;
  /** Set when the key is bound to one biller. */
  readonly billerId: string | null;
}

export type CallerRequest = FastifyRequest & { caller?: Caller };
