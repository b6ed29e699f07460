import type { CurrencyCode } from '../../domain/currency';
import type { Instant } from '../../domain/instant';
import type { Money } from '../../domain/money';
import type { Payer, PaymentMode } from '../../domain/payment/payment';
import { PaymentModel } from '../models/payment.model';
import type { Transaction } from '../transaction';

export type PaymentStatus = 'succeeded' | 'failed' | 'mismatched';

/** A payment a gateway confirmed, declined or reported for something we did not ask for. */
export interface Payment {
  readonly id: string;
  readonly accountId: string;
  readonly payer: Payer;
  readonly gateway: string;
  readonly gatewayPaymentId: string;
  readonly money: Money;
  /** What its gateway keeps of it; null: not told yet. */
  readonly fee: Money | null;
  readonly status: PaymentStatus;
  readonly mode: PaymentMode;
  readonly declineCode: string | null;
  readonly effectiveAt: Instant;
  readonly createdAt: Instant;
}

/** Reads one payment of the tenant, or null. */
export async function findPayment(trx: Transaction, id: string): Promise<Payment | null> {
  const row = await PaymentModel.query(trx).findById(id);
  return row ? fromRowPayment(row) : null;
}

/** The payment of that name at a gateway, or null. */
export async function findPaymentOf(
  trx: Transaction,
  { gateway, gatewayPaymentId }: Pick<Payment, 'gateway' | 'gatewayPaymentId'>,
): Promise<Payment | null> {
  const row = await PaymentModel.query(trx).findOne({
    gateway,
    gateway_payment_id: gatewayPaymentId,
  });
  return row ? fromRowPayment(row) : null;
}

/** What was paid for one thing, oldest first. */
export async function listPaymentsOf(trx: Transaction, { kind, id }: Payer): Promise<Payment[]> {
  const rows = await PaymentModel.query(trx)
    .where({ payer_kind: kind, payer_id: id })
    .orderBy('created_at');
  return rows.map(fromRowPayment);
}

/** The payments a gateway calls so, whatever they were recorded for: each is recorded once. */
export async function listPaymentsNamed(
  trx: Transaction,
  gateway: string,
  gatewayPaymentIds: readonly string[],
): Promise<Payment[]> {
  const rows = await PaymentModel.query(trx)
    .where({ gateway })
    .whereIn('gateway_payment_id', [...gatewayPaymentIds]);
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
 * A payment that succeeded never becomes less. Throws, to be tried again, when another transaction wrote the
 * same payment meanwhile: nothing may be granted for a payment without a row of its own.
 */
export async function savePayment(trx: Transaction, payment: Payment): Promise<void> {
  const { rows } = await trx.raw<{ rows: unknown[] }>(
    `insert into payments as p (id, account_id, payer_kind, payer_id, gateway, gateway_payment_id,
                                amount_micros, fee_micros, currency, status, mode, decline_code, effective_at, created_at, updated_at)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     on conflict (gateway, gateway_payment_id) do update
        set status = excluded.status, fee_micros = excluded.fee_micros, decline_code = excluded.decline_code,
            effective_at = excluded.effective_at, updated_at = excluded.updated_at
      where p.status = 'failed' and p.id = excluded.id
     returning id`,
    [
      payment.id,
      payment.accountId,
      payment.payer.kind,
      payment.payer.id,
      payment.gateway,
      payment.gatewayPaymentId,
      payment.money.amountMicros.toString(),
      payment.fee?.amountMicros.toString() ?? null,
      payment.money.currency,
      payment.status,
      payment.mode,
      payment.declineCode,
      payment.effectiveAt,
      payment.createdAt,
      payment.createdAt,
    ],
  );
  if (rows.length === 0) {
    throw new Error(`${payment.gatewayPaymentId} was recorded by another transaction`);
  }
}

/** Notes what a gateway keeps of a payment, where it has not said so before. */
export async function notePaymentFee(
  trx: Transaction,
  { id, fee }: { readonly id: string; readonly fee: Money },
): Promise<void> {
  await trx('payments')
    .where({ id, currency: fee.currency, fee_micros: null })
    .update({ fee_micros: fee.amountMicros.toString() });
}

function fromRowPayment(row: PaymentModel): Payment {
  const currency = row.currency as CurrencyCode;
  return {
    id: row.id,
    accountId: row.account_id,
    payer: { kind: row.payer_kind as Payer['kind'], id: row.payer_id },
    gateway: row.gateway,
    gatewayPaymentId: row.gateway_payment_id,
    money: { amountMicros: row.amount_micros, currency },
    fee: row.fee_micros === null ? null : { amountMicros: row.fee_micros, currency },
    status: row.status as PaymentStatus,
    mode: row.mode as PaymentMode,
    declineCode: row.decline_code,
    effectiveAt: row.effective_at,
    createdAt: row.created_at,
  };
}
