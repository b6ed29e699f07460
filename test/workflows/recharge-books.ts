/**
 * Stands in for the database and the gateway behind an auto-recharge: a row in memory, changed by the real decisions of
 * domain/auto-recharge/. Threshold 500.00 INR, 1 000.00 at a time, at most 2 000.00 a month; the balance is 600.00.
 */
import type { WorkflowHandle } from '@temporalio/client';
import type { AutoRechargeActivities } from '../../activities/auto-recharge/auto-recharge.activities';
import type { RechargeCollectionActivities } from '../../activities/auto-recharge/recharge-collection';
import {
  decideNextAction,
  type AutoRecharge,
  type AutoRechargeDecision,
} from '../../domain/auto-recharge/auto-recharge';
import {
  decideCharge,
  decideCharged,
  decideUnanswered,
  noteAsked,
  noteCrossing,
} from '../../domain/auto-recharge/collect';
import { decideSet, turnOff } from '../../domain/auto-recharge/decide-command';
import type { ChargeOutcome } from '../../domain/collection/charge-attempt';
import type { SavedMethod } from '../../domain/collection/collection';
import type { Instant } from '../../domain/instant';
import { workflowIdOf } from '../../domain/lifecycle';
import { formatAmount, parseMoney } from '../../domain/money';
import { isStillNext } from '../../domain/next-action';
import { UNTAXED } from '../../domain/tax/taxation';
import {
  setAutoRecharge,
  type AutoRechargeStep,
  type SetAutoRecharge,
} from '../../workflows/auto-recharge.messages';
import { buildLifecycleStart, NOT_STARTED, type Clock } from '../../workflows/lifecycle.messages';
import type { Stage } from './stage';

export interface RechargeBooks {
  readonly activities: AutoRechargeActivities & RechargeCollectionActivities;
  /** What was written: "set", "charge 1000.00", "charged", "backing_off", "turn_off". */
  readonly deeds: string[];
  /** From now on the gateway answers so; null: not at all. */
  answer(outcome: ChargeOutcome | null): void;
  /** Somebody takes money and notes the crossing in the row; no workflow is told. */
  spend(rupees: string, at: Instant): void;
  status(): string;
}

const ACCOUNT_ID = 'acct_00000001';
const DONE = { kind: 'done' } as const;
const LIMITS: SetAutoRecharge = {
  enabled: true,
  threshold: '500.00',
  amount: '1000.00',
  monthlyCap: '2000.00',
  paymentMethodId: null,
};
const inr = (amount: string) => parseMoney({ amount, currency: 'INR' });
const CARD: SavedMethod = {
  id: 'pm_00000001',
  gateway: 'sandbox',
  kind: 'card',
  noticeHours: 0,
  min: inr('1'),
  max: inr('100000'),
  ceiling: null,
};

export function createRechargeBooks(): RechargeBooks {
  const deeds: string[] = [];
  let balanceMicros = inr('600').amountMicros;
  let recharge: AutoRecharge | null = null;
  let revision = 0;
  let outcome: ChargeOutcome | null = { kind: 'succeeded' };

  const funds = () => ({ balanceMicros, savedMethod: CARD, topUpTaxation: UNTAXED });
  function row(): AutoRecharge {
    if (recharge === null) throw new Error('it was never set');
    return recharge;
  }
  const step = (): AutoRechargeStep => ({
    status: row().status,
    revision,
    next: decideNextAction(row()),
  });
  function write(deed: string, after: AutoRecharge): AutoRechargeStep {
    recharge = after;
    revision += 1;
    deeds.push(deed);
    return step();
  }
  function settle(answered: ChargeOutcome, at: Instant): AutoRechargeStep {
    const { charge } = row().collection;
    if (charge === null || charge.stage === 'planned') return step();
    if (answered.kind === 'succeeded') balanceMicros += charge.money.amountMicros;
    const decided = decideCharged(row(), answered, { at, funds: funds() });
    return write(tell(decided), decided.recharge);
  }

  return {
    deeds,
    answer: (next) => void (outcome = next),
    status: () => row().status,
    spend(rupees, at) {
      balanceMicros -= inr(rupees).amountMicros;
      const noted = noteCrossing(row(), at);
      if (noted !== null) write('noted', noted);
    },
    activities: {
      async answerAutoRechargeCommand({ command, now: at }) {
        if (command.kind === 'turn_off') {
          return { step: write('turn_off', turnOff(row(), at).recharge), answer: DONE };
        }
        const limits = {
          threshold: inr(command.threshold),
          amount: inr(command.amount),
          monthlyCap: inr(command.monthlyCap),
        };
        const asked = { isEnabled: command.enabled, limits, paymentMethodId: null };
        const facts = { id: ACCOUNT_ID, timeZone: 'Asia/Kolkata', at, funds: funds() };
        const decision = decideSet(recharge, asked, facts);
        if (decision.kind === 'refused') throw new Error(decision.message);
        return { step: write('set', decision.recharge), answer: DONE };
      },
      lookAtAutoRecharge: async () => step(),
      async collectRecharge({ action, now: at }) {
        if (!isStillNext(step().next, action)) return step();
        if (row().collection.charge?.stage === 'planned') {
          const decided = decideCharge(row(), { at, funds: funds() });
          if (decided.kind === 'decided') return write(tell(decided), decided.recharge);
          const sum = formatAmount(decided.charge.money);
          write(`charge ${sum}`, noteAsked(row(), decided.collection));
        }
        if (outcome === null) throw new Error('the gateway gives no answer');
        return settle(outcome, at);
      },
      async noteRechargeUncollected({ now: at }) {
        return write('unanswered', decideUnanswered(row(), { at, funds: funds() }).recharge);
      },
      settleReportedRecharge: async ({ now: at }) => settle({ kind: 'succeeded' }, at),
    },
  };
}

function tell({ events, recharge }: AutoRechargeDecision): string {
  const [first] = events;
  return first === undefined ? recharge.status : first.type.replace('auto_recharge.', '');
}

/** Starts the workflow as the API does, with the limits it is set to. */
export async function openRecharge(
  stage: Stage,
  books: RechargeBooks,
  clock: Clock = { kind: 'wall' },
): Promise<{ readonly handle: WorkflowHandle }> {
  stage.use(books.activities);
  const handle = await stage.start(
    workflowIdOf('auto_recharge', ACCOUNT_ID),
    buildLifecycleStart({
      kind: 'auto_recharge',
      id: ACCOUNT_ID,
      owner: { accountId: ACCOUNT_ID, partnerId: null, clock },
      step: NOT_STARTED,
    }),
  );
  await handle.executeUpdate(setAutoRecharge, { args: [LIMITS] });
  return { handle };
}
