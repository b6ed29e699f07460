/**
 * Stands in for the database and the bank behind revenue shares: rows in memory, changed by the real decisions of
 * domain/revenue-share/. Every month comes to 199.80 INR.
 */
import type { WorkflowHandle } from '@temporalio/client';
import { activityInfo } from '@temporalio/activity';
import type { TimedTarget } from '../../activities/lifecycle/locked';
import type { PayoutActivities } from '../../activities/revenue-share/payout.activities';
import type { RevenueShareActivities } from '../../activities/revenue-share/revenue-share.activities';
import { nextMonth } from '../../domain/calendar';
import { workflowIdOf } from '../../domain/lifecycle';
import { isStillNext } from '../../domain/next-action';
import {
  decidePayout,
  decideSent,
  noteApproved,
  noteClosed,
  type ClosedStatement,
  type Payout,
  type PayoutOutcome,
} from '../../domain/revenue-share/decide-payout';
import {
  decideNextAction,
  openRevenueShare,
  type RevenueShare,
} from '../../domain/revenue-share/revenue-share';
import { buildStatement } from '../../domain/revenue-share/statement';
import { buildLifecycleStart, type Clock } from '../../workflows/lifecycle.messages';
import type { RevenueShareStep } from '../../workflows/revenue-share.messages';
import type { Stage } from './stage';

export interface ShareBooks {
  readonly activities: PayoutActivities & RevenueShareActivities;
  /** What was written: "close 2027-02", "approve 2027-02", "pay_out pout_1 sending", "sent pout_1 paid". */
  readonly deeds: string[];
  readonly bankQueues: Set<string>;
  step(): RevenueShareStep;
  /** From now on the bank answers so; null: not at all. */
  answer(outcome: PayoutOutcome | null): void;
}

const PARTNER = {
  id: 'prt_00000001',
  accountId: 'acct_00000001',
  currency: 'INR',
  timeZone: 'Asia/Kolkata',
} as const;
const DONE = { kind: 'done' } as const;

export function createShareBooks(): ShareBooks {
  const deeds: string[] = [];
  const bankQueues = new Set<string>();
  const statements: ClosedStatement[] = [];
  const payouts = new Map<string, Payout>();
  let share: RevenueShare = openRevenueShare(PARTNER, '2027-02');
  let revision = 1;
  let outcome: PayoutOutcome | null = { kind: 'paid', payoutId: 'sbx_po_1' };

  const step = (): RevenueShareStep => ({
    status: share.status,
    revision,
    next: decideNextAction(share),
  });
  function write(deed: string, after: RevenueShare): RevenueShareStep {
    share = after;
    revision += 1;
    deeds.push(deed);
    return step();
  }
  function settle(answered: PayoutOutcome | null, { now }: TimedTarget): RevenueShareStep {
    const payout = payouts.get(share.payout?.id ?? '');
    if (payout === undefined) return step();
    const decided = decideSent(share, payout, { outcome: answered, at: now });
    payouts.set(payout.id, decided.payout);
    return write(`sent ${payout.id} ${decided.payout.status}`, decided.share);
  }

  return {
    deeds,
    bankQueues,
    step,
    answer: (next) => void (outcome = next),
    activities: {
      async closeMonth({ action }) {
        if (!isStillNext(decideNextAction(share), action)) return step();
        const month = share.openMonth;
        const statement = closed(month, action.at);
        statements.push(statement);
        return write(`close ${month}`, noteClosed(share, statement, nextMonth(month)));
      },
      async answerRevenueShareCommand({ command, now }) {
        const { month } = command;
        const index = statements.findIndex((one) => one.month === month);
        const statement = statements[index];
        if (statement === undefined) {
          const message = `${month} has no statement`;
          const answer = { kind: 'refused', code: 'invalid_state', message, details: {} } as const;
          return { step: step(), answer };
        }
        if (command.kind === 'approve') {
          statements[index] = { ...statement, approvedAt: now };
          return { step: write(`approve ${month}`, noteApproved(share, statement)), answer: DONE };
        }
        const { payoutId: id, to: target } = command;
        const unpaid = statements.filter(({ approvedAt }) => approvedAt !== null);
        const asked = { id, month, target, now };
        const decision = decidePayout(share, asked, { unpaid, minimumMicros: 0n });
        if (decision.kind === 'refused') throw new Error(decision.message);
        payouts.set(id, decision.payout);
        const did = `pay_out ${id} ${decision.payout.status}`;
        return { step: write(did, decision.share), answer: DONE };
      },
      async sendPayout(task) {
        bankQueues.add(activityInfo().taskQueue);
        if (outcome === null) throw new Error('the bank gives no answer');
        return settle(outcome, task);
      },
      notePayoutUnanswered: async (task) => settle(null, task),
    },
  };
}

function closed(month: string, closedAt: string): ClosedStatement {
  const totals = {
    collectedMicros: 999_000_000n,
    taxMicros: 0n,
    refundsMicros: 0n,
    feesMicros: 0n,
    accruedMicros: 199_800_000n,
    clawedBackMicros: 0n,
    shareBps: 2_000,
  };
  const statement = buildStatement(totals, {
    month,
    ...PARTNER,
    terms: { reserveBps: 0, reserveDays: 0 },
    broughtForwardMicros: 0n,
    releasedMicros: 0n,
  });
  const open = { approvedAt: null, commissionTaxMicros: 0n, documentId: null, payoutId: null };
  return { ...statement, closedAt, ...open };
}

const FEBRUARY = '2027-02-10T00:00:00.000Z';

/** Starts the workflow of the books' share, on a test clock in February unless told else. */
export async function openShare(
  stage: Stage,
  books: ShareBooks,
  clock: Clock = { kind: 'test', now: FEBRUARY },
): Promise<{ readonly handle: WorkflowHandle }> {
  stage.use(books.activities);
  const { id, accountId } = PARTNER;
  const handle = await stage.start(
    workflowIdOf('revenue_share', id),
    buildLifecycleStart({
      kind: 'revenue_share',
      id,
      owner: { accountId, partnerId: id, clock },
      step: books.step(),
    }),
  );
  return { handle };
}
