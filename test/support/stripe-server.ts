/**
 * A server that speaks as Stripe's documentation has it, for the calls our adapter makes: forms in, JSON out, each
 * request held against its published shape, idempotency keys kept and played back, errors by their documented
 * types, webhooks signed. Its hosted pages are paid by `pay`, a customer's hands.
 * Example: `const stripe = await startStripeServer(); stripe.loseNext(['POST /v1/refunds'], { executed: true });`
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import Stripe from 'stripe';
import { StripeBooks, StripeRefusal, type Instrument } from './stripe/books';
import { CALLS } from './stripe/calls';
import { parseForm, textOf, type FormFields } from './stripe/form';
import { readTyped } from './stripe/instruments';
import { completeSetup, expireSession, payPage, type TypedPage } from './stripe/pages';
import { move, succeed } from './stripe/payments';
import { findShapeProblems } from './stripe/request-shapes';

export const SECRET_KEY = 'sk_test_of_tests';
export const WEBHOOK_SECRET = 'whsec_of_the_tests_of_stripe';
export const API_VERSION = '2026-10-28.endive';

export interface StripeCall {
  /** `POST /v1/payment_intents/:id/cancel`. */
  readonly route: string;
  readonly path: string;
  readonly idempotencyKey: string | null;
  readonly fields: FormFields;
  readonly headers: IncomingMessage['headers'];
}

export interface ScriptedAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface StripeServer {
  readonly origin: string;
  readonly calls: StripeCall[];
  readonly books: StripeBooks;
  /** Answers the next call of a route so, instead of executing it. */
  answerNext(route: string, answer: ScriptedAnswer): void;
  /** Ends the connection of the next call of one of the routes, and of the SDK's one repetition of it. */
  loseNext(routes: readonly string[], how: { readonly executed: boolean }): void;
  /** Never answers the next call of a route, which is executed before or not. */
  hangNext(route: string, how: { readonly executed: boolean }): void;
  /** What the next payment does, whatever it is made with. */
  payNext(does: Instrument): void;
  refundNext(fate: 'failed' | 'pending'): void;
  /** What Stripe does with keys after a day. */
  forgetKeys(): void;
  pay(sessionId: string, page: TypedPage): void;
  completeSetup(sessionId: string, typed: string): void;
  /** The page's time is up. */
  expire(sessionId: string): void;
  /** The bank's answer to a payment that was processing. */
  settle(paymentIntentId: string): void;
  dispute(paymentIntentId: string, reason: string): string;
  closeDispute(disputeId: string, as: 'won' | 'lost'): void;
  stop(): Promise<void>;
}

interface Fault {
  readonly routes: readonly string[];
  readonly does: 'answer' | 'lose' | 'hang';
  readonly executed: boolean;
  readonly answer: ScriptedAnswer;
  left: number;
}

interface Kept {
  readonly fingerprint: string;
  /** Null while it is executed. */
  answer: ScriptedAnswer | null;
}

const NOTHING: ScriptedAnswer = { status: 0, body: null };

export async function startStripeServer(): Promise<StripeServer> {
  const books = new StripeBooks(API_VERSION);
  const calls: StripeCall[] = [];
  const faults: Fault[] = [];
  const keys = new Map<string, Kept>();
  const payments: Instrument[] = [];
  const refunds: ('failed' | 'pending')[] = [];
  const fates = {
    takePayment: () => payments.shift() ?? null,
    takeRefund: () => refunds.shift() ?? null,
  };

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call = await readCall(request);
    calls.push(call);
    const fault = takeFault(faults, call.route);
    if (fault?.does === 'answer') return reply(response, fault.answer);
    const isExecuted = fault === null || fault.executed;
    const answer = isExecuted ? await answerOnce(call) : NOTHING;
    if (fault === null) return reply(response, answer);
    if (fault.does === 'lose') request.socket.destroy();
  }

  /** A key's first answer, errors included, is played back to whoever comes with it again. */
  async function answerOnce(call: StripeCall): Promise<ScriptedAnswer> {
    const refusal = judgeCall(call);
    if (refusal !== null) return refusal;
    const key = call.idempotencyKey;
    if (key === null) return execute(call);
    const fingerprint = fingerprintOf(call);
    const kept = keys.get(key);
    if (kept !== undefined) return replay(kept, fingerprint);
    const claimed: Kept = { fingerprint, answer: null };
    keys.set(key, claimed);
    // Others get in between, as they do at Stripe.
    await new Promise((resolve) => setImmediate(resolve));
    claimed.answer = execute(call);
    return claimed.answer;
  }

  function execute(call: StripeCall): ScriptedAnswer {
    const rule = CALLS[call.route];
    if (rule === undefined) return error(404, 'invalid_request_error', `no ${call.route}`);
    try {
      const body = rule({ books, fates, id: idIn(call.path), fields: call.fields });
      return { status: 200, body };
    } catch (refused) {
      if (!(refused instanceof StripeRefusal)) throw refused;
      return { status: refused.status, body: { error: refused.error } };
    }
  }

  const server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const add = (fault: Fault) => void faults.push(fault);
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    books,
    answerNext: (route, answer) =>
      add({ routes: [route], does: 'answer', executed: false, answer, left: 1 }),
    loseNext: (routes, { executed }) =>
      add({ routes, does: 'lose', executed, answer: NOTHING, left: 2 }),
    hangNext: (route, { executed }) =>
      add({ routes: [route], does: 'hang', executed, answer: NOTHING, left: 1 }),
    payNext: (does) => void payments.push(does),
    refundNext: (fate) => void refunds.push(fate),
    forgetKeys: () => keys.clear(),
    pay: (id, page) => payPage(books, id, { ...page, does: fates.takePayment() }),
    completeSetup: (id, typed) => completeSetup(books, id, readTyped(typed)),
    expire: (id) => void expireSession(books, id),
    settle: (id) => settle(books, id),
    dispute: (id, reason) => dispute(books, id, reason),
    closeDispute: (id, as) => closeDispute(books, id, as),
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The header of a webhook, as Stripe's own library writes it. */
export function signStripe(rawBody: Buffer, how: { secret: string; atSeconds: number }): string {
  return new Stripe(SECRET_KEY).webhooks.generateTestHeaderString({
    payload: rawBody.toString('utf8'),
    secret: how.secret,
    timestamp: how.atSeconds,
  });
}

async function readCall(request: IncomingMessage): Promise<StripeCall> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  const url = new URL(request.url ?? '/', 'http://stripe.test');
  const body = Buffer.concat(chunks).toString('utf8');
  const { method = '', headers } = request;
  const key = headers['idempotency-key'];
  return {
    route: `${method} ${routeOf(url.pathname)}`,
    path: url.pathname,
    idempotencyKey: typeof key === 'string' ? key : null,
    fields: parseForm(method === 'GET' ? url.search.slice(1) : body),
    headers,
  };
}

const ID = /^[a-z]+_[\w%]+$/;
const NOT_IDS = new Set([
  'payment_intents',
  'payment_methods',
  'setup_intents',
  'balance_transactions',
]);

function isId(part: string): boolean {
  return ID.test(part) && !NOT_IDS.has(part);
}

function routeOf(path: string): string {
  return path
    .split('/')
    .map((part) => (isId(part) ? ':id' : part))
    .join('/');
}

function idIn(path: string): string {
  return decodeURIComponent(path.split('/').find(isId) ?? '');
}

/** What Stripe refuses before it executes anything: these answers are kept under no key. */
function judgeCall({ route, fields, headers, idempotencyKey }: StripeCall): ScriptedAnswer | null {
  if (headers.authorization !== `Bearer ${SECRET_KEY}`) {
    return error(401, 'invalid_request_error', 'Invalid API Key provided');
  }
  if (headers['stripe-version'] !== API_VERSION) throw new Error('the version is not pinned');
  if (route.startsWith('POST') && idempotencyKey === null) throw new Error(`${route} has no key`);
  const [problem] = findShapeProblems(route, fields);
  if (problem === undefined) return null;
  const { code, param } = problem;
  const facts = { type: 'invalid_request_error', code, param, message: `${code}: ${param}` };
  return { status: 400, body: { error: facts } };
}

function replay(kept: Kept, fingerprint: string): ScriptedAnswer {
  if (kept.fingerprint !== fingerprint) {
    const message = 'Keys for idempotent requests can only be used with the same parameters.';
    return error(400, 'idempotency_error', message);
  }
  if (kept.answer === null) {
    const code = 'idempotency_key_in_use';
    const facts = { type: 'invalid_request_error', code, message: 'The key is in use.' };
    return { status: 409, body: { error: facts } };
  }
  return { ...kept.answer, headers: { 'idempotent-replayed': 'true' } };
}

function fingerprintOf({ path, fields }: StripeCall): string {
  return createHash('sha256')
    .update(path + JSON.stringify(fields))
    .digest('hex');
}

function takeFault(faults: Fault[], route: string): Fault | null {
  const index = faults.findIndex(({ routes }) => routes.includes(route));
  const fault = faults[index];
  if (fault === undefined) return null;
  fault.left -= 1;
  if (fault.left === 0) faults.splice(index, 1);
  return fault;
}

function reply(response: ServerResponse, { status, body, headers }: ScriptedAnswer): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'request-id': 'req_of_tests',
    ...headers,
  });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

/** As https://docs.stripe.com/api/errors has them. */
export function error(status: number, type: string, message: string): ScriptedAnswer {
  return { status, body: { error: { type, message } } };
}

function settle(books: StripeBooks, id: string): void {
  const intent = books.get('payment_intent', id);
  succeed(books, intent);
  const [session] = books.list('checkout.session', (row) => row.payment_intent === id);
  if (session === undefined) return;
  session.payment_status = 'paid';
  books.tell('checkout.session.async_payment_succeeded', session);
}

const DISPUTE_FEE = 1_500;
const EVIDENCE_SECONDS = 10 * 86_400;

function dispute(books: StripeBooks, id: string, reason: string): string {
  const intent = books.get('payment_intent', id);
  const { amount = 0, currency = '' } = intent;
  const opened = books.add('dispute', {
    amount,
    currency,
    charge: textOf(intent.latest_charge),
    payment_intent: id,
    reason,
    status: 'needs_response',
    metadata: {},
  });
  opened.evidence_details = { due_by: opened.created + EVIDENCE_SECONDS };
  const moved = move(
    books,
    { category: 'dispute', amount: -amount, fee: DISPUTE_FEE, currency },
    opened.id,
  );
  opened.balance_transactions = [books.get('balance_transaction', moved)];
  books.tell('charge.dispute.created', opened);
  return opened.id;
}

function closeDispute(books: StripeBooks, id: string, as: 'won' | 'lost'): void {
  const row = books.get('dispute', id);
  row.status = as;
  books.tell('charge.dispute.closed', row);
}
