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
  /** Throws `rate_limited` while the address has none left, unless the key was valid here before. */
  assertLeft(address: string, keyHash: Buffer): Promise<void>;
  /** Notes a valid key: a neighbour who guesses does not lock its owner out. */
  remember(keyHash: Buffer): void;
  /** Counts a refusal. Throws `rate_limited` when it was one too many. */
  count(address: string): Promise<void>;
}

const WINDOW_SECONDS = 1;
const REFUSAL_WINDOW_SECONDS = 60;
const KNOWN_KEYS_MAX = 10_000;

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
  const known = new Set<string>();
  const refuse = (state: RateLimiterRes): never => {
    const message = `More than ${perMinute} refused requests a minute from this address.`;
    throw new BillingError('rate_limited', message, { retry_after: secondsToReset(state) });
  };
  return {
    async assertLeft(address, keyHash) {
      if (known.has(keyHash.toString('hex'))) return;
      const state = await limiter.get(networkOf(address));
      if (state !== null && state.consumedPoints >= perMinute) refuse(state);
    },
    remember(keyHash) {
      if (known.size >= KNOWN_KEYS_MAX) known.clear();
      known.add(keyHash.toString('hex'));
    },
    async count(address) {
      const state = await consume(limiter, networkOf(address));
      if (!state.isAllowed) refuse(state);
    },
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
