import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface Delivery {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Of the caller's end of the connection: the same port, the same connection. */
  readonly port: number | undefined;
}

/** What to answer: a status, or anything with the response itself, also nothing at all. */
export type Reply = number | ((response: ServerResponse) => void);

export interface Receiver {
  readonly url: string;
  readonly deliveries: readonly Delivery[];
  /** The next requests are answered with these, in order; then with the standing one. */
  answer(...replies: Reply[]): void;
  /** Whatever comes is answered with this (204 until it is said). */
  always(reply: Reply): void;
  close(): Promise<void>;
}

const receivers: Receiver[] = [];

/** The partner's endpoint, or any other party that the platform calls. */
export async function receiver(path = '/ETicketsAjax/LogInvoiceCloudPayment'): Promise<Receiver> {
  const deliveries: Delivery[] = [];
  const next: Reply[] = [];
  let standing: Reply = 204;
  const server = createServer((request, response) => {
    void text(request).then(
      (body) => {
        const { method = '', url = '', headers } = request;
        deliveries.push({ method, url, headers, body, port: request.socket.remotePort });
        const reply = next.shift() ?? standing;
        if (typeof reply === 'function') reply(response);
        else response.writeHead(reply, { connection: 'close' }).end();
      },
      () => undefined,
    );
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const made: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
    deliveries,
    answer: (...replies) => void next.push(...replies),
    always: (reply) => void (standing = reply),
    close: async () => {
      server.closeAllConnections();
      if (server.listening) await new Promise((done) => server.close(done));
    },
  };
  receivers.push(made);
  return made;
}

export async function closeReceivers(): Promise<void> {
  await Promise.all(receivers.splice(0).map((one) => one.close()));
}
