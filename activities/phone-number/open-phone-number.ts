import { insertEvents } from '../../db/repositories/event.repository';
import { phoneNumbers } from '../../db/repositories/phone-number.repository';
import type { Transaction } from '../../db/transaction';
import type { Instant } from '../../domain/instant';
import { openNumber } from '../../domain/phone-number/open-number';
import { buildNumberEvents } from './build-number-events';

/** What a number is rented for: `grace` and `carrier` are the dependencies' own. */
export type NumberTerms = Parameters<typeof openNumber>[0];

/**
 * Writes the row of a number that was paid for, as pending: its own workflow orders it at the carrier.
 * The caller's transaction holds the account's ledger. Start the lifecycle after the commit.
 */
export async function openPhoneNumber(
  trx: Transaction,
  terms: NumberTerms,
  recordedAt: Instant,
): Promise<{ readonly workflowId: string }> {
  const { phoneNumber, at, events } = openNumber(terms);
  const { workflowId } = await phoneNumbers.insert(trx, phoneNumber, at);
  await insertEvents(trx, buildNumberEvents({ phoneNumber, at, events }), recordedAt);
  return { workflowId };
}
