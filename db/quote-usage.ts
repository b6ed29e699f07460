/**
 * Owns: quoting usage, and reserving what a quote names: the decision about usage with its plan thrown away.
 * Does not own: the decision (domain/usage/quote.ts), what was read for it (record-usage.ts), who may ask.
 */
import { monthOf } from '../domain/calendar';
import { type Instant, toEpochMs } from '../domain/instant';
import { invariant } from '../domain/invariant';
import { type Hold, reserveQuoted } from '../domain/ledger/hold';
import { createLedgerPlan } from '../domain/ledger/ledger-plan';
import { openMonths } from '../domain/ledger/month';
import { isSufficient, type Quote, quoteUsage, type QuoteScope } from '../domain/usage/quote';
import type { UsageCharge, UsageEvent } from '../domain/usage/usage-event';
import { lockUsage, openReading, readHolds, type LockedUsage } from './lock-usage';
import type { RateCardCache } from './rate-card-cache';
import { createRatingMemory } from './rating-memory';
import { applyLedgerPlan } from './repositories/ledger.repository';
import type { Transaction } from './transaction';

interface Asked {
  /** Of one account, all at one instant. */
  readonly events: readonly UsageEvent[];
  readonly recordedAt: Instant;
}

interface Holding {
  readonly holdId: string;
  readonly deadlineAt: Instant;
}

/** A quote, and what was reserved by it; null: it is not covered, or all of it is free. */
export interface QuotedHold {
  readonly quote: Quote;
  readonly hold: Hold | null;
}

export interface UsageQuotes {
  readonly quote: (trx: Transaction, asked: Asked) => Promise<Quote>;
  readonly reserve: (trx: Transaction, asked: Asked & Holding) => Promise<QuotedHold>;
  /**
   * Reserves what a longer call costs more than its hold reserves. The whole call is quoted, paid from the hold first
   * as its event will be, so that free units and tiers count once.
   */
  readonly reserveLonger: (
    trx: Transaction,
    asked: Holding & {
      /** The whole call, which names its hold. */
      readonly wanted: UsageEvent;
      readonly recordedAt: Instant;
    },
  ) => Promise<QuotedHold>;
}

/** Creates what quotes usage. The transaction's tenant says whose accounts it may be asked of. */
export function createUsageQuotes(rateCards: RateCardCache): UsageQuotes {
  const memory = createRatingMemory(rateCards);
  return {
    async quote(trx, asked) {
      const locked = await lockUsage(trx, memory, asked);
      return quoteLocked(locked, asked.recordedAt);
    },
    async reserve(trx, asked) {
      return reserveLocked(trx, await lockUsage(trx, memory, asked), asked);
    },
    async reserveLonger(trx, { wanted, ...asked }) {
      const { recordedAt } = asked;
      const locked = await lockUsage(trx, memory, { events: [wanted], recordedAt });
      const { ledgers } = openReading(locked);
      const holds = await readHolds(trx, ledgers, locked.tariffed);
      return reserveLocked(trx, { ...locked, holds }, asked);
    },
  };
}

/** What was read under the locks, and the holds that pay first. */
interface LockedQuote extends LockedUsage {
  readonly holds?: ReadonlyMap<string, Hold>;
}

function quoteLocked(locked: LockedQuote, recordedAt: Instant): Quote {
  return quoteUsage(() => openScope(locked, 'quote', recordedAt), locked.tariffed);
}

function openScope(locked: LockedQuote, reference: string, postedAt: Instant): QuoteScope {
  const holds = structuredClone(locked.holds ?? new Map<string, Hold>());
  const reading = { ...openReading(locked), holds };
  return {
    reading,
    plan: createLedgerPlan([...reading.ledgers.values()], { reference, postedAt }),
  };
}

async function reserveLocked(
  trx: Transaction,
  locked: LockedQuote,
  holding: Holding & { readonly recordedAt: Instant },
): Promise<QuotedHold> {
  const { holdId, deadlineAt, recordedAt } = holding;
  const quote = quoteLocked(locked, recordedAt);
  if (quote.kind === 'refused' || !isSufficient(quote)) return { quote, hold: null };
  const { plan, reading } = openScope(locked, holdId, recordedAt);
  const ledger = [...reading.ledgers.values()][0];
  const present = locked.tariffed[0]?.event.receivedAt;
  invariant(ledger !== undefined && present !== undefined, 'a hold is of one account');
  // The quote may have counted on a month that nobody has used yet.
  const month = monthOf(present, ledger.timeZone);
  openMonths(plan, ledger, { month, atMs: toEpochMs(present) });
  const charges = beyondHolds(quote.coveredBy, reading.holds);
  const hold =
    charges.length === 0 ? null : reserveQuoted(plan, ledger, { holdId, deadlineAt, charges });
  await applyLedgerPlan(trx, plan);
  return { quote, hold };
}

/** What is paid by more than the holds reserve. */
function beyondHolds(
  charges: readonly UsageCharge[],
  holds: ReadonlyMap<string, Hold>,
): UsageCharge[] {
  const parts = [...holds.values()].flatMap((hold) => hold.parts);
  return charges.flatMap((charge) => {
    const ofBucket = parts.filter(({ bucket }) => bucket === charge.bucket);
    const amount = ofBucket.reduce((rest, { reserved }) => rest - reserved, charge.amount);
    return amount > 0n ? [{ ...charge, amount }] : [];
  });
}
