import type { z } from 'zod';
import type { BucketView } from '../../db/repositories/ledger.repository';
import type { SubscriptionRecord } from '../../db/repositories/subscription.repository';
import { findBalanceWarnings } from '../../domain/balance-warning';
import type { CurrencyCode } from '../../domain/currency';
import type { Instant } from '../../domain/instant';
import { toWireMoney } from '../../domain/money';
import type { Track } from '../../domain/plan';
import { findNextCharge } from '../../domain/subscription/next-charge';
import type { Taxation } from '../../domain/tax/taxation';
import type { billingOverviewSchema } from '../schemas/billing-overview.schema';
import { toApiBucket } from './ledger.presenter';
import { toApiSubscription } from './subscription.presenter';

export interface BillingOverview {
  readonly accountId: string;
  readonly currency: CurrencyCode;
  readonly at: Instant;
  readonly buckets: readonly BucketView[];
  /** Those that have not ended, one of each track at most. */
  readonly subscriptions: readonly SubscriptionRecord[];
  /** How a sale from the wallet is taxed now. */
  readonly taxation: Taxation;
  /** It keeps a payment method that may be charged. */
  readonly keepsMethod: boolean;
}

/** The billing page in one read (R1.02), with what to warn of before service stops (R1.08). */
export function toApiBillingOverview(
  overview: BillingOverview,
): z.input<typeof billingOverviewSchema> {
  const { accountId, currency, at, buckets, subscriptions, taxation, keepsMethod } = overview;
  const availableMicros = sumAvailable(buckets, currency);
  const onTrack = (track: Track) => subscriptions.find((row) => row.subscription.track === track);
  const plan = onTrack('plan');
  const support = onTrack('support');
  const charges = subscriptions.flatMap(
    ({ subscription }) => findNextCharge(subscription, taxation) ?? [],
  );
  return {
    account_id: accountId,
    as_of: at,
    available: toWireMoney({ amountMicros: availableMicros, currency }),
    balances: buckets.map(toApiBucket),
    plan: plan ? toApiSubscription(plan) : null,
    support_package: support ? toApiSubscription(support) : null,
    next_charges: charges.map(({ subscriptionId, planCode, total, at: dueAt, isOwed }) => ({
      subscription_id: subscriptionId,
      plan_code: planCode,
      amount: toWireMoney(total),
      at: dueAt,
      owed: isOwed,
    })),
    warnings: findBalanceWarnings(charges, { availableMicros, keepsMethod }).map((warning) => ({
      code: warning.code,
      subscription_id: warning.subscriptionId,
      missing: toWireMoney(warning.missing),
      at: warning.at,
      message: warning.message,
    })),
  };
}

function sumAvailable(buckets: readonly BucketView[], currency: CurrencyCode): bigint {
  return buckets
    .filter(({ asset, available }) => asset === currency && available > 0n)
    .reduce((sum, { available }) => sum + available, 0n);
}
