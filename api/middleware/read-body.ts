import express, { type Request, type RequestHandler, type Response } from 'express';
import { BillingError } from '../../domain/billing-error';
import { InvalidRequest } from '../problem';
import type { Route } from '../route';

export interface ReadBody {
  readonly json: unknown;
  readonly raw: Buffer | null;
}

const LIMIT = '1mb';
const parseJson = express.json({ limit: LIMIT, type: () => true });
const CSV = /^text\/csv *(;|$)/i;
const EMPTY = Buffer.alloc(0);
const parseRaw = express.raw({ limit: LIMIT, type: () => true });

/**
 * The body of a request, at most 1 MB (unpacked). Throws `payload_too_large`,
 * `unsupported_media_type` or `invalid_request`. Runs after authentication: strangers are not read.
 */
export async function readBody(
  route: Route,
  request: Request,
  response: Response,
): Promise<ReadBody> {
  if (route.acceptsCsv && CSV.test(request.get('content-type') ?? '')) {
    return readFile(request, response);
  }
  if (route.method === 'get' || !hasBody(request)) return { json: undefined, raw: null };
  if (route.rawBody) {
    await run(parseRaw, request, response);
    return { json: undefined, raw: Buffer.isBuffer(request.body) ? request.body : null };
  }
  if (request.is('application/json') === false) {
    const message = 'Send the body as JSON, with "Content-Type: application/json".';
    throw new BillingError('unsupported_media_type', message);
  }
  await run(parseJson, request, response);
  return { json: request.body, raw: null };
}

/** An empty file is a file, too. */
async function readFile(request: Request, response: Response): Promise<ReadBody> {
  if (hasBody(request)) await run(parseRaw, request, response);
  return { json: undefined, raw: Buffer.isBuffer(request.body) ? request.body : EMPTY };
}

function hasBody(request: Request): boolean {
  const length = request.get('content-length');
  return request.get('transfer-encoding') !== undefined || (length !== undefined && length !== '0');
}

async function run(parser: RequestHandler, request: Request, response: Response): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const settle = (error?: unknown): void => {
      if (error === undefined) resolve();
      else reject(fromParserError(error));
    };
    Promise.resolve(parser(request, response, settle)).catch(reject);
  });
}

/** The parser's own errors carry a status; their words may quote the body, so they are not passed on. */
function fromParserError(error: unknown): Error {
  const status = error instanceof Error && 'status' in error ? error.status : undefined;
  if (status === 413) return new BillingError('payload_too_large', 'A body has at most 1 MB.');
  if (status === 415) {
    return new BillingError('unsupported_media_type', 'Send UTF-8, plain, gzip, deflate or br.');
  }
  if (status === 400) {
    return new InvalidRequest('invalid_request', [
      { field: 'body', code: 'invalid_json', message: 'The body is not a JSON object.' },
    ]);
  }
  return error instanceof Error ? error : new Error('the body could not be read');
}
