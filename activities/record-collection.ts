import { insertEvents, type NewEvent } from '../db/repositories/event.repository';
import { applyLedgerPlan } from '../db/repositories/ledger.repository';
import {
  findMethodCharge,
  type MethodChargeRecord,
} from '../db/repositories/method-charge.repository';
import { refusePaymentMethod } from '../db/repositories/payment-method.repository';
import {
  listPaymentsOfSubscription,
  savePayment,
  type PaymentStatus,
} from '../db/repositories/payment.repository';
import {
  updateSubscription,
  type SubscriptionRecord,
} from '../db/repositories/subscription.repository';
import type { Transaction } from '../db/transaction';
import type { Instant } from '../domain/instant';
import { invariant } from '../domain/invariant';
import { createLedgerPlan } from '../domain/ledger/ledger-plan';
import { compareMoney, formatAmount } from '../domain/money';
import type { ChargeOutcome } from '../domain/collection/charge-try';
import { decideCharged } from '../domain/subscription/collect';
import { noteMoneyArrived } from '../domain/subscription/decide-command';
import type { GatewayPayment } from '../gateways/payment-gateway';
import { newId } from '../db/new-id';
import type { SubscriptionStep } from '../workflows/subscription.messages';
import { applySubscriptionDecision } from './apply-subscription-decision';
import { issueReceipt, postPayment } from './grant-payments';
import { outcomeOf } from './charge-outcome';
import type { Wake } from './record-payments';
import { findFunds, lockLedger, stepOf, type SubscriptionUnit } from './subscription-unit';
import { findWakes, markWaiting } from './waiting-subscriptions';

export interface Collected {
  readonly step: SubscriptionStep;
  /** Other lifecycles of the account that waited for money. */
  readonly wakes: readonly Wake[];
}

/** A payment as a gateway tells it. */
export interface ReportedPayment {
  readonly gateway: string;
  readonly payment: GatewayPayment;
}

interface ChargeAnswer {
  readonly key: string;
  readonly at: Instant;
  readonly outcome: ChargeOutcome;
  /** Null when the gateway refused without making one. */
  readonly payment: GatewayPayment | null;
}

/**
 * Records what the gateway said of the charge that is under way, in one transaction: the payment, its
 * money, and what it means for the period. A charge that was settled before changes nothing.
 */
export async function recordCharge(
  unit: SubscriptionUnit,
  { key, at, outcome, payment }: ChargeAnswer,
): Promise<Collected> {
  const record = recordOf(unit);
  const { charge } = record.subscription.collection;
  if (charge === null || charge.stage === 'planned' || charge.key !== key) {
    return unchanged(unit);
  }
  const { gateway } = charge;
  const saved = payment === null ? null : await savePaymentOf(unit, { gateway, payment }, at);
  if (outcome.kind === 'declined' && outcome.declineClass === 'hard') {
    const { trx } = unit;
    await refusePaymentMethod(trx, { id: charge.methodId, code: outcome.declineCode, at });
  }
  const ledger = await lockLedger(unit.trx, unit.request.accountId);
  const funded: SubscriptionUnit = { ...unit, ledger };
  const funds = await findFunds(funded, at);
  const fate = saved?.status === 'mismatched' ? MISMATCHED : outcome;
  const decision = decideCharged(record.subscription, fate, { at, funds });
  const { taxation } = funds;
  const done = { answer: { kind: 'done' }, taxation } as const;
  await receive(unit, saved, at);
  const changed = await applySubscriptionDecision(funded, decision, done);
  return { step: stepOf(changed), wakes: await findOtherWakes(unit) };
}

/** Money that is not what we asked for pays nothing, and asking the same way again would not help. */
const MISMATCHED = {
  kind: 'declined',
  declineCode: 'payment_mismatched',
  declineClass: 'technical',
} as const;

/**
 * Records payments that a webhook or a look-up spoke of: the charge under way, or an earlier try that a
 * bank authorised late. Late money goes into the wallet, and whoever owes a payment tries it at once.
 */
export async function recordReported(
  unit: SubscriptionUnit,
  { reported, at }: { readonly reported: readonly ReportedPayment[]; readonly at: Instant },
): Promise<Collected> {
  const { charge } = recordOf(unit).subscription.collection;
  for (const { payment } of reported) {
    const key = payment.idempotencyKey;
    if (key === null || charge === null || charge.stage === 'planned' || key !== charge.key) {
      continue;
    }
    const outcome = outcomeOf(payment);
    // Still under way: news to nobody, and no look of ours that would bring the last one nearer.
    if (outcome.kind === 'pending') return unchanged(unit);
    return recordCharge(unit, { key, at, outcome, payment });
  }
  let record = recordOf(unit);
  for (const found of reported) {
    const saved = await savePaymentOf(unit, found, at);
    if (!saved.isGranted) continue;
    await insertEvents(unit.trx, [buildLateEvent(unit, found, at)], unit.recordedAt);
    const owing = noteMoneyArrived(record.subscription, at);
    if (owing !== null) {
      record = await updateSubscription(unit.trx, record, { subscription: owing, at });
    }
    await receive(unit, saved, at);
  }
  return { step: stepOf(record), wakes: await findOtherWakes(unit) };
}

async function unchanged(unit: SubscriptionUnit): Promise<Collected> {
  return { step: stepOf(unit.record), wakes: await findOtherWakes(unit) };
}

/** Other lifecycles of the account that wait for money which has come. */
export function findOtherWakes({ trx, request }: SubscriptionUnit): Promise<Wake[]> {
  const { accountId, id: exceptId, operationKey: cause } = request;
  return findWakes(trx, { accountId, exceptId, cause });
}

interface SavedPayment {
  readonly paymentId: string;
  readonly status: PaymentStatus | 'processing';
  /** Null when we never asked for it. */
  readonly asked: MethodChargeRecord | null;
  /** Its money came into the wallet just now. */
  readonly isGranted: boolean;
}

/** Writes a payment with what it turned out to be, and grants its money, once. */
async function savePaymentOf(
  unit: SubscriptionUnit,
  { gateway, payment }: ReportedPayment,
  at: Instant,
): Promise<SavedPayment> {
  const { trx, request, recordedAt } = unit;
  const { gatewayPaymentId, idempotencyKey } = payment;
  const asked = await findAsked(trx, idempotencyKey);
  const known = await listPaymentsOfSubscription(trx, request.id);
  const before = known.find((other) => other.gatewayPaymentId === gatewayPaymentId);
  const status = judge(unit, payment, asked);
  const isNews = before === undefined || (before.status === 'failed' && status !== 'failed');
  const paymentId = before?.id ?? newId('payment');
  if (status === 'processing' || !isNews) return { paymentId, status, asked, isGranted: false };
  await savePayment(trx, {
    id: paymentId,
    accountId: request.accountId,
    orderId: null,
    subscriptionId: request.id,
    phoneNumberId: null,
    gateway,
    gatewayPaymentId,
    money: payment.money,
    status,
    mode: payment.mode,
    declineCode: payment.declineCode,
    effectiveAt: at,
    createdAt: recordedAt,
  });
  if (status === 'mismatched') {
    await insertEvents(trx, [buildMismatchEvent(unit, payment, at)], recordedAt);
  }
  const isGranted = status === 'succeeded' && asked !== null;
  if (isGranted) await grant(unit, { paymentId, asked, at });
  return { paymentId, status, asked, isGranted };
}

function findAsked(trx: Transaction, key: string | null): Promise<MethodChargeRecord | null> {
  return key === null ? Promise.resolve(null) : findMethodCharge(trx, key);
}

/** Only what is exactly what we asked for is ours to take. */
function judge(
  { request }: SubscriptionUnit,
  payment: GatewayPayment,
  asked: MethodChargeRecord | null,
): SavedPayment['status'] {
  if (payment.status !== 'succeeded') return payment.status;
  const isOurs =
    asked !== null &&
    asked.subscriptionId === request.id &&
    payment.customerReference === request.accountId &&
    payment.money.currency === asked.sale.total.currency &&
    compareMoney(payment.money, asked.sale.total) === 0;
  return isOurs ? 'succeeded' : 'mismatched';
}

/** Money comes in from clearing under the payment's id: the ledger refuses the same payment twice (I2). */
async function grant(
  unit: SubscriptionUnit,
  {
    paymentId,
    asked,
    at,
  }: { readonly paymentId: string; readonly asked: MethodChargeRecord; readonly at: Instant },
): Promise<void> {
  const { trx, request, recordedAt } = unit;
  const ledger = await lockLedger(trx, request.accountId);
  const plan = createLedgerPlan([ledger], { reference: asked.key, postedAt: recordedAt });
  const reason = `charge of a saved method, ${asked.key}`;
  postPayment(plan, ledger, { paymentId, sale: asked.sale, at, reason });
  await applyLedgerPlan(trx, plan);
}

/**
 * What granted money brings besides: who else waits for it is told, and its receipt voucher, which comes
 * before the invoice that it pays.
 */
async function receive(
  { trx, request }: SubscriptionUnit,
  saved: SavedPayment | null,
  at: Instant,
): Promise<void> {
  if (saved === null || !saved.isGranted || saved.asked === null) return;
  const { accountId, id } = request;
  await markWaiting(trx, { accountId, exceptId: id, at });
  const { sale, taxation } = saved.asked;
  const subject = { kind: 'subscription', id } as const;
  await issueReceipt(trx, { paymentId: saved.paymentId, accountId, sale, taxation, subject, at });
}

function buildMismatchEvent(
  { request }: SubscriptionUnit,
  { money, gatewayPaymentId }: GatewayPayment,
  at: Instant,
): NewEvent {
  return {
    accountId: request.accountId,
    type: 'payment.mismatched',
    subjectId: request.id,
    reason: 'the payment is not what was asked for; somebody must look at it',
    data: {
      gateway_payment_id: gatewayPaymentId,
      amount: formatAmount(money),
      currency: money.currency,
    },
    occurredAt: at,
  };
}

function buildLateEvent(
  { request }: SubscriptionUnit,
  { payment: { money } }: ReportedPayment,
  at: Instant,
): NewEvent {
  const amount = formatAmount(money);
  return {
    accountId: request.accountId,
    type: 'subscription.payment_collected',
    subjectId: request.id,
    reason: `${amount} ${money.currency} of an earlier charge came late; they are in the wallet`,
    data: { amount, currency: money.currency },
    occurredAt: at,
  };
}

function recordOf({ record, request }: SubscriptionUnit): SubscriptionRecord {
  invariant(record !== null, `subscription ${request.id} has no row`);
  return record;
}
