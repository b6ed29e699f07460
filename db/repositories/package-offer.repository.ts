import { BillingError } from '../../domain/billing-error';
import type { CurrencyCode } from '../../domain/currency';
import type { Instant } from '../../domain/instant';
import type { PackageKind, PackageOffer, PlanUnitPrice } from '../../domain/package/package-offer';
import type { UnitName } from '../../domain/plan';
import { MessagePackageModel, MinuteBundleModel } from '../models/package.model';
import type { Transaction } from '../transaction';

/** An offer with what only the catalogue knows of it. */
export interface PackageOfferRecord {
  readonly offer: PackageOffer;
  readonly createdAt: Instant;
  readonly archivedAt: Instant | null;
}

/** What is sold under a code in a currency, or null: an archived one never is again (I8). */
export async function findPackageOffer(
  trx: Transaction,
  wanted: {
    readonly kind: PackageKind;
    readonly code: string;
    readonly currency: CurrencyCode;
  },
): Promise<PackageOffer | null> {
  const { code, currency } = wanted;
  const key: [string, string] = [code, currency];
  if (wanted.kind === 'message_package') {
    const row = await MessagePackageModel.query(trx).findById(key).whereNull('archived_at');
    return row ? fromRowMessagePackage(row).offer : null;
  }
  const row = await MinuteBundleModel.query(trx).findById(key).whereNull('archived_at');
  return row ? fromRowMinuteBundle(row).offer : null;
}

/** Offers of a kind that are sold, in the order of code and currency; `after` is the last of the page before. */
export async function listPackageOffers(
  trx: Transaction,
  query: {
    readonly kind: PackageKind;
    readonly limit: number;
    readonly after: { readonly code: string; readonly currency: string } | null;
    readonly code?: string | undefined;
    readonly currency?: CurrencyCode | undefined;
  },
): Promise<PackageOfferRecord[]> {
  const { after, limit } = query;
  const only = {
    ...(query.code !== undefined && { code: query.code }),
    ...(query.currency !== undefined && { currency: query.currency }),
  };
  if (query.kind === 'message_package') {
    const rows = await MessagePackageModel.query(trx)
      .where(only)
      .whereNull('archived_at')
      .modify((builder) => {
        if (after) builder.whereRaw('(code, currency) > (?, ?)', [after.code, after.currency]);
      })
      .orderBy(['code', 'currency'])
      .limit(limit);
    return rows.map(fromRowMessagePackage);
  }
  const rows = await MinuteBundleModel.query(trx)
    .where(only)
    .whereNull('archived_at')
    .modify((builder) => {
      if (after) builder.whereRaw('(code, currency) > (?, ?)', [after.code, after.currency]);
    })
    .orderBy(['code', 'currency'])
    .limit(limit);
  return rows.map(fromRowMinuteBundle);
}

/** Writes a new offer. Throws BillingError `already_exists` when the code is taken in its currency. */
export async function insertPackageOffer(
  trx: Transaction,
  sold: Pick<PackageOfferRecord, 'offer'>,
  at: Instant,
): Promise<PackageOfferRecord> {
  const record = await insertMissingOffer(trx, sold, at);
  if (record !== null) return record;
  const { kind, code, price } = sold.offer;
  const message = `There is a ${kind} "${code}" in ${price.currency}.`;
  throw new BillingError('already_exists', message, { field: 'code' });
}

/** Writes a new offer, or answers null when the code is taken in its currency, also by an archived one. */
export async function insertMissingOffer(
  trx: Transaction,
  { offer }: Pick<PackageOfferRecord, 'offer'>,
  at: Instant,
): Promise<PackageOfferRecord | null> {
  const inserted =
    offer.kind === 'message_package'
      ? await trx('message_packages')
          .insert({
            ...toRowOffer(offer, at),
            messages: String(offer.units),
            channels: offer.channels && [...offer.channels],
          })
          .onConflict(['code', 'currency'])
          .ignore()
          .returning<{ code: string }[]>('code')
      : await trx('minute_bundles')
          .insert({
            ...toRowOffer(offer, at),
            minutes: String(offer.units),
            up_front_fee_micros: String(offer.upFrontFee.amountMicros),
          })
          .onConflict(['code', 'currency'])
          .ignore()
          .returning<{ code: string }[]>('code');
  if (inserted.length === 0) return null;
  return { offer, createdAt: at, archivedAt: null };
}

/**
 * Ends the sale of an offer; who bought it keeps it. Null when there is none; one that is archived already
 * stays as it is.
 */
export async function archivePackageOffer(
  trx: Transaction,
  archived: {
    readonly kind: PackageKind;
    readonly code: string;
    readonly currency: CurrencyCode;
    readonly at: Instant;
  },
): Promise<PackageOfferRecord | null> {
  const { kind, code, currency, at } = archived;
  await trx(kind === 'message_package' ? 'message_packages' : 'minute_bundles')
    .where({ code, currency, archived_at: null })
    .update({ archived_at: at });
  const key: [string, string] = [code, currency];
  if (kind === 'message_package') {
    const row = await MessagePackageModel.query(trx).findById(key);
    return row ? fromRowMessagePackage(row) : null;
  }
  const row = await MinuteBundleModel.query(trx).findById(key);
  return row ? fromRowMinuteBundle(row) : null;
}

/** What every plan on sale asks for a unit in a currency, in the order of their codes. */
export async function listPlanUnitPrices(
  trx: Transaction,
  { unit, currency }: { readonly unit: UnitName; readonly currency: CurrencyCode },
): Promise<PlanUnitPrice[]> {
  const { rows } = await trx.raw<{ rows: { plan_code: string; rate: string }[] }>(
    `select p.code as plan_code, v.unit_prices -> ? ->> ? as rate
       from plans p
       join plan_versions v on v.plan_code = p.code and v.version = p.current_version
      where p.archived_at is null and p.kind = 'plan' and v.unit_prices -> ? ->> ? is not null
      order by p.code`,
    [unit, currency, unit, currency],
  );
  return rows.map(({ plan_code: planCode, rate }) => ({ planCode, rate }));
}

/** What the account's plan, in the version it has, asks for a unit; null without a plan or such a price. */
export async function findPlanUnitPrice(
  trx: Transaction,
  asked: {
    readonly accountId: string;
    readonly unit: UnitName;
    readonly currency: CurrencyCode;
  },
): Promise<PlanUnitPrice | null> {
  const { accountId, unit, currency } = asked;
  const { rows } = await trx.raw<{ rows: { plan_code: string; rate: string | null }[] }>(
    `select s.plan_code, v.unit_prices -> ? ->> ? as rate
       from subscriptions s
       join plan_versions v on v.plan_code = s.plan_code and v.version = s.plan_version
      where s.serves_account_id = ? and s.track = 'plan' and s.status <> 'ended'`,
    [unit, currency, accountId],
  );
  const found = rows[0];
  if (found === undefined || found.rate === null) return null;
  return { planCode: found.plan_code, rate: found.rate };
}

function toRowOffer(offer: PackageOffer, at: Instant) {
  return {
    code: offer.code,
    currency: offer.price.currency,
    name: offer.name,
    amount_micros: String(offer.price.amountMicros),
    validity_days: offer.validityDays,
    archived_at: null,
    created_at: at,
  };
}

function fromRowMessagePackage(row: MessagePackageModel): PackageOfferRecord {
  const currency = row.currency as CurrencyCode;
  return {
    offer: {
      kind: 'message_package',
      code: row.code,
      name: row.name,
      units: Number(row.messages),
      price: { amountMicros: row.amount_micros, currency },
      upFrontFee: { amountMicros: 0n, currency },
      validityDays: row.validity_days,
      channels: row.channels,
    },
    createdAt: row.created_at,
    archivedAt: row.archived_at,
  };
}

function fromRowMinuteBundle(row: MinuteBundleModel): PackageOfferRecord {
  const currency = row.currency as CurrencyCode;
  return {
    offer: {
      kind: 'minute_bundle',
      code: row.code,
      name: row.name,
      units: Number(row.minutes),
      price: { amountMicros: row.amount_micros, currency },
      upFrontFee: { amountMicros: row.up_front_fee_micros, currency },
      validityDays: row.validity_days,
      channels: null,
    },
    createdAt: row.created_at,
    archivedAt: row.archived_at,
  };
}
