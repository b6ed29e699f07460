import type { Instant } from '../../domain/instant';
import type { PaymentMode } from '../../domain/payment/payment';
import { PaymentMethodModel } from '../models/payment-method.model';
import type { Transaction } from '../transaction';

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
  readonly detachedAt: Instant | null;
  /** The gateway said it will never pay again; null while it may. */
  readonly refusedCode: string | null;
}

/** Keeps the reference of a saved method; the same reference twice is one method. */
export async function savePaymentMethod(
  trx: Transaction,
  method: Omit<PaymentMethod, 'detachedAt' | 'refusedCode'>,
): Promise<void> {
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
      forgotten_at: null,
      refused_at: null,
      refused_code: null,
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

/**
 * The method an account's charges go to: the newest that is neither detached nor refused for good; null
 * when it has none.
 */
export async function findDefaultMethod(
  trx: Transaction,
  accountId: string,
): Promise<PaymentMethod | null> {
  const row = await PaymentMethodModel.query(trx)
    .where({ account_id: accountId })
    .whereNull('detached_at')
    .whereNull('refused_at')
    .orderBy([
      { column: 'created_at', order: 'desc' },
      { column: 'id', order: 'desc' },
    ])
    .first();
  return row ? fromRowPaymentMethod(row) : null;
}

/** One method of the tenant, detached ones too, or null. */
export async function findPaymentMethod(
  trx: Transaction,
  id: string,
): Promise<PaymentMethod | null> {
  const row = await PaymentMethodModel.query(trx).findById(id);
  return row ? fromRowPaymentMethod(row) : null;
}

/** From now on nothing is charged to the method. The gateway is told by the reconciliation. */
export async function detachPaymentMethod(
  trx: Transaction,
  { id, at }: { readonly id: string; readonly at: Instant },
): Promise<void> {
  await PaymentMethodModel.query(trx)
    .findById(id)
    .whereNull('detached_at')
    .patch({ detached_at: at });
}

/** Notes a hard decline: the method is charged no more. */
export async function refusePaymentMethod(
  trx: Transaction,
  { id, code, at }: { readonly id: string; readonly code: string; readonly at: Instant },
): Promise<void> {
  await PaymentMethodModel.query(trx)
    .findById(id)
    .whereNull('refused_at')
    .patch({ refused_at: at, refused_code: code });
}

/** Detached methods that their gateway still keeps, the oldest first. */
export async function listMethodsToForget(
  trx: Transaction,
  { limit }: { readonly limit: number },
): Promise<PaymentMethod[]> {
  const rows = await PaymentMethodModel.query(trx)
    .whereNotNull('detached_at')
    .whereNull('forgotten_at')
    .orderBy('detached_at')
    .limit(limit);
  return rows.map(fromRowPaymentMethod);
}

export async function noteForgotten(
  trx: Transaction,
  { id, at }: { readonly id: string; readonly at: Instant },
): Promise<void> {
  await PaymentMethodModel.query(trx).findById(id).patch({ forgotten_at: at });
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
    detachedAt: row.detached_at,
    refusedCode: row.refused_code,
  };
}
