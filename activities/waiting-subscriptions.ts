import {
  lockUnpaidSubscriptions,
  updateSubscription,
} from '../db/repositories/subscription.repository';
import type { Transaction } from '../db/transaction';
import type { Instant } from '../domain/instant';
import { noteMoneyArrived } from '../domain/subscription/decide-command';

/** A lifecycle that waited for money, and what brought it: a payment, a refund. */
interface Waiting {
  readonly workflowId: string;
  readonly paymentId: string;
}

/** Writes "money came" into the rows that wait for it, so that nobody depends on a signal. */
export async function markWaiting(trx: Transaction, accountId: string, at: Instant): Promise<void> {
  for (const record of await lockUnpaidSubscriptions(trx, accountId)) {
    const subscription = noteMoneyArrived(record.subscription, at);
    if (subscription !== null) await updateSubscription(trx, record, { subscription, at });
  }
}

/** Lifecycles whose rows say that money came and which have not tried it yet. `cause` names what came. */
export async function findWakes(
  trx: Transaction,
  accountId: string,
  cause: string,
): Promise<Waiting[]> {
  const unpaid = await lockUnpaidSubscriptions(trx, accountId);
  return unpaid
    .filter(({ subscription }) => subscription.moneyArrivedAt !== null)
    .map(({ workflowId }) => ({ workflowId, paymentId: cause }));
}
