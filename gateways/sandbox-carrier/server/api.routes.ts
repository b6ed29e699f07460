/**
 * Owns: the sandbox carrier's API under /v1: bearer key, idempotency, knobs for calls, and which rule
 * answers which call.
 * Does not own: the rules (leases.ts).
 * Example: `POST /v1/leases` of a number somebody rents answers 409 `{"error": {"code":
 * "number_gone", …}}`, and the same again under the same key.
 */
import { setTimeout as wait } from 'node:timers/promises';
import express, { type Request, type Response, type Router } from 'express';
import { z } from 'zod';
import type { AnswerRow } from '../../sandbox/server/books';
import { assertAuthorized } from '../../sandbox/server/http-server';
import {
  createIdempotency,
  readKeyedRequest,
  type Idempotency,
} from '../../sandbox/server/idempotency';
import { parseRequest } from '../../sandbox/server/parse-request';
import { SandboxRefusal } from '../../sandbox/server/sandbox-refusal';
import { findSchema, orderSchema, emptySchema, searchSchema, type WireError } from '../wire';
import type { CallFault, FaultSubject, Operation } from './faults';
import {
  decideOrder,
  decideRelease,
  findByReference,
  findFreeOffer,
  searchOffers,
  type Carrier,
} from './leases';
import type { Change, LeaseRow } from './lease-store';
import { presentLease, presentOffer } from './present';

const BODY_MAX = '16kb';

interface Answer {
  readonly httpStatus: number;
  readonly body: unknown;
}

interface WriteCall {
  readonly id: string;
  readonly body: unknown;
}

interface ReadCall {
  readonly id: string;
  readonly query: Readonly<Record<string, unknown>>;
}

/** Changes nothing itself: the change and the answer are committed together. */
type WriteRule = (carrier: Carrier, call: WriteCall) => Answer & { readonly change: Change };
type ReadRule = (carrier: Carrier, call: ReadCall) => Answer;

const WRITES: readonly (readonly [path: string, operation: Operation, rule: WriteRule])[] = [
  ['/leases', 'number.order', answerOrder],
  ['/leases/:id/release', 'number.release', answerRelease],
];

const READS: readonly (readonly [path: string, operation: Operation, rule: ReadRule])[] = [
  ['/numbers', 'number.search', answerSearch],
  ['/numbers/:id', 'number.get', answerOffer],
  ['/leases', 'lease.find', answerFind],
  ['/leases/:id', 'lease.get', answerGet],
];

export function createApiRoutes(carrier: Carrier, apiKey: string): Router {
  const router = express.Router();
  const idempotency = createIdempotency(carrier.store.findAnswer);
  router.use((request, _response, next) => {
    assertAuthorized(request.get('authorization'), apiKey);
    next();
  });
  router.use(express.json({ limit: BODY_MAX }));
  for (const [path, operation, rule] of WRITES) {
    router.post(path, (request, response) =>
      serveWrite({ carrier, idempotency, operation, rule }, request, response),
    );
  }
  for (const [path, operation, rule] of READS) {
    router.get(path, (request, response) =>
      serveRead({ carrier, operation, rule }, request, response),
    );
  }
  return router;
}

async function serveWrite(
  route: {
    readonly carrier: Carrier;
    readonly idempotency: Idempotency;
    readonly operation: Operation;
    readonly rule: WriteRule;
  },
  request: Request,
  response: Response,
): Promise<void> {
  const { carrier, idempotency, operation, rule } = route;
  const body: unknown = request.body;
  const { method, path } = request;
  const keyed = readKeyedRequest({ key: request.get('idempotency-key'), method, path, body });
  const fault = carrier.faults.takeForCall(operation, subjectOf(carrier, request));
  if (fault?.kind === 'timeout_before') return hangUp(response);
  if (fault?.kind === 'release_fails') return fail(response);

  const stored = idempotency.claim(keyed);
  if (stored !== null) {
    response.set('idempotent-replayed', 'true');
    return finish(response, stored, fault);
  }
  try {
    await waitIfDelayed(fault);
    const { change, httpStatus, body: answerBody } = rule(carrier, { id: idOf(request), body });
    const { key: id, fingerprint } = keyed;
    const createdAt = carrier.now();
    const answer: AnswerRow = { id, fingerprint, httpStatus, body: answerBody, createdAt };
    carrier.store.commit({ ...change, answer });
    finish(response, answer, fault);
  } finally {
    idempotency.release(keyed);
  }
}

async function serveRead(
  route: { readonly carrier: Carrier; readonly operation: Operation; readonly rule: ReadRule },
  request: Request,
  response: Response,
): Promise<void> {
  const { carrier, operation, rule } = route;
  const fault = carrier.faults.takeForCall(operation, subjectOf(carrier, request));
  if (fault?.kind === 'timeout_before') return hangUp(response);
  await waitIfDelayed(fault);
  finish(response, rule(carrier, { id: idOf(request), query: request.query }), fault);
}

const namesSchema = z.object({
  reference: z.string().optional(),
  number: z.string().optional(),
});

/** What a call is about: the names in an order, else the lease it names; an id without a lease is a number. */
function subjectOf(carrier: Carrier, request: Request): FaultSubject {
  // Express types a body as any: what is read of it is checked below.
  const given: object = { ...request.query, ...(request.body as object | undefined) };
  const { reference, number } = namesSchema.safeParse(given).data ?? {};
  if (number !== undefined) return { reference, number };
  const id = idOf(request);
  const lease = carrier.store.find(id) ?? findByReference(carrier, reference ?? '');
  return lease ?? { reference, number: id };
}

function finish(response: Response, answer: Answer, fault: CallFault | null): void {
  if (fault?.kind === 'timeout_after') return hangUp(response);
  response.status(answer.httpStatus).json(answer.body);
}

/** What a client sees of a carrier that timed out: a connection that ends without an answer. */
function hangUp(response: Response): void {
  response.socket?.destroy();
}

/** Nothing was executed and no answer is kept: the same key may be tried again. */
function fail(response: Response): void {
  const error = { type: 'api_error', code: 'release_failed', message: 'the release failed' };
  const body: WireError = { error };
  response.status(503).json(body);
}

async function waitIfDelayed(fault: CallFault | null): Promise<void> {
  if (fault?.kind === 'delay' || fault?.kind === 'slow') {
    await wait(fault.delay_ms, undefined, { ref: false });
  }
}

function answerOrder(carrier: Carrier, { body }: WriteCall): ReturnType<WriteRule> {
  const request = parseRequest(orderSchema, body);
  const decision = decideOrder(
    carrier,
    request,
    carrier.faults.takeForOutcome('number.order', request),
  );
  if (decision.kind === 'rented') {
    const { lease } = decision;
    return { change: { lease }, httpStatus: 201, body: presentLease(lease) };
  }
  const { takenNumber } = decision;
  const message = `${request.number} is not on offer`;
  const gone: WireError = { error: { type: 'conflict', code: 'number_gone', message } };
  return { change: takenNumber === null ? {} : { takenNumber }, httpStatus: 409, body: gone };
}

function answerRelease(carrier: Carrier, { id, body }: WriteCall): ReturnType<WriteRule> {
  parseRequest(emptySchema, body);
  const before = getLease(carrier, id);
  const fault = carrier.faults.takeForOutcome('number.release', before);
  const lease = decideRelease(carrier, before, fault);
  return { change: { lease }, httpStatus: 200, body: presentLease(lease) };
}

function answerSearch(carrier: Carrier, { query }: ReadCall): Answer {
  const offers = searchOffers(carrier, parseRequest(searchSchema, query));
  return { httpStatus: 200, body: { items: offers.map(presentOffer) } };
}

function answerOffer(carrier: Carrier, { id }: ReadCall): Answer {
  const offer = findFreeOffer(carrier, id);
  if (offer === null) throw new SandboxRefusal('resource_missing', `${id} is not on offer`);
  return { httpStatus: 200, body: presentOffer(offer) };
}

function answerFind(carrier: Carrier, { query }: ReadCall): Answer {
  const lease = findByReference(carrier, parseRequest(findSchema, query).reference);
  return { httpStatus: 200, body: { items: lease === null ? [] : [presentLease(lease)] } };
}

function answerGet(carrier: Carrier, { id }: ReadCall): Answer {
  return { httpStatus: 200, body: presentLease(getLease(carrier, id)) };
}

function getLease({ store }: Carrier, id: string): LeaseRow {
  const lease = store.find(id);
  if (lease === null) throw new SandboxRefusal('resource_missing', `no lease "${id}"`);
  return lease;
}

function idOf(request: Request): string {
  const { id } = request.params;
  return typeof id === 'string' ? id : '';
}
