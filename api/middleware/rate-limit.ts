import type { Response } from 'express';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { BillingError } from '../../domain/billing-error';

export interface RateLimit {
  /** Counts one request of a key. Throws `rate_limited` when its second is used up. */
  count(keyId: string, response: Response): Promise<void>;
}

const WINDOW_SECONDS = 1;

/** So many requests a second for each API key, in this process: n processes allow n times as many. */
export function createRateLimit(perSecond: number): RateLimit {
  const limiter = new RateLimiterMemory({ points: perSecond, duration: WINDOW_SECONDS });
  return {
    async count(keyId, response) {
      const state = await consume(limiter, keyId);
      const resetSeconds = Math.max(1, Math.ceil((state.msBeforeNext ?? 0) / 1_000));
      response.set({
        'ratelimit-limit': String(perSecond),
        'ratelimit-remaining': String(Math.max(0, state.remainingPoints ?? 0)),
        'ratelimit-reset': String(resetSeconds),
      });
      if (state.isAllowed) return;
      const message = `More than ${perSecond} requests a second with this API key.`;
      throw new BillingError('rate_limited', message);
    },
  };
}

async function consume(limiter: RateLimiterMemory, keyId: string) {
  try {
    const { msBeforeNext, remainingPoints } = await limiter.consume(keyId);
    return { isAllowed: true, msBeforeNext, remainingPoints };
  } catch (refusal) {
    if (!(refusal instanceof RateLimiterRes)) throw refusal;
    const { msBeforeNext, remainingPoints } = refusal;
    return { isAllowed: false, msBeforeNext, remainingPoints };
  }
}
