import { updateSubscription } from '../../db/repositories/subscription.repository';
import { invariant } from '../../domain/invariant';
import { decideCharge, decideCharged, decideUnanswered } from '../../domain/subscription/collect';
import { noteMoneyArrived } from '../../domain/subscription/decide-command';
import { buildPeriodSale } from '../../domain/subscription/sale';
import { periodOf } from '../../domain/subscription/subscription';
import type { SubscriptionStep } from '../../workflows/subscription.messages';
import { applySubscriptionDecision } from './apply-subscription-decision';
import type { CollectionUnit, OpenCollection } from '../collection/collection-unit';
import { findFunds, inSubscriptionUnit, stepOf, type SubscriptionUnit } from './subscription-unit';
import { lockLedger } from '../lock-ledger';

const DONE = { kind: 'done' } as const;

/** A subscription whose period a saved method pays. */
export const inSubscriptionCollection: OpenCollection<SubscriptionStep> = (
  dependencies,
  asked,
  work,
) => inSubscriptionUnit(dependencies, asked, (unit) => work(createUnit(unit)));

function createUnit(unit: SubscriptionUnit): CollectionUnit<SubscriptionStep> {
  const { trx, request, recordedAt } = unit;
  const { id } = request;
  invariant(unit.record !== null, `subscription ${id} has no row`);
  let record = unit.record;
  return {
    trx,
    request,
    recordedAt,
    payable: { subscriptionId: id, phoneNumberId: null },
    subject: { kind: 'subscription', id },
    collectedEvent: 'subscription.payment_collected',
    collection: () => record.subscription.collection,
    step: () => stepOf(record),
    async nameDue(at) {
      const { subscription } = record;
      const { taxation } = await findFunds(unit, at);
      return buildPeriodSale(subscription, periodOf(subscription, at), taxation).reference;
    },
    async beginCharge(at) {
      const funds = await findFunds(unit, at);
      const decided = decideCharge(record.subscription, { at, funds });
      if (decided.kind === 'decided') {
        const { taxation } = funds;
        record = await applySubscriptionDecision(unit, decided, { answer: DONE, taxation });
        return null;
      }
      const { subscription } = decided;
      record = await updateSubscription(trx, record, { subscription, at });
      return decided;
    },
    async decideCharged(outcome, at) {
      const funded = { ...unit, record, ledger: await lockLedger(trx, request.accountId) };
      const funds = await findFunds(funded, at);
      const decision = decideCharged(record.subscription, outcome, { at, funds });
      const { taxation } = funds;
      return async () => {
        record = await applySubscriptionDecision(funded, decision, { answer: DONE, taxation });
      };
    },
    async noteUnanswered(at) {
      const funds = await findFunds(unit, at);
      const decision = decideUnanswered(record.subscription, { at, funds });
      const { taxation } = funds;
      record = await applySubscriptionDecision(unit, decision, { answer: DONE, taxation });
    },
    async noteMoneyArrived(at) {
      const subscription = noteMoneyArrived(record.subscription, at);
      if (subscription !== null)
        record = await updateSubscription(trx, record, { subscription, at });
    },
  };
}
