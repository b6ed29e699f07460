import type { BillingCycle } from '../../domain/billing-period';
import type { CurrencyCode } from '../../domain/currency';
import { completePolicy } from '../../domain/dunning';
import type { Instant } from '../../domain/instant';
import type { Track } from '../../domain/plan';
import { decideNextAction } from '../../domain/subscription/decide-next';
import type {
  ScheduledChange,
  Subscription,
  SubscriptionStatus,
  FeeGrants,
} from '../../domain/subscription/subscription';
import { createLifecycleTable, type LifecycleRecord } from '../lifecycle-table';
import {
  SubscriptionModel,
  type ScheduledChangeJson,
  type FeeGrantsJson,
} from '../models/subscription.model';
import type { Transaction } from '../transaction';
import { fromRowCollection, toRowCollection } from './collection.columns';

export const subscriptions = createLifecycleTable({
  kind: 'subscription',
  model: SubscriptionModel,
  fromRows: (_, rows: readonly SubscriptionModel[]) => rows.map(fromRowSubscription),
  toRow: toRowSubscription,
  decideNextAction,
  describe: ({ planCode }: Subscription) => ({ attributes: { PlanCode: planCode } }),
});
export type SubscriptionRecord = LifecycleRecord<Subscription>;

/** Locks those of an account's subscriptions that owe a payment, in the order of their ids. */
export function lockUnpaidSubscriptions(
  trx: Transaction,
  accountId: string,
): Promise<SubscriptionRecord[]> {
  return subscriptions.list(trx, (query) =>
    query
      .where({ account_id: accountId })
      .whereIn('status', ['past_due', 'suspended'])
      .orderBy('id')
      .forUpdate(),
  );
}

/** What an account has of this track that has not ended, whoever pays; null: nothing. There is at most one (R1.18). */
export async function findOpenSubscription(
  trx: Transaction,
  { accountId, track }: { readonly accountId: string; readonly track: Track },
): Promise<SubscriptionRecord | null> {
  const open = await subscriptions.list(trx, (query) =>
    query.where({ serves_account_id: accountId, track }).whereNot('status', 'ended'),
  );
  return open[0] ?? null;
}

/** The subscriptions an account pays that have not ended: its own, one of each track, and those of its customers. */
export function listOpenSubscriptions(
  trx: Transaction,
  accountId: string,
): Promise<SubscriptionRecord[]> {
  return subscriptions.list(trx, (query) =>
    query.where({ account_id: accountId }).whereNot('status', 'ended').orderBy(['track', 'id']),
  );
}

/** Until when subscriptions of this track had allowances for nothing; null: none had. */
export async function findFreeUntil(
  trx: Transaction,
  { accountId, track }: { readonly accountId: string; readonly track: Track },
): Promise<Instant | null> {
  const latest = await trx('subscriptions')
    .where({ serves_account_id: accountId, track })
    .first<{ free_until: Instant | null }>(
      trx.raw(`max(fee_grants ->> 'freeUntil') as free_until`),
    );
  return latest?.free_until ?? null;
}

function fromRowSubscription(row: SubscriptionModel): Subscription {
  return {
    id: row.id,
    accountId: row.account_id,
    servesAccountId: row.serves_account_id,
    track: row.track as Track,
    planCode: row.plan_code,
    planName: row.plan_name,
    planVersion: row.plan_version,
    cycle: row.cycle as BillingCycle,
    price: { amountMicros: row.price_micros, currency: row.currency as CurrencyCode },
    bearsTax: row.bears_tax,
    timeZone: row.time_zone,
    anchorAt: row.anchor_at,
    period: {
      number: row.period_number,
      startsAt: row.period_starts_at,
      endsAt: row.period_ends_at,
    },
    periodsBefore: row.periods_before,
    paid: { amountMicros: row.paid_micros, currency: row.currency as CurrencyCode },
    paidFrom: row.paid_from,
    changesMade: row.changes_made,
    scheduledChange: row.scheduled_change && fromJsonChange(row.scheduled_change),
    allowanceMonth: row.allowance_month,
    allowanceDebts: {
      call_second: BigInt(row.allowance_debts.call_second),
      message: BigInt(row.allowance_debts.message),
    },
    feeGrants: fromJsonGrants(row.fee_grants),
    status: row.status as SubscriptionStatus,
    cancelsAtPeriodEnd: row.cancels_at_period_end,
    cancelReason: row.cancel_reason,
    pausesAtPeriodEnd: row.pauses_at_period_end,
    pausedAt: row.paused_at,
    resumesAt: row.resumes_at,
    dunning: completePolicy(row.dunning),
    dueSince: row.due_since,
    retriesMade: row.retries_made,
    moneyArrivedAt: row.money_arrived_at,
    suspendedAt: row.suspended_at,
    endedAt: row.ended_at,
    endReason: row.end_reason,
    collection: fromRowCollection(row.collection),
  };
}

function fromJsonChange({ target, ...change }: ScheduledChangeJson): ScheduledChange {
  const { amountMicros, currency } = target.price;
  return {
    ...change,
    target: { ...target, price: { amountMicros: BigInt(amountMicros), currency } },
  };
}

function toJsonChange({ target, ...change }: ScheduledChange): ScheduledChangeJson {
  const { amountMicros, currency } = target.price;
  return { ...change, target: { ...target, price: { amountMicros: `${amountMicros}`, currency } } };
}

function fromJsonGrants({ units, balanceMicros, ...grants }: FeeGrantsJson): FeeGrants {
  return {
    ...grants,
    balanceMicros: BigInt(balanceMicros),
    units: {
      call_second: BigInt(units.call_second),
      message: BigInt(units.message),
      wa_conversation: BigInt(units.wa_conversation),
      unique_visitor: BigInt(units.unique_visitor),
    },
  };
}

function toJsonGrants({ units, balanceMicros, ...grants }: FeeGrants): FeeGrantsJson {
  return {
    ...grants,
    balanceMicros: `${balanceMicros}`,
    units: {
      call_second: `${units.call_second}`,
      message: `${units.message}`,
      wa_conversation: `${units.wa_conversation}`,
      unique_visitor: `${units.unique_visitor}`,
    },
  };
}

function toRowSubscription(subscription: Subscription) {
  return {
    id: subscription.id,
    account_id: subscription.accountId,
    serves_account_id: subscription.servesAccountId,
    track: subscription.track,
    plan_code: subscription.planCode,
    plan_name: subscription.planName,
    plan_version: subscription.planVersion,
    cycle: subscription.cycle,
    price_micros: subscription.price.amountMicros,
    currency: subscription.price.currency,
    bears_tax: subscription.bearsTax,
    time_zone: subscription.timeZone,
    anchor_at: subscription.anchorAt,
    period_number: subscription.period.number,
    period_starts_at: subscription.period.startsAt,
    period_ends_at: subscription.period.endsAt,
    periods_before: subscription.periodsBefore,
    paid_micros: subscription.paid.amountMicros,
    paid_from: subscription.paidFrom,
    changes_made: subscription.changesMade,
    scheduled_change: subscription.scheduledChange && toJsonChange(subscription.scheduledChange),
    allowance_month: subscription.allowanceMonth,
    allowance_debts: {
      call_second: `${subscription.allowanceDebts.call_second}`,
      message: `${subscription.allowanceDebts.message}`,
    },
    fee_grants: toJsonGrants(subscription.feeGrants),
    status: subscription.status,
    cancels_at_period_end: subscription.cancelsAtPeriodEnd,
    cancel_reason: subscription.cancelReason,
    pauses_at_period_end: subscription.pausesAtPeriodEnd,
    paused_at: subscription.pausedAt,
    resumes_at: subscription.resumesAt,
    dunning: subscription.dunning,
    due_since: subscription.dueSince,
    retries_made: subscription.retriesMade,
    money_arrived_at: subscription.moneyArrivedAt,
    suspended_at: subscription.suspendedAt,
    ended_at: subscription.endedAt,
    end_reason: subscription.endReason,
    collection: toRowCollection(subscription.collection),
  };
}
