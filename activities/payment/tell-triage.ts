import { insertEvents } from '../../db/repositories/event.repository';
import { listUnpaidNumbers } from '../../db/repositories/phone-number.repository';
import { findTaxation } from '../../db/repositories/tax-registration.repository';
import type { Transaction } from '../../db/transaction';
import type { Instant } from '../../domain/instant';
import { availableMoney } from '../../domain/ledger/charge';
import { toUnpaid } from '../../domain/phone-number/sale';
import { describeTriage, triage } from '../../domain/phone-number/triage';
import { taxationAt } from '../../domain/tax/taxation';
import { lockLedger } from '../lifecycle/lock-ledger';

/**
 * Tells what money that came in does for the numbers on hold, when it does not suffice for all of them:
 * which it keeps, and what amount keeps each of the others (R2.15). One event in the transaction that brought
 * the money, after it was granted; each number then pays, or stays on hold, in a step of its own.
 */
export async function tellTriage(
  trx: Transaction,
  arrival: { readonly accountId: string; readonly at: Instant; readonly recordedAt: Instant },
): Promise<void> {
  const { accountId, at, recordedAt } = arrival;
  const held = (await listUnpaidNumbers(trx, { accountId, at })).filter(
    ({ status }) => status === 'on_hold',
  );
  if (held.length < 2) return;
  const taxation = taxationAt('consumption', await findTaxation(trx, { accountId, at }));
  const waiting = held.map((phoneNumber) => ({
    ...toUnpaid(phoneNumber, { at, taxation }),
    number: phoneNumber.number,
  }));
  const availableMicros = availableMoney(await lockLedger(trx, accountId), at);
  const { kept, missing } = triage(waiting, availableMicros);
  const reason = describeTriage(waiting, availableMicros);
  if (reason === null || missing.length === 0) return;
  const event = {
    accountId,
    type: 'phone_number.triaged',
    subjectId: accountId,
    reason,
    data: { kept: kept.join(','), not_kept: missing.map(({ id }) => id).join(',') },
    occurredAt: at,
  };
  await insertEvents(trx, [event], recordedAt);
}
