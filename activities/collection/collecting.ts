import {
  insertMethodCharge,
  listGatewaysAsked,
} from '../../db/repositories/method-charge.repository';
import { findPaymentMethod } from '../../db/repositories/payment-method.repository';
import type { ChargeOutcome } from '../../domain/collection/charge-attempt';
import type { MadeCharge } from '../../domain/collection/collection';
import type { Instant } from '../../domain/instant';
import { invariant } from '../../domain/invariant';
import type { Step } from '../../domain/lifecycle';
import { isStillNext, type DueAction } from '../../domain/next-action';
import type { Payer } from '../../domain/payment/payment';
import {
  GatewayRejected,
  type GatewayPayment,
  type PaymentGateway,
  type PaymentQuery,
} from '../../gateways/payment-gateway';
import { outcomeOf } from './charge-outcome';
import type { CollectionTarget, Collectible, OpenCollection } from './collectible';
import type { ActivityDependencies } from '../dependencies';
import { gatewayOf } from '../payment/gateway-of';
import { startPayLinks } from '../payment/open-pay-link';
import { createWaking } from '../payment/wake-waiting';
import { recordCharge, recordReported } from './record-collection';

export interface CollectRequest extends CollectionTarget {
  readonly action: DueAction;
  readonly now: Instant;
}
export interface ReportRequest extends CollectionTarget {
  readonly now: Instant;
  readonly gateway: string;
  readonly gatewayPaymentId: string;
}

interface Collecting<NounStep extends Step> {
  /** Makes or looks up the charge that is due, and records what came of it, exactly once. */
  readonly collect: (request: CollectRequest) => Promise<NounStep>;
  /** Records that the gateway gave no answer, so that it is asked again later about the same charge. */
  readonly noteUnanswered: (request: CollectRequest) => Promise<NounStep>;
  /** A webhook spoke of a payment: the gateway is asked what it is, and that is recorded. */
  readonly settleReported: (request: ReportRequest) => Promise<NounStep>;
}

/**
 * Charges of saved methods. The try is written down first, under its key; then the gateway is asked,
 * outside of any transaction; then its answer is recorded in one transaction that also moves the money
 * and pays the period. Killed anywhere, the next attempt finds the key and asks about the same charge.
 */
export function createCollecting<NounStep extends Step>(
  dependencies: ActivityDependencies,
  kind: Payer['kind'],
  open: OpenCollection<NounStep>,
): Collecting<NounStep> {
  const waking = createWaking(dependencies, kind);
  /** A payment link that was placed is opened once that has committed. */
  const opening =
    <Request extends CollectionTarget>(activity: (request: Request) => Promise<NounStep>) =>
    async (request: Request): Promise<NounStep> => {
      const step = await activity(request);
      await startPayLinks(dependencies, request);
      return step;
    };
  return {
    collect: waking(
      opening(async (request: CollectRequest) => {
        const withLocked: WithCollectible<NounStep> = (work) =>
          open(dependencies, { request, asked: request.action }, work);
        await lookBack(dependencies, request, withLocked);
        const begun = await begin(request, withLocked);
        if (begun.kind === 'settled') return begun.step;
        const answer = await ask(gatewayOf(dependencies, begun.charge), begun);
        return withLocked((locked) =>
          recordCharge(locked, { key: begun.charge.key, at: request.now, ...answer }),
        );
      }),
    ),

    noteUnanswered: waking((request: CollectRequest) => {
      const { action, now } = request;
      return open(dependencies, { request, asked: action }, async (locked) => {
        // Noted before: its worker died after the commit.
        if (isStillNext(locked.step().next, action)) await locked.noteUnanswered(now);
        return locked.step();
      });
    }),

    settleReported: waking(
      opening(async (request: ReportRequest) => {
        const { gateway, gatewayPaymentId } = request;
        const payment = await gatewayOf(dependencies, request).getPayment(gatewayPaymentId);
        const reported = payment === null ? [] : [{ gateway, payment }];
        const asked = { kind: 'payment_reported', gateway, gatewayPaymentId };
        return open(dependencies, { request, asked }, (locked) =>
          recordReported(locked, { reported, at: request.now }),
        );
      }),
    ),
  };
}

/** One transaction about the noun of a request. */
type WithCollectible<NounStep extends Step> = <T>(
  work: (locked: Collectible<NounStep>) => Promise<T>,
) => Promise<T>;

/** Before a new try: an earlier one of the same period that a bank authorised late pays it as well. */
async function lookBack<NounStep extends Step>(
  dependencies: ActivityDependencies,
  { action, now, accountId: customerReference }: CollectRequest,
  withLocked: WithCollectible<NounStep>,
): Promise<void> {
  const earlier = await withLocked(async (locked) => {
    const { charge, chargesMade } = locked.collection();
    const isNewAttempt = charge?.stage === 'planned' && chargesMade > 0;
    if (!isNewAttempt || !isStillNext(locked.step().next, action)) return null;
    const reference = await locked.nameDue(now);
    return { reference, gateways: await listGatewaysAsked(locked.trx, reference) };
  });
  if (earlier === null) return;
  const { reference, gateways } = earlier;
  for (const name of gateways) {
    const gateway = gatewayOf(dependencies, { gateway: name });
    const payments = await gateway.findPayments({ reference, customerReference });
    const reported = payments
      .filter(({ status }) => status === 'succeeded')
      .map((payment) => ({ gateway: gateway.name, payment }));
    if (reported.length === 0) continue;
    await withLocked((locked) => recordReported(locked, { reported, at: now }));
  }
}

type Begun<NounStep extends Step> = { readonly kind: 'settled'; readonly step: NounStep } | ToAsk;

interface ToAsk {
  readonly kind: 'ask';
  readonly charge: MadeCharge;
  readonly customerReference: string;
  readonly methodReference: string;
  /** Written by this very attempt: nobody can have asked before. */
  readonly isNew: boolean;
}

/** Writes the try down, or finds that there is nothing to ask: paid meanwhile, no method, a notice first. */
function begin<NounStep extends Step>(
  { action, now, accountId }: CollectRequest,
  withLocked: WithCollectible<NounStep>,
): Promise<Begun<NounStep>> {
  return withLocked(async (locked): Promise<Begun<NounStep>> => {
    const { charge } = locked.collection();
    if (charge === null || !isStillNext(locked.step().next, action)) {
      return { kind: 'settled', step: locked.step() };
    }
    // What follows may be due at the same instant: it is asked for under a key of its own.
    if (await locked.isDone()) return { kind: 'settled', step: locked.step() };
    if (charge.stage !== 'planned') return toAsk(locked, charge, { isNew: false });
    const begun = await locked.beginCharge(now);
    if (begun === null) return { kind: 'settled', step: locked.step() };
    const { key, reference, methodId: paymentMethodId } = begun.charge;
    const { sale, taxation } = begun.terms;
    const { payer, recordedAt } = locked;
    await insertMethodCharge(
      locked.trx,
      { key, reference, accountId, payer, paymentMethodId, sale, taxation, askedAt: now },
      recordedAt,
    );
    return toAsk(locked, begun.charge, { isNew: true });
  });
}

async function toAsk<NounStep extends Step>(
  { trx, request }: Collectible<NounStep>,
  charge: MadeCharge,
  { isNew }: { readonly isNew: boolean },
): Promise<ToAsk> {
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
async function ask(gateway: PaymentGateway, begun: ToAsk): Promise<Answer> {
  const { charge, customerReference, methodReference, isNew } = begun;
  const { key, reference, money } = charge;
  const known = isNew ? undefined : await findByKey(gateway, { reference, customerReference, key });
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
  { key, ...query }: PaymentQuery & { readonly key: string },
): Promise<GatewayPayment | undefined> {
  const payments = await gateway.findPayments(query);
  return payments.find(({ idempotencyKey }) => idempotencyKey === key);
}

function toAnswer(payment: GatewayPayment): Answer {
  return { outcome: outcomeOf(payment), payment };
}
