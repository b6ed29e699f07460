/**
 * Owns: how many seconds of a call are billed: a first stretch, then whole steps.
 * Does not own: when a call began and ended, what a second costs (rating), minutes as people see them
 * (minutes.ts).
 * Rules: R2.03 and docs/domain/packages.md, "Seconds inside". Written initial/increment, as carriers do.
 * Example: by 30/6 a call of 31 seconds counts 36: the first 30, and one step of 6.
 */
import { BillingError } from './billing-error';
import { invariant } from './invariant';

/** Both in whole seconds, one or more. */
export interface CallIncrement {
  /** The least that an answered call counts. */
  readonly initialSeconds: number;
  /** What is begun after that counts in full. */
  readonly incrementSeconds: number;
}

const NOTATION = /^([1-9][0-9]{0,3})\/([1-9][0-9]{0,3})$/;

/** The increment of its notation, "60/60" or "30/6". Throws BillingError `unprocessable`. */
export function parseCallIncrement(notation: string): CallIncrement {
  const [, initial, increment] = NOTATION.exec(notation) ?? [];
  if (initial === undefined || increment === undefined) {
    const message = 'an increment is written initial/increment in whole seconds, like "60/60"';
    throw new BillingError('unprocessable', message, { increment: notation });
  }
  return { initialSeconds: Number(initial), incrementSeconds: Number(increment) };
}

/** The seconds that are billed of a call's, from its answer to its end. An unanswered call counts none. */
export function computeBillableSeconds(
  seconds: number,
  { initialSeconds, incrementSeconds }: CallIncrement,
): number {
  invariant(Number.isSafeInteger(seconds) && seconds >= 0, 'a call lasts whole seconds');
  if (seconds === 0) return 0;
  if (seconds <= initialSeconds) return initialSeconds;
  const steps = Math.ceil((seconds - initialSeconds) / incrementSeconds);
  return initialSeconds + steps * incrementSeconds;
}
