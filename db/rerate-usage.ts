/**
 * Owns: rating days of an account again: showing what would change, and doing it part by part under the account's lock.
 * Does not own: the prices (domain/usage/rate-again.ts), what pays (domain/usage/post-rerating.ts), who may.
 */
import { BillingError } from '../domain/billing-error';
import { addDays, type MonthKey, monthOf, startOfDay } from '../domain/calendar';
import { type Instant, toEpochMs } from '../domain/instant';
import { invariant } from '../domain/invariant';
import { createLedgerPlan, type LedgerPlan } from '../domain/ledger/ledger-plan';
import { openMonths } from '../domain/ledger/month';
import type { CardChannel } from '../domain/rating/rate-card';
import { indexCards } from '../domain/rating/tariff';
import { createUsageTaxes } from '../domain/tax/usage-tax';
import type { Taxation } from '../domain/tax/taxation';
import { type ChargeDifference, chargesOf, type Correction } from '../domain/usage/correction';
import { postRerating, type TaxedUse } from '../domain/usage/post-rerating';
import {
  type LeftOutReason,
  type PricedUse,
  rateAgain,
  type RatedAgain,
  type RepricedUse,
  type RerateBasis,
} from '../domain/usage/rate-again';
import {
  type EventPlace,
  expectAsShown,
  isRepriced,
  type Rerating,
  RERATING_EVENTS_MAX,
  RERATING_PART_EVENTS,
  type ReratingPart,
  sumCategories,
} from '../domain/usage/rerating';
import type { UsageType } from '../domain/usage/usage-event';
import { loadRatingTerms } from './load-rating-terms';
import type { RateCardCache } from './rate-card-cache';
import type { Account } from './repositories/account.repository';
import { applyLedgerPlan, lockLedgers } from './repositories/ledger.repository';
import {
  getRerating,
  insertRerating,
  keepTaxation,
  listPricedUses,
  loadUsageTaxes,
  updateRerating,
} from './repositories/rerating.repository';
import { listSellerRegistrations } from './repositories/tax-registration.repository';
import { insertCorrections, type KeptCorrection } from './repositories/usage-correction.repository';
import { changeCharges, listDocumentedUntil } from './repositories/documented-charge.repository';
import type { Transaction } from './transaction';

export interface AskedRerating {
  readonly account: Pick<Account, 'id' | 'currency' | 'timeZone'>;
  /** Of the re-rating. */
  readonly id: string;
  /** The account's present. */
  readonly at: Instant;
  readonly recordedAt: Instant;
}

export interface AskedPreview
  extends AskedRerating, Pick<Rerating, 'from' | 'to' | 'cardCode' | 'reason'> {}

export interface UsageReratings {
  readonly preview: (trx: Transaction, asked: AskedPreview) => Promise<Rerating>;
  readonly apply: (trx: Transaction, asked: AskedRerating) => Promise<AppliedRerating>;
}

export interface AppliedRerating {
  readonly rerating: Rerating;
  /** The last part was done now. */
  readonly isDoneNow: boolean;
}

/**
 * Creates re-ratings. `preview` moves nothing and waits for nobody; it keeps what would change. Throws
 * `unknown_rate_card`, `currency_mismatch`, `range_too_long`, and `unprocessable` for tiers. `apply` does the next part
 * of what was shown, at most 2,000 events, and throws `conflict` when that has moved; applied, it does nothing.
 */
export function createUsageReratings(rateCards: RateCardCache): UsageReratings {
  return {
    async preview(trx, asked) {
      const basis = await loadBasis(trx, {
        ...asked,
        generation: await readGeneration(trx, 'read'),
      });
      const rerating = { ...(await rateRange(trx, asked, basis)), createdAt: asked.recordedAt };
      await insertRerating(trx, rerating);
      return rerating;
    },
    async apply(trx, asked) {
      const { account, id } = asked;
      // In the order of a batch of usage: whoever publishes a card waits for one before its accounts are locked.
      const generation = await readGeneration(trx, 'share');
      const ledger = (await lockLedgers(trx, [account.id])).get(account.id);
      const rerating = await getRerating(trx, { id, accountId: account.id });
      invariant(ledger !== undefined, 'an account has a ledger');
      if (rerating.status === 'applied') return { rerating, isDoneNow: false };
      const { cardCode } = rerating;
      const basis = await loadBasis(trx, { account, cardCode, generation });
      const part = rerating.parts[rerating.partsApplied];
      if (part !== undefined) {
        const plan = createLedgerPlan([ledger], {
          reference: `rerating/${id}`,
          postedAt: asked.recordedAt,
        });
        await applyPart(trx, { asked, rerating, part, basis, plan });
      }
      return keepProgress(trx, rerating, asked.at);
    },
  };

  async function loadBasis(
    trx: Transaction,
    wanted: Pick<AskedPreview, 'account' | 'cardCode'> & { readonly generation: bigint },
  ): Promise<RerateBasis> {
    const { account, cardCode, generation } = wanted;
    const { cards } = await rateCards.getRateCards(trx, generation);
    const [terms] = await loadRatingTerms(trx, [account.id]);
    invariant(terms !== undefined, 'an account has a ledger');
    const index = indexCards(cards, createUsageTaxes(await listSellerRegistrations(trx)));
    if (cardCode !== null) {
      const card = index.byCode.get(cardCode)?.card;
      if (card === undefined) {
        const message = `There is no rate card "${cardCode}".`;
        throw new BillingError('unknown_rate_card', message, { field: 'card' });
      }
      if (card.currency !== account.currency) {
        const message = `The rate card "${cardCode}" is in ${card.currency}, the account in ${account.currency}.`;
        throw new BillingError('currency_mismatch', message, { field: 'card' });
      }
    }
    return { terms, cards: index, cardCode, taxations: NO_TAXATIONS };
  }
}

/** `share`: nothing is published before this transaction ends; `read`: nobody waits for it. */
const GENERATION = {
  share: 'select share_rate_cards() as generation',
  read: 'select generation from rate_card_generation',
} as const;

async function readGeneration(trx: Transaction, how: keyof typeof GENERATION): Promise<bigint> {
  const { rows } = await trx.raw<{ rows: { generation: bigint }[] }>(GENERATION[how]);
  const [row] = rows;
  invariant(row !== undefined, 'the generation of the cards is one row');
  return row.generation;
}

const NO_TAXATIONS: RerateBasis['taxations'] = new Map();

const TYPES: Readonly<Record<CardChannel, UsageType>> = {
  message: 'message',
  whatsapp: 'wa_message',
  call: 'call',
};

/** The stretch of time and the types of events a re-rating is about. */
function rangeOf(
  { from, to, cardCode }: Pick<Rerating, 'from' | 'to' | 'cardCode'>,
  { account: { timeZone } }: AskedRerating,
  { terms, cards }: RerateBasis,
) {
  const channel = cardCode === null ? undefined : cards.byCode.get(cardCode)?.card.channel;
  return {
    ledgerId: terms.ledgerId,
    types: channel === undefined ? Object.values(TYPES) : [TYPES[channel]],
    startsAt: startOfDay(from, timeZone),
    endsAt: startOfDay(addDays(to, 1), timeZone),
  };
}

async function rateRange(
  trx: Transaction,
  asked: AskedPreview,
  basis: RerateBasis,
): Promise<Omit<Rerating, 'createdAt'>> {
  const { id, account, from, to, cardCode, reason } = asked;
  const range = rangeOf(asked, asked, basis);
  const parts: ReratingPart[] = [];
  const leftOut: Partial<Record<LeftOutReason, number>> = {};
  let unchanged = 0;
  let seen = 0;
  let after: EventPlace | null = null;
  for (;;) {
    const page = { ...range, after, until: null, limit: RERATING_PART_EVENTS };
    const uses: PricedUse[] = await listPricedUses(trx, page);
    const last = uses.at(-1);
    if (last === undefined) break;
    seen += uses.length;
    if (seen > RERATING_EVENTS_MAX) throw tooLong(last);
    const rated = await rateUses(trx, uses, basis);
    unchanged += rated.filter(({ kind }) => kind === 'unchanged').length;
    for (const one of rated) countLeftOut(leftOut, one);
    const categories = sumCategories(rated.filter(isRepriced));
    const until = { occurredAt: last.occurredAt, key: last.key };
    if (categories.length > 0) parts.push({ after, until, categories });
    after = until;
    if (uses.length < RERATING_PART_EVENTS) break;
  }
  const shown = {
    id,
    accountId: account.id,
    from,
    to,
    cardCode,
    reason,
    parts,
    unchanged,
    leftOut,
  };
  return { ...shown, status: 'draft', partsApplied: 0, appliedAt: null };
}

/** Rates uses again, each under the taxation it was charged under. */
async function rateUses(
  trx: Transaction,
  uses: readonly PricedUse[],
  basis: RerateBasis,
): Promise<RatedAgain[]> {
  const ids = new Set(uses.flatMap(({ taxationId }) => taxationId ?? []));
  const taxations = await loadUsageTaxes(trx, [...ids]);
  return uses.map((use) => rateAgain(use, { ...basis, taxations }));
}

function countLeftOut(counts: Partial<Record<LeftOutReason, number>>, rated: RatedAgain): void {
  if (rated.kind !== 'left_out') return;
  counts[rated.reason] = (counts[rated.reason] ?? 0) + 1;
}

function tooLong({ localDate }: PricedUse): BillingError {
  const message =
    `At most ${RERATING_EVENTS_MAX} events that money paid for are rated again at once; ` +
    `there are as many before the end of ${localDate}. Take fewer days.`;
  return new BillingError('range_too_long', message, { field: 'to', limit: RERATING_EVENTS_MAX });
}

interface PartToApply {
  readonly asked: AskedRerating;
  readonly rerating: Rerating;
  readonly part: ReratingPart;
  readonly basis: RerateBasis;
  readonly plan: LedgerPlan;
}

async function applyPart(trx: Transaction, applied: PartToApply): Promise<void> {
  const { asked, rerating, part, basis, plan } = applied;
  const [ledger] = plan.ledgers;
  invariant(ledger !== undefined, 'the ledger is locked');
  const { at, recordedAt, account } = asked;
  const { after, until } = part;
  const range = rangeOf(rerating, asked, basis);
  // Late events may have come between those that were shown; as many again would be another range.
  const uses = await listPricedUses(trx, {
    ...range,
    after,
    until,
    limit: 2 * RERATING_PART_EVENTS,
  });
  const repriced = (await rateUses(trx, uses, basis)).filter(isRepriced);
  expectAsShown(part.categories, sumCategories(repriced), account.currency);
  openMonths(plan, ledger, { month: monthOf(at, ledger.timeZone), atMs: toEpochMs(at) });
  const taxed = await findTaxations(trx, repriced);
  const { id: reratingId, reason, partsApplied } = rerating;
  const moment = { reratingId, reason, at, part: partsApplied + 1 };
  const corrections = postRerating(plan, ledger, { ...moment, repriced: taxed });
  await applyLedgerPlan(trx, plan);
  const kept = await takeIntoCharges(trx, taxed, corrections);
  await insertCorrections(trx, kept, recordedAt);
}

/** Uses that cost nothing before have no row of a taxation yet. */
async function findTaxations(
  trx: Transaction,
  repriced: readonly RepricedUse[],
): Promise<TaxedUse[]> {
  const kept = new Map<Taxation, number>();
  const taxed: TaxedUse[] = [];
  for (const one of repriced) {
    const taxationId =
      one.use.taxationId ?? kept.get(one.taxation) ?? (await keepTaxation(trx, one.taxation));
    kept.set(one.taxation, taxationId);
    taxed.push({ ...one, taxationId });
  }
  return taxed;
}

interface ChargedTogether {
  readonly of: Parameters<typeof changeCharges>[1];
  readonly differences: Map<string, ChargeDifference>;
}

/** Takes what the corrections change to where their uses are charged, those of one place together. */
async function takeIntoCharges(
  trx: Transaction,
  taxed: readonly TaxedUse[],
  corrections: readonly Correction[],
): Promise<KeptCorrection[]> {
  const [first] = corrections;
  if (first === undefined) return [];
  const { ledgerId } = first;
  const months = [...new Set(corrections.map(monthOfUse))];
  const documents = await listDocumentedUntil(trx, { ledgerId, months });
  const places = new Map<string, ChargedTogether>();
  const kept = corrections.map((correction, index): KeptCorrection => {
    const one = taxed[index];
    invariant(one !== undefined, 'a correction each');
    const { taxationId, use } = one;
    const { localDate, lastTransfer } = use;
    const month = monthOfUse(correction);
    const document = documents.find(
      (until) =>
        until.month === month &&
        until.taxationId === taxationId &&
        until.lastTransfer >= lastTransfer,
    );
    const documentId = document?.documentId ?? null;
    const name = `${month}|${taxationId}|${documentId}`;
    const of = { ledgerId, localDate, taxationId, lastTransfer };
    const place = places.get(name) ?? { of, differences: new Map<string, ChargeDifference>() };
    places.set(name, place);
    const charges = chargesOf(correction);
    for (const difference of charges) addDifference(place.differences, difference);
    return { correction, documentId: charges.length === 0 ? null : documentId };
  });
  for (const { of, differences } of places.values()) {
    await changeCharges(trx, of, [...differences.values()].filter(isSomething));
  }
  return kept;
}

function monthOfUse({ localDate }: Correction): MonthKey {
  return localDate.slice(0, 'YYYY-MM'.length);
}

function addDifference(sums: Map<string, ChargeDifference>, difference: ChargeDifference): void {
  const { category } = difference;
  const sum = sums.get(category) ?? { quantity: 0n, netMicros: 0n, taxMicros: 0n };
  sums.set(category, {
    category,
    quantity: sum.quantity + difference.quantity,
    netMicros: sum.netMicros + difference.netMicros,
    taxMicros: sum.taxMicros + difference.taxMicros,
  });
}

function isSomething({ quantity, netMicros, taxMicros }: ChargeDifference): boolean {
  return quantity !== 0n || netMicros !== 0n || taxMicros !== 0n;
}

async function keepProgress(
  trx: Transaction,
  before: Rerating,
  at: Instant,
): Promise<AppliedRerating> {
  const partsApplied = Math.min(before.partsApplied + 1, before.parts.length);
  const isDone = partsApplied === before.parts.length;
  const rerating: Rerating = {
    ...before,
    partsApplied,
    status: isDone ? 'applied' : 'applying',
    appliedAt: isDone ? at : null,
  };
  await updateRerating(trx, rerating);
  return { rerating, isDoneNow: isDone };
}
