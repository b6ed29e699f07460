import type { z } from 'zod';
import type { LoadedOutlook } from '../../db/load-outlook';
import type { ServiceHold } from '../../db/repositories/dispute.repository';
import type { BucketView } from '../../db/repositories/ledger.repository';
import type { CurrencyCode } from '../../domain/currency';
import type { Instant } from '../../domain/instant';
import { toWireMoney } from '../../domain/money';
import type { UpcomingCharge } from '../../domain/outlook/upcoming-charge';
import type { Track } from '../../domain/plan';
import type { billingOverviewSchema } from '../schemas/billing-overview.schema';
import { toApiBucket } from './ledger.presenter';
import { toApiMinutes } from './minutes.presenter';
import { toApiPhoneNumber, toApiWarning } from './phone-number.presenter';
import { toApiSubscription } from './subscription.presenter';

type ApiOverview = z.input<typeof billingOverviewSchema>;

export interface BillingOverview {
  readonly accountId: string;
  readonly currency: CurrencyCode;
  readonly at: Instant;
  readonly buckets: readonly BucketView[];
  readonly outlook: LoadedOutlook;
  readonly serviceHold: ServiceHold | null;
  readonly messagePackages: ApiOverview['extra_packages'];
  readonly minuteBundles: ApiOverview['minutes']['bundles'];
}

/** The billing page in one read (R1.02), with what to warn of before service stops (R1.08, R2.20). */
export function toApiBillingOverview(overview: BillingOverview): ApiOverview {
  const { accountId, currency, at, buckets, outlook, messagePackages, minuteBundles } = overview;
  const { serviceHold: hold } = overview;
  const { availableMicros, subscriptionRows, numberRows } = outlook;
  const own = subscriptionRows.filter(({ state }) => state.servesAccountId === accountId);
  const onTrack = (track: Track) => own.find(({ state }) => state.track === track);
  const plan = onTrack('plan') ?? null;
  const support = onTrack('support') ?? null;
  return {
    account_id: accountId,
    as_of: at,
    available: toWireMoney({ amountMicros: availableMicros, currency }),
    balances: buckets.map(toApiBucket),
    plan: plan && toApiSubscription(plan),
    support_package: support && toApiSubscription(support),
    service_hold: hold && { dispute_id: hold.disputeId, since: hold.since, reason: hold.reason },
    minutes: toApiMinutes({ accountId, at, buckets, plan, bundles: minuteBundles }),
    extra_packages: messagePackages,
    phone_numbers: numberRows.map((row) => toApiPhoneNumber(row, outlook)),
    next_charges: outlook.charges.map(toApiCharge),
    warnings: toApiWarnings(outlook),
  };
}

function toApiCharge(charge: UpcomingCharge): ApiOverview['next_charges'][0] {
  const { kind, id, planCode, total, at, isOwed } = charge;
  return {
    subscription_id: kind === 'subscription' ? id : null,
    plan_code: planCode,
    phone_number_id: kind === 'phone_number' ? id : null,
    amount: toWireMoney(total),
    at,
    owed: isOwed,
  };
}

function toApiWarnings({ warnings, numbers }: LoadedOutlook): ApiOverview['warnings'] {
  const ofSubscriptions = warnings.map(({ subscriptionId, ...warning }) => ({
    ...toApiWarning(warning),
    subscription_id: subscriptionId,
    phone_number_id: null,
  }));
  const ofNumbers = [...numbers].flatMap(([id, number]) =>
    number.warnings.map((warning) => ({
      ...toApiWarning(warning),
      subscription_id: null,
      phone_number_id: id,
    })),
  );
  return [...ofSubscriptions, ...ofNumbers];
}
