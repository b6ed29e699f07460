import {
  subscriptions,
  type SubscriptionRecord,
} from '../../db/repositories/subscription.repository';
import type { Instant } from '../../domain/instant';
import { decideCharge, decideCharged, decideUnanswered } from '../../domain/subscription/collect';
import { noteMoneyArrived } from '../../domain/subscription/decide-command';
import type { SubscriptionDecision } from '../../domain/subscription/decision';
import { buildPeriodSale } from '../../domain/subscription/sale';
import { periodOf, type Subscription } from '../../domain/subscription/subscription';
import type { Taxation } from '../../domain/tax/taxation';
import type { SubscriptionStep } from '../../workflows/subscription.messages';
import { createCollecting } from '../collection/collecting';
import type { CollectionUnit, OpenCollection } from '../collection/collection-unit';
import type { ActivityDependencies } from '../dependencies';
import { lockLedger } from '../lifecycle/lock-ledger';
import { recordOperation } from '../lifecycle/once';
import { inUnit } from '../lifecycle/unit';
import { withApplicationFailures } from '../to-application-failure';
import { applySubscriptionDecision } from './apply-subscription-decision';
import { findDueFunds, findFunds, type SubscriptionUnit } from './subscription-funds';

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

const inSubscriptionCollection: OpenCollection<SubscriptionStep> = (dependencies, asked, work) =>
  inUnit(dependencies, subscriptions, asked, (unit) => work(createUnit(unit)));

function createUnit(unit: SubscriptionUnit<SubscriptionRecord>): CollectionUnit<SubscriptionStep> {
  const { trx, request, recordedAt } = unit;
  const { id } = request;
  let { record } = unit;
  const apply = async (
    decision: SubscriptionDecision,
    taxation: Taxation,
    ledger = unit.ledger,
  ): Promise<void> => {
    const applied = { ...unit, record, ledger };
    record = await applySubscriptionDecision(applied, decision, taxation);
    await recordOperation(unit, decision.at);
  };
  const write = async (subscription: Subscription, at: Instant): Promise<void> => {
    record = await subscriptions.update(trx, record, { state: subscription, at });
  };
  return {
    trx,
    request,
    recordedAt,
    payer: { kind: 'subscription', id },
    collectedEvent: 'subscription.payment_collected',
    collection: () => record.state.collection,
    step: () => subscriptions.stepOf(record),
    async nameDue(at) {
      const { taxation } = await findFunds(unit, at);
      const { state } = record;
      return buildPeriodSale(state, periodOf(state, at), taxation).reference;
    },
    async beginCharge(at) {
      const funds = await findDueFunds(unit, at);
      const decided = decideCharge(record.state, { at, funds });
      if (decided.kind === 'decided') {
        await apply(decided, funds.taxation);
        return null;
      }
      await write({ ...record.state, collection: decided.collection }, at);
      return decided;
    },
    async decideCharged(outcome, at) {
      const ledger = await lockLedger(trx, request.accountId);
      const funds = await findFunds({ ...unit, record, ledger }, at);
      const decision = decideCharged(record.state, outcome, { at, funds });
      return () => apply(decision, funds.taxation, ledger);
    },
    async noteUnanswered(at) {
      const funds = await findFunds(unit, at);
      await apply(decideUnanswered(record.state, { at, funds }), funds.taxation);
    },
    async noteMoneyArrived(at) {
      const subscription = noteMoneyArrived(record.state, at);
      if (subscription !== null) await write(subscription, at);
    },
  };
}
