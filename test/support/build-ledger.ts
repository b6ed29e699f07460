import { toEpochMs } from '../../domain/instant';
import { createLedgerPlan, type LedgerPlan } from '../../domain/ledger/ledger-plan';
import { type Bucket, compareBurnOrder, type LedgerState } from '../../domain/ledger/ledger-state';

export const AT = '2026-11-10T09:00:00.000Z';
export const MONTH = '2026-11';

/** A bucket of messages that always covers, unless said otherwise. */
export function buildBucket(
  bucket: Partial<Omit<Bucket, 'startsAtMs' | 'expiresAtMs'>> & {
    readonly startsAt?: string;
    readonly expiresAt?: string;
  } = {},
): Bucket {
  const { startsAt, expiresAt, ...rest } = bucket;
  return {
    code: 'package/pkg_1',
    asset: 'message',
    source: 'package',
    month: null,
    creditLimit: 0n,
    channels: null,
    granted: 0n,
    posted: 0n,
    held: 0n,
    ...rest,
    startsAtMs: startsAt === undefined ? -Infinity : toEpochMs(startsAt),
    expiresAtMs: expiresAt === undefined ? Infinity : toEpochMs(expiresAt),
  };
}

/** A ledger in Jakarta with empty wallets in IDR, whose November 2026 is open. */
export function buildLedger(
  ledger: Partial<Omit<LedgerState, 'buckets'>> & {
    readonly initialMicros?: bigint;
    readonly additionalMicros?: bigint;
    readonly buckets?: readonly Bucket[];
  } = {},
): LedgerState {
  const { initialMicros = 0n, additionalMicros = 0n, buckets = [], ...rest } = ledger;
  const currency = rest.currency ?? 'IDR';
  return {
    ledgerId: 1n,
    accountId: 'acct_1',
    currency,
    timeZone: 'Asia/Jakarta',
    openMonth: MONTH,
    transferCount: 0,
    chainHead: '',
    allowances: [],
    happened: [],
    watchedMicros: null,
    ...rest,
    buckets: [
      ...buckets,
      buildBucket({
        code: 'wallet/initial',
        asset: currency,
        source: 'wallet_initial',
        posted: initialMicros,
      }),
      buildBucket({
        code: 'wallet/additional',
        asset: currency,
        source: 'wallet_additional',
        posted: additionalMicros,
      }),
    ].sort(compareBurnOrder),
  };
}

export function buildPlan(...ledgers: LedgerState[]): LedgerPlan {
  return createLedgerPlan(ledgers, { reference: 'op_1', postedAt: AT });
}

/** Balances by code, for comparing with a written-out object. */
export function balancesOf(ledger: LedgerState): Record<string, bigint> {
  return Object.fromEntries(ledger.buckets.map(({ code, posted }) => [code, posted]));
}

/** The plan's transfers, one line each: "grant clearing/IDR > wallet/initial 5 top_1". */
export function transfersOf(plan: LedgerPlan): string[] {
  return plan.transfers.map((t) => `${t.kind} ${t.debit} > ${t.credit} ${t.amount} ${t.reference}`);
}
