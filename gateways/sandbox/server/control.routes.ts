/**
 * Owns: the sandbox's knobs over HTTP: faults, its books for comparison, and making things happen
 * now instead of later, so that no test has to wait.
 * Does not own: doing it (faults.ts, payments.ts, checkouts.ts, webhook-delivery.ts).
 * There is no key on these calls: a sandbox moves no money, and listens on this machine only unless
 * it is told otherwise. They take JSON only, which a page of another site cannot send.
 */
import express, { type Router } from 'express';
import { z } from 'zod';
import type { EventRow } from './books';
import { expireCheckout, findCheckout } from './checkouts';
import type { SandboxContext } from './context';
import { createDisputeRoutes } from './dispute.routes';
import { createFaultRoutes } from './fault-queue';
import { faultSchema } from './faults';
import { readExpiry } from './checkout-form';
import { parseRequest } from './parse-request';
import { changeMethod } from './payment-methods';
import { settlePayments } from './payments';
import {
  presentCheckout,
  presentDispute,
  presentEvent,
  presentMethod,
  presentPayment,
  presentPayout,
  presentRefund,
  presentSetup,
} from './present';
import { SandboxRefusal } from './sandbox-refusal';
import { expireSetup, findSetup } from './setups';
import { settlementKnobSchema } from './settlements';
import type { WebhookDelivery } from './webhook-delivery';

const BODY_MAX = '16kb';
const id = z.string().min(1).max(255);
const stateSchema = z.strictObject({ reference: id.optional() });
const settleSchema = z.strictObject({ payment_id: id.optional() });
const expireSchema = z.union([
  z.strictObject({ checkout_id: id }),
  z.strictObject({ setup_id: id }),
]);
const methodSchema = z.strictObject({
  mandate: z.enum(['active', 'paused', 'revoked']).optional(),
  /** As it stands on a card, of past months too. */
  expiry: z
    .string()
    .refine((typed) => readExpiry(typed) !== null, 'must be like 09/30')
    .transform(readExpiry)
    .optional(),
});
const deliverSchema = z.strictObject({ event_id: id.optional() });
const endpointSchema = z.strictObject({ url: z.url({ protocol: /^https?$/ }).nullable() });

export interface Controls {
  readonly context: SandboxContext;
  readonly delivery: WebhookDelivery;
  /** Where webhooks go from now on; null: nowhere. */
  readonly setWebhookUrl: (url: string | null) => void;
}

export function createControlRoutes({ context, delivery, setWebhookUrl }: Controls): Router {
  const router = express.Router();
  const { faults } = context;
  router.use(express.json({ limit: BODY_MAX }));

  router.use(createFaultRoutes(faults, faultSchema));
  router.use(createDisputeRoutes(context));
  router.get('/state', (request, response) => {
    const { reference } = parseRequest(stateSchema, request.query);
    response.json(presentState(context, reference ?? null));
  });
  router.post('/settle', (request, response) => {
    const { payment_id: paymentId } = parseRequest(settleSchema, request.body);
    const settled = settleNow(context, paymentId ?? null);
    response.json({ settled: settled.map(presentPayment) });
  });
  router.post('/expire', (request, response) => {
    response.json(expireNow(context, parseRequest(expireSchema, request.body)));
  });
  router.post('/payment_methods/:id', (request, response) => {
    const changed = parseRequest(methodSchema, request.body);
    response.json(presentMethod(changeMethod(context, request.params.id, changed)));
  });
  router.post('/deliver', async (request, response) => {
    const { event_id: eventId } = parseRequest(deliverSchema, request.body);
    const events = findEvents(context, eventId ?? null);
    await Promise.all(events.map((event) => delivery.sendNow(event)));
    const sent = events.map((event) => context.books.find('event', event.id) ?? event);
    response.json({ webhooks: sent.map(presentEvent) });
  });
  router.post('/settlements', (request, response) => {
    const knob = parseRequest(settlementKnobSchema, request.body);
    context.settlementKnobs.turn(knob, context.now());
    response.json(knob);
  });
  router.put('/webhook_endpoint', (request, response) => {
    const { url } = parseRequest(endpointSchema, request.body);
    setWebhookUrl(url);
    response.json({ url });
  });
  return router;
}

function presentState(context: SandboxContext, reference: string | null): object {
  const { books, faults } = context;
  const isWanted = (row: { readonly reference: string | null }): boolean =>
    reference === null || row.reference === reference;
  const payments = books.list('payment').filter(isWanted);
  const paymentIds = new Set(payments.map((payment) => payment.id));
  return {
    payments: payments.map(presentPayment),
    checkouts: books
      .list('checkout')
      .filter(isWanted)
      .map((checkout) => presentCheckout(context, checkout)),
    setups: books
      .list('setup')
      .filter(isWanted)
      .map((setup) => presentSetup(context, setup)),
    payment_methods: books.list('method').map(presentMethod),
    refunds: books
      .list('refund')
      .filter((refund) => paymentIds.has(refund.paymentId))
      .map(presentRefund),
    disputes: books.list('dispute').filter(isWanted).map(presentDispute),
    payouts: books
      .list('payout')
      .filter(isWanted)
      .map((payout) => presentPayout(payout, context.now())),
    webhooks: books.list('event').filter(isWanted).map(presentEvent),
    faults: faults.list(),
  };
}

function expireNow(context: SandboxContext, named: z.infer<typeof expireSchema>): object {
  if ('setup_id' in named) {
    const setup = findSetup(context, named.setup_id);
    if (setup === null) throw missing(`setup "${named.setup_id}"`);
    return presentSetup(context, expireSetup(context, setup));
  }
  const checkout = findCheckout(context, named.checkout_id);
  if (checkout === null) throw missing(`checkout "${named.checkout_id}"`);
  return presentCheckout(context, expireCheckout(context, checkout));
}

/** All that are pending, or the one that is named; naming one that is not pending changes nothing. */
function settleNow(
  context: SandboxContext,
  paymentId: string | null,
): ReturnType<typeof settlePayments> {
  if (paymentId === null) return settlePayments(context, context.books.due('payment', Infinity));
  const payment = context.books.find('payment', paymentId);
  if (payment === undefined) throw missing(`payment "${paymentId}"`);
  return settlePayments(context, [payment]);
}

/** The named event, whatever became of it (a dropped one included), or all that wait to be sent. */
function findEvents({ books }: SandboxContext, eventId: string | null): readonly EventRow[] {
  if (eventId === null) return books.due('event', Infinity);
  const event = books.find('event', eventId);
  if (event === undefined) throw missing(`event "${eventId}"`);
  return [event];
}

function missing(what: string): SandboxRefusal {
  return new SandboxRefusal('resource_missing', `no ${what}`);
}
