import type { z } from 'zod';
import type { PlanAgreement, PlanRecord } from '../../db/repositories/plan.repository';
import type { ChangePolicy } from '../../domain/change-policy';
import type { DunningPolicy } from '../../domain/dunning';
import { invariant } from '../../domain/invariant';
import { toWireMoney } from '../../domain/money';
import {
  buildComparison,
  UNIT_NAMES,
  type Allowances,
  type PlanVersion,
  type RateByCurrency,
  type SupportTerms,
} from '../../domain/plan';
import type { agreementSchema, comparisonSchema, planSchema } from '../schemas/plan.schema';

type ApiPlan = z.output<typeof planSchema>;

/** A plan as JSON, as it is sold now. */
export function toApiPlan({ plan, createdAt, archivedAt }: PlanRecord): ApiPlan {
  return {
    code: plan.code,
    version: plan.version,
    kind: kindOf(plan),
    name: plan.name,
    tier: plan.tier,
    prices: toApiPrices(plan),
    allowances: toApiAllowances(plan.allowances),
    limits: plan.limits,
    features: [...plan.features],
    support: toApiSupport(plan.support),
    unit_prices: toApiUnitPrices(plan),
    on_exhausted: plan.onExhausted,
    dunning: toApiDunning(plan.dunning),
    changes: toApiChanges(plan.changes),
    created_at: createdAt,
    archived_at: archivedAt,
  };
}

/** Plans side by side: team size, message volume, support level (R1.17). */
export function toApiComparison(plans: readonly PlanVersion[]): z.output<typeof comparisonSchema> {
  return {
    items: plans.map((plan) => {
      const { teamSize, messagesPerMonth, supportLevel } = buildComparison(plan);
      return {
        code: plan.code,
        name: plan.name,
        kind: kindOf(plan),
        tier: plan.tier,
        team_size: teamSize,
        message_volume: messagesPerMonth,
        support_level: supportLevel,
        prices: toApiPrices(plan),
      };
    }),
  };
}

export function toApiAgreement(agreement: PlanAgreement): z.output<typeof agreementSchema> {
  return {
    account_id: agreement.accountId,
    plan_code: agreement.planCode,
    allowances: toApiAllowances(agreement.allowances),
    limits: agreement.limits,
    updated_at: agreement.updatedAt,
  };
}

/** Partner plans have presenters of their own: nobody is to read one here. */
function kindOf({ kind, code }: PlanVersion): ApiPlan['kind'] {
  invariant(kind !== 'partner_plan', `${code} is a partner plan`);
  return kind;
}

function toApiPrices({ prices }: PlanVersion): ApiPlan['prices'] {
  return prices.map(({ cycle, price }) => ({ cycle, ...toWireMoney(price) }));
}

function toApiChanges(changes: ChangePolicy): ApiPlan['changes'] {
  const { proration, allowances, unpaidSchedule, overLimit } = changes;
  return { proration, allowances, unpaid_schedule: unpaidSchedule, over_limit: overLimit };
}

function toApiDunning(policy: DunningPolicy): ApiPlan['dunning'] {
  return {
    retry_after_days: [...policy.retryAfterDays],
    stops_on_hard_decline: policy.stopsOnHardDecline,
    collection: policy.collection,
    notice_days_before: [...policy.noticeDaysBefore],
    final: policy.final,
    ends_after_days: policy.endsAfterDays,
    downgrades_to: policy.downgradesTo,
  };
}

function toApiSupport(terms: SupportTerms | null): ApiPlan['support'] {
  if (terms === null) return null;
  return {
    response_time_minutes: terms.responseTimeMinutes,
    priority: terms.priority,
    hours: terms.hours,
    guidance: [...terms.guidance],
    suits_high_usage: terms.suitsHighUsage,
    dedicated_assistance: terms.hasDedicatedAssistance,
  };
}

function toApiUnitPrices({ unitPrices }: PlanVersion): ApiPlan['unit_prices'] {
  const rated = UNIT_NAMES.flatMap((unit) => {
    const rates = unitPrices[unit];
    return rates === undefined ? [] : [[unit, toApiRates(rates)]];
  });
  return Object.fromEntries(rated) as ApiPlan['unit_prices'];
}

function toApiAllowances({
  whatsapp_balance: balance,
  ...units
}: Allowances): ApiPlan['allowances'] {
  return balance === undefined ? units : { ...units, whatsapp_balance: toApiRates(balance) };
}

function toApiRates(rates: RateByCurrency) {
  return Object.entries(rates)
    .map(([currency, amount]) => ({ amount, currency }))
    .toSorted((left, right) => (left.currency < right.currency ? -1 : 1));
}
