import { phoneNumbers } from '../../db/repositories/phone-number.repository';
import type { Instant } from '../../domain/instant';
import { decideCharge, decideCharged, decideUnanswered } from '../../domain/phone-number/collect';
import type { PhoneNumberDecision } from '../../domain/phone-number/decision';
import { noteMoneyArrived } from '../../domain/phone-number/pay-rent';
import { periodAt, type PhoneNumber } from '../../domain/phone-number/phone-number';
import { rentReference } from '../../domain/phone-number/sale';
import type { Taxation } from '../../domain/tax/taxation';
import type { PhoneNumberStep } from '../../workflows/phone-number.messages';
import { createCollecting } from '../collection/collecting';
import type { CollectionUnit, OpenCollection } from '../collection/collection-unit';
import type { ActivityDependencies } from '../dependencies';
import { lockLedger } from '../lifecycle/lock-ledger';
import { recordOperation } from '../lifecycle/once';
import { inUnit } from '../lifecycle/unit';
import { withApplicationFailures } from '../to-application-failure';
import { applyNumberDecision } from './apply-number-decision';
import { findNumberFunds, type NumberUnit } from './number-funds';

export type RentCollectionActivities = ReturnType<typeof createRentCollectionActivities>;

/** A saved method pays for months of phone numbers. */
export function createRentCollectionActivities(dependencies: ActivityDependencies) {
  const collecting = createCollecting(dependencies, 'phone_number', inNumberCollection);
  return withApplicationFailures({
    collectRent: collecting.collect,
    noteRentUncollected: collecting.noteUnanswered,
    settleReportedRent: collecting.settleReported,
  });
}

const inNumberCollection: OpenCollection<PhoneNumberStep> = (dependencies, asked, work) =>
  inUnit(dependencies, phoneNumbers, asked, (unit) => work(createUnit(unit)));

function createUnit(unit: NumberUnit): CollectionUnit<PhoneNumberStep> {
  const { trx, request, recordedAt } = unit;
  const { id } = request;
  let { record } = unit;
  const apply = async (
    decision: PhoneNumberDecision,
    taxation: Taxation,
    ledger = unit.ledger,
  ): Promise<void> => {
    record = await applyNumberDecision({ ...unit, record, ledger }, decision, { taxation });
    await recordOperation(unit, decision.at);
  };
  const write = async (phoneNumber: PhoneNumber, at: Instant): Promise<void> => {
    record = await phoneNumbers.update(trx, record, { state: phoneNumber, at });
  };
  return {
    trx,
    request,
    recordedAt,
    payer: { kind: 'phone_number', id },
    collectedEvent: 'phone_number.payment_collected',
    collection: () => record.state.collection,
    step: () => phoneNumbers.stepOf(record),
    nameDue: (at) => {
      const { state } = record;
      return Promise.resolve(rentReference(state, periodAt(state, at)));
    },
    async beginCharge(at) {
      const funds = await findNumberFunds(unit, at);
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
      const funds = await findNumberFunds({ ...unit, record, ledger }, at);
      const decision = decideCharged(record.state, outcome, { at, funds });
      return () => apply(decision, funds.taxation, ledger);
    },
    async noteUnanswered(at) {
      const funds = await findNumberFunds(unit, at);
      await apply(decideUnanswered(record.state, { at, funds }), funds.taxation);
    },
    async noteMoneyArrived(at) {
      const phoneNumber = noteMoneyArrived(record.state, at);
      if (phoneNumber !== null) await write(phoneNumber, at);
    },
  };
}
