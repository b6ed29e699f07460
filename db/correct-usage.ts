/**
 * Owns: taking a use back, alone or for another event, in one transaction under the account's lock.
 * Does not own: the decision (domain/usage/correction.ts), the event that takes its place (record-usage.ts), who may.
 */
import { BillingError } from '../domain/billing-error';
import { type LocalDate, type MonthKey, monthOf } from '../domain/calendar';
import { type Instant, toEpochMs } from '../domain/instant';
import { invariant } from '../domain/invariant';
import { createLedgerPlan, type LedgerPlan } from '../domain/ledger/ledger-plan';
import type { LedgerState } from '../domain/ledger/ledger-state';
import { openMonths } from '../domain/ledger/month';
import {
  chargesOf,
  type Correction,
  findTakenBack,
  type StoredUse,
  takeBack,
  TAKEN_BACK,
  type TakingBack,
} from '../domain/usage/correction';
import { toRefusalError } from '../domain/usage/refusal-error';
import type { UsageEvent, UsageOutcome } from '../domain/usage/usage-event';
import type { RateCardCache } from './rate-card-cache';
import { createRatingMemory } from './rating-memory';
import { recordBatch } from './record-usage';
import { changeCharges } from './repositories/documented-charge.repository';
import { applyLedgerPlan, lockLedgers } from './repositories/ledger.repository';
import { findStoredUse, insertCorrection } from './repositories/usage-correction.repository';
import type { Transaction } from './transaction';

/** Whose event, which one, and the account's present. */
export interface AskedCorrection {
  readonly accountId: string;
  readonly key: string;
  readonly reason: string;
  readonly at: Instant;
  readonly recordedAt: Instant;
}

/** A correction with the event that takes the place of the other. */
export interface AskedAmendment extends AskedCorrection {
  readonly event: UsageEvent;
}

export interface CorrectedUse {
  readonly use: StoredUse;
  readonly correction: Correction;
  /** It had been corrected so before: nothing has moved now. */
  readonly isRepeat: boolean;
}

export interface AmendedUse extends CorrectedUse {
  /** What came of the event in its place. */
  readonly outcome: UsageOutcome;
}

export interface UsageAmendments {
  readonly amend: (trx: Transaction, asked: AskedAmendment) => Promise<AmendedUse>;
}

/** An event under the lock of its account. */
interface LockedUse {
  readonly plan: LedgerPlan;
  readonly ledger: LedgerState;
  readonly use: StoredUse;
}

/**
 * Cancels a use: what it paid returns. A use that is cancelled answers its cancellation and nothing moves. Throws
 * `not_found`, and `invalid_state` for one that was amended: the event in its place is the one to cancel.
 */
export async function cancelUsage(trx: Transaction, asked: AskedCorrection): Promise<CorrectedUse> {
  const locked = await lockUse(trx, asked);
  const before = findTakenBack(locked.use);
  if (before?.kind === 'cancellation') {
    return { use: locked.use, correction: before, isRepeat: true };
  }
  if (before !== null) throw new BillingError('invalid_state', tellTakenBack(before));
  const { reason, at, recordedAt } = asked;
  const taking = {
    kind: 'cancellation',
    reason,
    successor: null,
    keepsVisitor: false,
    at,
  } as const;
  const correction = await keepTakenBack(trx, locked, { ...taking, recordedAt });
  return { use: locked.use, correction, isRepeat: false };
}

/**
 * Creates what amends a use: takes it back and records the event in its place, as one that happened, both or neither.
 * The same again answers the first correction. Throws `not_found`; `invalid_state` for one that was taken back
 * otherwise; `already_exists` when the new id was told before; the refusal of the new event, as `no_rate`.
 */
export function createUsageAmendments(rateCards: RateCardCache): UsageAmendments {
  const memory = createRatingMemory(rateCards);
  return {
    async amend(trx, asked) {
      // In the order of a batch of usage: whoever publishes a card waits for one before its accounts are locked.
      await trx.raw('select share_rate_cards()');
      const taken = await takeBackFor(trx, asked);
      const { event, key, recordedAt } = asked;
      const batch = { events: [event], reference: `amend/${key}`, recordedAt };
      const { outcomes } = await recordBatch(trx, memory, batch);
      const [outcome] = outcomes;
      invariant(outcome !== undefined, 'one outcome each');
      expectTaken(outcome, { isRepeat: taken.isRepeat, id: event.id });
      return { ...taken, outcome };
    },
  };
}

async function takeBackFor(trx: Transaction, asked: AskedAmendment): Promise<CorrectedUse> {
  const { event, reason, at, recordedAt } = asked;
  const locked = await lockUse(trx, asked);
  const { use, ledger } = locked;
  const before = findTakenBack(use);
  if (before?.successor?.key === event.key) return { use, correction: before, isRepeat: true };
  if (before !== null) throw new BillingError('invalid_state', tellTakenBack(before));
  if (event.key === use.key) {
    const message = 'The corrected event needs an id of its own.';
    throw new BillingError('unprocessable', message, { field: 'event.id' });
  }
  const { accountId } = asked;
  if ((await findStoredUse(trx, { accountId, key: event.key })) !== null) throw idTaken(event.id);
  const isSameMonth = monthOf(event.occurredAt, ledger.timeZone) === monthOfDay(use.localDate);
  const correction = await keepTakenBack(trx, locked, {
    kind: 'amendment',
    reason,
    successor: { key: event.key, id: event.id },
    keepsVisitor: event.visitor === use.visitor && isSameMonth,
    at,
    recordedAt,
  });
  return { use, correction, isRepeat: false };
}

function monthOfDay(day: LocalDate): MonthKey {
  return day.slice(0, 'YYYY-MM'.length);
}

/** Throws when the event in the place of the other was not recorded: then nothing is. */
function expectTaken(
  outcome: UsageOutcome,
  { isRepeat, id }: { readonly isRepeat: boolean; readonly id: string },
): void {
  if (outcome.kind === (isRepeat ? 'replayed' : 'charged')) return;
  if (outcome.kind === 'refused') {
    throw toRefusalError(outcome.reason);
  }
  throw idTaken(id);
}

function idTaken(id: string): BillingError {
  const message = `There is another usage event ${id} already.`;
  return new BillingError('already_exists', message, { field: 'event.id' });
}

/** Locks the account of an event and reads the event. Throws `not_found`. */
async function lockUse(trx: Transaction, asked: AskedCorrection): Promise<LockedUse> {
  const { accountId, key, at, recordedAt } = asked;
  const ledger = (await lockLedgers(trx, [accountId])).get(accountId);
  const use = ledger && (await findStoredUse(trx, { accountId, key }));
  if (ledger === undefined || !use) {
    throw new BillingError('not_found', 'There is no such usage event.');
  }
  const reference = `${TAKEN_BACK}/${key}`;
  const plan = createLedgerPlan([ledger], { reference, postedAt: recordedAt });
  openMonths(plan, ledger, { month: monthOf(at, ledger.timeZone), atMs: toEpochMs(at) });
  return { plan, ledger, use };
}

async function keepTakenBack(
  trx: Transaction,
  { plan, ledger, use }: LockedUse,
  { recordedAt, ...taking }: TakingBack & { readonly recordedAt: Instant },
): Promise<Correction> {
  invariant(findTakenBack(use) === null, 'an event is taken back once');
  const correction = takeBack(plan, ledger, { ...taking, use });
  await applyLedgerPlan(trx, plan);
  const documentId = await changeCharges(trx, use, chargesOf(correction));
  await insertCorrection(trx, correction, { documentId, recordedAt });
  return correction;
}

function tellTakenBack({ kind, successor }: Correction): string {
  if (kind === 'cancellation') return 'The event was cancelled, so there is nothing to amend.';
  return `The event was amended: ${successor?.id} took its place, and is the one to correct.`;
}
