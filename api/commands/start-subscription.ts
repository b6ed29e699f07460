import { findPlan } from '../../db/repositories/plan.repository';
import type { Transaction } from '../../db/transaction';
import type { BillingCycle } from '../../domain/billing-period';
import { BillingError } from '../../domain/billing-error';
import type { WorkflowCommand } from '../../domain/command';
import type { CurrencyCode } from '../../domain/currency';
import type { Money } from '../../domain/money';
import { findPrice, trackOf, type Track } from '../../domain/plan';
import {
  buildLifecycleStart,
  NOT_STARTED,
  type LifecycleOwner,
} from '../../workflows/lifecycle.messages';
import {
  startSubscription,
  SUBSCRIPTION_WORKFLOW_TYPE,
  subscriptionWorkflowId,
} from '../../workflows/subscription.messages';

/** What is asked for, in the currency the account is kept in. */
export interface WantedPlan {
  readonly plan_code: string;
  readonly cycle: BillingCycle;
  readonly track?: Track | undefined;
  readonly currency: CurrencyCode;
}

/** The price of what is wanted. Throws `unknown_plan`, `unprocessable` or `no_billing_cycle`. */
export async function getOfferedPrice(
  transaction: Transaction,
  wanted: WantedPlan,
): Promise<Money> {
  const { plan_code: code, cycle, track, currency } = wanted;
  const record = await findPlan(transaction, code);
  if (record === null || record.archivedAt !== null) {
    throw new BillingError('unknown_plan', `There is no plan "${code}".`, { field: 'plan_code' });
  }
  if (track !== undefined && track !== trackOf(record.plan.kind)) {
    const message = `"${code}" belongs to the ${trackOf(record.plan.kind)} track.`;
    throw new BillingError('unprocessable', message, { field: 'track' });
  }
  const price = findPrice(record.plan, { cycle, currency });
  if (price === null) {
    const message = `"${code}" has no ${cycle} price in ${currency}.`;
    throw new BillingError('no_billing_cycle', message, { field: 'cycle' });
  }
  return price;
}

/** The command that starts a subscription's workflow with its first message. */
export function buildSubscriptionStart(
  id: string,
  owner: LifecycleOwner,
  { plan_code: planCode, cycle }: WantedPlan,
): WorkflowCommand {
  return {
    workflow: 'subscription',
    workflowId: subscriptionWorkflowId(id),
    update: startSubscription.name,
    args: [{ planCode, cycle }],
    start: buildLifecycleStart({
      workflowType: SUBSCRIPTION_WORKFLOW_TYPE,
      kind: 'subscription',
      id,
      owner,
      planCode,
      step: NOT_STARTED,
    }),
  };
}
