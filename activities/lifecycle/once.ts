/**
 * Owns: that an action or a command of a lifecycle happens once, whatever dies in between: its key is
 * written in the transaction that does it.
 * Does not own: the transaction (unit.ts) and the decision (domain/).
 */
import type { LifecycleRecord, LifecycleTable } from '../../db/lifecycle-table';
import { findAnswer, insertOperation } from '../../db/repositories/operation.repository';
import type { BillingErrorCode } from '../../domain/billing-error';
import { parseCurrency } from '../../domain/currency';
import type { Instant } from '../../domain/instant';
import { availableMoney } from '../../domain/ledger/charge';
import { describeShortfall } from '../../domain/ledger/shortfall';
import type { Step } from '../../domain/lifecycle';
import { isStillNext, type DueAction } from '../../domain/next-action';
import { DONE, type CommandAnswer } from '../../workflows/lifecycle.messages';
import type { Locked } from './locked';

/**
 * Carries out a due action, and answers the step after it. Nothing happens when it is no longer what comes
 * next: each action changes that, so a worker that died after its commit finds it done.
 */
export async function performOnce<State, Kind extends string>(
  table: LifecycleTable<State, Kind>,
  locked: Locked<LifecycleRecord<State>>,
  action: DueAction<Kind>,
  perform: () => Promise<LifecycleRecord<State>>,
): Promise<Step<Kind>> {
  const before = table.stepOf(locked.record);
  if (!isStillNext(before.next, action)) return before;
  const record = await perform();
  await recordOperation(locked, action.at);
  return table.stepOf(record);
}

export interface Answered<Kind extends string, Answer = CommandAnswer> {
  readonly step: Step<Kind>;
  readonly answer: Answer;
}

/** What a command came to: the row after it, null where there is none, and what is answered. */
export interface Decided<State, Answer = CommandAnswer> {
  readonly record: LifecycleRecord<State> | null;
  readonly answer: Answer;
}

/** Answers a command: the stored answer to one that was answered before. A refusal is remembered, too. */
export async function answerOnce<State, Kind extends string, Answer extends CommandAnswer>(
  table: LifecycleTable<State, Kind>,
  locked: Locked<LifecycleRecord<State> | null>,
  now: Instant,
  decide: () => Promise<Decided<State, Answer>>,
): Promise<Answered<Kind, Answer>> {
  const { trx, request, asked } = locked;
  const stored = await findAnswer<Answer>(trx, { key: request.operationKey, command: asked });
  if (stored !== null) return { step: stepAfter(table, locked.record), answer: stored.answer };
  const { record, answer } = await decide();
  await recordOperation(locked, now, answer);
  return { step: stepAfter(table, record), answer };
}

/** Without a row there is nothing to conduct: what would have begun it was refused. */
export function stepAfter<State, Kind extends string>(
  table: LifecycleTable<State, Kind>,
  record: LifecycleRecord<State> | null,
): Step<Kind> {
  return record === null ? REFUSED : table.stepOf(record);
}

const REFUSED: Step<never> = {
  status: 'refused',
  revision: 0,
  next: { kind: 'end', reason: 'it was refused; nothing was stored' },
};

/** Writes the operation's key: from now on it is done. Fails when it was done before. */
export async function recordOperation(
  {
    trx,
    request,
    asked,
    recordedAt,
  }: Pick<Locked<unknown>, 'trx' | 'request' | 'asked' | 'recordedAt'>,
  effectiveAt: Instant,
  answer: unknown = DONE,
): Promise<void> {
  const { operationKey: key, accountId } = request;
  await insertOperation(trx, { key, accountId, command: asked, answer, effectiveAt, recordedAt });
}

/** A decision not to do what was asked. */
export interface Refusal {
  readonly code: BillingErrorCode;
  readonly message: string;
  readonly details?: Readonly<Record<string, string>>;
  /** What it takes, where money is missing. */
  readonly requiredMicros?: bigint | undefined;
}

/** A refusal as it is answered; where money is missing, with how much. */
export function toRefusedAnswer(
  { ledger }: Pick<Locked<unknown>, 'ledger'>,
  { code, message, details = {}, requiredMicros }: Refusal,
  now: Instant,
): Extract<CommandAnswer, { kind: 'refused' }> {
  if (requiredMicros === undefined) return { kind: 'refused', code, message, details };
  const required = { amountMicros: requiredMicros, currency: parseCurrency(ledger.currency) };
  const shortfall = describeShortfall(required, availableMoney(ledger, now));
  return { kind: 'refused', code, message, details: shortfall };
}
