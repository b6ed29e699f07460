import type { z } from 'zod';
import type { BucketView } from '../../db/repositories/ledger.repository';
import type { SubscriptionRecord } from '../../db/repositories/subscription.repository';
import { isAtOrBefore, isBefore, type Instant } from '../../domain/instant';
import { computeMinutes } from '../../domain/minutes';
import type { minutesSchema } from '../schemas/package.schema';

type ApiMinutes = z.output<typeof minutesSchema>;

/** An account's call minutes: those of the plan's month and of the bundles that last (R2.03 to R2.05). */
export function toApiMinutes(minutes: {
  readonly accountId: string;
  readonly at: Instant;
  readonly buckets: readonly BucketView[];
  readonly plan: SubscriptionRecord | null;
  readonly bundles: ApiMinutes['bundles'];
}): ApiMinutes {
  const { accountId, at, plan, bundles } = minutes;
  const usable = minutes.buckets.filter((bucket) => isUsable(bucket, at));
  const { totalMinutes, remainingMinutes, usedPercent } = computeMinutes({
    total: usable.reduce((sum, { granted }) => sum + granted, 0n),
    remaining: usable.reduce((sum, { available }) => sum + available, 0n),
  });
  return {
    account_id: accountId,
    as_of: at,
    plan: plan && toApiPlanName(plan),
    total_minutes: Number(totalMinutes),
    remaining_minutes: Number(remainingMinutes),
    used_percent: usedPercent,
    next_billing_and_plan_expiry: plan && plan.state.period.endsAt,
    bundles,
  };
}

function isUsable({ asset, startsAt, expiresAt }: BucketView, at: Instant): boolean {
  return (
    asset === 'call_second' &&
    (startsAt === null || isAtOrBefore(startsAt, at)) &&
    (expiresAt === null || isBefore(at, expiresAt))
  );
}

function toApiPlanName({ state: subscription }: SubscriptionRecord) {
  const { planCode: code, planName: name, status } = subscription;
  return { code, name, status };
}
