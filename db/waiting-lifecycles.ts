import {
  lockOwingNumbers,
  phoneNumbers,
  type PhoneNumberRecord,
} from './repositories/phone-number.repository';
import {
  lockUnpaidSubscriptions,
  subscriptions,
  type SubscriptionRecord,
} from './repositories/subscription.repository';
import type { Transaction } from './transaction';
import type { Instant } from '../domain/instant';
import { noteMoneyArrived as noteForNumber } from '../domain/phone-number/pay-rent';
import { noteMoneyArrived } from '../domain/subscription/decide-command';
import { recordTriage } from './record-triage';
import { releaseServices } from './release-service';

/** What came, and whose lifecycle knows it already because it brought it. */
interface Arrival {
  readonly accountId: string;
  readonly exceptId?: string;
}

/**
 * Money came into the wallet by a payment, a refund or a credit: whoever waits for it is marked, what it
 * does for the numbers on hold is told, and service that a paid dispute kept on hold goes on. After it was posted, with the ledger locked.
 */
export async function noteMoneyCame(
  trx: Transaction,
  arrival: Arrival & Parameters<typeof recordTriage>[1],
): Promise<void> {
  await markWaiting(trx, arrival);
  await recordTriage(trx, arrival);
  await releaseServices(trx, arrival);
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
