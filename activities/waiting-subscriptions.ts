import {
  lockUnpaidSubscriptions,
  updateSubscription,
  type SubscriptionRecord,
} from '../db/repositories/subscription.repository';
import type { Transaction } from '../db/transaction';
import type { Instant } from '../domain/instant';
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
  for (const record of await lockWaiting(trx, arrival)) {
    const subscription = noteMoneyArrived(record.subscription, at);
    if (subscription !== null) await updateSubscription(trx, record, { subscription, at });
  }
}

/** Lifecycles whose rows say that money came and which have not tried it yet. `cause` names what came. */
export async function findWakes(
  trx: Transaction,
  { cause, ...arrival }: Arrival & { readonly cause: string },
): Promise<Waiting[]> {
  return (await lockWaiting(trx, arrival))
    .filter(({ subscription }) => subscription.moneyArrivedAt !== null)
    .map(({ workflowId }) => ({ workflowId, paymentId: cause }));
}

async function lockWaiting(
  trx: Transaction,
  { accountId, exceptId }: Arrival,
): Promise<SubscriptionRecord[]> {
  const unpaid = await lockUnpaidSubscriptions(trx, accountId);
  return unpaid.filter(({ subscription }) => subscription.id !== exceptId);
}
