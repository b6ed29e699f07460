import { phoneNumbers } from './repositories/phone-number.repository';
import { subscriptions } from './repositories/subscription.repository';
import { lockLedger } from './lock-ledger';
import type { Transaction } from './transaction';
import { changeLead, type Collection } from '../domain/collection/collection';
import type { BillingPeriod } from '../domain/billing-period';
import type { Instant } from '../domain/instant';

interface Lead {
  readonly accountId: string;
  /** How long before a charge the owner of the account's method must be told. */
  readonly hours: number;
  /** The account's time. */
  readonly at: Instant;
}

interface Collecting {
  readonly collection: Collection;
  readonly period: BillingPeriod;
}

/**
 * Writes into all that an account's saved method pays for how early its owner must be told: what comes next there
 * may be a notice now. Answers the workflows whose rows changed, to be told to look.
 */
export async function noteLead(
  trx: Transaction,
  { accountId, hours, at }: Lead,
): Promise<string[]> {
  await lockLedger(trx, accountId);
  const change = <State extends Collecting>(state: State): State | null => {
    const collection = changeLead(state, { hours, at });
    return collection === state.collection ? null : { ...state, collection };
  };
  const changed: string[] = [];
  const paidFor = await subscriptions.list(trx, (query) =>
    query.where({ account_id: accountId }).whereNot('status', 'ended').orderBy('id').forUpdate(),
  );
  for (const record of paidFor) {
    const state = change(record.state);
    if (state === null) continue;
    await subscriptions.update(trx, record, { state, at });
    changed.push(record.workflowId);
  }
  const rented = await phoneNumbers.list(trx, (query) =>
    query
      .where({ account_id: accountId })
      .whereIn('status', ['active', 'on_hold'])
      .orderBy('id')
      .forUpdate(),
  );
  for (const record of rented) {
    const state = change(record.state);
    if (state === null) continue;
    await phoneNumbers.update(trx, record, { state, at });
    changed.push(record.workflowId);
  }
  return changed;
}
