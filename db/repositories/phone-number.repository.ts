import type { CurrencyCode } from '../../domain/currency';
import type { Instant } from '../../domain/instant';
import type { NumberCapability } from '../../domain/number-capability';
import { decideNextAction } from '../../domain/phone-number/decide-next';
import type {
  PhoneNumber,
  PhoneNumberStatus,
  ReleaseCause,
} from '../../domain/phone-number/phone-number';
import { createLifecycleTable, type LifecycleRecord } from '../lifecycle-table';
import { PhoneNumberModel } from '../models/phone-number.model';
import type { Transaction } from '../transaction';
import { fromRowCollection, toRowCollection } from './collection.columns';

export const phoneNumbers = createLifecycleTable({
  kind: 'phone_number',
  model: PhoneNumberModel,
  fromRows: (_, rows: readonly PhoneNumberModel[]) => rows.map(fromRowPhoneNumber),
  toRow: toRowPhoneNumber,
  decideNextAction,
  /** No number in it: what operators read in the Temporal UI is kept in histories. */
  describe: ({ autoPay, operatorNote }: PhoneNumber) => ({
    attributes: { AutoPay: autoPay },
    ...(operatorNote === null ? {} : { note: operatorNote }),
  }),
});
export type PhoneNumberRecord = LifecycleRecord<PhoneNumber>;

/** Locks those of an account's numbers that owe their rent, in the order of their ids. */
export function lockOwingNumbers(
  trx: Transaction,
  accountId: string,
): Promise<PhoneNumberRecord[]> {
  return phoneNumbers.list(trx, (query) =>
    query
      .where({ account_id: accountId })
      .whereRaw(`(status = 'on_hold' or (status = 'active' and due_since is not null))`)
      .orderBy('id')
      .forUpdate(),
  );
}

/**
 * The account's numbers whose rent is due and not paid and which pay by themselves, in the account's
 * own order: money goes to the first ones first. Read it with the account's ledger locked.
 */
export async function listUnpaidNumbers(
  trx: Transaction,
  { accountId, at }: { readonly accountId: string; readonly at: Instant },
): Promise<PhoneNumber[]> {
  const records = await phoneNumbers.list(trx, (query) =>
    query
      .where({ account_id: accountId, auto_pay: true })
      .whereRaw(`(status = 'on_hold' or (status = 'active' and period_ends_at <= ?))`, [at])
      .orderByRaw(OWN_ORDER),
  );
  return records.map(({ state }) => state);
}

const OWN_ORDER = 'priority asc nulls last, ordered_at, id';

/** An account's numbers in its own order: those with a priority first, then as they were ordered. */
export function listPhoneNumbersOfAccount(
  trx: Transaction,
  { accountId, isOpen }: { readonly accountId: string; readonly isOpen: boolean },
): Promise<PhoneNumberRecord[]> {
  return phoneNumbers.list(trx, (query) => {
    query.where({ account_id: accountId }).orderByRaw(OWN_ORDER);
    if (isOpen) query.whereNotIn('status', [...ENDED]);
  });
}

const ENDED: readonly PhoneNumberStatus[] = ['released', 'failed'];

/**
 * Writes the account's own order: the first id is paid first. Numbers that are left out come after, as
 * they were ordered. Lock the account's ledger first, or a renewal under way may go by the old order.
 */
export async function savePriority(
  trx: Transaction,
  { accountId, ids }: { readonly accountId: string; readonly ids: readonly string[] },
): Promise<void> {
  await trx.raw(
    `update phone_numbers as n
        set priority = o.place
       from (select p.id, w.place
               from phone_numbers as p
               left join unnest(?::text[]) with ordinality as w (id, place) on w.id = p.id
              where p.account_id = ?) as o
      where n.id = o.id`,
    [[...ids], accountId],
  );
}

function fromRowPhoneNumber(row: PhoneNumberModel): PhoneNumber {
  return {
    id: row.id,
    accountId: row.account_id,
    orderId: row.order_id,
    orderItemId: row.order_item_id,
    number: row.number,
    country: row.country,
    capabilities: row.capabilities as readonly NumberCapability[],
    carrier: row.carrier,
    carrierLeaseId: row.carrier_lease_id,
    rent: { amountMicros: row.rent_micros, currency: row.currency as CurrencyCode },
    timeZone: row.time_zone,
    anchorAt: row.anchor_at,
    period: {
      number: row.period_number,
      startsAt: row.period_starts_at,
      endsAt: row.period_ends_at,
    },
    grace: row.grace,
    autoPay: row.auto_pay,
    priority: row.priority,
    status: row.status as PhoneNumberStatus,
    hold: row.hold,
    dueSince: row.due_since,
    retriesMade: row.retries_made,
    moneyArrivedAt: row.money_arrived_at,
    isReleaseTold: row.is_release_told,
    collection: fromRowCollection(row.collection),
    orderedAt: row.ordered_at,
    activatedAt: row.activated_at,
    releaseCause: row.release_cause as ReleaseCause | null,
    releaseStartedAt: row.release_started_at,
    releasedAt: row.released_at,
    asksMade: row.asks_made,
    failureReason: row.failure_reason,
    operatorNote: row.operator_note,
  };
}

function toRowPhoneNumber(phoneNumber: PhoneNumber) {
  return {
    id: phoneNumber.id,
    account_id: phoneNumber.accountId,
    order_id: phoneNumber.orderId,
    order_item_id: phoneNumber.orderItemId,
    number: phoneNumber.number,
    country: phoneNumber.country,
    capabilities: phoneNumber.capabilities,
    carrier: phoneNumber.carrier,
    carrier_lease_id: phoneNumber.carrierLeaseId,
    rent_micros: phoneNumber.rent.amountMicros,
    currency: phoneNumber.rent.currency,
    time_zone: phoneNumber.timeZone,
    anchor_at: phoneNumber.anchorAt,
    period_number: phoneNumber.period.number,
    period_starts_at: phoneNumber.period.startsAt,
    period_ends_at: phoneNumber.period.endsAt,
    grace: phoneNumber.grace,
    auto_pay: phoneNumber.autoPay,
    status: phoneNumber.status,
    hold: phoneNumber.hold,
    due_since: phoneNumber.dueSince,
    retries_made: phoneNumber.retriesMade,
    money_arrived_at: phoneNumber.moneyArrivedAt,
    is_release_told: phoneNumber.isReleaseTold,
    collection: toRowCollection(phoneNumber.collection),
    ordered_at: phoneNumber.orderedAt,
    activated_at: phoneNumber.activatedAt,
    release_cause: phoneNumber.releaseCause,
    release_started_at: phoneNumber.releaseStartedAt,
    released_at: phoneNumber.releasedAt,
    asks_made: phoneNumber.asksMade,
    failure_reason: phoneNumber.failureReason,
    operator_note: phoneNumber.operatorNote,
  };
}
