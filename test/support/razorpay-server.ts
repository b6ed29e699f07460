/**
 * A server that speaks as Razorpay's documentation has it, for the calls our adapter makes, and the hands of a
 * customer, a bank and a bad network.
 * Example: `const razorpay = await startRazorpayServer(); await razorpay.pay(link.id, { method: 'upi', fate })`.
 */
import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ReceivedWebhook } from '../../gateways/payment-gateway';
import { CARD, now, RazorpayBooks, type Fate } from './razorpay/books';
import type { Payment, Settled } from './razorpay/entities';
import { answer, refuse, type Answer, type Call, type Moods, type World } from './razorpay/routes';

export const KEY_ID = 'rzp_test_00000000000001';
export const KEY_SECRET = 'key-secret-of-tests';
export const WEBHOOK_SECRET = 'webhook-secret-of-tests';

/** Strikes the first call it fits. */
export interface Fault {
  readonly fits: (call: Call) => boolean;
  /** Ends the connection before or after the call is executed; or answers so instead of executing it. */
  readonly does: 'lose_before' | 'lose_after' | Answer;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface RazorpayServer {
  readonly origin: string;
  readonly books: RazorpayBooks;
  readonly moods: Moods;
  readonly calls: Call[];
  readonly webhooks: ReceivedWebhook[];
  strike(fault: Fault): void;
  /** Forgets the faults that struck nothing yet. */
  forgive(): void;
  pay(linkId: string, how: { readonly method: 'upi' | 'card'; readonly fate: Fate }): Payment;
  expireLink(linkId: string): void;
  /** The customer agrees on a registration page, and the bank says so to the mandate. */
  register(invoiceId: string, mandate?: string): void;
  changeToken(tokenId: string, status: 'confirmed' | 'rejected' | 'paused' | 'cancelled'): void;
  dispute(paymentId: string, phase?: string): string;
  decideDispute(disputeId: string, status: 'under_review' | 'won' | 'lost' | 'closed'): void;
  settle(line: Partial<Settled> & Pick<Settled, 'entity_id' | 'type' | 'settled_at'>): void;
  /** All that was captured and given back is settled now, unless it is already. */
  settleAll(): void;
  sign(rawBody: Buffer, secret?: string): ReceivedWebhook;
  stop(): Promise<void>;
}

export async function startRazorpayServer(): Promise<RazorpayServer> {
  const webhooks: ReceivedWebhook[] = [];
  const books = new RazorpayBooks((event, about) => {
    const payload = Object.fromEntries(
      Object.entries(about).map(([name, entity]) => [name, { entity }]),
    );
    const body = { entity: 'event', account_id: 'acc_1', event, contains: Object.keys(about) };
    const text = JSON.stringify({ ...body, payload, created_at: now() });
    webhooks.push(sign(Buffer.from(text), WEBHOOK_SECRET, `evt_${webhooks.length + 1}`));
  });
  const moods: Moods = {
    fates: [],
    refundFates: [],
    areReceiptsUnique: true,
    hidesPayments: false,
    upiTokensAre: 'listed',
  };
  const world: World = { books, moods, refundKeys: new Map() };
  const calls: Call[] = [];
  const faults: Fault[] = [];

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const call = await readCall(request);
    if (request.headers.authorization !== AUTHORIZATION) {
      return reply(response, refuse('Authentication failed', 401));
    }
    calls.push(call);
    const index = faults.findIndex(({ fits }) => fits(call));
    const [fault] = index === -1 ? [] : faults.splice(index, 1);
    if (fault === undefined) return reply(response, answer(world, call));
    if (fault.does !== 'lose_before' && fault.does !== 'lose_after') {
      return reply(response, fault.does, fault.headers);
    }
    if (fault.does === 'lose_after') answer(world, call);
    request.socket.destroy();
  }

  const server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    books,
    moods,
    calls,
    webhooks,
    strike: (fault) => void faults.push(fault),
    forgive: () => void faults.splice(0),
    ...handsOn(world),
    sign: (rawBody, secret = WEBHOOK_SECRET) => sign(rawBody, secret),
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** What people and banks do, beside the API. */
function handsOn({ books }: World) {
  const tell = books.told;
  return {
    pay(linkId: string, { method, fate }: { method: 'upi' | 'card'; fate: Fate }): Payment {
      const link = find(books.links, linkId);
      if (link.status !== 'created') throw new Error(`the page is ${link.status}`);
      const description = `#${linkId.replace('plink_', '')}`;
      const payment = books.addPayment(books.orderOf(link), {
        method,
        description,
        notes: link.notes,
      });
      books.decide(payment, fate);
      return payment;
    },
    expireLink(linkId: string): void {
      const link = find(books.links, linkId);
      link.status = 'expired';
      tell('payment_link.expired', { payment_link: link });
    },
    register(invoiceId: string, mandate = 'confirmed'): void {
      const invoice = find(books.invoices, invoiceId);
      const order = find(books.orders, invoice.order_id);
      const { mode, max_amount: maxAmount } = invoice.notes;
      const method = mode === 'upi' ? 'upi' : 'card';
      const id = books.newId('token');
      const payment = books.addPayment(order, {
        method,
        description: `Invoice #${invoiceId}`,
        notes: invoice.notes,
        invoiceId,
        customerId: invoice.customer_id,
        tokenId: id,
      });
      books.tokens.set(id, {
        id,
        entity: 'token',
        customer_id: invoice.customer_id,
        method,
        ...(method === 'card' ? { card: { ...CARD, expiry_month: 12, expiry_year: 2030 } } : {}),
        recurring: true,
        recurring_details: { status: mandate, failure_reason: null },
        max_amount: Number(maxAmount),
        created_at: now(),
      });
      books.decide(payment, { kind: 'captured' });
      Object.assign(invoice, { status: 'paid', payment_id: payment.id });
      tell('invoice.paid', { payment, order, invoice });
    },
    changeToken(tokenId: string, status: string): void {
      const token = find(books.tokens, tokenId);
      token.recurring_details.status = status;
      const { customer_id: _untold, ...entity } = token;
      tell(`token.${status}`, { token: entity });
    },
    dispute(paymentId: string, phase = 'chargeback'): string {
      const payment = find(books.payments, paymentId);
      const id = books.newId('disp');
      const { amount, currency } = payment;
      books.disputes.set(id, {
        id,
        entity: 'dispute',
        payment_id: paymentId,
        amount,
        currency,
        amount_deducted: 0,
        reason_code: 'goods_or_services_not_received_or_partially_received',
        respond_by: now() + 7 * 86_400,
        status: 'open',
        phase,
        created_at: now(),
      });
      tell('payment.dispute.created', { payment, dispute: find(books.disputes, id) });
      return id;
    },
    decideDispute(disputeId: string, status: 'under_review' | 'won' | 'lost' | 'closed'): void {
      const dispute = find(books.disputes, disputeId);
      dispute.status = status;
      if (status === 'lost') dispute.amount_deducted = dispute.amount;
      const payment = find(books.payments, dispute.payment_id);
      tell(`payment.dispute.${status}`, { payment, dispute });
    },
    settle(line: Partial<Settled> & Pick<Settled, 'entity_id' | 'type' | 'settled_at'>): void {
      books.settled.push({ ...UNSETTLED, ...line });
    },
    settleAll(): void {
      const known = new Set(books.settled.map(({ entity_id: id }) => id));
      const settled = { ...UNSETTLED, settled_at: now() };
      for (const { id, captured, amount, fee } of books.payments.values()) {
        if (!captured || known.has(id)) continue;
        const paid = { amount, fee: fee ?? 0, credit: amount - (fee ?? 0) };
        books.settled.push({ ...settled, ...paid, entity_id: id, type: 'payment' });
      }
      for (const { id, status, amount, payment_id: paymentId } of books.refunds.values()) {
        if (status !== 'processed' || known.has(id)) continue;
        const gone = { amount, debit: amount, payment_id: paymentId };
        books.settled.push({ ...settled, ...gone, entity_id: id, type: 'refund' });
      }
    },
  };
}

const UNSETTLED = {
  debit: 0,
  credit: 0,
  amount: 0,
  currency: 'INR',
  fee: 0,
  tax: 0,
  settled: true,
  settlement_id: 'setl_00000000000001',
  payment_id: null,
  dispute_id: null,
} as const;

function find<Entity>(all: ReadonlyMap<string, Entity>, id: string): Entity {
  const found = all.get(id);
  if (found === undefined) throw new Error(`razorpay has no ${id}`);
  return found;
}

function sign(rawBody: Buffer, secret: string, eventId = 'evt_signed'): ReceivedWebhook {
  const signature = createHmac('sha256', secret).update(rawBody).digest('hex');
  const headers = { 'x-razorpay-signature': signature, 'x-razorpay-event-id': eventId };
  return { rawBody, headers, receivedAt: new Date().toISOString() };
}

const AUTHORIZATION = `Basic ${Buffer.from(`${KEY_ID}:${KEY_SECRET}`).toString('base64')}`;

async function readCall(request: IncomingMessage): Promise<Call> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  const url = new URL(request.url ?? '/', 'http://razorpay.test');
  const text = Buffer.concat(chunks).toString('utf8');
  return {
    method: request.method ?? '',
    path: url.pathname.replace(/^\/v1/, ''),
    query: url.searchParams,
    body: text === '' ? {} : JSON.parse(text),
    headers: request.headers,
  };
}

function reply(
  response: ServerResponse,
  { status, body }: Answer,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}
