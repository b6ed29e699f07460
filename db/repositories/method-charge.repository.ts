import type { Instant } from '../../domain/instant';
import type { Payer } from '../../domain/payment/payment';
import type { TaxedSale } from '../../domain/tax/compute-tax';
import type { Taxation } from '../../domain/tax/taxation';
import type { Transaction } from '../transaction';
import {
  fromRowSale,
  fromRowTaxation,
  toRowSale,
  toRowTaxation,
  type SaleColumns,
  type TaxationColumn,
} from './sale.columns';

/** A try to charge a saved method, as it was asked: what a payment under its key must be. */
export interface MethodChargeRecord {
  readonly key: string;
  /** What it is for: it names the payer and the period. The key counts the tries of it. */
  readonly reference: string;
  readonly accountId: string;
  readonly payer: Payer;
  readonly paymentMethodId: string;
  readonly sale: TaxedSale;
  readonly taxation: Taxation;
  /** Business time. */
  readonly askedAt: Instant;
}

interface MethodChargeRow extends SaleColumns {
  readonly key: string;
  readonly reference: string;
  readonly account_id: string;
  readonly payer_kind: string;
  readonly payer_id: string;
  readonly payment_method_id: string;
  readonly taxation: TaxationColumn;
  readonly asked_at: string;
}

/** Writes a try before its gateway is asked. The key is new: the row's lock decides who makes it. */
export async function insertMethodCharge(
  trx: Transaction,
  charge: MethodChargeRecord,
  recordedAt: Instant,
): Promise<void> {
  const sale = toRowSale(charge.sale);
  await trx('method_charges').insert({
    key: charge.key,
    reference: charge.reference,
    account_id: charge.accountId,
    payer_kind: charge.payer.kind,
    payer_id: charge.payer.id,
    payment_method_id: charge.paymentMethodId,
    ...sale,
    lines: JSON.stringify(sale.lines),
    tax_lines: JSON.stringify(sale.tax_lines),
    taxation: JSON.stringify(toRowTaxation(charge.taxation)),
    asked_at: charge.askedAt,
    recorded_at: recordedAt,
  });
}

/** The try of a key for a payer, or null when we never made it; a payment without a key is no try of ours. */
export async function findMethodCharge(
  trx: Transaction,
  { key, payer }: { readonly key: string | null; readonly payer: Payer },
): Promise<MethodChargeRecord | null> {
  if (key === null) return null;
  const row = await trx<MethodChargeRow>('method_charges')
    .where({ key, payer_kind: payer.kind, payer_id: payer.id })
    .first();
  return row ? fromRowMethodCharge(row) : null;
}

/** The gateways that were asked for money under a reference: only they can know a payment of it. */
export async function listGatewaysAsked(trx: Transaction, reference: string): Promise<string[]> {
  return trx('method_charges')
    .join('payment_methods', 'payment_methods.id', 'method_charges.payment_method_id')
    .where({ reference })
    .distinct()
    .pluck('payment_methods.gateway');
}

function fromRowMethodCharge(row: MethodChargeRow): MethodChargeRecord {
  return {
    key: row.key,
    reference: row.reference,
    accountId: row.account_id,
    payer: { kind: row.payer_kind as Payer['kind'], id: row.payer_id },
    paymentMethodId: row.payment_method_id,
    sale: fromRowSale(row),
    taxation: fromRowTaxation(row.taxation),
    askedAt: row.asked_at,
  };
}
