import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { TLSSocket } from 'node:tls';

/** Where a connection ends too early: half-way through the body, by a reset there, or before the answer is read. */
export type Cut = 'half-body' | 'reset' | 'answer-lost';

/** Posts a form and breaks off. Always rejects, with what the sender of such a message would see. */
export function cutOff(url: URL, body: string, where: Cut, signal: AbortSignal): Promise<never> {
  const bytes = Buffer.from(body);
  return new Promise((_done, fail) => {
    const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, {
      method: 'POST',
      // A connection of its own: a kept one would be cut under somebody else's request.
      agent: false,
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'content-length': bytes.length },
      signal,
    });
    request.on('error', fail);
    // An answer that came in spite of it is dropped.
    request.on('response', () => request.destroy());
    request.on('close', () => fail(Object.assign(new Error('The connection was cut.'), { code: 'ECONNRESET' })));
    if (where === 'answer-lost') {
      request.end(bytes, () => request.destroy());
      return;
    }
    request.write(bytes.subarray(0, bytes.length >> 1), () => {
      const { socket } = request;
      if (where === 'reset' && socket && !(socket instanceof TLSSocket)) socket.resetAndDestroy();
      else request.destroy();
    });
  });
}
