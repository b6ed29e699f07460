/**
 * Owns: what makes a repeated request harmless: the fingerprint that tells a copy from another
 * request, and the one-transaction way of answering once (rows, key and answer commit together).
 * Does not own: commands to workflows, whose outcome is known later (commands/run-command.ts).
 * Example: eight copies of one `POST /v1/partners` wait for each other on the key's unique index;
 * one makes the partner, all eight answer it.
 */
import { createHash, randomUUID } from 'node:crypto';
import {
  insertRequest,
  lockRequest,
  storeAnswer,
  type IdempotencyRequest,
  type RequestFingerprint,
  type RequestKey,
} from '../db/repositories/idempotency.repository';
import { withTransaction, type Transaction } from '../db/transaction';
import { BillingError } from '../domain/billing-error';
import { invariant } from '../domain/invariant';
import type { Answer } from './answer';
import { tenantNameOf } from './caller';
import type { ApiDependencies } from './dependencies';
import { InvalidRequest, isFinalRefusal, toProblemAnswer } from './problem';
import type { ApiRequest } from './request';
import { seal, unseal } from './sealed-answer';

/** The parts of a request that idempotency looks at. */
export type RepeatableRequest = Omit<
  ApiRequest<unknown, unknown, unknown>,
  'params' | 'query' | 'body'
>;

const KEY_PATTERN = /^[\x20-\x7e]{1,255}$/;

/** The key of a request and what its copies must look like. Without a header the key is random. */
export function toRequestKey(request: RepeatableRequest): RequestKey & RequestFingerprint {
  const header = request.headers['idempotency-key'];
  const key = header === undefined ? randomUUID() : String(header);
  if (!KEY_PATTERN.test(key)) {
    const message = 'An Idempotency-Key has 1 to 255 printable ASCII characters.';
    throw new InvalidRequest('invalid_request', [
      { field: 'Idempotency-Key', code: 'invalid', message },
    ]);
  }
  const { method, path, jsonBody } = request;
  const text = JSON.stringify([method, path, canonical(jsonBody ?? {})]);
  return {
    tenant: tenantNameOf(request.caller),
    key,
    method,
    path,
    bodyHash: createHash('sha256').update(text).digest(),
  };
}

/** Throws when the key was used for a request that is not a copy of this one. */
export function assertIsCopy(stored: RequestFingerprint, fingerprint: RequestFingerprint): void {
  if (stored.bodyHash.equals(fingerprint.bodyHash)) return;
  throw new BillingError(
    'idempotency_key_reused',
    'This Idempotency-Key was used for a request with another method, path or body. Take a new key.',
  );
}

/** The first answer, marked as repeated. */
export function replayed(answer: Answer): Answer {
  return { ...answer, headers: { ...answer.headers, 'idempotent-replayed': 'true' } };
}

export interface OnceOptions {
  /** The answer holds a secret: stored encrypted under the caller's API key. */
  readonly isSealed: boolean;
  readonly work: (trx: Transaction) => Promise<Answer>;
}

/**
 * Does `work` once per Idempotency-Key: copies wait for the first one and repeat its answer. A final
 * refusal (not found, wrong state) is an answer too; a malformed request or an outage takes no key.
 */
export async function answerOnce(
  request: RepeatableRequest,
  dependencies: ApiDependencies,
  { isSealed, work }: OnceOptions,
): Promise<Answer> {
  const key = toRequestKey(request);
  return withTransaction(dependencies.database, request.tenant, async (trx) => {
    const isFirst = await insertRequest(trx, {
      ...key,
      resourceId: null,
      receivedAt: request.receivedAt,
    });
    if (!isFirst) {
      const stored = await lockRequest(trx, key);
      assertIsCopy(stored, key);
      return replayStored(stored, isSealed ? sealingSecret(request) : null);
    }
    const answer = await refusalsAsAnswers(request, () => trx.transaction(work));
    await storeAnswer(trx, key, {
      answer: isSealed ? { ...answer, body: seal(answer.body, sealingSecret(request)) } : answer,
      answeredAt: dependencies.now(),
    });
    return answer;
  });
}

/** Runs `work`; what it refuses for good becomes the answer, everything else is thrown on. */
export async function refusalsAsAnswers(
  request: RepeatableRequest,
  work: () => Promise<Answer>,
  isFinal: (error: BillingError) => boolean = isFinalRefusal,
): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof BillingError) || !isFinal(error)) throw error;
    return toProblemAnswer(error, request.requestId);
  }
}

function replayStored({ answer }: IdempotencyRequest, secret: string | null): Answer {
  invariant(answer !== null, 'a row write stores its answer in the transaction that takes the key');
  if (secret === null) return replayed(answer);
  const body = unseal(answer.body, secret);
  if (body === null) {
    const message = 'This Idempotency-Key was used with another API key, which alone may see it.';
    throw new BillingError('idempotency_key_reused', message);
  }
  return replayed({ ...answer, body });
}

function sealingSecret(request: RepeatableRequest): string {
  return request.headers.authorization ?? '';
}

/** JSON with sorted names, so that the order a client writes fields in does not matter. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  const sorted = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  return sorted.map(([name, field]: [string, unknown]) => [name, canonical(field)]);
}
