import { Readable } from 'node:stream';

/** What a handler answers: plain JSON (money as decimal text, never a bigint), or text or a stream with its type. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export function ok(body: unknown): Answer {
  return { status: 200, headers: {}, body };
}

/** `location` is the path of what was made. */
export function created(body: unknown, location: string): Answer {
  return { status: 201, headers: { location }, body };
}

/**
 * The command is accepted and will be done; the body shows the resource as it is now. `location` is
 * the path of what is being made: it may be 404 for the moment until it is.
 */
export function accepted(body: unknown, location?: string): Answer {
  return { status: 202, headers: location === undefined ? {} : { location }, body };
}

/** A page, an image, a text: anything that is not JSON. */
export function content(type: string, body: string | Buffer): Answer {
  return { status: 200, headers: { 'content-type': type }, body };
}

/** Text that comes part by part: a table too long to be held at once. `fileName` is what it is saved as. */
export function download(type: string, fileName: string, parts: AsyncIterable<string>): Answer {
  const disposition = `attachment; filename="${fileName}"`;
  return {
    status: 200,
    headers: { 'content-type': type, 'content-disposition': disposition },
    body: Readable.from(parts),
  };
}
