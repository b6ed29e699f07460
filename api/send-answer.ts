import type { Response } from 'express';
import type { Answer } from './answer';

/** Writes an answer: JSON unless it names another content type with a text or bytes. */
export function sendAnswer(response: Response, { status, headers, body }: Answer): void {
  response.status(status).set(headers);
  const isContent = typeof body === 'string' || Buffer.isBuffer(body);
  if (isContent) {
    response.send(body);
    return;
  }
  if (!response.hasHeader('content-type')) response.type('application/json');
  response.end(body === undefined ? undefined : JSON.stringify(body));
}
