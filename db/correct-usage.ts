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
  hasVisitor,
  type StoredUse,
  takeBack,
  TAKEN_BACK,
  takeVisitorBack,
  type TakingBack,
  visitorRun,
} from '../domain/usage/correction';
import { toRefusalError } from '../domain/usage/refusal-error';
import type { UsageEvent, UsageOutcome } from '../domain/usage/usage-event';
import type { RateCardCache } from './rate-card-cache';
import { createRatingMemory } from './rating-memory';
import { recordBatch } from './record-usage';
import { changeCharges } from './repositories/documented-charge.repository';
import { applyLedgerPlan, lockLedgers } from './repositories/ledger.repository';
import {
  findPredecessor,
  findStoredUse,
  insertCorrections,
} from './repositories/usage-correction.repository';
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
  /** What took back with it the visitor it had from the event before it; null: nothing did. */
  readonly visitor: Correction | null;
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
    return answerAgain(trx, locked, before);
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
  return keepTakenBack(trx, locked, { ...taking, recordedAt });
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
  if (before?.successor?.key === event.key) return answerAgain(trx, locked, before);
  if (before !== null) throw new BillingError('invalid_state', tellTakenBack(before));
  if (event.key === use.key) {
    const message = 'The corrected event needs an id of its own.';
    throw new BillingError('unprocessable', message, { field: 'event.id' });
  }
  const { accountId } = asked;
  if ((await findStoredUse(trx, { accountId, key: event.key })) !== null) throw idTaken(event.id);
  const isSameMonth = monthOf(event.occurredAt, ledger.timeZone) === monthOfDay(use.localDate);
  return keepTakenBack(trx, locked, {
    kind: 'amendment',
    reason,
    successor: { key: event.key, id: event.id },
    keepsVisitor: event.visitor === use.visitor && isSameMonth,
    at,
    recordedAt,
  });
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
): Promise<CorrectedUse> {
  invariant(findTakenBack(use) === null, 'an event is taken back once');
  const inherited = taking.keepsVisitor ? null : await findInherited(trx, ledger, use);
  const correction = takeBack(plan, ledger, { ...taking, use });
  const visitor =
    inherited !== null && hasVisitor(inherited)
      ? takeVisitorBack(plan, ledger, { ...taking, use: inherited, heirKey: use.key })
      : null;
  await applyLedgerPlan(trx, plan);
  await keepCorrection(trx, { use, correction, recordedAt });
  if (inherited !== null && visitor !== null) {
    await keepCorrection(trx, { use: inherited, correction: visitor, recordedAt });
  }
  return { use, correction, visitor, isRepeat: false };
}

async function keepCorrection(
  trx: Transaction,
  kept: {
    readonly use: StoredUse;
    readonly correction: Correction;
    readonly recordedAt: Instant;
  },
): Promise<void> {
  const { use, correction, recordedAt } = kept;
  const documentId = await changeCharges(trx, use, chargesOf(correction));
  await insertCorrections(trx, [{ correction, documentId }], recordedAt);
}

async function answerAgain(
  trx: Transaction,
  { ledger, use }: LockedUse,
  correction: Correction,
): Promise<CorrectedUse> {
  const inherited = await findInherited(trx, ledger, use);
  const run = visitorRun(use.key);
  const visitor = inherited?.corrections.find((other) => other.run === run) ?? null;
  return { use, correction, visitor, isRepeat: true };
}

/** The event that brought the visitor of this one, whose place it took, perhaps by way of others; null: none did. */
async function findInherited(
  trx: Transaction,
  { accountId }: Pick<LedgerState, 'accountId'>,
  use: StoredUse,
): Promise<StoredUse | null> {
  if (use.visitor === null || use.isNewVisitor) return null;
  const key = await findPredecessor(trx, use);
  const before = key === null ? null : await findStoredUse(trx, { accountId, key });
  if (before?.visitor !== use.visitor) return null;
  return before.isNewVisitor ? before : findInherited(trx, { accountId }, before);
}

function tellTakenBack({ kind, successor }: Correction): string {
  if (kind === 'cancellation') return 'The event was cancelled, so there is nothing to amend.';
  return `The event was amended: ${successor?.id} took its place, and is the one to correct.`;
}
