/**
 * Owns: what Razorpay settled, from its reconciliation report, which it gives by the day.
 * Does not own: comparing it with our books (domain/settlement/).
 * Days are India's, and Razorpay does not say so: the days of the range by UTC and by Indian time are all read, and
 * only what was settled within the range is told.
 * Example: `pay_1` of 1 000.00 INR with a fee of 29.00, tax included, settled in `setl_9`.
 */
import { fromEpochMs, isBefore, toEpochMs } from '../../domain/instant';
import type { SettledEntry, SettledPage, SettledQuery } from '../settlements';
import { fromUnixSeconds } from './from-wire';
import { fromSubunits } from './razorpay-capabilities';
import { expectDone, type RazorpayClient } from './razorpay-client';
import { listOf, settledSchema, type WireSettled } from './wire';

/** Razorpay gives 1 000; half of it stays well within what we take of an answer. */
const PAGE_ENTRIES = 500;

const DAY_MS = 86_400_000;
const INDIA_AHEAD_MS = 5.5 * 3_600_000;

export async function listSettled(
  client: RazorpayClient,
  { from, to, cursor }: SettledQuery,
): Promise<SettledPage> {
  const at = cursor === null ? { day: dayOf(toEpochMs(from)), skip: 0 } : parseCursor(cursor);
  const [year, month, day] = at.day.split('-');
  const query = `year=${year}&month=${month}&day=${day}&count=${PAGE_ENTRIES}&skip=${at.skip}`;
  const path = `/settlements/recon/combined?${query}`;
  const { items } = expectDone(await client({ method: 'GET', path, reply: listOf(settledSchema) }));
  const entries = items
    .flatMap(toEntry)
    .filter(({ settledAt }) => !isBefore(settledAt, from) && isBefore(settledAt, to))
    .toSorted((a, b) => toEpochMs(a.settledAt) - toEpochMs(b.settledAt));
  const next = items.length < PAGE_ENTRIES ? nextDay(at.day) : at.day;
  const skip = next === at.day ? at.skip + items.length : 0;
  const lastDay = dayOf(toEpochMs(to) - 1 + INDIA_AHEAD_MS);
  return { entries, nextCursor: next > lastDay ? null : `${next}/${skip}` };
}

function toEntry(item: WireSettled): SettledEntry[] {
  const { entity_id: entryId, settled, settled_at: settledAt, currency, fee } = item;
  if (!settled || settledAt === null) return [];
  return [
    {
      entryId,
      kind: kindOf(item),
      gatewayPaymentId: item.type === 'payment' ? entryId : item.payment_id,
      // What moved is after the fee.
      money: fromSubunits(item.credit - item.debit + fee, currency),
      fee: fromSubunits(fee, currency),
      settledAt: fromUnixSeconds(settledAt),
    },
  ];
}

function kindOf({ type, dispute_id: disputeId }: WireSettled): SettledEntry['kind'] {
  if (type === 'payment' || type === 'refund') return type;
  return type === 'adjustment' && disputeId !== null ? 'dispute' : 'other';
}

function parseCursor(cursor: string): { readonly day: string; readonly skip: number } {
  const [, day, skip] = /^(\d{4}-\d{2}-\d{2})\/(\d+)$/.exec(cursor) ?? [];
  if (day === undefined || skip === undefined) throw new RangeError(`no cursor: ${cursor}`);
  return { day, skip: Number(skip) };
}

function nextDay(day: string): string {
  return dayOf(toEpochMs(`${day}T00:00:00.000Z`) + DAY_MS);
}

function dayOf(epochMs: number): string {
  return fromEpochMs(epochMs).slice(0, 10);
}
