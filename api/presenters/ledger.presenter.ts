import type { z } from 'zod';
import type { BucketView, LedgerCheck } from '../../db/repositories/ledger.repository';
import type { TransferView } from '../../db/repositories/transfer.repository';
import { isCurrencyCode } from '../../domain/currency';
import { invariant } from '../../domain/invariant';
import { toWireMoney, type WireMoney } from '../../domain/money';
import type { balancesSchema, ledgerCheckSchema, transferSchema } from '../schemas/ledger.schema';

export function toApiBucket(bucket: BucketView): z.input<typeof balancesSchema>['items'][number] {
  const value = (amount: bigint) => toApiValue(bucket.asset, amount);
  return {
    code: bucket.code,
    asset: bucket.asset,
    source: bucket.source,
    granted: value(bucket.granted),
    posted: value(bucket.posted),
    held: value(bucket.held),
    available: value(bucket.available),
    starts_at: bucket.startsAt,
    expires_at: bucket.expiresAt,
    burn_order: bucket.burnOrder,
  };
}

export function toApiTransfer(transfer: TransferView): z.input<typeof transferSchema> {
  const value = toApiValue(transfer.asset, transfer.amount);
  return {
    id: transfer.id,
    kind: transfer.kind,
    debit: transfer.debit,
    credit: transfer.credit,
    asset: transfer.asset,
    ...(typeof value === 'number' ? { quantity: value } : { amount: value }),
    state: transfer.state,
    effective_at: transfer.effectiveAt,
    posted_at: transfer.postedAt,
    reference: transfer.reference,
    reason: transfer.reason,
  };
}

export function toApiLedgerCheck(check: LedgerCheck): z.input<typeof ledgerCheckSchema> {
  return {
    assets: check.assets.map(({ asset, sumOfTransfers, cachedEqualsPosted }) => ({
      asset,
      sum_of_transfers: sumOfTransfers.toString(),
      cached_equals_posted: cachedEqualsPosted,
    })),
    chain_intact: check.chainIntact,
    first_broken: check.firstBroken?.toString() ?? null,
    transfer_count: check.transferCount.toString(),
  };
}

/** Assets named like currencies are kept in micros, all others are counted in whole units. */
export function toApiValue(asset: string, amount: bigint): WireMoney | number {
  if (isCurrencyCode(asset)) return toWireMoney({ amountMicros: amount, currency: asset });
  const units = Number(amount);
  invariant(Number.isSafeInteger(units), `${amount} units of ${asset} do not fit into a number`);
  return units;
}
