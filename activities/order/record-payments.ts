import { findFee } from '../payment/find-fee';
import { openMismatchTask } from '../payment/open-mismatch-task';
import { insertEvents } from '../../db/repositories/event.repository';
import { orders, type OrderRecord } from '../../db/repositories/order.repository';
import { listPaymentsNamed, savePayment } from '../../db/repositories/payment.repository';
import { newId } from '../../db/new-id';
import type { Transaction } from '../../db/transaction';
import type { Instant } from '../../domain/instant';
import { isStillNext } from '../../domain/next-action';
import { buildOrderEvents } from '../../domain/order/build-order-events';
import { expireOrder, noteChecked } from '../../domain/order/checkout';
import type { Order } from '../../domain/order/order';
import { decidePayments, type PaymentVerdict } from '../../domain/order/decide-payments';
import { isNews } from '../../domain/payment/payment';
import { buildInvoiceTerms } from '../../domain/order/price';
import type { GatewayPayment } from '../../gateways/payment-gateway';
import { grantPayments, issueReceipts, type OrderPayment } from './grant-payments';
import { issueOrderInvoice } from './issue-order-invoice';
import { keepMethod } from '../payment-method/keep-method';
import type { LockedOrder } from './purchase-unit';
import type { TimedTarget } from '../lifecycle/locked';
import { noteMoneyCame } from '../../db/waiting-lifecycles';

export interface SettleRequest extends TimedTarget {
  readonly action: 'check_payment' | 'expire' | 'check_late_payment' | 'payment_reported';
  /** Who reported it; nobody where we look by ourselves. */
  readonly gateway?: string;
}

interface PaymentsToRecord {
  readonly action: SettleRequest['action'];
  readonly payments: readonly GatewayPayment[];
}

/**
 * Records what the gateway reports of an order, in one transaction: payments, money, the order's state,
 * events, and "money came" in every row that waits for it. What a payment brings for a purchase is spent
 * on it at once, so nobody else waits for that.
 */
export async function recordPayments(
  locked: LockedOrder,
  { action, payments }: PaymentsToRecord,
): Promise<OrderRecord> {
  const { trx, ledger, record, at: now, recordedAt } = locked;
  const { accountId } = record.state;
  const fresh = await findFresh(trx, record.state, payments);
  const { order, verdicts } = decidePayments(record.state, fresh, now);

  await saveVerdicts(trx, order, { verdicts, at: now, recordedAt });
  const granted = findGranted(verdicts);
  await grantPayments(trx, { ledger, order, payments: granted, at: now, recordedAt });
  const events = verdicts.map(({ event }) => event);
  await insertEvents(trx, buildOrderEvents(order, events, now), recordedAt);
  const forWallet = granted.findLast(({ paysItems }) => !paysItems);
  if (forWallet !== undefined) {
    const { paymentId: causedBy } = forWallet;
    await noteMoneyCame(trx, { accountId, causedBy, at: now, recordedAt });
  }
  const changed = await advance(locked, order, action);
  await issueReceipts(trx, { order, payments: granted, at: now });
  if (granted.some(({ paysItems }) => paysItems)) {
    await issueOrderInvoice(trx, order, { terms: buildInvoiceTerms(order), at: now });
  }
  return changed;
}

interface OwnPayment extends GatewayPayment {
  /** Ours: of the payment's row. */
  readonly paymentId: string;
}

/** Payments without a verdict so far, and declined ones that have become more. */
async function findFresh(
  trx: Transaction,
  { id, gateway }: Order,
  payments: readonly GatewayPayment[],
): Promise<OwnPayment[]> {
  const names = payments.map(({ gatewayPaymentId }) => gatewayPaymentId);
  const known = await listPaymentsNamed(trx, gateway, names);
  return payments.flatMap((payment) => {
    const { gatewayPaymentId } = payment;
    const before = known.find((saved) => saved.gatewayPaymentId === gatewayPaymentId);
    if (!isNews(payment, before, { kind: 'order', id })) return [];
    return [{ ...payment, paymentId: before?.id ?? newId('payment') }];
  });
}

const STATUS_OF_VERDICT = {
  grant: 'succeeded',
  declined: 'failed',
  mismatch: 'mismatched',
} as const;

interface VerdictsToSave {
  readonly verdicts: readonly PaymentVerdict<OwnPayment>[];
  readonly at: Instant;
  readonly recordedAt: Instant;
}

/** Writes payments and kept methods. */
async function saveVerdicts(
  trx: Transaction,
  order: Order,
  { verdicts, at, recordedAt }: VerdictsToSave,
): Promise<void> {
  for (const { kind, payment, event } of verdicts) {
    await savePayment(trx, {
      id: payment.paymentId,
      accountId: order.accountId,
      payer: { kind: 'order', id: order.id },
      gateway: order.gateway,
      gatewayPaymentId: payment.gatewayPaymentId,
      money: payment.money,
      fee: findFee(payment),
      status: STATUS_OF_VERDICT[kind],
      mode: payment.mode,
      declineCode: payment.declineCode,
      effectiveAt: at,
      createdAt: recordedAt,
    });
    if (kind === 'grant') await keepMethodOf(trx, { order, payment, at, recordedAt });
    if (kind === 'mismatch') {
      const { paymentId } = payment;
      const { accountId } = order;
      const { reason } = event;
      await openMismatchTask(trx, { paymentId, accountId, reason, at: recordedAt });
    }
  }
}

/** A page tells who paid; when that expires and what its mandate allows, its gateway is asked next. */
async function keepMethodOf(
  trx: Transaction,
  facts: {
    readonly order: Order;
    readonly payment: GatewayPayment;
    readonly at: Instant;
    readonly recordedAt: Instant;
  },
): Promise<void> {
  const { order, payment, at, recordedAt } = facts;
  const { reference, ...method } = payment.method;
  if (reference === null) return;
  const { accountId, gateway } = order;
  const kept = { ...method, accountId, gateway, reference, expiry: null, mandate: null };
  await keepMethod(trx, { ...kept, checksAt: recordedAt }, { at, recordedAt });
}

/** The payments whose money is granted, with our ids. */
function findGranted(verdicts: readonly PaymentVerdict[]): OrderPayment[] {
  return verdicts.flatMap((verdict) =>
    verdict.kind === 'grant'
      ? [{ paymentId: verdict.payment.paymentId, paysItems: verdict.paysItems }]
      : [],
  );
}

/**
 * Moves the order on by the action that was due: a check counts, an expiry expires, unless it was paid.
 * An action that was done before (its worker died after the commit) counts no second time.
 */
async function advance(
  { trx, record, at, dueAt, recordedAt }: LockedOrder,
  order: Order,
  action: SettleRequest['action'],
): Promise<OrderRecord> {
  if (!isStillNext(orders.decideNextAction(record.state), { kind: action, at: dueAt })) {
    return order === record.state ? record : orders.update(trx, record, { state: order, at });
  }
  if (action !== 'expire') return orders.update(trx, record, { state: noteChecked(order), at });
  const expired = expireOrder(order);
  if (expired.status === 'expired') {
    const type = order.kind === 'purchase' ? 'order.expired' : 'top_up.expired';
    const event = { type, reason: 'not paid in time; nothing was charged' } as const;
    await insertEvents(trx, buildOrderEvents(expired, [event], at), recordedAt);
  }
  return orders.update(trx, record, { state: expired, at });
}
