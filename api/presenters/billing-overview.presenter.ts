import type { z } from 'zod';
import type { BucketView } from '../../db/repositories/ledger.repository';
import { findBalanceWarnings } from '../../domain/balance-warning';
import type { CurrencyCode } from '../../domain/currency';
import type { Instant } from '../../domain/instant';
import { toWireMoney } from '../../domain/money';
import type { Track } from '../../domain/plan';
import type { Outlook } from '../load-outlook';
import type { billingOverviewSchema } from '../schemas/billing-overview.schema';
import { toApiBucket } from './ledger.presenter';
import { toApiMinutes } from './minutes.presenter';
import { toApiNumberWarning, toApiPhoneNumber } from './phone-number.presenter';
import { toApiSubscription } from './subscription.presenter';

type ApiOverview = z.input<typeof billingOverviewSchema>;

export interface BillingOverview {
  readonly accountId: string;
  readonly currency: CurrencyCode;
  readonly at: Instant;
  readonly buckets: readonly BucketView[];
  readonly outlook: Outlook;
  readonly messagePackages: ApiOverview['extra_packages'];
  readonly minuteBundles: ApiOverview['minutes']['bundles'];
}

/** The billing page in one read (R1.02), with what to warn of before service stops (R1.08, R2.20). */
export function toApiBillingOverview(overview: BillingOverview): ApiOverview {
  const { accountId, currency, at, buckets, outlook, messagePackages, minuteBundles } = overview;
  const availableMicros = sumAvailable(buckets, currency);
  const { subscriptions, numbers, standings } = outlook;
  const onTrack = (track: Track) => subscriptions.find((row) => row.state.track === track);
  const plan = onTrack('plan') ?? null;
  const support = onTrack('support') ?? null;
  return {
    account_id: accountId,
    as_of: at,
    available: toWireMoney({ amountMicros: availableMicros, currency }),
    balances: buckets.map(toApiBucket),
    plan: plan && toApiSubscription(plan),
    support_package: support && toApiSubscription(support),
    minutes: toApiMinutes({ accountId, at, buckets, plan, bundles: minuteBundles }),
    extra_packages: messagePackages,
    phone_numbers: numbers.map((row) => toApiPhoneNumber(row, standings.get(row.state.id) ?? null)),
    next_charges: [...toApiRenewals(outlook), ...toApiRents(outlook)],
    warnings: [...warnOfSubscriptions(outlook, availableMicros), ...warnOfNumbers(outlook)],
  };
}

function toApiRenewals({ charges }: Outlook): ApiOverview['next_charges'] {
  return charges.map(({ subscriptionId, planCode, total, at, isOwed }) => ({
    subscription_id: subscriptionId,
    plan_code: planCode,
    phone_number_id: null,
    amount: toWireMoney(total),
    at,
    owed: isOwed,
  }));
}

function toApiRents({ standings }: Outlook): ApiOverview['next_charges'] {
  return [...standings.values()].flatMap(({ nextRent }) => {
    if (nextRent === null) return [];
    const { phoneNumberId, total, at, isOwed: owed } = nextRent;
    const of = { subscription_id: null, plan_code: null, phone_number_id: phoneNumberId };
    return [{ ...of, amount: toWireMoney(total), at, owed }];
  });
}

function warnOfSubscriptions(
  { charges, keepsMethod, standings }: Outlook,
  availableMicros: bigint,
): ApiOverview['warnings'] {
  const rents = [...standings.values()].flatMap(({ nextRent }) => nextRent ?? []);
  const otherCharges = rents.filter(({ isOwed }) => !isOwed);
  const warnings = findBalanceWarnings(charges, { availableMicros, keepsMethod, otherCharges });
  return warnings.map(({ code, subscriptionId, missing, at, message }) => ({
    code,
    subscription_id: subscriptionId,
    phone_number_id: null,
    missing: toWireMoney(missing),
    at,
    message,
  }));
}

function warnOfNumbers({ standings }: Outlook): ApiOverview['warnings'] {
  return [...standings].flatMap(([id, { warnings }]) =>
    warnings.map((warning) => ({
      ...toApiNumberWarning(warning),
      subscription_id: null,
      phone_number_id: id,
    })),
  );
}

function sumAvailable(buckets: readonly BucketView[], currency: CurrencyCode): bigint {
  return buckets
    .filter(({ asset, available }) => asset === currency && available > 0n)
    .reduce((sum, { available }) => sum + available, 0n);
}
