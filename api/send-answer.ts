import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';
import type { Answer } from './answer';

/**
 * Writes an answer: JSON unless it names another content type with a text, bytes or a stream. Resolves once a stream
 * is through; rejects when it breaks, and then the connection is cut. Who hangs up breaks nothing.
 */
export async function sendAnswer(
  response: Response,
  { status, headers, body }: Answer,
): Promise<void> {
  response.status(status).set(headers);
  if (body instanceof Readable) {
    await pipeline(body, response).catch((error: unknown) => {
      if (!isHangUp(error)) throw error;
    });
    return;
  }
  const isContent = typeof body === 'string' || Buffer.isBuffer(body);
  if (isContent) {
    response.send(body);
    return;
  }
  if (!response.hasHeader('content-type')) response.type('application/json');
  response.end(body === undefined ? undefined : JSON.stringify(body));
}

function isHangUp(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE';
}
