import { getAccount } from '../../db/repositories/account.repository';
import {
  autoRecharges,
  type AutoRechargeRecord,
} from '../../db/repositories/auto-recharge.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import type {
  AutoRecharge,
  AutoRechargeActionKind,
} from '../../domain/auto-recharge/auto-recharge';
import { decideSet, turnOff } from '../../domain/auto-recharge/decide-command';
import { parseCurrency } from '../../domain/currency';
import type { Instant } from '../../domain/instant';
import { invariant } from '../../domain/invariant';
import { parseMoney } from '../../domain/money';
import type {
  AutoRechargeCommand,
  AutoRechargeStep,
  SetAutoRecharge,
} from '../../workflows/auto-recharge.messages';
import { DONE } from '../../workflows/lifecycle.messages';
import type { ActivityDependencies } from '../dependencies';
import { withLockedOrNew, type LifecycleTarget, type Locked } from '../lifecycle/locked';
import {
  answerOnce,
  stepAfter,
  toRefusedAnswer,
  type Answered,
  type Decided,
} from '../lifecycle/once';
import { withApplicationFailures } from '../to-application-failure';
import { applyRecharge } from './apply-recharge';
import { findRechargeFunds } from './recharge-funds';

export type AutoRechargeActivities = ReturnType<typeof createAutoRechargeActivities>;

type LockedRecharge = Locked<AutoRechargeRecord | null>;

interface AnswerRequest extends LifecycleTarget {
  readonly command: AutoRechargeCommand;
  readonly now: Instant;
}

/** The activities of auto-recharges beside their charges: load, decide (pure), apply, in one transaction each. */
export function createAutoRechargeActivities(dependencies: ActivityDependencies) {
  return withApplicationFailures({
    /** Sets it or turns it off. A refusal changes nothing but is remembered under its key. */
    async answerAutoRechargeCommand(
      request: AnswerRequest,
    ): Promise<Answered<AutoRechargeActionKind>> {
      const { command, now } = request;
      return withLockedOrNew(dependencies, autoRecharges, { request, asked: command }, (locked) =>
        answerOnce(autoRecharges, locked, now, () =>
          command.kind === 'set' ? set(locked, command, now) : off(locked, now),
        ),
      );
    },

    /** What the row says happens next: somebody else wrote it. */
    async lookAtAutoRecharge({ id }: { readonly id: string }): Promise<AutoRechargeStep> {
      return withTransaction(dependencies.database, SYSTEM, async (trx) =>
        stepAfter(autoRecharges, await autoRecharges.find(trx, id)),
      );
    },
  });
}

async function set(
  locked: LockedRecharge,
  { enabled, threshold, amount, monthlyCap, paymentMethodId }: SetAutoRecharge,
  at: Instant,
): Promise<Decided<AutoRecharge>> {
  const { trx, request, ledger, record } = locked;
  const { id, timeZone } = await getAccount(trx, request.accountId);
  const currency = parseCurrency(ledger.currency);
  const limits = {
    threshold: parseMoney({ amount: threshold, currency }),
    amount: parseMoney({ amount, currency }),
    monthlyCap: parseMoney({ amount: monthlyCap, currency }),
  };
  const funds = await findRechargeFunds(locked, at, paymentMethodId);
  const asked = { isEnabled: enabled, limits, paymentMethodId };
  const decision = decideSet(record?.state ?? null, asked, { id, timeZone, at, funds });
  if (decision.kind === 'refused') {
    return { record, answer: toRefusedAnswer(locked, decision, at) };
  }
  return { record: await applyRecharge(locked, decision, funds), answer: DONE };
}

async function off(locked: LockedRecharge, at: Instant): Promise<Decided<AutoRecharge>> {
  const { record } = locked;
  invariant(record !== null, 'only one that was set is turned off');
  const funds = await findRechargeFunds(locked, at, record.state.paymentMethodId);
  return { record: await applyRecharge(locked, turnOff(record.state, at), funds), answer: DONE };
}
