import { insertEvents } from '../../db/repositories/event.repository';
import { insertPayout } from '../../db/repositories/payout.repository';
import {
  findTerms,
  revenueShares,
  type RevenueShareRecord,
} from '../../db/repositories/revenue-share.repository';
import {
  assignEntries,
  findStatement,
  findTakenOver,
  insertStatement,
  listUnpaid,
  markApproved,
  markPaid,
  sumEntries,
} from '../../db/repositories/revenue-share-statement.repository';
import { noteMoneyCame } from '../../db/waiting-lifecycles';
import { nextMonth } from '../../domain/calendar';
import type { EventOf } from '../../domain/event';
import type { Instant } from '../../domain/instant';
import { describeMoney, formatAmount } from '../../domain/money';
import type { DueAction } from '../../domain/next-action';
import { decidePayout, noteApproved, noteClosed } from '../../domain/revenue-share/decide-payout';
import { payoutReference, postPayout } from '../../domain/revenue-share/post-payout';
import type {
  RevenueShare,
  RevenueShareActionKind,
} from '../../domain/revenue-share/revenue-share';
import { buildStatement, type MonthStatement } from '../../domain/revenue-share/statement';
import { DONE } from '../../workflows/lifecycle.messages';
import type { RevenueShareCommand, RevenueShareStep } from '../../workflows/revenue-share.messages';
import type { ActivityDependencies } from '../dependencies';
import { withLocked, type LifecycleTarget, type Locked } from '../lifecycle/locked';
import {
  answerOnce,
  performOnce,
  toRefusedAnswer,
  type Answered,
  type Decided,
  type Refusal,
} from '../lifecycle/once';
import { postTransfers } from '../lifecycle/post-transfers';
import { createWaking } from '../payment/wake-waiting';
import { withApplicationFailures } from '../to-application-failure';
import { issueCommissionInvoice } from './issue-commission-invoice';
import { buildRevenueShareEvents } from './revenue-share-events';

export type RevenueShareActivities = ReturnType<typeof createRevenueShareActivities>;

interface CloseRequest extends LifecycleTarget {
  readonly action: DueAction<RevenueShareActionKind>;
}
interface AnswerRequest extends LifecycleTarget {
  readonly command: RevenueShareCommand;
  readonly now: Instant;
}
type LockedShare = Locked<RevenueShareRecord>;
type CommandOf<Kind extends RevenueShareCommand['kind']> = Extract<
  RevenueShareCommand,
  { kind: Kind }
>;

/** The activities of what a partner earns: load, decide (pure), apply, in one transaction each. */
export function createRevenueShareActivities(dependencies: ActivityDependencies) {
  const waking = createWaking(dependencies, 'revenue_share');
  return withApplicationFailures({
    /** Writes the statement of the month that ended. */
    async closeMonth(request: CloseRequest): Promise<RevenueShareStep> {
      const { action } = request;
      return withLocked(dependencies, revenueShares, { request, asked: action }, (locked) =>
        performOnce(revenueShares, locked, action, () => close(locked, action.at)),
      );
    },

    /** Approves a statement or pays out. A refusal changes nothing but is remembered under its key. */
    answerRevenueShareCommand: waking(
      async (request: AnswerRequest): Promise<Answered<RevenueShareActionKind>> => {
        const { command, now } = request;
        return withLocked(dependencies, revenueShares, { request, asked: command }, (locked) =>
          answerOnce(revenueShares, locked, now, () =>
            command.kind === 'approve'
              ? approve(locked, command, now)
              : payOut(locked, command, now),
          ),
        );
      },
    ),
  });
}

async function close(locked: LockedShare, at: Instant): Promise<RevenueShareRecord> {
  const { trx, record } = locked;
  const { id: partnerId, openMonth: month, currency, timeZone } = record.state;
  await assignEntries(trx, { partnerId, month, end: at });
  const totals = await sumEntries(trx, { partnerId, month, openUntil: null });
  const takenOver = await findTakenOver(trx, { partnerId, month, timeZone });
  const terms = await findTerms(trx, partnerId);
  const statement = buildStatement(totals, { month, currency, timeZone, terms, ...takenOver });
  await insertStatement(trx, { ...statement, partnerId, closedAt: at });
  const share = noteClosed(record.state, statement, nextMonth(month));
  await tell(locked, share, { statement, events: [tellReady(statement)], at });
  return revenueShares.update(trx, record, { state: share, at });
}

function tellReady(statement: MonthStatement): EventOf<'revenue_share'> {
  const { month, currency, payableMicros, carriedForwardMicros } = statement;
  const say = (amountMicros: bigint) => formatAmount({ amountMicros, currency });
  const comesTo =
    carriedForwardMicros < 0n
      ? `${say(-carriedForwardMicros)} ${currency} are carried into the next month as a debt`
      : `${describeMoney({ amountMicros: payableMicros, currency })} are payable once approved`;
  return {
    type: 'revenue_share.statement_ready',
    reason: `The statement of ${month} is ready: ${comesTo}.`,
    data: {
      accrued: say(statement.accruedMicros),
      clawed_back: say(statement.clawedBackMicros),
      carried_forward: say(carriedForwardMicros),
    },
  };
}

async function approve(
  locked: LockedShare,
  { month, keyId }: CommandOf<'approve'>,
  now: Instant,
): Promise<Decided<RevenueShare>> {
  const { trx, record } = locked;
  const { id: partnerId } = record.state;
  const statement = await findStatement(trx, { partnerId, month });
  if (statement === null) {
    const message = `${month} has no statement: a month is approved once it has ended`;
    return refuse(locked, { code: 'invalid_state', message }, now);
  }
  if (statement.approvedAt !== null) return { record, answer: DONE };
  const invoice = await issueCommissionInvoice(locked, statement, now);
  await markApproved(trx, { partnerId, month }, { ...invoice, approvedAt: now, approvedBy: keyId });
  const share = noteApproved(record.state, statement);
  const event = {
    type: 'revenue_share.statement_approved',
    reason: `The statement of ${month} is approved.`,
  } as const;
  await tell(locked, share, { statement, events: [event], at: now });
  return {
    record: await revenueShares.update(trx, record, { state: share, at: now }),
    answer: DONE,
  };
}

async function payOut(
  locked: LockedShare,
  { payoutId: id, month, to }: CommandOf<'pay_out'>,
  now: Instant,
): Promise<Decided<RevenueShare>> {
  const { trx, record, recordedAt } = locked;
  const { id: partnerId, accountId } = record.state;
  const unpaid = await listUnpaid(trx, { partnerId, month });
  const { payoutMinimumMicros: minimumMicros } = await findTerms(trx, partnerId);
  const asked = { id, month, target: to, now };
  const decision = decidePayout(record.state, asked, { unpaid, minimumMicros });
  if (decision.kind === 'refused') return refuse(locked, decision, now);
  const { share, payout, events } = decision;
  await postTransfers(locked, { reference: payoutReference(id), at: now }, (posting) =>
    postPayout(posting, payout, now),
  );
  await insertPayout(trx, payout, recordedAt);
  await markPaid(trx, { partnerId, months: payout.months, payoutId: id });
  const told = buildRevenueShareEvents(share, { about: payout, events, at: now });
  await insertEvents(trx, told, recordedAt);
  if (to === 'wallet') await noteMoneyCame(trx, { accountId, causedBy: id, at: now, recordedAt });
  return {
    record: await revenueShares.update(trx, record, { state: share, at: now }),
    answer: DONE,
  };
}

function refuse(locked: LockedShare, refusal: Refusal, now: Instant): Decided<RevenueShare> {
  return { record: locked.record, answer: toRefusedAnswer(locked, refusal, now) };
}

async function tell(
  { trx, recordedAt }: LockedShare,
  share: RevenueShare,
  told: {
    readonly statement: MonthStatement;
    readonly events: readonly EventOf<'revenue_share'>[];
    readonly at: Instant;
  },
): Promise<void> {
  const { statement: about, events, at } = told;
  await insertEvents(trx, buildRevenueShareEvents(share, { about, events, at }), recordedAt);
}
