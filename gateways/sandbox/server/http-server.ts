/**
 * Owns: what every sandbox server of ours does with HTTP: listening, ending, its bearer key, and
 * turning what was thrown into an answer.
 * Does not own: any call; those are routes of the server that uses this.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ErrorRequestHandler } from 'express';
import { SandboxRefusal } from './sandbox-refusal';

/** How long open requests get to finish before their connections are cut. */
const STOP_GRACE_MS = 2_000;

/** Resolves to the address listened on. Rejects when the port is taken. */
export function listen(
  server: Server,
  at: { readonly host: string; readonly port: number },
): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(at.port, at.host, () => {
      server.off('error', reject);
      const address: AddressInfo | string | null = server.address();
      const port = address !== null && typeof address === 'object' ? address.port : at.port;
      resolve(`http://${at.host === '0.0.0.0' ? '127.0.0.1' : at.host}:${port}`);
    });
  });
}

export function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), STOP_GRACE_MS);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}

/**
 * Throws SandboxRefusal `unauthenticated`. Both are hashed first, because only texts of one length can
 * be compared in constant time.
 */
export function assertAuthorized(header: string | undefined, apiKey: string): void {
  const expected = createHash('sha256').update(`Bearer ${apiKey}`).digest();
  const given = createHash('sha256')
    .update(header ?? '')
    .digest();
  if (timingSafeEqual(expected, given)) return;
  throw new SandboxRefusal('unauthenticated', 'the key of this server is missing or wrong');
}

/** The last middleware. `onError` is told of bugs of the sandbox itself, never of a caller's mistake. */
export function answerRefusals(onError: (error: unknown) => void): ErrorRequestHandler {
  return (error: unknown, _request, response, next) => {
    if (response.headersSent) return next(error);
    const refusal = toRefusal(error);
    if (refusal.code === 'internal_error') onError(error);
    response.status(refusal.httpStatus).json(refusal.body);
  };
}

/** A body that is no JSON, or too long, is refused by the parser with an error of its own. */
function toRefusal(error: unknown): SandboxRefusal {
  if (error instanceof SandboxRefusal) return error;
  const status =
    typeof error === 'object' && error !== null && 'status' in error ? error.status : null;
  if (status === 413) return new SandboxRefusal('payload_too_large', 'the body is too long');
  if (status === 400) return new SandboxRefusal('invalid_request', 'the body could not be read');
  return new SandboxRefusal('internal_error', 'the sandbox failed; its log says why');
}
