import { updatePhoneNumber } from '../../db/repositories/phone-number.repository';
import { decideCharge, decideCharged, decideUnanswered } from '../../domain/phone-number/collect';
import { noteMoneyArrived } from '../../domain/phone-number/pay-rent';
import { periodAt } from '../../domain/phone-number/phone-number';
import { rentReference } from '../../domain/phone-number/sale';
import type { PhoneNumberStep } from '../../workflows/phone-number.messages';
import { applyNumberDecision } from './apply-number-decision';
import type { CollectionUnit, OpenCollection } from '../collection/collection-unit';
import { lockLedger } from '../lock-ledger';
import { findNumberFunds, inNumberUnit, stepOfNumber, type NumberUnit } from './phone-number-unit';

/** A phone number whose rent a saved method pays. */
export const inNumberCollection: OpenCollection<PhoneNumberStep> = (dependencies, asked, work) =>
  inNumberUnit(dependencies, asked, (unit) => work(createUnit(unit)));

function createUnit(unit: NumberUnit): CollectionUnit<PhoneNumberStep> {
  const { trx, request, recordedAt } = unit;
  const { id } = request;
  let { record } = unit;
  return {
    trx,
    request,
    recordedAt,
    payable: { subscriptionId: null, phoneNumberId: id },
    subject: { kind: 'phone_number', id },
    collectedEvent: 'phone_number.payment_collected',
    collection: () => record.phoneNumber.collection,
    step: () => stepOfNumber(record),
    nameDue: (at) => {
      const { phoneNumber } = record;
      return Promise.resolve(rentReference(phoneNumber, periodAt(phoneNumber, at)));
    },
    async beginCharge(at) {
      const funds = await findNumberFunds(unit, at);
      const decided = decideCharge(record.phoneNumber, { at, funds });
      if (decided.kind === 'decided') {
        const { taxation } = funds;
        record = await applyNumberDecision({ ...unit, record }, decided, { taxation });
        return null;
      }
      const { phoneNumber } = decided;
      record = await updatePhoneNumber(trx, record, { phoneNumber, at });
      return decided;
    },
    async decideCharged(outcome, at) {
      const funded = { ...unit, record, ledger: await lockLedger(trx, request.accountId) };
      const funds = await findNumberFunds(funded, at);
      const decision = decideCharged(record.phoneNumber, outcome, { at, funds });
      const { taxation } = funds;
      return async () => {
        record = await applyNumberDecision(funded, decision, { taxation });
      };
    },
    async noteUnanswered(at) {
      const funds = await findNumberFunds(unit, at);
      const decision = decideUnanswered(record.phoneNumber, { at, funds });
      const { taxation } = funds;
      record = await applyNumberDecision({ ...unit, record }, decision, { taxation });
    },
    async noteMoneyArrived(at) {
      const phoneNumber = noteMoneyArrived(record.phoneNumber, at);
      if (phoneNumber !== null) record = await updatePhoneNumber(trx, record, { phoneNumber, at });
    },
  };
}
