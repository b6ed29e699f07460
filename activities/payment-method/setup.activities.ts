import type { Database } from '../../db/connection';
import { findBillingAddress } from '../../db/repositories/billing-address.repository';
import { setups, type SetupRecord } from '../../db/repositories/setup.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import { parseCurrency } from '../../domain/currency';
import { laterOf } from '../../domain/instant';
import { invariant } from '../../domain/invariant';
import { workflowIdOf } from '../../domain/lifecycle';
import { parseMoney } from '../../domain/money';
import { isDueAction } from '../../domain/next-action';
import {
  beginSetup,
  completeSetup,
  expireSetup,
  noteNothingKept,
  openSetup,
  type Setup,
  type SetupActionKind,
} from '../../domain/payment-method/setup';
import type { CustomerContact, GatewaySetup } from '../../gateways/method-setups';
import { DONE } from '../../workflows/lifecycle.messages';
import type { SetupCommand, SetupStep } from '../../workflows/setup.messages';
import type { ActivityDependencies } from '../dependencies';
import { findAccountNow } from '../lifecycle/account-now';
import { withLocked, withLockedOrNew, type Locked, type TimedTarget } from '../lifecycle/locked';
import { answerOnce, type Answered } from '../lifecycle/once';
import { gatewayOf } from '../payment/gateway-of';
import { withApplicationFailures } from '../to-application-failure';
import { keepMethod } from './keep-method';

export type SetupActivities = ReturnType<typeof createSetupActivities>;

interface SetupToRecord extends TimedTarget {
  readonly command: Extract<SetupCommand, { kind: 'begin' }>;
}

/**
 * A setup's activities. The gateway is asked outside of any transaction; what it answered is then recorded in one
 * transaction that also keeps the method.
 */
export function createSetupActivities(dependencies: ActivityDependencies) {
  const { database, checkoutReturnUrl } = dependencies;
  return withApplicationFailures({
    /** Writes what was asked for. Nothing is asked of the gateway yet. */
    async recordSetup(request: SetupToRecord): Promise<Answered<SetupActionKind>> {
      const { command, now } = request;
      return withLockedOrNew(dependencies, setups, { request, asked: command }, (locked) =>
        answerOnce(setups, locked, now, async () => {
          const setup = buildSetup(request);
          return { record: await setups.insert(locked.trx, setup, now), answer: DONE };
        }),
      );
    },

    /** Opens the hosted page and records where it is. Safe to repeat: the gateway knows the key. */
    async openSetupPage(target: TimedTarget): Promise<SetupStep> {
      const { state: setup } = await readSetup(database, target.id);
      if (setup.status !== 'pending') return change(dependencies, target, (known) => known);
      const { gateway, mode, currency, ceiling, accountId } = setup;
      const reference = workflowIdOf('setup', setup.id);
      const opened = await gatewayOf(dependencies, { gateway }).createSetup({
        idempotencyKey: `${reference}/open`,
        reference,
        customerReference: accountId,
        mode,
        currency,
        ceiling,
        merchant: 'Tollgate',
        returnUrl: `${checkoutReturnUrl}?setup=${encodeURIComponent(setup.id)}`,
        contact: await findContact(database, accountId),
      });
      const { setupId: gatewaySetupId, url } = opened;
      return change(dependencies, target, (known) => openSetup(known, { gatewaySetupId, url }));
    },

    /** Asks the gateway what was kept and records it, once. */
    async settleSetup(target: TimedTarget): Promise<SetupStep> {
      const { state } = await readSetup(database, target.id);
      const { gatewaySetupId, gateway, status } = state;
      if (gatewaySetupId === null || status === 'completed') {
        return change(dependencies, target, (known) => known);
      }
      const told = await gatewayOf(dependencies, { gateway }).getSetup(gatewaySetupId);
      const asked = { request: target, asked: 'settle_setup' };
      return withLocked(dependencies, setups, asked, (locked) => recordTold(locked, target, told));
    },

    /** Records that the gateway gave no answer, so that the next action lies ahead. */
    async noteSetupUnanswered(target: TimedTarget): Promise<SetupStep> {
      return change(dependencies, target, (setup) =>
        isDue(setup, target) ? noteNothingKept(setup) : setup,
      );
    },
  });
}

function buildSetup({ id, accountId, now: askedAt, command }: SetupToRecord): Setup {
  const { gateway, mode, maxAmount } = command;
  const currency = parseCurrency(command.currency);
  const ceiling = maxAmount === null ? null : parseMoney({ amount: maxAmount, currency });
  return beginSetup({ id, accountId, gateway, mode, currency, ceiling, askedAt });
}

async function recordTold(
  locked: Locked<SetupRecord>,
  target: TimedTarget,
  told: GatewaySetup,
): Promise<SetupStep> {
  const { trx, record, recordedAt } = locked;
  const { accountId, gateway } = record.state;
  const { method } = told;
  const isOurs = told.reference === workflowIdOf('setup', record.state.id);
  if (method !== null && isOurs && method.customerReference === accountId) {
    const at = laterOf(target.now, await findAccountNow(locked));
    // Checked at once: that tells who pays by it how early its owner must be told.
    const kept = { ...method, accountId, gateway, checksAt: recordedAt };
    const paymentMethodId = await keepMethod(trx, kept, { at, recordedAt });
    return write(locked, completeSetup(record.state, { paymentMethodId, at }), target);
  }
  if (told.status === 'expired') return write(locked, expireSetup(record.state), target);
  const isChecked = isDue(record.state, target);
  return write(locked, isChecked ? noteNothingKept(record.state) : record.state, target);
}

/** Whether the action that was asked for is still what comes next: its worker may have died after the commit. */
function isDue(setup: Setup, { now, dueAt = now }: TimedTarget): boolean {
  const next = setups.decideNextAction(setup);
  return isDueAction(next) && next.at === dueAt;
}

function change(
  dependencies: ActivityDependencies,
  target: TimedTarget,
  decide: (setup: Setup) => Setup,
): Promise<SetupStep> {
  return withLocked(dependencies, setups, { request: target, asked: null }, (locked) =>
    write(locked, decide(locked.record.state), target),
  );
}

async function write(
  { trx, record }: Locked<SetupRecord>,
  state: Setup,
  { now: at }: TimedTarget,
): Promise<SetupStep> {
  if (state === record.state) return setups.stepOf(record);
  return setups.stepOf(await setups.update(trx, record, { state, at }));
}

/** Whose method it is: read when it is needed, so that no history holds it. */
async function findContact(database: Database, accountId: string): Promise<CustomerContact | null> {
  const address = await withTransaction(database, SYSTEM, (trx) =>
    findBillingAddress(trx, accountId),
  );
  if (address === null || address.phone === null) return null;
  const { businessName: name, email, phone } = address;
  return { name, email, phone };
}

async function readSetup(database: Database, id: string): Promise<SetupRecord> {
  const record = await withTransaction(database, SYSTEM, (trx) => setups.find(trx, id));
  invariant(record !== null, `setup ${id} has no row`);
  return record;
}
