import type { Response } from 'express';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { BillingError } from '../../domain/billing-error';
import { networkOf } from './network-of';

export interface RateLimit {
  /** Counts one request of a key. Throws `rate_limited` when its second is used up. */
  count(keyId: string, response: Response): Promise<void>;
}

/** How often an address may be wrong: a key that is none, a webhook that is forged. */
export interface RefusalLimit {
  /**
   * Asks whose key it is; a text says why it is none. A refused key is answered from memory after that: no
   * refusal is ever taken back. Keys that were not valid here before wait for each other, address by address:
   * a guesser costs the database no more than that, and a neighbour with a valid key is served. Throws
   * `rate_limited` when too many wait already.
   */
  lookUp<Found extends object | string>(
    presented: { readonly address: string; readonly keyHash: Buffer },
    find: () => Promise<Found>,
  ): Promise<Found>;
  /** Counts a refusal. Throws `rate_limited` when it was one too many. */
  count(address: string): Promise<void>;
}

const WINDOW_SECONDS = 1;
const REFUSAL_WINDOW_SECONDS = 60;
const KEYS_REMEMBERED_MAX = 10_000;
/** Of keys that were not valid here before, for each address. */
const LOOKUPS_AT_ONCE = 2;
/** More than that would wait for longer than a second, even where a look-up takes 20 ms. */
const LOOKUPS_WAITING_MAX = 100;

/** So many requests a second for each API key, in this process: n processes allow n times as many. */
export function createRateLimit(perSecond: number): RateLimit {
  const limiter = new RateLimiterMemory({ points: perSecond, duration: WINDOW_SECONDS });
  return {
    async count(keyId, response) {
      const state = await consume(limiter, keyId);
      response.set({
        'ratelimit-limit': String(perSecond),
        'ratelimit-remaining': String(Math.max(0, state.remainingPoints)),
        'ratelimit-reset': String(secondsToReset(state)),
      });
      if (state.isAllowed) return;
      const message = `More than ${perSecond} requests a second with this API key.`;
      throw new BillingError('rate_limited', message);
    },
  };
}

/** So many refusals a minute for each address, in this process. */
export function createRefusalLimit(perMinute: number): RefusalLimit {
  const limiter = new RateLimiterMemory({ points: perMinute, duration: REFUSAL_WINDOW_SECONDS });
  const valid = new Map<string, true>();
  const refused = new Map<string, string>();
  const takeTurn = createTurns(LOOKUPS_AT_ONCE);
  return {
    async lookUp<Found extends object | string>(
      { address, keyHash }: { readonly address: string; readonly keyHash: Buffer },
      find: () => Promise<Found>,
    ): Promise<Found> {
      const hash = keyHash.toString('hex');
      const known = refused.get(hash);
      if (known !== undefined) {
        // What is remembered under a hash is what `find` answered for it.
        return known as Found;
      }
      const found = await (valid.has(hash) ? find() : takeTurn(networkOf(address), find));
      if (typeof found === 'string') {
        valid.delete(hash);
        remember(refused, hash, found);
      } else {
        remember(valid, hash, true);
      }
      return found;
    },
    async count(address) {
      const state = await consume(limiter, networkOf(address));
      if (state.isAllowed) return;
      const message = `More than ${perMinute} refused requests a minute from this address.`;
      throw new BillingError('rate_limited', message, { retry_after: secondsToReset(state) });
    },
  };
}

/** The latest ones; the oldest is forgotten for a new one. */
function remember<Value>(memory: Map<string, Value>, key: string, value: Value): void {
  memory.delete(key);
  memory.set(key, value);
  const [oldest] = memory.keys();
  if (memory.size > KEYS_REMEMBERED_MAX && oldest !== undefined) memory.delete(oldest);
}

/** So many at once under one name; the others wait in the order they came, a hundred of them at most. */
function createTurns(atOnce: number) {
  const queues = new Map<string, { running: number; readonly waiting: (() => void)[] }>();
  return async <Result>(name: string, work: () => Promise<Result>): Promise<Result> => {
    const queue = queues.get(name) ?? { running: 0, waiting: [] };
    queues.set(name, queue);
    if (queue.waiting.length >= LOOKUPS_WAITING_MAX) {
      throw new BillingError('rate_limited', 'Too many new API keys at once from this address.');
    }
    if (queue.running < atOnce) queue.running += 1;
    else await new Promise<void>((resolve) => queue.waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = queue.waiting.shift();
      // The turn is handed on: nobody who comes meanwhile takes it.
      if (next !== undefined) next();
      else if ((queue.running -= 1) === 0) queues.delete(name);
    }
  };
}

function secondsToReset({ msBeforeNext }: RateLimiterRes): number {
  return Math.max(1, Math.ceil(msBeforeNext / 1_000));
}

async function consume(limiter: RateLimiterMemory, key: string) {
  try {
    return Object.assign(await limiter.consume(key), { isAllowed: true });
  } catch (refusal) {
    if (!(refusal instanceof RateLimiterRes)) throw refusal;
    return Object.assign(refusal, { isAllowed: false });
  }
}
