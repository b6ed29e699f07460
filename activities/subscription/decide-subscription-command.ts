import { getAccount, type Account } from '../../db/repositories/account.repository';
import { findBillingAddress } from '../../db/repositories/billing-address.repository';
import { findCommandNote } from '../../db/repositories/command-note.repository';
import { findPlanExcess } from '../../db/repositories/entitlement.repository';
import { findSoldPlan, getPlan } from '../../db/repositories/plan.repository';
import { findFreeUntil, findOpenSubscription } from '../../db/repositories/subscription.repository';
import { keepTestClock } from '../../db/repositories/test-clock.repository';
import type { Transaction } from '../../db/transaction';
import { isBefore, type Instant } from '../../domain/instant';
import { invariant } from '../../domain/invariant';
import { findOffer, howTaken } from '../../domain/offer';
import { trackOf } from '../../domain/plan';
import { decideChange } from '../../domain/subscription/decide-change';
import { decideCancel, decideResume, decideStart } from '../../domain/subscription/decide-command';
import { decidePause } from '../../domain/subscription/decide-pause';
import { decideSchedule, decideUnschedule } from '../../domain/subscription/decide-schedule';
import type { Funds } from '../../domain/subscription/funds';
import type { SubscriptionRefusal } from '../../domain/subscription/refusal';
import type { SubscriptionDecision } from '../../domain/subscription/decision';
import type { Subscription } from '../../domain/subscription/subscription';
import type { SubscriptionCommand } from '../../workflows/subscription.messages';
import type { Refusal } from '../lifecycle/once';
import { refuseGivingBack, refuseOtherPayer, refusePool } from './refuse-assignment';
import type { LockedSubscription } from './subscription-funds';

export type CommandRefusal = SubscriptionRefusal | (Refusal & { readonly kind: 'refused' });

export type DecidableCommand = Exclude<
  SubscriptionCommand,
  { kind: 'money_arrived' | 'payment_reported' }
>;

interface CommandMoment {
  readonly now: Instant;
  readonly funds: Funds;
}

/** Looks up what a command needs and asks the domain. A refusal changes nothing. */
export async function decideSubscriptionCommand(
  locked: LockedSubscription,
  command: DecidableCommand,
  moment: CommandMoment,
): Promise<SubscriptionDecision | CommandRefusal> {
  const decision = await decide(locked, command, moment);
  if (decision.kind === 'refused') return decision;
  const invoiced = decision.sale?.parts.find(({ taxed }) => taxed.total.amountMicros > 0n);
  if (!invoiced?.taxation.registrationId) return decision;
  if ((await findBillingAddress(locked.trx, locked.request.accountId)) !== null) return decision;
  const message = 'a tax invoice needs the billing address; save it first';
  return { kind: 'refused', code: 'billing_address_required', message };
}

async function decide(
  locked: LockedSubscription,
  command: DecidableCommand,
  moment: CommandMoment,
): Promise<SubscriptionDecision | CommandRefusal> {
  if (command.kind === 'start') return start(locked, command, moment);
  const subscription = locked.record?.state;
  if (!subscription) {
    return { kind: 'refused', code: 'not_found', message: 'the subscription was never started' };
  }
  switch (command.kind) {
    case 'change':
    case 'schedule':
      return changeOrSchedule({ locked, subscription }, command, moment);
    case 'unschedule':
      return decideUnschedule(subscription, moment.now);
    case 'pause':
      return pause({ locked, subscription }, command, moment);
    case 'resume':
      return decideResume(subscription, moment);
    case 'cancel':
      return cancel({ locked, subscription }, command, moment);
  }
}

interface Existing {
  readonly locked: LockedSubscription;
  readonly subscription: Subscription;
}

async function pause(
  { locked, subscription }: Existing,
  command: Extract<DecidableCommand, { kind: 'pause' }>,
  moment: CommandMoment,
): Promise<SubscriptionDecision | CommandRefusal> {
  const { servesAccountId } = subscription;
  const refusal = command.at === 'now' ? await refuseGivingBack(locked.trx, servesAccountId) : null;
  return refusal ?? decidePause(subscription, command, moment);
}

/** The customer's own words are read here: no history carries them. */
async function cancel(
  { locked, subscription }: Existing,
  { at, noteId }: Extract<DecidableCommand, { kind: 'cancel' }>,
  moment: CommandMoment,
): Promise<SubscriptionDecision | CommandRefusal> {
  const refusal =
    at === 'now' ? await refuseGivingBack(locked.trx, subscription.servesAccountId) : null;
  if (refusal !== null) return refusal;
  const words = noteId === null ? null : await findCommandNote(locked.trx, noteId);
  return decideCancel(subscription, { at, reason: words ?? 'asked for' }, moment);
}

async function changeOrSchedule(
  { locked, subscription }: Existing,
  command: Extract<DecidableCommand, { kind: 'change' | 'schedule' }>,
  moment: CommandMoment,
): Promise<SubscriptionDecision | CommandRefusal> {
  const { planCode, cycle } = command;
  const { track, price } = subscription;
  const plan = await findSoldPlan(locked.trx, planCode);
  const taken = howTaken((await getPlan(locked.trx, subscription.planCode)).kind);
  const offer = findOffer(plan, { planCode, cycle, track, taken, currency: price.currency });
  if (offer.kind === 'refused') return offer;
  invariant(plan !== null, 'what is offered is a plan');
  const { servesAccountId: accountId } = subscription;
  const refusal =
    (await refuseOtherPayer(locked.trx, { from: subscription.planCode, plan })) ??
    (await refusePool(locked.trx, { accountId, plan }));
  if (refusal !== null) return refusal;
  const { terms: target } = offer;
  if (command.kind === 'schedule') {
    return decideSchedule(subscription, { target, effectiveAt: command.effectiveAt }, moment.now);
  }
  const [excess = null] = await findPlanExcess(locked.trx, { accountId, track, ...target });
  return decideChange(subscription, { target, isForced: command.isForced, excess }, moment);
}

async function start(
  { trx, request, record }: LockedSubscription,
  { planCode, cycle }: Extract<DecidableCommand, { kind: 'start' }>,
  moment: CommandMoment,
): Promise<SubscriptionDecision | CommandRefusal> {
  const { accountId, servesAccountId = accountId } = request;
  const account = await getAccount(trx, servesAccountId);
  if (await isLate(trx, account, moment.now)) {
    const message = 'the account’s test clock moved on meanwhile; ask again with a new key';
    return { kind: 'refused', code: 'invalid_state', message };
  }
  const { currency, timeZone } = account;
  const plan = await findSoldPlan(trx, planCode);
  const taken = plan === null ? undefined : howTaken(plan.kind);
  const offer = findOffer(plan, { planCode, cycle, currency, taken });
  if (offer.kind === 'refused') return offer;
  invariant(plan !== null, 'what is offered is a plan');
  const track = trackOf(plan.kind);
  const open = await findOpenSubscription(trx, { accountId: servesAccountId, track });
  if (open !== null || record !== null) {
    const message = `the account has a ${track} subscription already; change or cancel it`;
    return { kind: 'refused', code: 'already_exists', message };
  }
  const refusal = await refusePool(trx, { accountId: servesAccountId, plan });
  if (refusal !== null) return refusal;
  const { changePolicy: _, ...terms } = offer.terms;
  const freeUntil = await findFreeUntil(trx, { accountId: servesAccountId, track });
  const who = { id: request.id, accountId, servesAccountId, track, timeZone };
  return decideStart({ ...terms, ...who, freeUntil }, moment);
}

/**
 * Whether the account's test clock has left the instant a start was asked at: a start that waited for a
 * worker meanwhile would begin in the past, and the next advance would charge for periods gone by.
 */
async function isLate(trx: Transaction, { testClockId }: Account, now: Instant): Promise<boolean> {
  if (testClockId === null) return false;
  const clock = await keepTestClock(trx, testClockId);
  invariant(clock !== null, `test clock ${testClockId} has no row`);
  return clock.status === 'advancing' || isBefore(now, clock.now);
}
