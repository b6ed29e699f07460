/**
 * Owns: what the books of an account say: wallet, buckets, and its transfers added up by ledger account.
 * Does not own: what they should say (office.ts).
 * A transfer takes from its debit and gives to its credit, so all accounts of an asset sum to zero.
 * Example: a top-up of 5 000.00 TRY is −5 000.00 on clearing/TRY and +5 000.00 on wallet/additional.
 */
import { z } from 'zod';
import { parseCurrency } from '../../domain/currency';
import { formatAmount, parseMoney } from '../../domain/money';
import { moneySchema } from './answers';
import type { ApiClient } from './api-client';

const valueSchema = z.union([moneySchema, z.number().int()]);
type Value = z.output<typeof valueSchema>;

const bucketSchema = z.object({
  code: z.string(),
  asset: z.string(),
  source: z.string(),
  granted: valueSchema,
  posted: valueSchema,
  held: valueSchema,
  available: valueSchema,
  expires_at: z.string().nullable(),
});
export type Bucket = z.output<typeof bucketSchema>;

const transferSchema = z.object({
  id: z.string(),
  kind: z.string(),
  debit: z.string(),
  credit: z.string(),
  asset: z.string(),
  amount: moneySchema.optional(),
  quantity: z.number().int().optional(),
  state: z.enum(['pending', 'posted', 'voided']),
  effective_at: z.string(),
  posted_at: z.string(),
  reference: z.string(),
  reason: z.string().nullable(),
});
export type Transfer = z.output<typeof transferSchema>;

const ledgerCheckSchema = z.object({
  assets: z.array(
    z.object({
      asset: z.string(),
      sum_of_transfers: z.string(),
      cached_equals_posted: z.boolean(),
    }),
  ),
  chain_intact: z.boolean(),
  transfer_count: z.string(),
});
export type LedgerCheck = z.output<typeof ledgerCheckSchema>;

export async function listBuckets(client: ApiClient, accountId: string): Promise<Bucket[]> {
  const schema = z.object({ items: z.array(bucketSchema) });
  return (await client.read(`/v1/accounts/${accountId}/balances`, schema)).items;
}

/** What can be spent from the wallet now, as decimal text. */
export async function readWallet(client: ApiClient, accountId: string): Promise<string> {
  const buckets = await listBuckets(client, accountId);
  const wallets = buckets.filter(({ source }) => source.startsWith('wallet_'));
  const units = wallets.reduce((sum, { available }) => sum + toUnits(available), 0n);
  return fromUnits(wallets[0]?.asset ?? '', units);
}

/** Every transfer of an account, oldest first. */
export async function listTransfers(client: ApiClient, accountId: string): Promise<Transfer[]> {
  const newestFirst = await client.readAll(`/v1/accounts/${accountId}/ledger`, transferSchema);
  return newestFirst.toReversed();
}

export function checkLedger(client: ApiClient, accountId: string): Promise<LedgerCheck> {
  return client.read(`/v1/accounts/${accountId}/ledger/check`, ledgerCheckSchema);
}

/** Whether a check found nothing wrong: sums of zero, caches right, chain whole. */
export function isClean(check: LedgerCheck): boolean {
  return (
    check.chain_intact &&
    check.assets.every(
      ({ sum_of_transfers: sum, cached_equals_posted: isRight }) => sum === '0' && isRight,
    )
  );
}

export interface LedgerLine {
  readonly account: string;
  readonly debits: string;
  readonly credits: string;
  /** Credits less debits. */
  readonly balance: string;
}

export interface LedgerSheet {
  readonly asset: string;
  readonly lines: readonly LedgerLine[];
  readonly total: LedgerLine;
}

/**
 * One sheet per asset, money first: what each ledger account gave and got. Buckets of one kind
 * (`plan/message/2027-01-31/sub_…`) are one line (`plan/message`), or a year would not fit on a page.
 */
export function addUpLedger(transfers: readonly Transfer[]): LedgerSheet[] {
  const posted = transfers.filter(({ state }) => state === 'posted');
  const assets = [...new Set(posted.map(({ asset }) => asset))];
  const isMoney = (asset: string): boolean => /^[A-Z]{3}$/.test(asset);
  return assets
    .sort((left, right) => Number(isMoney(right)) - Number(isMoney(left)))
    .map((asset) => addUpAsset(asset, posted));
}

function addUpAsset(asset: string, transfers: readonly Transfer[]): LedgerSheet {
  const debits: Sums = new Map();
  const credits: Sums = new Map();
  for (const transfer of transfers) {
    if (transfer.asset !== asset) continue;
    const units = toUnits(valueOf(transfer));
    addTo(debits, shortNameOf(transfer.debit), units);
    addTo(credits, shortNameOf(transfer.credit), units);
  }
  const toLine = (account: string, debit: bigint, credit: bigint): LedgerLine => ({
    account,
    debits: fromUnits(asset, debit),
    credits: fromUnits(asset, credit),
    balance: fromUnits(asset, credit - debit),
  });
  const accounts = [...new Set([...debits.keys(), ...credits.keys()])].sort();
  return {
    asset,
    lines: accounts.map((account) =>
      toLine(account, debits.get(account) ?? 0n, credits.get(account) ?? 0n),
    ),
    total: toLine('sum', totalOf(debits), totalOf(credits)),
  };
}

function shortNameOf(account: string): string {
  return account.startsWith('plan/') ? account.split('/').slice(0, 2).join('/') : account;
}

/** A transfer's value. Throws when the API told neither money nor a quantity. */
export function valueOf({ id, amount, quantity }: Transfer): Value {
  const value = amount ?? quantity;
  if (value === undefined) throw new Error(`transfer ${id} moves nothing`);
  return value;
}

/** Micros of money, or the units themselves: exact, unlike numbers with decimals. */
function toUnits(value: Value): bigint {
  if (typeof value === 'number') return BigInt(value);
  const currency = parseCurrency(value.currency);
  return parseMoney({ amount: value.amount, currency }).amountMicros;
}

function fromUnits(asset: string, units: bigint): string {
  if (!/^[A-Z]{3}$/.test(asset)) return units.toString();
  return formatAmount({ amountMicros: units, currency: parseCurrency(asset) });
}

type Sums = Map<string, bigint>;

function addTo(sums: Sums, name: string, units: bigint): void {
  sums.set(name, (sums.get(name) ?? 0n) + units);
}

function totalOf(sums: Sums): bigint {
  return [...sums.values()].reduce((sum, units) => sum + units, 0n);
}
