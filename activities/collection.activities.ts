import { insertMethodCharge } from '../db/repositories/method-charge.repository';
import { findPaymentMethod } from '../db/repositories/payment-method.repository';
import { updateSubscription } from '../db/repositories/subscription.repository';
import type { Instant } from '../domain/instant';
import { invariant } from '../domain/invariant';
import { isStillNext, type DueAction } from '../domain/next-action';
import type { ChargeOutcome } from '../domain/collection/charge-try';
import { decideCharge, decideUnanswered } from '../domain/subscription/collect';
import type { MadeCharge } from '../domain/collection/collection';
import { buildPeriodSale } from '../domain/subscription/sale';
import { decideNextAction, type SubscriptionActionKind } from '../domain/subscription/decide-next';
import { periodOf } from '../domain/subscription/subscription';
import {
  GatewayRejected,
  type GatewayPayment,
  type PaymentGateway,
} from '../gateways/payment-gateway';
import type { SubscriptionStep } from '../workflows/subscription.messages';
import { applySubscriptionDecision } from './apply-subscription-decision';
import { outcomeOf } from './charge-outcome';
import type { ActivityDependencies } from './dependencies';
import {
  findOtherWakes,
  recordCharge,
  recordReported,
  type Collected,
  type ReportedPayment,
} from './record-collection';
import {
  findFunds,
  inSubscriptionUnit,
  stepOf,
  type SubscriptionTarget,
  type SubscriptionUnit,
} from './subscription-unit';
import { withApplicationFailures } from './to-application-failure';

export type CollectionActivities = ReturnType<typeof createCollectionActivities>;

export interface CollectRequest extends SubscriptionTarget {
  readonly action: DueAction<SubscriptionActionKind>;
}
export interface ReportRequest extends SubscriptionTarget {
  readonly now: Instant;
  readonly gatewayPaymentId: string;
}

const DONE = { kind: 'done' } as const;

/**
 * Charges of saved methods. The try is written down first, under its key; then the gateway is asked,
 * outside of any transaction; then its answer is recorded in one transaction that also moves the money
 * and pays the period. Killed anywhere, the next attempt finds the key and asks about the same charge.
 */
export function createCollectionActivities(dependencies: ActivityDependencies) {
  const gatewayOf = (name: string): PaymentGateway => {
    const gateway = dependencies.gateways.get(name);
    invariant(gateway !== undefined, `no gateway called ${name}`);
    return gateway;
  };

  return withApplicationFailures({
    /** Makes or looks up the charge that is due, and records what came of it, exactly once. */
    async collectPayment(request: CollectRequest): Promise<Collected> {
      await lookBack(dependencies, request);
      const begun = await begin(dependencies, request);
      if (begun.kind === 'settled') return begun.collected;
      const answer = await ask(gatewayOf(begun.charge.gateway), begun);
      return inSubscriptionUnit(dependencies, { request, asked: request.action }, (unit) =>
        recordCharge(unit, { key: begun.charge.key, at: request.action.at, ...answer }),
      );
    },

    /** Records that the gateway gave no answer, so that it is asked again later about the same charge. */
    async noteUncollected(request: CollectRequest): Promise<SubscriptionStep> {
      const { action } = request;
      return inSubscriptionUnit(dependencies, { request, asked: action }, async (unit) => {
        const { record } = unit;
        invariant(record !== null, `subscription ${request.id} has no row`);
        // Noted before: its worker died after the commit.
        if (!isStillNext(decideNextAction(record.subscription), action)) return stepOf(record);
        const funds = await findFunds(unit, action.at);
        const decision = decideUnanswered(record.subscription, { at: action.at, funds });
        const { taxation } = funds;
        return stepOf(await applySubscriptionDecision(unit, decision, { answer: DONE, taxation }));
      });
    },

    /** A webhook spoke of a payment: the gateway is asked what it is, and that is recorded. */
    async settleReported(request: ReportRequest): Promise<Collected> {
      const found = await findReported(dependencies, request.gatewayPaymentId);
      const reported = found === null ? [] : [found];
      const asked = { kind: 'payment_reported', gatewayPaymentId: request.gatewayPaymentId };
      return inSubscriptionUnit(dependencies, { request, asked }, (unit) =>
        recordReported(unit, { reported, at: request.now }),
      );
    },
  });
}

/** Before a new try: an earlier one of the same period that a bank authorised late pays it as well. */
async function lookBack(
  dependencies: ActivityDependencies,
  request: CollectRequest,
): Promise<void> {
  const { action } = request;
  const unit = { request, asked: action };
  const earlier = await inSubscriptionUnit(dependencies, unit, async (locked) => {
    const subscription = locked.record?.subscription;
    if (!subscription || !isStillNext(decideNextAction(subscription), action)) return null;
    const { charge, chargesMade } = subscription.collection;
    if (charge?.stage !== 'planned' || chargesMade === 0) return null;
    const { taxation } = await findFunds(locked, action.at);
    return buildPeriodSale(subscription, periodOf(subscription, action.at), taxation).reference;
  });
  if (earlier === null) return;
  for (const gateway of dependencies.gateways.values()) {
    const payments = await gateway.findPayments({ reference: earlier });
    const reported = payments
      .filter(({ status }) => status === 'succeeded')
      .map((payment) => ({ gateway: gateway.name, payment }));
    if (reported.length === 0) continue;
    await inSubscriptionUnit(dependencies, unit, (locked) =>
      recordReported(locked, { reported, at: action.at }),
    );
  }
}

type Begun =
  | { readonly kind: 'settled'; readonly collected: Collected }
  | {
      readonly kind: 'ask';
      readonly charge: MadeCharge;
      readonly customerReference: string;
      readonly methodReference: string;
      /** Written by this very attempt: nobody can have asked before. */
      readonly isNew: boolean;
    };

/** Writes the try down, or finds that there is nothing to ask: paid meanwhile, no method, a notice first. */
function begin(dependencies: ActivityDependencies, request: CollectRequest): Promise<Begun> {
  const { action } = request;
  return inSubscriptionUnit(dependencies, { request, asked: action }, async (unit) => {
    const { record, trx } = unit;
    invariant(record !== null, `subscription ${request.id} has no row`);
    const { subscription } = record;
    const { charge } = subscription.collection;
    if (charge === null || !isStillNext(decideNextAction(subscription), action)) {
      return settled(stepOf(record), unit);
    }
    if (charge.stage !== 'planned') return toAsk(unit, charge, { isNew: false });
    const funds = await findFunds(unit, action.at);
    const decided = decideCharge(subscription, { at: action.at, funds });
    if (decided.kind === 'decided') {
      const { taxation } = funds;
      const changed = await applySubscriptionDecision(unit, decided, { answer: DONE, taxation });
      return settled(stepOf(changed), unit);
    }
    await updateSubscription(trx, record, { subscription: decided.subscription, at: action.at });
    const { key, methodId: paymentMethodId } = decided.charge;
    const { sale, taxation } = decided.terms;
    await insertMethodCharge(
      trx,
      {
        key,
        accountId: request.accountId,
        subscriptionId: request.id,
        paymentMethodId,
        sale,
        taxation,
        askedAt: action.at,
      },
      unit.recordedAt,
    );
    return toAsk(unit, decided.charge, { isNew: true });
  });
}

async function settled(step: SubscriptionStep, unit: SubscriptionUnit): Promise<Begun> {
  return { kind: 'settled', collected: { step, wakes: await findOtherWakes(unit) } };
}

async function toAsk(
  { trx, request }: SubscriptionUnit,
  charge: MadeCharge,
  { isNew }: { readonly isNew: boolean },
): Promise<Begun> {
  const method = await findPaymentMethod(trx, charge.methodId);
  invariant(method !== null, `payment method ${charge.methodId} has no row`);
  const { methodReference } = method;
  return { kind: 'ask', charge, customerReference: request.accountId, methodReference, isNew };
}

interface Answer {
  readonly outcome: ChargeOutcome;
  readonly payment: GatewayPayment | null;
}

/**
 * Looks the charge up by its key, and makes it under that key when the gateway does not know it. A
 * gateway keeps keys for a day only, so a charge of unknown outcome is never just repeated.
 */
async function ask(
  gateway: PaymentGateway,
  begun: Extract<Begun, { kind: 'ask' }>,
): Promise<Answer> {
  const { charge, customerReference, methodReference, isNew } = begun;
  const { key, reference, money } = charge;
  const known = isNew ? undefined : await findByKey(gateway, { reference, key });
  if (known !== undefined) return toAnswer(known);
  try {
    const { payment } = await gateway.chargeSaved({
      idempotencyKey: key,
      reference,
      customerReference,
      money,
      methodReference,
    });
    return toAnswer(payment);
  } catch (error) {
    if (!(error instanceof GatewayRejected) || error.code !== 'resource_missing') throw error;
    const declineCode = 'payment_method_detached';
    return { outcome: { kind: 'declined', declineCode, declineClass: 'hard' }, payment: null };
  }
}

async function findByKey(
  gateway: PaymentGateway,
  { reference, key }: { readonly reference: string; readonly key: string },
): Promise<GatewayPayment | undefined> {
  const payments = await gateway.findPayments({ reference });
  return payments.find(({ idempotencyKey }) => idempotencyKey === key);
}

function toAnswer(payment: GatewayPayment): Answer {
  return { outcome: outcomeOf(payment), payment };
}

/** The payment a webhook named, from whichever gateway knows it. */
async function findReported(
  { gateways }: ActivityDependencies,
  gatewayPaymentId: string,
): Promise<ReportedPayment | null> {
  for (const gateway of gateways.values()) {
    const payment = await gateway.getPayment(gatewayPaymentId);
    if (payment !== null) return { gateway: gateway.name, payment };
  }
  return null;
}
