import { subscribe } from 'node:diagnostics_channel';
import { pathOf } from './context.js';
import type { Points } from './points.js';

interface Outgoing {
  readonly request: { readonly origin?: unknown; readonly method?: string };
}

/**
 * Labels the calls that the platform makes, by undici's own announcements: `before` is before the request is sent, `during`
 * when it has been, `after` when the answer's head has come.
 */
export function watchCalls(points: Points, invoiceCloud: string): void {
  const labels = new WeakMap<object, { readonly label: string; readonly during: boolean; readonly after: boolean }>();

  subscribe('undici:request:create', (message) => {
    const { request } = message as Outgoing;
    const whom = String(request.origin).includes(invoiceCloud) ? 'Invoice Cloud' : 'the partner';
    const label = `${pathOf()}: call ${whom}`;
    points.enter(label);
    labels.set(request, { label, during: points.isDue(label, 'during'), after: points.isDue(label, 'after') });
  });
  subscribe('undici:request:bodySent', (message) => {
    const known = labels.get((message as Outgoing).request);
    if (known?.during) points.pass(known.label, 'during');
  });
  subscribe('undici:request:headers', (message) => {
    const known = labels.get((message as Outgoing).request);
    if (known?.after) points.pass(known.label, 'after');
  });
}
