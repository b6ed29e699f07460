import { BillingError } from '../domain/billing-error';

/** Lets work in, so much at once and no more. */
export type Gate = <T>(work: () => Promise<T>) => Promise<T>;

/**
 * At most `max` of something dear at once, in this process: who comes meanwhile is refused with
 * `rate_limited`, at once. Waiting would hold a database connection, and with ten of them everybody's.
 */
export function createGate(max: number): Gate {
  let running = 0;
  return async (work) => {
    if (running >= max) {
      const message = `At most ${max} of these run at once. Ask again in a moment.`;
      throw new BillingError('rate_limited', message);
    }
    running += 1;
    try {
      return await work();
    } finally {
      running -= 1;
    }
  };
}
