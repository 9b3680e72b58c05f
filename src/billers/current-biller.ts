import { CanActivate, createParamDecorator, ExecutionContext, Injectable } from '@nestjs/common';
import type { CallerRequest } from '../partners/access.js';
import type { Biller } from './biller.entity.js';
import { BillersService } from './billers.service.js';

type BillerRequest = CallerRequest & { biller?: Biller };

/** Stands behind the access guard on every route that acts for a biller: finds the biller, or answers 404. */
@Injectable()
export class BillerGuard implements CanActivate {
  constructor(private readonly billers: BillersService) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<BillerRequest>();
    if (!request.caller) return false;
    const { billerId } = request.params as { billerId?: string };
    request.biller = await this.billers.forCaller(request.caller, billerId);
    return true;
  }
}

export const CurrentBiller = createParamDecorator((_: unknown, context: ExecutionContext): Biller | undefined => {
  return context.switchToHttp().getRequest<BillerRequest>().biller;
});
