/**
 * Owns: looking after a kept method: what its gateway says of it now, and telling that a card expires.
 * Does not own: when that is done (operations/), charging it (collection/).
 */
import { getAccount } from '../../db/repositories/account.repository';
import { insertEvents } from '../../db/repositories/event.repository';
import { noteLead } from '../../db/note-lead';
import {
  findDefaultMethod,
  findEarliestTell,
  lockPaymentMethod,
  noteMethodChecked,
  noteMethodTold,
  updateMethodTerms,
  type MethodToTell,
} from '../../db/repositories/payment-method.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction, type Transaction } from '../../db/transaction';
import { addSeconds, type Instant } from '../../domain/instant';
import { buildMethodEvents } from '../../domain/payment-method/build-method-events';
import {
  describeExpiry,
  findNextTell,
  type CardExpiry,
  type PaymentMethod,
} from '../../domain/payment-method/payment-method';
import { GatewayUnavailable, type KeptMethod } from '../../gateways/payment-gateway';
import { signalIfRunning } from '../../gateways/signal-if-running';
import { moneyArrived } from '../../workflows/payment.messages';
import type { ActivityDependencies } from '../dependencies';
import { findAccountNow } from '../lifecycle/account-now';
import { gatewayOf } from '../payment/gateway-of';
import { changeMandate, removeMethod } from './end-method';

/** A mandate may end where nobody tells us. */
const MANDATE_CHECKED_EVERY_SECONDS = 24 * 3_600;
/** The others need not wait for a gateway that is silent about one. */
const SILENT_ASKED_AFTER_SECONDS = 300;

type WatchDependencies = Pick<ActivityDependencies, 'database' | 'now' | 'gateways' | 'client'>;

/** When a gateway is to be asked about a method again, by the wall; null: never by itself. */
function nextCheck(kept: Pick<KeptMethod, 'mandate'>, recordedAt: Instant): Instant | null {
  const { mandate } = kept;
  if (mandate === null || mandate.status === 'revoked') return null;
  return addSeconds(recordedAt, MANDATE_CHECKED_EVERY_SECONDS);
}

/** Asks its gateway about a method and records what it says. Answers false when it gave no answer. */
export async function checkMethod(
  dependencies: WatchDependencies,
  method: PaymentMethod,
): Promise<boolean> {
  const { database, now } = dependencies;
  const kept = await askAbout(dependencies, method);
  const isTold = await withTransaction(database, SYSTEM, async (trx) => {
    const recordedAt = now();
    if (kept !== 'silent') return recordKept(trx, { id: method.id, kept, recordedAt });
    const checksAt = addSeconds(recordedAt, SILENT_ASKED_AFTER_SECONDS);
    await noteMethodChecked(trx, method.id, { checksAt });
    return false;
  });
  await announceLead(dependencies, method);
  return isTold;
}

/** How early its owner must be told of a charge follows the method that is charged; who pays by it is told to look. */
async function announceLead(
  { database, gateways, client, now }: WatchDependencies,
  { id, accountId }: PaymentMethod,
): Promise<void> {
  const changed = await withTransaction(database, SYSTEM, async (trx) => {
    const charged = await findDefaultMethod(trx, accountId);
    const rules = charged && gateways.get(charged.gateway)?.capabilities.preDebitNoticeHours;
    const hours = (charged && rules?.[charged.kind]) ?? 0;
    const request = { id, accountId, operationKey: id };
    const at = await findAccountNow({ trx, request, recordedAt: now() });
    return noteLead(trx, { accountId, hours, at });
  });
  const from = `payment-method/${id}`;
  for (const workflowId of changed)
    await signalIfRunning(client, workflowId, moneyArrived, { from });
}

async function askAbout(
  dependencies: WatchDependencies,
  method: PaymentMethod,
): Promise<KeptMethod | null | 'silent'> {
  try {
    return await gatewayOf(dependencies, method).getPaymentMethod(method.methodReference);
  } catch (error) {
    if (error instanceof GatewayUnavailable) return 'silent';
    throw error;
  }
}

/** Writes what a gateway says of a method, and tells what that changes. */
async function recordKept(
  trx: Transaction,
  told: {
    readonly id: string;
    readonly kept: KeptMethod | null;
    readonly recordedAt: Instant;
  },
): Promise<boolean> {
  const { id, kept, recordedAt } = told;
  const method = await lockPaymentMethod(trx, id);
  // Forgotten meanwhile: nobody is asked about it any more.
  if (method === null || method.detachedAt !== null) return false;
  const { accountId } = method;
  const { timeZone } = await getAccount(trx, accountId);
  const at = await findAccountNow({
    trx,
    request: { id, accountId, operationKey: id },
    recordedAt,
  });
  const moment = { at, recordedAt, timeZone };
  if (kept === null || kept.status === 'detached') {
    await noteMethodChecked(trx, id, { checksAt: null });
    await removeMethod(trx, method, moment);
    return true;
  }
  const { expiry, mandate } = kept;
  await noteMethodChecked(trx, id, { checksAt: nextCheck(kept, recordedAt) });
  if (!isSameExpiry(expiry, method.expiry)) {
    const tellsAt = findNextTell({ expiry }, { toldUntil: at, timeZone });
    await updateMethodTerms(trx, id, { expiry, mandate: method.mandate, tellsAt });
  }
  await changeMandate(trx, { ...method, expiry }, { ...moment, mandate });
  return true;
}

function isSameExpiry(one: CardExpiry | null, other: CardExpiry | null): boolean {
  return one?.month === other?.month && one?.year === other?.year;
}

/** The first thing to tell of the methods of an account on a test clock, if that is by `to`. */
export function findDueTell(
  { database }: Pick<WatchDependencies, 'database'>,
  due: { readonly accountId: string; readonly to: Instant },
): Promise<MethodToTell | null> {
  return withTransaction(database, SYSTEM, (trx) => findEarliestTell(trx, due));
}

/** Tells of a card at its instant, once. */
export async function tellExpiry(
  { database, now }: Pick<WatchDependencies, 'database' | 'now'>,
  { method: { id, accountId }, tellsAt: at }: MethodToTell,
): Promise<void> {
  await withTransaction(database, SYSTEM, async (trx) => {
    const method = await lockPaymentMethod(trx, id);
    if (method === null) return;
    const { timeZone } = await getAccount(trx, accountId);
    const next = findNextTell(method, { toldUntil: at, timeZone });
    if (!(await noteMethodTold(trx, id, { toldAt: at, tellsAt: next }))) return;
    const events = describeExpiry(method, { at, timeZone });
    await insertEvents(trx, buildMethodEvents(method, { events, timeZone, at }), now());
  });
}
