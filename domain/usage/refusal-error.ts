/**
 * Owns: how a refusal of usage is said as an error, where one is asked about as a whole: quotes, holds, amendments.
 * Does not own: when it is refused (decide-usage.ts), what a batch of events answers (a reason per event).
 * Example: `no_rate` → the error `no_rate`, 422; a hold that nobody placed → `unprocessable` with the reason.
 */
import { BillingError, type BillingErrorCode } from '../billing-error';
import type { UsageRefusal } from './usage-event';

interface Said {
  readonly code: BillingErrorCode;
  readonly message: string;
}

const SAID: Readonly<Record<UsageRefusal, Said>> = {
  unknown_account: { code: 'unknown_account', message: 'There is no such account.' },
  event_too_old: {
    code: 'event_too_old',
    message: 'It is too long ago: usage is taken for 40 days.',
  },
  event_in_future: {
    code: 'event_in_future',
    message: 'It is too far ahead: usage is taken up to 1 day before it happens.',
  },
  quota_exhausted: {
    code: 'unprocessable',
    message: 'The quota is used up, and the plan of the account sells no more.',
  },
  insufficient_balance: {
    code: 'insufficient_balance',
    message: 'The balance does not cover it.',
  },
  no_rate: {
    code: 'no_rate',
    message:
      'The account has no price for this: its rate card does not name the category and market.',
  },
  group_too_large: {
    code: 'group_too_large',
    message: 'The group has more members than a group message may have.',
  },
  limit_reached: { code: 'limit_reached', message: 'A limit of the account is reached.' },
  unknown_hold: {
    code: 'unprocessable',
    message: 'The account has never had the hold that is named.',
  },
  amount_out_of_range: {
    code: 'amount_out_of_range',
    message: 'It would cost more than can be charged for one use.',
  },
};

/** The error that says why a use is refused; `reason` is among its details. */
export function toRefusalError(reason: UsageRefusal): BillingError {
  const { code, message } = SAID[reason];
  return new BillingError(code, message, { reason });
}
