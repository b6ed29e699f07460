import { findSoldPlan } from '../../db/repositories/plan.repository';
import type { Transaction } from '../../db/transaction';
import { BillingError } from '../../domain/billing-error';
import type { WorkflowCommand } from '../../domain/command';
import { findOffer, howTaken, type WantedOffer } from '../../domain/offer';
import type { PlanTerms, PlanVersion } from '../../domain/plan';
import { type LifecycleOwner } from '../../workflows/lifecycle.messages';
import { startSubscription } from '../../workflows/subscription.messages';
import { startWith } from './start-lifecycle';

/** The terms of what is wanted. Throws what `findOffer` refuses with. */
export async function getOfferedTerms(trx: Transaction, wanted: WantedOffer): Promise<PlanTerms> {
  const offer = findOffer(await findSoldPlan(trx, wanted.planCode), wanted);
  if (offer.kind === 'offered') return offer.terms;
  throw new BillingError(offer.code, offer.message, { field: offer.field });
}

/** Throws `invalid_state` for a partner plan: a reseller or the platform changes it, by its own rules. */
export function assertBought({ kind }: PlanVersion): void {
  if (howTaken(kind) === 'bought') return;
  const message = 'This is a partner plan: it is changed as the account’s partner_plan.';
  throw new BillingError('invalid_state', message);
}

/** The command that starts a subscription's workflow with its first message. */
export function buildSubscriptionStart(
  id: string,
  owner: LifecycleOwner,
  { planCode, cycle }: Pick<WantedOffer, 'planCode' | 'cycle'>,
): WorkflowCommand {
  return startWith(
    { update: startSubscription.name, args: [{ planCode, cycle }] },
    { kind: 'subscription', id, owner, attributes: { PlanCode: planCode } },
  );
}
