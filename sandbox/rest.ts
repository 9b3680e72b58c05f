import type { WireOperation } from './wire.js';

/** REST v1's answer to whether a key works. Method, path and credentials are observed; the body is assumed. */
export function billerStatus(): WireOperation {
  return {
    operation: 'biller-status',
    method: 'GET',
    path: '/api/v1/biller/status',
    credentials: 'user',
    answer: ({ settings }) => ({ Status: 'Active', BillerGUID: settings.guid, BillerName: settings.name }),
  };
}
