/**
 * Owns: quoting usage, and reserving what a quote names: the decision about usage with its plan thrown away.
 * Does not own: the decision (domain/usage/quote.ts), what was read for it (record-usage.ts), who may ask.
 */
import { monthOf } from '../domain/calendar';
import { type Instant, toEpochMs } from '../domain/instant';
import { type Hold, reserveQuoted } from '../domain/ledger/hold';
import { openMonths } from '../domain/ledger/month';
import type { TariffedEvent } from '../domain/usage/decide-usage';
import { type Quote, quoteUsage } from '../domain/usage/quote';
import type { UsageEvent } from '../domain/usage/usage-event';
import { applyLedgerPlan } from './repositories/ledger.repository';
import type { Transaction } from './transaction';
import type { UsageReader } from './record-usage';

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
  /** Reserves what `wanted` costs more than `held`: two lengths of one call. */
  readonly reserveLonger: (
    trx: Transaction,
    asked: Holding & {
      readonly held: UsageEvent;
      readonly wanted: UsageEvent;
      readonly recordedAt: Instant;
    },
  ) => Promise<QuotedHold>;
}
