import {
  lockOwingNumbers,
  updatePhoneNumber,
  type PhoneNumberRecord,
} from '../db/repositories/phone-number.repository';
import {
  lockUnpaidSubscriptions,
  updateSubscription,
  type SubscriptionRecord,
} from '../db/repositories/subscription.repository';
import type { Transaction } from '../db/transaction';
import type { Instant } from '../domain/instant';
import { noteMoneyArrived as noteForNumber } from '../domain/phone-number/pay-rent';
import { noteMoneyArrived } from '../domain/subscription/decide-command';

/** A lifecycle that waited for money, and what brought it: a payment, a refund. */
interface Waiting {
  readonly workflowId: string;
  readonly paymentId: string;
}

/** What came, and whose lifecycle knows it already because it brought it. */
interface Arrival {
  readonly accountId: string;
  readonly exceptId?: string;
}

/** Writes "money came" into the rows that wait for it, so that nobody depends on a signal. */
export async function markWaiting(
  trx: Transaction,
  { at, ...arrival }: Arrival & { readonly at: Instant },
): Promise<void> {
  const { subscriptions, numbers } = await lockWaiting(trx, arrival);
  for (const record of subscriptions) {
    const subscription = noteMoneyArrived(record.subscription, at);
    if (subscription !== null) await updateSubscription(trx, record, { subscription, at });
  }
  for (const record of numbers) {
    const phoneNumber = noteForNumber(record.phoneNumber, at);
    if (phoneNumber !== null) await updatePhoneNumber(trx, record, { phoneNumber, at });
  }
}

/** Lifecycles whose rows say that money came and which have not tried it yet. `cause` names what came. */
export async function findWakes(
  trx: Transaction,
  { cause, ...arrival }: Arrival & { readonly cause: string },
): Promise<Waiting[]> {
  const { subscriptions, numbers } = await lockWaiting(trx, arrival);
  const waiting = [
    ...subscriptions.filter(({ subscription }) => subscription.moneyArrivedAt !== null),
    ...numbers.filter(({ phoneNumber }) => phoneNumber.moneyArrivedAt !== null),
  ];
  return waiting.map(({ workflowId }) => ({ workflowId, paymentId: cause }));
}

/** Subscriptions first, then numbers, each in the order of their ids: everyone locks in that order. */
async function lockWaiting(
  trx: Transaction,
  { accountId, exceptId }: Arrival,
): Promise<{
  readonly subscriptions: readonly SubscriptionRecord[];
  readonly numbers: readonly PhoneNumberRecord[];
}> {
  const subscriptions = await lockUnpaidSubscriptions(trx, accountId);
  const numbers = await lockOwingNumbers(trx, accountId);
  return {
    subscriptions: subscriptions.filter(({ subscription: { id } }) => id !== exceptId),
    numbers: numbers.filter(({ phoneNumber: { id } }) => id !== exceptId),
  };
}
