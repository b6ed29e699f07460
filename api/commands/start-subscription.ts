import { findSoldPlan } from '../../db/repositories/plan.repository';
import type { Transaction } from '../../db/transaction';
import { BillingError } from '../../domain/billing-error';
import type { WorkflowCommand } from '../../domain/command';
import { findOffer, type WantedOffer } from '../../domain/offer';
import type { PlanTerms } from '../../domain/plan';
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

/** The terms of what is wanted. Throws what `findOffer` refuses with. */
export async function getOfferedTerms(
  transaction: Transaction,
  wanted: WantedOffer,
): Promise<PlanTerms> {
  const offer = findOffer(await findSoldPlan(transaction, wanted.planCode), wanted);
  if (offer.kind === 'offered') return offer.terms;
  throw new BillingError(offer.code, offer.message, { field: offer.field });
}

/** The command that starts a subscription's workflow with its first message. */
export function buildSubscriptionStart(
  id: string,
  owner: LifecycleOwner,
  { planCode, cycle }: WantedOffer,
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
