/**
 * Owns: moving what rated-again uses cost more or less, and the corrections that say so.
 * Does not own: what they cost (rate-again.ts), giving back (correction.ts), the order of wallets (ledger/burn.ts).
 * Rules: R3.27, R3.15. What costs less returns first, to the wallets it came from; then what costs more is paid, as usage
 * that has happened is: into debt, if it must. All of one part share a transfer per bucket and direction.
 * Example: of two messages one costs 0.10 less and one 0.30 more: 0.10 to the wallet, then 0.30 from it.
 */
import { monthOf } from '../calendar';
import { type Instant, toEpochMs } from '../instant';
import { invariant } from '../invariant';
import type { Part } from '../ledger/burn';
import { type LedgerPlan, postOnce } from '../ledger/ledger-plan';
import { contraCode, type LedgerState } from '../ledger/ledger-state';
import {
  type CorrectedPart,
  type Correction,
  type PaidPart,
  returnParts,
  standingParts,
  takeFrom,
} from './correction';
import { payBalance } from './pay-usage';
import type { RepricedUse } from './rate-again';
import { toRefusalError } from './refusal-error';

export interface RerateMoment {
  readonly reratingId: string;
  /** Which part of the re-rating it is, from 1 on. */
  readonly part: number;
  readonly reason: string;
  /** The account's present. */
  readonly at: Instant;
}

/** With the row of its taxation. */
export interface TaxedUse extends RepricedUse {
  readonly taxationId: number;
}

/**
 * Posts the differences of a part. One correction per use, in the order given. Throws `amount_out_of_range` for a debt that
 * no honest price makes.
 */
export function postRerating(
  plan: LedgerPlan,
  ledger: LedgerState,
  { repriced, ...moment }: RerateMoment & { readonly repriced: readonly TaxedUse[] },
): Correction[] {
  const returned = repriced.map((one) => findReturned(one, ledger));
  const reference = `rerating/${moment.reratingId}/${moment.part}`;
  const { reason, at } = moment;
  const back = returnParts(plan, ledger, { parts: returned.flat(), reference, reason, at });
  const movedBack = indexParts(back);
  const charged = repriced.map((one) => payDifference(one, { ledger, at }));
  const movedAway = postCharged(plan, ledger, { parts: charged.flat(), reference, reason, at });
  return repriced.map((one, index) =>
    buildCorrection(one, moment, [
      ...(returned[index] ?? []).map((part) => ({
        ...partOf(movedBack, part),
        amount: -part.amount,
      })),
      ...(charged[index] ?? []).map((part) => ({
        ...partOf(movedAway, part),
        amount: part.amount,
      })),
    ]),
  );
}

/** Of what a use has paid, the part it costs less, the last first. */
function findReturned(
  { use, netMicros, taxMicros }: RepricedUse,
  { currency }: LedgerState,
): PaidPart[] {
  if (netMicros >= 0n && taxMicros >= 0n) return [];
  const standing = standingParts(use);
  return (
    [
      ['tax_payable', taxMicros],
      ['revenue', netMicros],
    ] as const
  ).flatMap(([contra, micros]) => {
    if (micros >= 0n) return [];
    const counter = contraCode(contra, currency);
    const parts = takeFrom(standing, -micros, (part) => part.counter === counter);
    const found = parts.reduce((sum, { amount }) => sum + amount, 0n);
    invariant(found === -micros, 'a use gives back no more than it paid');
    return parts;
  });
}

/** What pays what a use costs more: the wallets as they are now. */
function payDifference(
  { netMicros, taxMicros }: RepricedUse,
  { ledger, at }: { readonly ledger: LedgerState; readonly at: Instant },
): PaidPart[] {
  const net = netMicros > 0n ? netMicros : 0n;
  const tax = taxMicros > 0n ? taxMicros : 0n;
  if (net + tax === 0n) return [];
  const parts: Part[] = [];
  const month = monthOf(at, ledger.timeZone);
  const payment = { amount: net + tax, atMs: toEpochMs(at), month, mayOverdraw: true };
  const refused = payBalance(ledger, payment, parts);
  if (refused !== null) throw toRefusalError(refused.reason);
  return splitMoney(parts, { net, currency: ledger.currency });
}

/** The first of the money is the price, the last of it the tax. */
function splitMoney(
  parts: readonly Part[],
  { net, currency }: { readonly net: bigint; readonly currency: string },
): PaidPart[] {
  let netLeft = net;
  return parts.flatMap(({ bucket: { code: bucket }, amount }) => {
    const ofNet = amount < netLeft ? amount : netLeft;
    netLeft -= ofNet;
    const shares = [
      { bucket, counter: contraCode('revenue', currency), asset: currency, amount: ofNet },
      {
        bucket,
        counter: contraCode('tax_payable', currency),
        asset: currency,
        amount: amount - ofNet,
      },
    ];
    return shares.filter((share) => share.amount > 0n);
  });
}

function postCharged(
  plan: LedgerPlan,
  ledger: LedgerState,
  charged: {
    readonly parts: readonly PaidPart[];
    readonly reference: string;
    readonly reason: string;
    readonly at: Instant;
  },
): ReadonlyMap<string, CorrectedPart> {
  const { parts, reference, reason, at } = charged;
  const sums = new Map<string, PaidPart>();
  for (const part of parts) {
    const known = sums.get(placeOf(part));
    sums.set(placeOf(part), { ...part, amount: part.amount + (known?.amount ?? 0n) });
  }
  return indexParts(
    [...sums.values()].map((part) => {
      const transfer = postOnce(plan, ledger, {
        debit: part.bucket,
        credit: part.counter,
        asset: part.asset,
        amount: part.amount,
        kind: 'rerating',
        reference,
        reason,
        effectiveAtMs: toEpochMs(at),
      });
      return { ...part, transfer, isExpired: false };
    }),
  );
}

function indexParts(parts: readonly CorrectedPart[]): ReadonlyMap<string, CorrectedPart> {
  return new Map(parts.map((part) => [placeOf(part), part]));
}

function partOf(moved: ReadonlyMap<string, CorrectedPart>, part: PaidPart): CorrectedPart {
  const found = moved.get(placeOf(part));
  invariant(found !== undefined, 'what moved has a transfer');
  return found;
}

function placeOf({ bucket, counter }: PaidPart): string {
  return `${bucket}|${counter}`;
}

function buildCorrection(
  { use, price, taxationId, netMicros, feeMicros, taxMicros, paidQuantity }: TaxedUse,
  { reratingId, reason, at }: RerateMoment,
  parts: readonly CorrectedPart[],
): Correction {
  return {
    ledgerId: use.ledgerId,
    key: use.key,
    eventId: use.id,
    run: `rerating/${reratingId}`,
    kind: 'rerating',
    reason,
    successor: null,
    rerated: { reratingId, ...price, taxationId },
    localDate: use.localDate,
    category: use.category,
    events: 0n,
    quantity: 0n,
    visitors: 0n,
    amountMicros: netMicros,
    feeMicros,
    taxMicros,
    visitorMicros: 0n,
    visitorTaxMicros: 0n,
    paidQuantity,
    parts,
    correctedAt: at,
  };
}
