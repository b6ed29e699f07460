/**
 * Owns: the sandbox gateway's API under /v1: bearer key, idempotency, knobs for calls, and which
 * rule answers which call.
 * Does not own: the rules (checkouts.ts, payments.ts, refunds.ts, payment-methods.ts).
 * Example: `POST /v1/charges` of a stolen card answers 402 `{"error": {"code": "card_declined",
 * "decline_code": "stolen_card", "payment": {…}}}`.
 */
import { setTimeout as wait } from 'node:timers/promises';
import express, { type Request, type Response, type Router } from 'express';
import { z } from 'zod';
import { createCheckout, expireCheckout, findCheckout } from './checkouts';
import { createSetup, findSetup } from './setups';
import type { CheckoutRow, PaymentRow } from './books';
import type { SandboxContext } from './context';
import { findDispute } from './disputes';
import type { CallFault, FaultSubject, Operation } from './faults';
import { assertAuthorized } from './http-server';
import { createIdempotency, readKeyedRequest, type Idempotency } from './idempotency';
import { parseRequest } from './parse-request';
import { detachMethod, getMethod, listMethods } from './payment-methods';
import { chargeMethod } from './payments';
import { createPayout, findPayouts } from './payouts';
import {
  presentCheckout,
  presentDispute,
  presentMethod,
  presentPayment,
  presentPayout,
  presentRefund,
  presentSetup,
} from './present';
import { createRefund } from './refunds';
import { SandboxRefusal } from './sandbox-refusal';
import { listSettled } from './settlements';
import {
  chargeRequestSchema,
  checkoutRequestSchema,
  emptyRequestSchema,
  payoutRequestSchema,
  refundRequestSchema,
  setupRequestSchema,
  settledQuerySchema,
  type WireError,
} from '../wire';

const BODY_MAX = '64kb';
const LIST_MAX = 100;

interface Answer {
  readonly httpStatus: number;
  readonly body: unknown;
}

interface WriteCall {
  readonly id: string;
  readonly body: unknown;
  readonly idempotencyKey: string;
}

interface ReadCall {
  readonly id: string;
  readonly query: Readonly<Record<string, unknown>>;
}

type Rule<Call> = (context: SandboxContext, call: Call) => Answer;

const WRITES: readonly (readonly [path: string, operation: Operation, rule: Rule<WriteCall>])[] = [
  ['/checkouts', 'checkout.create', answerCreateCheckout],
  ['/checkouts/:id/expire', 'checkout.expire', answerExpireCheckout],
  ['/setups', 'setup.create', answerCreateSetup],
  ['/charges', 'charge.create', answerCharge],
  ['/refunds', 'refund.create', answerRefund],
  ['/payouts', 'payout.create', answerPayout],
  ['/payment_methods/:id/detach', 'method.detach', answerDetachMethod],
];

const READS: readonly (readonly [path: string, operation: Operation, rule: Rule<ReadCall>])[] = [
  ['/checkouts/:id', 'checkout.get', answerGetCheckout],
  ['/setups/:id', 'setup.get', answerGetSetup],
  ['/payments', 'payment.list', answerListPayments],
  ['/payments/:id', 'payment.get', answerGetPayment],
  ['/payment_methods', 'method.list', answerListMethods],
  ['/disputes/:id', 'dispute.get', answerGetDispute],
  ['/payouts', 'payout.list', answerListPayouts],
  ['/payment_methods/:id', 'method.get', answerGetMethod],
  ['/settlements', 'settlement.list', answerListSettled],
];

export function createApiRoutes(context: SandboxContext, apiKey: string): Router {
  const router = express.Router();
  const idempotency = createIdempotency((key) => context.books.find('answer', key));
  router.use((request, _response, next) => {
    assertAuthorized(request.get('authorization'), apiKey);
    next();
  });
  router.use(express.json({ limit: BODY_MAX }));
  for (const [path, operation, rule] of WRITES) {
    router.post(path, (request, response) =>
      serveWrite({ context, idempotency, operation, rule }, request, response),
    );
  }
  for (const [path, operation, rule] of READS) {
    router.get(path, (request, response) =>
      serveRead({ context, operation, rule }, request, response),
    );
  }
  router.use((request) => {
    throw new SandboxRefusal('resource_missing', `no call ${request.method} ${request.path}`);
  });
  return router;
}

async function serveWrite(
  route: {
    readonly context: SandboxContext;
    readonly idempotency: Idempotency;
    readonly operation: Operation;
    readonly rule: Rule<WriteCall>;
  },
  request: Request,
  response: Response,
): Promise<void> {
  const { context, idempotency, operation, rule } = route;
  const body: unknown = request.body;
  const { method, path } = request;
  const keyed = readKeyedRequest({ key: request.get('idempotency-key'), method, path, body });
  const fault = context.faults.takeForCall(operation, subjectOf(context, request));
  if (fault?.kind === 'timeout_before') return hangUp(response);

  const stored = idempotency.claim(keyed);
  if (stored !== null) {
    response.set('idempotent-replayed', 'true');
    return finish(response, stored, fault);
  }
  try {
    await waitIfDelayed(fault);
    const call: WriteCall = { id: idOf(request), body, idempotencyKey: keyed.key };
    const answer = context.books.atomically(() => {
      const { httpStatus, body: answerBody } = rule(context, call);
      const { key: id, fingerprint } = keyed;
      const row = { id, fingerprint, httpStatus, body: answerBody, createdAt: context.now() };
      context.books.save('answer', row);
      return row;
    });
    finish(response, answer, fault);
  } finally {
    idempotency.release(keyed);
  }
}

async function serveRead(
  route: {
    readonly context: SandboxContext;
    readonly operation: Operation;
    readonly rule: Rule<ReadCall>;
  },
  request: Request,
  response: Response,
): Promise<void> {
  const { context, operation, rule } = route;
  const fault = context.faults.takeForCall(operation, subjectOf(context, request));
  if (fault?.kind === 'timeout_before') return hangUp(response);
  await waitIfDelayed(fault);
  finish(response, rule(context, { id: idOf(request), query: request.query }), fault);
}

const namesSchema = z.object({
  reference: z.string().optional(),
  customer_reference: z.string().optional(),
  payment: z.string().optional(),
});

/** Whom a call is about: the row it names, else the names in it. */
function subjectOf({ books }: SandboxContext, request: Request): FaultSubject {
  // Express types a body as any: what is read of it is checked below.
  const given: object = { ...request.query, ...(request.body as object | undefined) };
  const { payment = '', ...names } = namesSchema.safeParse(given).data ?? {};
  const id = idOf(request);
  const row =
    books.find('payment', payment) ??
    books.find('payment', id) ??
    books.find('checkout', id) ??
    books.find('setup', id) ??
    books.find('dispute', id) ??
    books.find('method', id);
  return row ?? { reference: names.reference, customerReference: names.customer_reference };
}

function finish(response: Response, answer: Answer, fault: CallFault | null): void {
  if (fault?.kind === 'timeout_after') return hangUp(response);
  response.status(answer.httpStatus).json(answer.body);
}

/** What a client sees of a gateway that timed out: a connection that ends without an answer. */
function hangUp(response: Response): void {
  response.socket?.destroy();
}

async function waitIfDelayed(fault: CallFault | null): Promise<void> {
  if (fault?.kind === 'delay') await wait(fault.delay_ms, undefined, { ref: false });
}

function answerCreateCheckout(context: SandboxContext, { body }: WriteCall): Answer {
  const checkout = createCheckout(context, parseRequest(checkoutRequestSchema, body));
  return { httpStatus: 201, body: presentCheckout(context, checkout) };
}

function answerExpireCheckout(context: SandboxContext, { id, body }: WriteCall): Answer {
  parseRequest(emptyRequestSchema, body);
  const expired = expireCheckout(context, getCheckout(context, id));
  return { httpStatus: 200, body: presentCheckout(context, expired) };
}

function answerCreateSetup(context: SandboxContext, { body }: WriteCall): Answer {
  const setup = createSetup(context, parseRequest(setupRequestSchema, body));
  return { httpStatus: 201, body: presentSetup(context, setup) };
}

function answerGetSetup(context: SandboxContext, { id }: ReadCall): Answer {
  const setup = findSetup(context, id);
  if (setup === null) throw new SandboxRefusal('resource_missing', `no setup "${id}"`);
  return { httpStatus: 200, body: presentSetup(context, setup) };
}

function answerCharge(context: SandboxContext, call: WriteCall): Answer {
  const request = parseRequest(chargeRequestSchema, call.body);
  return answerPayment(chargeMethod(context, request, call.idempotencyKey));
}

/** Declined in words and shape as Stripe has it: 402, and the try is a payment of its own. */
function answerPayment(row: PaymentRow): Answer {
  const payment = presentPayment(row);
  if (row.status !== 'failed') return { httpStatus: 201, body: payment };
  const declineCode = row.declineCode ?? 'generic_decline';
  const body: WireError = {
    error: {
      type: 'card_error',
      code: 'card_declined',
      decline_code: declineCode,
      message: `the payment was declined: ${declineCode}`,
      payment,
    },
  };
  return { httpStatus: 402, body };
}

function answerRefund(context: SandboxContext, { body, idempotencyKey }: WriteCall): Answer {
  const result = createRefund(context, parseRequest(refundRequestSchema, body), idempotencyKey);
  if (result.kind === 'refunded') return { httpStatus: 201, body: presentRefund(result.refund) };
  const { declineCode } = result;
  const declined: WireError = {
    error: {
      type: 'card_error',
      code: 'refund_declined',
      decline_code: declineCode,
      message: `the refund was declined: ${declineCode}`,
    },
  };
  return { httpStatus: 402, body: declined };
}

function answerPayout(context: SandboxContext, { body }: WriteCall): Answer {
  const payout = createPayout(context, parseRequest(payoutRequestSchema, body));
  return { httpStatus: 201, body: presentPayout(payout, context.now()) };
}

function answerListPayouts(context: SandboxContext, { query }: ReadCall): Answer {
  const { reference } = parseRequest(z.strictObject({ reference: z.string().min(1) }), query);
  const found = findPayouts(context, reference).map((row) => presentPayout(row, context.now()));
  return { httpStatus: 200, body: { items: found } };
}

function answerListSettled(context: SandboxContext, { query }: ReadCall): Answer {
  return { httpStatus: 200, body: listSettled(context, parseRequest(settledQuerySchema, query)) };
}

function answerDetachMethod(context: SandboxContext, { id, body }: WriteCall): Answer {
  parseRequest(emptyRequestSchema, body);
  return { httpStatus: 200, body: presentMethod(detachMethod(context, id)) };
}

function answerGetCheckout(context: SandboxContext, { id }: ReadCall): Answer {
  return { httpStatus: 200, body: presentCheckout(context, getCheckout(context, id)) };
}

function answerGetDispute(context: SandboxContext, { id }: ReadCall): Answer {
  return { httpStatus: 200, body: presentDispute(findDispute(context, id)) };
}

function answerGetPayment({ books }: SandboxContext, { id }: ReadCall): Answer {
  const payment = books.find('payment', id);
  if (payment === undefined) throw new SandboxRefusal('resource_missing', `no payment "${id}"`);
  return { httpStatus: 200, body: presentPayment(payment) };
}

function answerListPayments({ books }: SandboxContext, { query }: ReadCall): Answer {
  const { reference } = parseRequest(z.strictObject({ reference: z.string().min(1) }), query);
  const payments = books.paymentsWithReference(reference).slice(0, LIST_MAX);
  return { httpStatus: 200, body: { items: payments.map(presentPayment) } };
}

function answerGetMethod(context: SandboxContext, { id }: ReadCall): Answer {
  return { httpStatus: 200, body: presentMethod(getMethod(context, id)) };
}

function answerListMethods(context: SandboxContext, { query }: ReadCall): Answer {
  const schema = z.strictObject({ customer_reference: z.string().min(1) });
  const methods = listMethods(context, parseRequest(schema, query).customer_reference);
  return { httpStatus: 200, body: { items: methods.slice(0, LIST_MAX).map(presentMethod) } };
}

function getCheckout(context: SandboxContext, id: string): CheckoutRow {
  const checkout = findCheckout(context, id);
  if (checkout === null) throw new SandboxRefusal('resource_missing', `no checkout "${id}"`);
  return checkout;
}

function idOf(request: Request): string {
  return typeof request.params['id'] === 'string' ? request.params['id'] : '';
}
