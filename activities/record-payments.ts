import { lockLedgers } from '../db/repositories/ledger.repository';
import { insertEvents, type NewEvent } from '../db/repositories/event.repository';
import { lockOrder, updateOrder, type OrderRecord } from '../db/repositories/order.repository';
import { savePaymentMethod } from '../db/repositories/payment-method.repository';
import { listPaymentsOfOrder, savePayment } from '../db/repositories/payment.repository';
import { newId } from '../db/new-id';
import type { Transaction } from '../db/transaction';
import type { Instant } from '../domain/instant';
import { invariant } from '../domain/invariant';
import { formatAmount } from '../domain/money';
import { isStillNext } from '../domain/next-action';
import {
  decideNextAction,
  decidePayments,
  expireOrder,
  noteChecked,
  type Order,
  type PaymentVerdict,
} from '../domain/order';
import type { GatewayPayment } from '../gateways/payment-gateway';
import { grantPayments, issueReceipts } from './grant-payments';
import { findWakes, markWaiting } from './waiting-subscriptions';

export interface SettleRequest {
  readonly id: string;
  readonly accountId: string;
  readonly now: Instant;
  readonly operationKey: string;
  readonly action: 'check_payment' | 'expire' | 'check_late_payment' | 'payment_reported';
}

/** A lifecycle that waited for money, and the payment that came. */
export interface Wake {
  readonly workflowId: string;
  readonly paymentId: string;
}

interface PaymentsToRecord {
  readonly request: SettleRequest;
  readonly payments: readonly GatewayPayment[];
  readonly recordedAt: Instant;
}

/**
 * Records what the gateway reports of an order, in one transaction: payments, money, the order's state,
 * events, and "money came" in every row that waits for it.
 */
export async function recordPayments(
  trx: Transaction,
  { request, payments, recordedAt }: PaymentsToRecord,
): Promise<{ readonly record: OrderRecord; readonly wakes: readonly Wake[] }> {
  const { id, accountId, now } = request;
  const ledger = (await lockLedgers(trx, [accountId])).get(accountId);
  const record = await lockOrder(trx, id);
  invariant(ledger !== undefined && record !== null, `order ${id} has no row or no ledger`);
  const fresh = await findFresh(trx, id, payments);
  const { order, verdicts } = decidePayments(record.order, fresh, now);

  const paymentIds = await saveVerdicts(trx, order, { verdicts, at: now, recordedAt });
  const granted = findGranted(verdicts, paymentIds);
  await grantPayments(trx, { ledger, order, paymentIds: granted, at: now, recordedAt });
  await insertEvents(
    trx,
    verdicts.map(({ event }) => buildEvent(order, event, now)),
    recordedAt,
  );
  if (granted.length > 0) await markWaiting(trx, { accountId, at: now });
  // Also when nothing is new: a worker may have died after its commit and before it woke anybody.
  const came = [...paymentIds.values()].join(',');
  const wakes = order.status === 'paid' ? await findWakes(trx, { accountId, cause: came }) : [];
  const changed = await advance(trx, record, { order, request, recordedAt });
  await issueReceipts(trx, { order, paymentIds: granted, at: now });
  return { record: changed, wakes };
}

/** Payments without a verdict so far, and declined ones that have become more. */
async function findFresh(
  trx: Transaction,
  orderId: string,
  payments: readonly GatewayPayment[],
): Promise<GatewayPayment[]> {
  const known = new Map(
    (await listPaymentsOfOrder(trx, orderId)).map((payment) => [
      payment.gatewayPaymentId,
      payment.status,
    ]),
  );
  return payments.filter(({ gatewayPaymentId, status }) => {
    const before = known.get(gatewayPaymentId);
    return before === undefined || (before === 'failed' && status === 'succeeded');
  });
}

const STATUS_OF_VERDICT = {
  grant: 'succeeded',
  declined: 'failed',
  mismatch: 'mismatched',
} as const;

interface VerdictsToSave {
  readonly verdicts: readonly PaymentVerdict<GatewayPayment>[];
  readonly at: Instant;
  readonly recordedAt: Instant;
}

/** Writes payments and kept methods. Answers our id of each payment, by the gateway's. */
async function saveVerdicts(
  trx: Transaction,
  order: Order,
  { verdicts, at, recordedAt }: VerdictsToSave,
): Promise<Map<string, string>> {
  for (const { kind, payment } of verdicts) {
    await savePayment(trx, {
      id: newId('payment'),
      accountId: order.accountId,
      orderId: order.id,
      subscriptionId: null,
      phoneNumberId: null,
      gateway: order.gateway,
      gatewayPaymentId: payment.gatewayPaymentId,
      money: payment.money,
      status: STATUS_OF_VERDICT[kind],
      mode: payment.mode,
      declineCode: payment.declineCode,
      effectiveAt: at,
      createdAt: recordedAt,
    });
    if (kind === 'grant') await keepMethod(trx, order, payment, recordedAt);
  }
  const saved = await listPaymentsOfOrder(trx, order.id);
  return new Map(saved.map((payment) => [payment.gatewayPaymentId, payment.id]));
}

async function keepMethod(
  trx: Transaction,
  order: Order,
  payment: GatewayPayment,
  createdAt: Instant,
): Promise<void> {
  const { method } = payment;
  if (method.reference === null) return;
  await savePaymentMethod(trx, {
    id: newId('payment_method'),
    accountId: order.accountId,
    gateway: order.gateway,
    methodReference: method.reference,
    kind: method.kind,
    brand: method.brand,
    lastFour: method.lastFour,
    createdAt,
  });
}

/** Our ids of the payments that are money for the wallet. */
function findGranted(
  verdicts: readonly PaymentVerdict<GatewayPayment>[],
  paymentIds: ReadonlyMap<string, string>,
): string[] {
  return verdicts
    .filter(({ kind }) => kind === 'grant')
    .map(({ payment }) => {
      const paymentId = paymentIds.get(payment.gatewayPaymentId);
      invariant(paymentId !== undefined, 'a payment is saved before its money is granted');
      return paymentId;
    });
}

/**
 * Moves the order on by the action that was due: a check counts, an expiry expires, unless it was paid.
 * An action that was done before (its worker died after the commit) counts no second time.
 */
async function advance(
  trx: Transaction,
  record: OrderRecord,
  { order, request, recordedAt }: { order: Order; request: SettleRequest; recordedAt: Instant },
): Promise<OrderRecord> {
  const { action, now } = request;
  if (!isStillNext(decideNextAction(record.order), { kind: action, at: now })) {
    return order === record.order ? record : updateOrder(trx, record, { order, at: now });
  }
  if (action !== 'expire') return updateOrder(trx, record, { order: noteChecked(order), at: now });
  const expired = expireOrder(order);
  if (expired.status === 'expired') {
    const event = { type: 'top_up.expired', reason: 'not paid in time; nothing was charged' };
    await insertEvents(trx, [buildEvent(expired, event, now)], recordedAt);
  }
  return updateOrder(trx, record, { order: expired, at: now });
}

/** An event about an order, with the facts a receiver needs and nothing personal. */
export function buildEvent(
  order: Order,
  event: { readonly type: string; readonly reason: string },
  occurredAt: Instant,
): NewEvent {
  return {
    accountId: order.accountId,
    type: event.type,
    subjectId: order.id,
    reason: event.reason,
    data: {
      status: order.status,
      amount: formatAmount(order.total),
      currency: order.total.currency,
    },
    occurredAt,
  };
}
