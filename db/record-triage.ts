import { loadClaimFacts } from './load-claims';
import { insertEvents, listEvents } from './repositories/event.repository';
import { listUnpaidNumbers } from './repositories/phone-number.repository';
import { findTaxation } from './repositories/tax-registration.repository';
import type { Transaction } from './transaction';
import { buildEvents } from '../domain/event';
import type { Instant } from '../domain/instant';
import { availableMoney } from '../domain/ledger/charge';
import { listClaims } from '../domain/outlook/claims';
import { describeTriage, triage } from '../domain/phone-number/triage';
import { taxationAt } from '../domain/tax/taxation';
import { lockLedger } from './lock-ledger';

/**
 * Tells what money that came in does for the numbers on hold, when it does not suffice for all of them, or
 * does now though the last event said otherwise: which it keeps, and what amount keeps each of the others,
 * once those that come first are paid (R2.15, ADR 0033). One event in the transaction that brought
 * the money, after it was granted; each number then pays, or stays on hold, in a step of its own.
 */
export async function recordTriage(
  trx: Transaction,
  arrival: {
    readonly accountId: string;
    /** The id of the payment, refund or credit note that brought the money. */
    readonly causedBy: string;
    readonly at: Instant;
    readonly recordedAt: Instant;
  },
): Promise<void> {
  const { accountId, causedBy, at, recordedAt } = arrival;
  const held = (await listUnpaidNumbers(trx, { accountId, at })).filter(
    ({ status }) => status === 'on_hold',
  );
  if (held.length < 2) return;
  const nameOf = new Map(held.map(({ id, number }) => [id, number]));
  const taxation = taxationAt('consumption', await findTaxation(trx, { accountId, at }));
  const facts = await loadClaimFacts(trx, { accountId, at, taxation });
  const claims = listClaims(facts, { kind: 'phone_number', id: null });
  const shared = triage(claims, availableMoney(await lockLedger(trx, accountId), at));
  const kept = shared.kept.filter((id) => nameOf.has(id));
  const lost = shared.missing.filter(({ id }) => nameOf.has(id)).map(({ id }) => id);
  if (lost.length === 0 && !(await isToldOtherwise(trx, accountId, kept))) return;
  const reason = describeTriage(shared, nameOf);
  const told = { kept: kept.join(','), not_kept: lost.join(','), caused_by: causedBy };
  const event = { type: 'phone_number.triaged', reason, data: told } as const;
  const account = { id: accountId, accountId };
  const events = buildEvents<'account'>(account, { events: [event], facts: {}, at });
  await insertEvents(trx, events, recordedAt);
}

/** Whether the last triage said of a number that is kept now that it is not: another payment came since. */
async function isToldOtherwise(
  trx: Transaction,
  accountId: string,
  kept: readonly string[],
): Promise<boolean> {
  const type = 'phone_number.triaged';
  const query = { accountId, type, limit: 1, beforePosition: null } as const;
  const [last] = await listEvents(trx, query);
  const lost = last?.data['not_kept'];
  return typeof lost === 'string' && kept.some((id) => lost.split(',').includes(id));
}
