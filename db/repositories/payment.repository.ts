import type { CurrencyCode } from '../../domain/currency';
import type { Instant } from '../../domain/instant';
import type { Money } from '../../domain/money';
import type { PaymentMode } from '../../domain/order';
import { PaymentMethodModel } from '../models/payment-method.model';
import { PaymentModel } from '../models/payment.model';
import type { Transaction } from '../transaction';

export type PaymentStatus = 'succeeded' | 'failed' | 'mismatched';

/** A payment a gateway confirmed, declined or reported for something we did not ask for. */
export interface Payment {
  readonly id: string;
  readonly accountId: string;
  readonly orderId: string;
  readonly gateway: string;
  readonly gatewayPaymentId: string;
  readonly money: Money;
  readonly status: PaymentStatus;
  readonly mode: PaymentMode;
  readonly declineCode: string | null;
  readonly effectiveAt: Instant;
  readonly createdAt: Instant;
}

/** A way to pay that the gateway keeps for later charges: never a card number. */
export interface PaymentMethod {
  readonly id: string;
  readonly accountId: string;
  readonly gateway: string;
  readonly methodReference: string;
  readonly kind: PaymentMode;
  readonly brand: string | null;
  readonly lastFour: string | null;
  readonly createdAt: Instant;
}

export async function listPaymentsOfOrder(trx: Transaction, orderId: string): Promise<Payment[]> {
  const rows = await PaymentModel.query(trx).where({ order_id: orderId }).orderBy('created_at');
  return rows.map(fromRowPayment);
}

/** The tenant's payments, newest first. */
export async function listPayments(
  trx: Transaction,
  query: {
    readonly limit: number;
    readonly before: { readonly createdAt: Instant; readonly id: string } | null;
    readonly accountId?: string | undefined;
    readonly status?: PaymentStatus | undefined;
  },
): Promise<Payment[]> {
  const rows = await PaymentModel.query(trx)
    .modify((builder) => {
      const { before, accountId, status } = query;
      if (before) builder.whereRaw('(created_at, id) < (?, ?)', [before.createdAt, before.id]);
      if (accountId !== undefined) builder.where({ account_id: accountId });
      if (status !== undefined) builder.where({ status });
    })
    .orderBy([
      { column: 'created_at', order: 'desc' },
      { column: 'id', order: 'desc' },
    ])
    .limit(query.limit);
  return rows.map(fromRowPayment);
}

/**
 * Writes a payment, or the better news about one that was declined before: a bank may authorise late.
 * A payment that succeeded never becomes less.
 */
export async function savePayment(trx: Transaction, payment: Payment): Promise<void> {
  await trx.raw(
    `insert into payments as p (id, account_id, order_id, gateway, gateway_payment_id, amount_micros, currency,
                                status, mode, decline_code, effective_at, created_at, updated_at)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     on conflict (gateway, gateway_payment_id) do update
        set status = excluded.status, decline_code = excluded.decline_code,
            effective_at = excluded.effective_at, updated_at = excluded.updated_at
      where p.status = 'failed'`,
    [
      payment.id,
      payment.accountId,
      payment.orderId,
      payment.gateway,
      payment.gatewayPaymentId,
      payment.money.amountMicros.toString(),
      payment.money.currency,
      payment.status,
      payment.mode,
      payment.declineCode,
      payment.effectiveAt,
      payment.createdAt,
      payment.createdAt,
    ],
  );
}

/** Keeps the reference of a saved method; the same reference twice is one method. */
export async function savePaymentMethod(trx: Transaction, method: PaymentMethod): Promise<void> {
  await PaymentMethodModel.query(trx)
    .insert({
      id: method.id,
      account_id: method.accountId,
      gateway: method.gateway,
      method_reference: method.methodReference,
      kind: method.kind,
      brand: method.brand,
      last_four: method.lastFour,
      created_at: method.createdAt,
      detached_at: null,
    })
    .onConflict(['gateway', 'method_reference'])
    .ignore();
}

export async function listPaymentMethods(
  trx: Transaction,
  query: {
    readonly accountId: string;
    readonly limit: number;
    readonly before: { readonly createdAt: Instant; readonly id: string } | null;
  },
): Promise<PaymentMethod[]> {
  const rows = await PaymentMethodModel.query(trx)
    .where({ account_id: query.accountId })
    .whereNull('detached_at')
    .modify((builder) => {
      const { before } = query;
      if (before) builder.whereRaw('(created_at, id) < (?, ?)', [before.createdAt, before.id]);
    })
    .orderBy([
      { column: 'created_at', order: 'desc' },
      { column: 'id', order: 'desc' },
    ])
    .limit(query.limit);
  return rows.map(fromRowPaymentMethod);
}

function fromRowPayment(row: PaymentModel): Payment {
  return {
    id: row.id,
    accountId: row.account_id,
    orderId: row.order_id,
    gateway: row.gateway,
    gatewayPaymentId: row.gateway_payment_id,
    money: { amountMicros: row.amount_micros, currency: row.currency as CurrencyCode },
    status: row.status as PaymentStatus,
    mode: row.mode as PaymentMode,
    declineCode: row.decline_code,
    effectiveAt: row.effective_at,
    createdAt: row.created_at,
  };
}

function fromRowPaymentMethod(row: PaymentMethodModel): PaymentMethod {
  return {
    id: row.id,
    accountId: row.account_id,
    gateway: row.gateway,
    methodReference: row.method_reference,
    kind: row.kind as PaymentMode,
    brand: row.brand,
    lastFour: row.last_four,
    createdAt: row.created_at,
  };
}
