import { BillingError } from '../../domain/billing-error';
import type { CurrencyCode } from '../../domain/currency';
import type { Instant } from '../../domain/instant';
import type { PackageKind } from '../../domain/package/package';
import type { PackageOffer } from '../../domain/package/package-offer';
import { MessagePackageModel, MinuteBundleModel } from '../models/package.model';
import type { Transaction } from '../transaction';

export type { PackageOffer } from '../../domain/package/package-offer';

/** An offer with what only the catalogue knows of it. */
export interface PackageOfferRecord {
  readonly offer: PackageOffer;
  /** Which channels' messages it pays for; null: all. */
  readonly channels: readonly string[] | null;
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
    readonly currency?: CurrencyCode | undefined;
  },
): Promise<PackageOfferRecord[]> {
  const { after, currency, limit } = query;
  if (query.kind === 'message_package') {
    const rows = await MessagePackageModel.query(trx)
      .whereNull('archived_at')
      .modify((builder) => {
        if (after) builder.whereRaw('(code, currency) > (?, ?)', [after.code, after.currency]);
        if (currency !== undefined) builder.where({ currency });
      })
      .orderBy(['code', 'currency'])
      .limit(limit);
    return rows.map(fromRowMessagePackage);
  }
  const rows = await MinuteBundleModel.query(trx)
    .whereNull('archived_at')
    .modify((builder) => {
      if (after) builder.whereRaw('(code, currency) > (?, ?)', [after.code, after.currency]);
      if (currency !== undefined) builder.where({ currency });
    })
    .orderBy(['code', 'currency'])
    .limit(limit);
  return rows.map(fromRowMinuteBundle);
}

/** Writes a new offer. Throws BillingError `already_exists` when the code is taken in its currency. */
export async function insertPackageOffer(
  trx: Transaction,
  { offer, channels }: Pick<PackageOfferRecord, 'offer' | 'channels'>,
  at: Instant,
): Promise<PackageOfferRecord> {
  const inserted =
    offer.kind === 'message_package'
      ? await trx('message_packages')
          .insert({
            ...toRowOffer(offer, at),
            messages: String(offer.units),
            channels: channels === null ? null : [...channels],
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
  if (inserted.length === 0) {
    const message = `There is a ${offer.kind} "${offer.code}" in ${offer.price.currency}.`;
    throw new BillingError('already_exists', message, { field: 'code' });
  }
  return { offer, channels, createdAt: at, archivedAt: null };
}

/** Ends the sale of an offer; who bought it keeps it. False when nothing of that code is sold. */
export async function archivePackageOffer(
  trx: Transaction,
  archived: {
    readonly kind: PackageKind;
    readonly code: string;
    readonly currency: CurrencyCode;
    readonly at: Instant;
  },
): Promise<boolean> {
  const { kind, code, currency, at } = archived;
  const changed = await trx(kind === 'message_package' ? 'message_packages' : 'minute_bundles')
    .where({ code, currency, archived_at: null })
    .update({ archived_at: at });
  return changed > 0;
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
    },
    channels: row.channels,
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
    },
    channels: null,
    createdAt: row.created_at,
    archivedAt: row.archived_at,
  };
}
