import { subscriptions } from '../../db/repositories/subscription.repository';
import { decideCharge, decideCharged, decideUnanswered } from '../../domain/subscription/collect';
import { noteMoneyArrived } from '../../domain/subscription/decide-command';
import { buildPeriodSale } from '../../domain/subscription/sale';
import { periodOf } from '../../domain/subscription/subscription';
import { createCollecting } from '../collection/collecting';
import { createOpenCollection } from '../collection/collectible';
import type { ActivityDependencies } from '../dependencies';
import { withApplicationFailures } from '../to-application-failure';
import { applySubscriptionDecision, buildSubscriptionEvents } from './apply-subscription-decision';
import { findDueFunds, findFunds } from './subscription-funds';

export type CollectionActivities = ReturnType<typeof createCollectionActivities>;

/** A saved method pays for periods of subscriptions. */
export function createCollectionActivities(dependencies: ActivityDependencies) {
  const collecting = createCollecting(dependencies, 'subscription', inSubscriptionCollection);
  return withApplicationFailures({
    collectPayment: collecting.collect,
    noteUncollected: collecting.noteUnanswered,
    settleReported: collecting.settleReported,
  });
}

const inSubscriptionCollection = createOpenCollection({
  table: subscriptions,
  payerKind: 'subscription',
  tellCollected: (subscription, told, at) => {
    const event = { type: 'subscription.payment_collected', ...told } as const;
    return buildSubscriptionEvents({ subscription, at, events: [event], sale: null });
  },
  findFunds,
  findDueFunds,
  apply: applySubscriptionDecision,
  nameDue: (subscription, { at, funds }) =>
    buildPeriodSale(subscription, periodOf(subscription, at), funds.taxation).reference,
  decideCharge,
  decideCharged,
  decideUnanswered,
  noteMoneyArrived,
});
