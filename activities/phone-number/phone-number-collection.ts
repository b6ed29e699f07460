import { phoneNumbers } from '../../db/repositories/phone-number.repository';
import { decideCharge, decideCharged, decideUnanswered } from '../../domain/phone-number/collect';
import type { PhoneNumberDecision } from '../../domain/phone-number/decision';
import { noteMoneyArrived } from '../../domain/phone-number/pay-rent';
import { periodAt } from '../../domain/phone-number/phone-number';
import { rentReference } from '../../domain/phone-number/sale';
import { createCollecting } from '../collection/collecting';
import { createOpenCollection } from '../collection/collectible';
import type { ActivityDependencies } from '../dependencies';
import { withApplicationFailures } from '../to-application-failure';
import { applyNumberDecision } from './apply-number-decision';
import { buildNumberEvents } from './build-number-events';
import { findNumberFunds } from './number-funds';

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

const inNumberCollection = createOpenCollection({
  table: phoneNumbers,
  payerKind: 'phone_number',
  tellCollected: (phoneNumber, told, at) => {
    const event = { type: 'phone_number.payment_collected', ...told } as const;
    return buildNumberEvents({ phoneNumber, at, events: [event] });
  },
  findFunds: findNumberFunds,
  // They tell who comes first by themselves.
  findDueFunds: findNumberFunds,
  apply: (locked, decision: PhoneNumberDecision, { taxation }) =>
    applyNumberDecision(locked, decision, { taxation }),
  nameDue: (phoneNumber, { at }) => rentReference(phoneNumber, periodAt(phoneNumber, at)),
  decideCharge,
  decideCharged,
  decideUnanswered,
  noteMoneyArrived,
});
