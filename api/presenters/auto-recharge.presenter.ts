import type { AutoRechargeRecord } from '../../db/repositories/auto-recharge.repository';
import { decideNextAction, findCharged } from '../../domain/auto-recharge/auto-recharge';
import type { Instant } from '../../domain/instant';
import { formatAmount } from '../../domain/money';
import { toApiNextAction } from './next-action.presenter';

/** An auto-recharge as it is at an instant of its account's time. */
export function toApiAutoRecharge({ state, workflowId }: AutoRechargeRecord, at: Instant) {
  const { limits } = state;
  return {
    account_id: state.accountId,
    enabled: state.isEnabled,
    threshold: formatAmount(limits.threshold),
    amount: formatAmount(limits.amount),
    monthly_cap: formatAmount(limits.monthlyCap),
    currency: limits.amount.currency,
    payment_method_id: state.paymentMethodId,
    status: state.status,
    reason: state.reason,
    charged_this_month: formatAmount(findCharged(state, at)),
    next_action: toApiNextAction(decideNextAction(state)),
    workflow_id: workflowId,
  };
}
