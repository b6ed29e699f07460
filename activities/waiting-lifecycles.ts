import {
  lockOwingNumbers,
  phoneNumbers,
  type PhoneNumberRecord,
} from '../db/repositories/phone-number.repository';
import {
  lockUnpaidSubscriptions,
  subscriptions,
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
  const waiting = await lockWaiting(trx, arrival);
  for (const record of waiting.subscriptions) {
    const state = noteMoneyArrived(record.state, at);
    if (state !== null) await subscriptions.update(trx, record, { state, at });
  }
  for (const record of waiting.numbers) {
    const state = noteForNumber(record.state, at);
    if (state !== null) await phoneNumbers.update(trx, record, { state, at });
  }
}

/** Lifecycles whose rows say that money came and which have not tried it yet. `cause` names what came. */
export async function findWakes(
  trx: Transaction,
  { cause, ...arrival }: Arrival & { readonly cause: string },
): Promise<Waiting[]> {
  const waiting = await lockWaiting(trx, arrival);
  const come = [...waiting.subscriptions, ...waiting.numbers].filter(
    ({ state }) => state.moneyArrivedAt !== null,
  );
  return come.map(({ workflowId }) => ({ workflowId, paymentId: cause }));
}

/** Subscriptions first, then numbers, each in the order of their ids: everyone locks in that order. */
async function lockWaiting(
  trx: Transaction,
  { accountId, exceptId }: Arrival,
): Promise<{
  readonly subscriptions: readonly SubscriptionRecord[];
  readonly numbers: readonly PhoneNumberRecord[];
}> {
  const unpaid = await lockUnpaidSubscriptions(trx, accountId);
  const owing = await lockOwingNumbers(trx, accountId);
  return {
    subscriptions: unpaid.filter(({ state: { id } }) => id !== exceptId),
    numbers: owing.filter(({ state: { id } }) => id !== exceptId),
  };
}
