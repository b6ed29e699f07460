/**
 * Owns: one answer per idempotency key, as real gateways give it: the first executed answer is
 * replayed, declines included; the same key for another request is refused; a key whose request is
 * still running is refused for now.
 * Does not own: executing the request (api.routes.ts). A refusal that executed nothing leaves the
 * key free.
 * Example: a charge declined under key `k` is declined again under `k` for ever; a new try needs a
 * new key.
 */
import { createHash } from 'node:crypto';
import type { AnswerRow } from './books';
import { SandboxRefusal } from './sandbox-refusal';

const KEY_LENGTH_MAX = 255;

export interface KeyedRequest {
  readonly key: string;
  readonly fingerprint: string;
}

export interface Idempotency {
  /**
   * The stored answer of this request, or null: it is new, and its key is taken until `release`.
   * Throws SandboxRefusal `idempotency_error` (other request) or `idempotency_key_in_use`.
   */
  readonly claim: (request: KeyedRequest) => AnswerRow | null;
  readonly release: (request: KeyedRequest) => void;
}

export function createIdempotency(findAnswer: (key: string) => AnswerRow | undefined): Idempotency {
  const running = new Map<string, string>();

  function claim({ key, fingerprint }: KeyedRequest): AnswerRow | null {
    const answer = findAnswer(key);
    const known = answer?.fingerprint ?? running.get(key);
    if (known !== undefined && known !== fingerprint) {
      throw new SandboxRefusal('idempotency_error', 'this key was used for another request');
    }
    if (answer !== undefined) return answer;
    if (running.has(key)) {
      throw new SandboxRefusal('idempotency_key_in_use', 'a request with this key is running');
    }
    running.set(key, fingerprint);
    return null;
  }

  return { claim, release: ({ key }) => void running.delete(key) };
}

/** The keyed request of a call. Throws SandboxRefusal `idempotency_key_missing`. */
export function readKeyedRequest(call: {
  readonly key: string | undefined;
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}): KeyedRequest {
  const { key = '', method, path, body } = call;
  if (key.trim() === '' || key.length > KEY_LENGTH_MAX) {
    const message = `every write has an Idempotency-Key of at most ${KEY_LENGTH_MAX} characters`;
    throw new SandboxRefusal('idempotency_key_missing', message);
  }
  const text = `${method} ${path}\n${toCanonicalJson(body)}`;
  return { key, fingerprint: createHash('sha256').update(text).digest('hex') };
}

/** JSON with sorted keys: the same request, whatever order a client writes its fields in. */
function toCanonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (inner === null || typeof inner !== 'object' || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  });
}
