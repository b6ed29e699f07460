/**
 * Owns: which ends of allowances a plan's usage came near to or reached, and what is told of them.
 * Does not own: what was used (decide-usage.ts), keeping events (db/repositories/event.repository.ts).
 * Rules: R1.08 (a warning before service stops: 40 % left of a quota, or of a month's WhatsApp balance), R2.19 (minutes: 20 % left, and the last second).
 * Looked at once per plan, not per event. Each is told once per allowance, by `once`.
 * Example: 60 000 seconds, 12 100 left, a call of 120 → `call.minutes_low`.
 */
import { isCurrencyCode, parseCurrency } from '../currency';
import { buildEvents, type EventOf, type NewEvent } from '../event';
import { fromEpochMs, type Instant } from '../instant';
import type { LedgerPlan, UsageTransfer } from '../ledger/ledger-plan';
import { type Bucket, covers, type LedgerState } from '../ledger/ledger-state';
import { formatAmount } from '../money';
import type { RatingTerms } from '../rating/rating-terms';
import { describeUnits } from '../package/package-units';

/** An event that is told once, however often it is found. */
export interface OnceEvent {
  readonly event: NewEvent;
  /** Names what it tells of; unique among all accounts. */
  readonly once: string;
}

const MINUTES_LOW_PERCENT = 20n;
const LOW_PERCENT = 40n;
/** What `quota.low` is told of. */
const QUOTAS: ReadonlySet<string> = new Set(['message', 'wa_conversation', 'unique_visitor']);

/** The balance that accounts are given each month, by their ids. */
type Levels = ReadonlyMap<string, Pick<RatingTerms, 'monthlyBalanceMicros'>>;

/** What the plan's usage crossed. */
export function findCrossings(plan: LedgerPlan, levels: Levels): OnceEvent[] {
  const used = new Map<string, UsageTransfer>();
  for (const usage of [...plan.usageTransfers.values()].flat()) {
    const { asset, ledgerId } = usage.transfer;
    if (asset !== 'call_second' && !QUOTAS.has(asset) && !isCurrencyCode(asset)) continue;
    used.set(`${ledgerId}|${asset}|${usage.month}`, usage);
  }
  // A batch of 500 may be of as many accounts.
  const ledgers = new Map(plan.ledgers.map((ledger) => [ledger.ledgerId, ledger]));
  return [...used.values()].flatMap((usage) => {
    const ledger = ledgers.get(usage.transfer.ledgerId);
    return ledger === undefined ? [] : crossingOf(plan, usage, { ledger, levels });
  });
}

/** An asset's units as they stand after the plan, at one instant. */
interface Allowance {
  readonly ledger: LedgerState;
  readonly asset: string;
  /** Of the bucket that burns first: the month's own, where there is one. Of money the month. */
  readonly code: string;
  /** Of money what a month is given: in a wallet it adds up. */
  readonly granted: bigint;
  readonly left: bigint;
  /** Before the plan. */
  readonly leftBefore: bigint;
}

function crossingOf(
  plan: LedgerPlan,
  { transfer, month }: UsageTransfer,
  { ledger, levels }: { readonly ledger: LedgerState; readonly levels: Levels },
): OnceEvent[] {
  const { asset, effectiveAtMs } = transfer;
  const buckets = ledger.buckets.filter(
    (bucket) => bucket.asset === asset && covers(bucket, effectiveAtMs, month),
  );
  const [first] = buckets;
  if (first === undefined) return [];
  const at = fromEpochMs(effectiveAtMs);
  const left = measureLeft(plan, ledger, buckets);
  if (asset === ledger.currency) {
    const level = levels.get(ledger.accountId)?.monthlyBalanceMicros ?? 0n;
    const balance = { ledger, asset, code: month, granted: level, ...left };
    return level === 0n ? [] : tellBalance(balance, at);
  }
  const granted = buckets.reduce((sum, bucket) => sum + bucket.granted, 0n);
  const allowance = { ledger, asset, code: first.code, granted, ...left };
  return asset === 'call_second' ? tellMinutes(allowance, at) : tellQuota(allowance, at);
}

/** What these buckets have left, after the plan and before it. */
function measureLeft(
  plan: LedgerPlan,
  { ledgerId }: LedgerState,
  buckets: readonly Bucket[],
): Pick<Allowance, 'left' | 'leftBefore'> {
  const left = buckets.reduce((sum, { posted, held }) => sum + posted - held, 0n);
  const used = usedOf(plan, ledgerId, new Set(buckets.map(({ code }) => code)));
  return { left, leftBefore: left + used };
}

/** What this plan's usage took from these buckets. */
function usedOf(plan: LedgerPlan, ledgerId: bigint, codes: ReadonlySet<string>): bigint {
  const usage = plan.usageTransfers.get(ledgerId) ?? [];
  return usage.reduce(
    (sum, { transfer }) => sum + (codes.has(transfer.debit) ? transfer.amount : 0n),
    0n,
  );
}

function tellMinutes(allowance: Allowance, at: Instant): OnceEvent[] {
  const { granted, left, leftBefore } = allowance;
  const minutes = { seconds_left: Number(left), seconds_granted: Number(granted) };
  if (left <= 0n && leftBefore > 0n) {
    const reason = 'all call minutes of the month are used';
    return tell(allowance, at, { type: 'call.minutes_exhausted', reason, data: minutes });
  }
  if (!isCrossed(allowance, MINUTES_LOW_PERCENT)) return [];
  const reason = `${describeUnits('minute_bundle', left)} of calls are left`;
  return tell(allowance, at, { type: 'call.minutes_low', reason, data: minutes });
}

function tellQuota(allowance: Allowance, at: Instant): OnceEvent[] {
  if (!isCrossed(allowance, LOW_PERCENT)) return [];
  const { asset, granted, left } = allowance;
  const reason = `${left} of ${granted} ${asset.replace('_', ' ')}s are left`;
  const quota = { asset, quantity_left: Number(left), quantity_granted: Number(granted) };
  return tell(allowance, at, { type: 'quota.low', reason, data: quota });
}

function tellBalance(allowance: Allowance, at: Instant): OnceEvent[] {
  const { ledger, granted, left } = allowance;
  if (!isCrossed(allowance, LOW_PERCENT)) return [];
  const currency = parseCurrency(ledger.currency);
  const amountLeft = formatAmount({ amountMicros: left, currency });
  const amountGranted = formatAmount({ amountMicros: granted, currency });
  const reason = `${amountLeft} ${currency} of the balance for usage are left; a month has ${amountGranted}`;
  const balance = { amount_left: amountLeft, amount_granted: amountGranted, currency };
  return tell(allowance, at, { type: 'balance.low', reason, data: balance });
}

/** Whether so many percent or less are left now, and more were before. */
function isCrossed({ granted, left, leftBefore }: Allowance, percent: bigint): boolean {
  const isLow = (quantity: bigint): boolean => quantity * 100n <= granted * percent;
  return isLow(left) && !isLow(leftBefore);
}

function tell(
  { ledger: { accountId }, code }: Allowance,
  at: Instant,
  told: EventOf<'account'>,
): OnceEvent[] {
  const once = `${accountId}/${told.type}/${code}`;
  return buildEvents<'account'>(
    { id: accountId, accountId },
    { events: [told], facts: {}, at },
  ).map((event) => ({ event, once }));
}
