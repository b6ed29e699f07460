import { ApplicationFailure } from '@temporalio/common';
import { BillingError } from '../domain/billing-error';
import { InvariantViolation } from '../domain/invariant';
import { GatewayRejected } from '../gateways/payment-gateway';

/**
 * What a failed activity tells Temporal. A broken invariant, a refusal with a code and a gateway's
 * final no are not retried: they block the action, visibly, until an operator looks. Everything
 * else (a database away, a gateway silent) is passed on as it is and retried.
 */
export function toApplicationFailure(error: unknown): unknown {
  if (error instanceof BillingError && error.code !== 'unavailable') {
    return ApplicationFailure.nonRetryable(error.message, error.code, error.details);
  }
  if (error instanceof InvariantViolation) {
    return ApplicationFailure.nonRetryable(error.message, 'invariant_violated');
  }
  if (error instanceof GatewayRejected) {
    return ApplicationFailure.nonRetryable(error.message, `gateway_${error.code}`);
  }
  return error;
}

/** Wraps every activity of a set, so that none forgets the rule above. */
export function withApplicationFailures<
  Activities extends Record<string, (...args: never[]) => Promise<unknown>>,
>(activities: Activities): Activities {
  const wrapped = Object.entries(activities).map(([name, activity]) => [
    name,
    async (...args: never[]) => {
      try {
        return await activity(...args);
      } catch (error) {
        throw toApplicationFailure(error);
      }
    },
  ]);
  // The same names over functions of the same shape: what fromEntries cannot know.
  return Object.fromEntries(wrapped) as Activities;
}
