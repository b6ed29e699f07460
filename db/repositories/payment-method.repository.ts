import { parseCurrency } from '../../domain/currency';
import type { Instant } from '../../domain/instant';
import type { PaymentMode } from '../../domain/payment/payment';
import type {
  Mandate,
  MethodTerms,
  PaymentMethod,
} from '../../domain/payment-method/payment-method';
import { PaymentMethodModel } from '../models/payment-method.model';
import { newestFirst, type PageQuery } from '../newest-first';
import type { Transaction } from '../transaction';

/** When something happens to a method by itself. */
export interface MethodTimes {
  /** When its gateway is asked about it, by the wall; null: not again. */
  readonly checksAt: Instant | null;
  /** When its owner is told that it expires, by the account's clock; null: not again. */
  readonly tellsAt: Instant | null;
}

type NewMethod = Omit<PaymentMethod, 'detachedAt' | 'refusedCode' | keyof MethodTerms> &
  Partial<MethodTerms & MethodTimes>;

/** Keeps the reference of a saved method; answers null when it is kept already: one reference is one method. */
export async function savePaymentMethod(
  trx: Transaction,
  { expiry = null, mandate = null, checksAt = null, tellsAt = null, ...method }: NewMethod,
): Promise<PaymentMethod | null> {
  const written: unknown[] = await trx('payment_methods')
    .insert({
      id: method.id,
      account_id: method.accountId,
      gateway: method.gateway,
      method_reference: method.methodReference,
      kind: method.kind,
      brand: method.brand,
      last_four: method.lastFour,
      ...toRowTerms({ expiry, mandate }),
      created_at: method.createdAt,
      default_at: method.createdAt,
      checks_at: checksAt,
      tells_at: tellsAt,
    })
    .onConflict(['gateway', 'method_reference'])
    .ignore()
    .returning('id');
  if (written.length === 0) return null;
  return { ...method, expiry, mandate, detachedAt: null, refusedCode: null };
}

export async function listPaymentMethods(
  trx: Transaction,
  { accountId, ...page }: PageQuery & { readonly accountId: string },
): Promise<PaymentMethod[]> {
  const rows = await PaymentMethodModel.query(trx)
    .where({ account_id: accountId })
    .whereNull('detached_at')
    .modify((builder) => newestFirst(builder, page));
  return rows.map(fromRowPaymentMethod);
}

/**
 * The method an account's charges go to: the one chosen or saved last of those that are not detached, not refused
 * for good, and whose mandate, if they have one, is in force; null when it has none.
 */
export async function findDefaultMethod(
  trx: Transaction,
  accountId: string,
): Promise<PaymentMethod | null> {
  const row = await PaymentMethodModel.query(trx)
    .where({ account_id: accountId })
    .whereNull('detached_at')
    .whereNull('refused_at')
    .whereRaw(`coalesce(mandate_status, 'active') = 'active'`)
    .orderBy([
      { column: 'default_at', order: 'desc' },
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

/** A method by the name its gateway has for it, or null. */
export async function findMethodByReference(
  trx: Transaction,
  { gateway, methodReference }: Pick<PaymentMethod, 'gateway' | 'methodReference'>,
): Promise<PaymentMethod | null> {
  const row = await PaymentMethodModel.query(trx).findOne({
    gateway,
    method_reference: methodReference,
  });
  return row ? fromRowPaymentMethod(row) : null;
}

/** Reads one and locks it. */
export async function lockPaymentMethod(
  trx: Transaction,
  id: string,
): Promise<PaymentMethod | null> {
  const row = await PaymentMethodModel.query(trx).findById(id).forUpdate();
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
    .patch({ detached_at: at, checks_at: null, tells_at: null });
}

/** Notes a hard decline: the method is charged no more. */
export async function refusePaymentMethod(
  trx: Transaction,
  { id, code, at }: { readonly id: string; readonly code: string; readonly at: Instant },
): Promise<void> {
  await PaymentMethodModel.query(trx)
    .findById(id)
    .whereNull('refused_at')
    .patch({ refused_at: at, refused_code: code, tells_at: null });
}

/** What is charged before the others from `at` on. */
export async function makeDefaultMethod(
  trx: Transaction,
  { id, at }: { readonly id: string; readonly at: Instant },
): Promise<void> {
  await PaymentMethodModel.query(trx).findById(id).patch({ default_at: at });
}

/** Writes what its gateway says of a locked method now; what is left out of the times stays. */
export async function updateMethodTerms(
  trx: Transaction,
  id: string,
  { tellsAt, ...terms }: MethodTerms & Partial<Pick<MethodTimes, 'tellsAt'>>,
): Promise<void> {
  await PaymentMethodModel.query(trx)
    .findById(id)
    .patch({ ...toRowTerms(terms), ...(tellsAt !== undefined && { tells_at: tellsAt }) });
}

/** Its gateway was asked; `checksAt` is when it is asked again. */
export async function noteMethodChecked(
  trx: Transaction,
  id: string,
  { checksAt }: Pick<MethodTimes, 'checksAt'>,
): Promise<void> {
  await PaymentMethodModel.query(trx).findById(id).patch({ checks_at: checksAt });
}

/**
 * Its owner is told what was due at `toldAt`; `tellsAt` is when there is more to tell. Answers false when that was
 * done before.
 */
export async function noteMethodTold(
  trx: Transaction,
  id: string,
  { toldAt, tellsAt }: Pick<MethodTimes, 'tellsAt'> & { readonly toldAt: Instant },
): Promise<boolean> {
  const changed = await PaymentMethodModel.query(trx)
    .where({ id, tells_at: toldAt })
    .patch({ tells_at: tellsAt });
  return changed > 0;
}

/** Its gateway is asked about the method at that instant, whatever was planned. Answers whether it is one of ours. */
export async function askAboutMethod(
  trx: Transaction,
  {
    gateway,
    methodReference,
    at,
  }: Pick<PaymentMethod, 'gateway' | 'methodReference'> & { readonly at: Instant },
): Promise<boolean> {
  const changed = await PaymentMethodModel.query(trx)
    .where({ gateway })
    // Some gateways tell only what stands before a `/`; the next character after that is `0`.
    .where((named) => {
      void named
        .where({ method_reference: methodReference })
        .orWhereBetween('method_reference', [`${methodReference}/`, `${methodReference}0`]);
    })
    .whereNull('detached_at')
    .patch({ checks_at: at });
  return changed > 0;
}

/** Methods whose gateway is to be asked about them by now, the longest waiting first. */
export async function listMethodsToCheck(
  trx: Transaction,
  { now, limit }: { readonly now: Instant; readonly limit: number },
): Promise<PaymentMethod[]> {
  const rows = await PaymentMethodModel.query(trx)
    .where('checks_at', '<=', now)
    .orderBy('checks_at')
    .limit(limit);
  return rows.map(fromRowPaymentMethod);
}

/** A method whose owner is to be told of it, and the instant of that. */
export interface MethodToTell {
  readonly method: PaymentMethod;
  readonly tellsAt: Instant;
}

/** Methods of accounts on the wall clock whose owners are to be told by now, the earliest first. */
export async function listMethodsToTell(
  trx: Transaction,
  { now, limit }: { readonly now: Instant; readonly limit: number },
): Promise<MethodToTell[]> {
  const rows = await PaymentMethodModel.query(trx)
    .where('tells_at', '<=', now)
    .whereExists(
      trx('accounts as a')
        .whereRaw('a.id = payment_methods.account_id')
        .whereNull('a.test_clock_id'),
    )
    .orderBy('tells_at')
    .limit(limit);
  return rows.flatMap(toTell);
}

/** What an account is told first of its methods, if that is by `to`. */
export async function findEarliestTell(
  trx: Transaction,
  { accountId, to }: { readonly accountId: string; readonly to: Instant },
): Promise<MethodToTell | null> {
  const row = await PaymentMethodModel.query(trx)
    .where({ account_id: accountId })
    .where('tells_at', '<=', to)
    .orderBy(['tells_at', 'id'])
    .first();
  return (row ? toTell(row) : [])[0] ?? null;
}

function toTell(row: PaymentMethodModel): MethodToTell[] {
  const { tells_at: tellsAt } = row;
  return tellsAt === null ? [] : [{ method: fromRowPaymentMethod(row), tellsAt }];
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
  const { expiry_month: month, expiry_year: year } = row;
  return {
    id: row.id,
    accountId: row.account_id,
    gateway: row.gateway,
    methodReference: row.method_reference,
    kind: row.kind as PaymentMode,
    brand: row.brand,
    lastFour: row.last_four,
    expiry: month === null || year === null ? null : { month, year },
    mandate: fromRowMandate(row),
    createdAt: row.created_at,
    detachedAt: row.detached_at,
    refusedCode: row.refused_code,
  };
}

function fromRowMandate(row: PaymentMethodModel): Mandate | null {
  const { mandate_status, mandate_ceiling_micros: amountMicros, mandate_currency } = row;
  if (mandate_status === null) return null;
  const status = mandate_status as Mandate['status'];
  if (amountMicros === null || mandate_currency === null) return { ceiling: null, status };
  return { ceiling: { amountMicros, currency: parseCurrency(mandate_currency) }, status };
}

function toRowTerms({ expiry, mandate }: MethodTerms) {
  const ceiling = mandate?.ceiling ?? null;
  return {
    expiry_month: expiry && expiry.month,
    expiry_year: expiry && expiry.year,
    mandate_status: mandate && mandate.status,
    mandate_ceiling_micros: ceiling && ceiling.amountMicros,
    mandate_currency: ceiling && ceiling.currency,
  };
}
