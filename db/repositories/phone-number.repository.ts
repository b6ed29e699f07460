import type { CurrencyCode } from '../../domain/currency';
import type { Instant } from '../../domain/instant';
import { invariant } from '../../domain/invariant';
import type { NumberCapability } from '../../domain/number-capability';
import { decideNextAction } from '../../domain/phone-number/decide-next';
import type {
  PhoneNumber,
  PhoneNumberStatus,
  ReleaseCause,
} from '../../domain/phone-number/phone-number';
import { PhoneNumberModel } from '../models/phone-number.model';
import type { Transaction } from '../transaction';
import { fromRowCollection, toRowCollection } from './collection.columns';
import { toRowNextAction } from './next-action.columns';

/** A phone number with what only its row knows. `revision` counts its changes. */
export interface PhoneNumberRecord {
  readonly phoneNumber: PhoneNumber;
  readonly workflowId: string;
  readonly revision: number;
  /** Its place in the account's own order, from 1; null: after those that have one. */
  readonly priority: number | null;
  readonly createdAt: Instant;
}

/** Reads one phone number of the tenant, or null. */
export async function findPhoneNumber(
  trx: Transaction,
  id: string,
): Promise<PhoneNumberRecord | null> {
  const row = await PhoneNumberModel.query(trx).findById(id);
  return row ? fromRowPhoneNumber(row) : null;
}

/** Reads and locks one phone number. Lock the account's ledger first: everyone locks in that order. */
export async function lockPhoneNumber(
  trx: Transaction,
  id: string,
): Promise<PhoneNumberRecord | null> {
  const row = await PhoneNumberModel.query(trx).findById(id).forUpdate();
  return row ? fromRowPhoneNumber(row) : null;
}

/** Locks those of an account's numbers that owe their rent, in the order of their ids. */
export async function lockOwingNumbers(
  trx: Transaction,
  accountId: string,
): Promise<PhoneNumberRecord[]> {
  const rows = await PhoneNumberModel.query(trx)
    .where({ account_id: accountId })
    .whereRaw(`(status = 'on_hold' or (status = 'active' and due_since is not null))`)
    .orderBy('id')
    .forUpdate();
  return rows.map(fromRowPhoneNumber);
}

/**
 * The account's numbers whose rent is due and not paid and which pay by themselves, in the account's
 * own order: money goes to the first ones first. Read it with the account's ledger locked.
 */
export async function listUnpaidNumbers(
  trx: Transaction,
  { accountId, at }: { readonly accountId: string; readonly at: Instant },
): Promise<PhoneNumber[]> {
  const rows = await PhoneNumberModel.query(trx)
    .where({ account_id: accountId, auto_pay: true })
    .whereRaw(`(status = 'on_hold' or (status = 'active' and period_ends_at <= ?))`, [at])
    .orderByRaw(OWN_ORDER);
  return rows.map((row) => fromRowPhoneNumber(row).phoneNumber);
}

const OWN_ORDER = 'priority asc nulls last, ordered_at, id';

/** An account's numbers in its own order: those with a priority first, then as they were ordered. */
export async function listPhoneNumbersOfAccount(
  trx: Transaction,
  { accountId, isOpen }: { readonly accountId: string; readonly isOpen: boolean },
): Promise<PhoneNumberRecord[]> {
  const rows = await PhoneNumberModel.query(trx)
    .where({ account_id: accountId })
    .modify((builder) => {
      if (isOpen) builder.whereNotIn('status', [...ENDED]);
    })
    .orderByRaw(OWN_ORDER);
  return rows.map(fromRowPhoneNumber);
}

const ENDED: readonly PhoneNumberStatus[] = ['released', 'failed'];

/** An account's numbers, newest first. `before` is the last row of the page before. */
export async function listPhoneNumbers(
  trx: Transaction,
  query: {
    readonly accountId: string;
    readonly limit: number;
    readonly before: { readonly createdAt: Instant; readonly id: string } | null;
    readonly status?: PhoneNumberStatus | undefined;
  },
): Promise<PhoneNumberRecord[]> {
  const rows = await PhoneNumberModel.query(trx)
    .where({ account_id: query.accountId })
    .modify((builder) => {
      const { before, status } = query;
      if (before) builder.whereRaw('(created_at, id) < (?, ?)', [before.createdAt, before.id]);
      if (status !== undefined) builder.where({ status });
    })
    .orderBy([
      { column: 'created_at', order: 'desc' },
      { column: 'id', order: 'desc' },
    ])
    .limit(query.limit);
  return rows.map(fromRowPhoneNumber);
}

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

/** Writes a new phone number at revision 1, after all others in the account's own order. */
export async function insertPhoneNumber(
  trx: Transaction,
  phoneNumber: PhoneNumber,
  { workflowId, at }: { readonly workflowId: string; readonly at: Instant },
): Promise<PhoneNumberRecord> {
  const row = { ...toRowPhoneNumber(phoneNumber), workflow_id: workflowId, revision: 1n };
  await PhoneNumberModel.query(trx).insert({
    ...row,
    priority: null,
    created_at: at,
    updated_at: at,
  });
  return { phoneNumber, workflowId, revision: 1, priority: null, createdAt: at };
}

/** Writes the new state of a locked phone number and what happens to it next. */
export async function updatePhoneNumber(
  trx: Transaction,
  record: PhoneNumberRecord,
  { phoneNumber, at }: { readonly phoneNumber: PhoneNumber; readonly at: Instant },
): Promise<PhoneNumberRecord> {
  const revision = record.revision + 1;
  const changed = await PhoneNumberModel.query(trx)
    .where({ id: phoneNumber.id, revision: BigInt(record.revision) })
    .patch({ ...toRowPhoneNumber(phoneNumber), revision: BigInt(revision), updated_at: at });
  invariant(changed === 1, `phone number ${phoneNumber.id} changed under its lock`);
  return { ...record, phoneNumber, revision };
}

function fromRowPhoneNumber(row: PhoneNumberModel): PhoneNumberRecord {
  const phoneNumber: PhoneNumber = {
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
  return {
    phoneNumber,
    workflowId: row.workflow_id,
    revision: Number(row.revision),
    priority: row.priority,
    createdAt: row.created_at,
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
    ...toRowNextAction(decideNextAction(phoneNumber)),
  };
}
