/** Razorpay's API v1 for the calls our adapter makes, answered from the books as the documentation has it. */
import type { z } from 'zod';
import { now, type Fate, type RazorpayBooks } from './books';
import type { Payment, Refund } from './entities';
import {
  captureRequest,
  linkRequest,
  orderChange,
  orderRequest,
  recurringRequest,
  refundRequest,
  registrationRequest,
} from './requests';

export interface Call {
  readonly method: string;
  /** Without `/v1` and the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** What the bank or Razorpay does next, for a test to change. */
export interface Moods {
  /** Of the next payments, one each; then `captured`. */
  readonly fates: Fate[];
  /** Of the next refunds, one each; then `processed`. */
  readonly refundFates: Refund['status'][];
  /** Whether an order's receipt must be unique: documented, and not what its examples show. */
  areReceiptsUnique: boolean;
  /** Whether a payment that was made does not show with its order yet. */
  hidesPayments: boolean;
  /** Where UPI tokens are read: documented is the list, once Razorpay has switched that on for an account. */
  upiTokensAre: 'listed' | 'read_by_id';
}

export interface World {
  readonly books: RazorpayBooks;
  readonly moods: Moods;
  readonly refundKeys: Map<string, { readonly refund: Refund; readonly request: string }>;
}

type Handler = (world: World, call: Call, id: string) => Answer;

const ROUTES: readonly (readonly [string, RegExp, Handler])[] = [
  ['POST', /^\/payment_links$/, createLink],
  ['GET', /^\/payment_links$/, listLinks],
  ['GET', /^\/payment_links\/(\w+)$/, (world, _call, id) => give(world.books.links.get(id), id)],
  ['POST', /^\/payment_links\/(\w+)\/cancel$/, cancelLink],
  ['POST', /^\/orders$/, createOrder],
  ['GET', /^\/orders$/, listOrders],
  ['GET', /^\/orders\/(\w+)$/, (world, _call, id) => give(world.books.orders.get(id), id)],
  ['PATCH', /^\/orders\/(\w+)$/, changeOrder],
  ['POST', /^\/payments\/create\/recurring$/, createRecurring],
  ['GET', /^\/payments\/(\w+)$/, (world, call, id) => give(showPayment(world, call, id), id)],
  ['POST', /^\/payments\/(\w+)\/capture$/, capturePayment],
  ['POST', /^\/payments\/(\w+)\/refund$/, createRefund],
  ['GET', /^\/payments\/(\w+)\/refunds$/, listRefunds],
  ['POST', /^\/subscription_registration\/auth_links$/, createRegistration],
  ['GET', /^\/invoices$/, listInvoices],
  ['GET', /^\/invoices\/(\w+)$/, (world, _call, id) => give(world.books.invoices.get(id), id)],
  ['GET', /^\/customers\/(\w+)\/tokens$/, listTokens],
  ['GET', /^\/customers\/(\w+\/tokens\/\w+)$/, readToken],
  ['DELETE', /^\/customers\/(\w+\/tokens\/\w+)$/, deleteToken],
  ['PUT', /^\/customers\/(\w+\/tokens\/\w+)\/cancel$/, cancelToken],
  ['GET', /^\/disputes\/(\w+)$/, (world, _call, id) => give(world.books.disputes.get(id), id)],
  ['GET', /^\/settlements\/recon\/combined$/, listSettled],
];

export function answer(world: World, call: Call): Answer {
  for (const [method, path, handle] of ROUTES) {
    const match = path.exec(call.path);
    if (match !== null && method === call.method) return handle(world, call, match[1] ?? '');
  }
  return refuse('The requested URL was not found on the server.');
}

/** As https://razorpay.com/docs/errors has errors. */
export function refuse(
  description: string,
  status = 400,
  reason = 'input_validation_failed',
): Answer {
  const code = status >= 500 ? 'SERVER_ERROR' : 'BAD_REQUEST_ERROR';
  const where = { source: 'business', step: 'payment_initiation', reason, metadata: {} };
  return { status, body: { error: { code, description, ...where } } };
}

function give(entity: object | undefined, id: string): Answer {
  if (entity !== undefined) return { status: 200, body: entity };
  const isId = /_\w{14}$/.test(id);
  return refuse(isId ? 'The id provided does not exist' : `${id} is not a valid id`);
}

function list(items: readonly object[]): Answer {
  return { status: 200, body: { entity: 'collection', count: items.length, items } };
}

/** Runs with the body as documented, or refuses the first thing that is not. */
function reading<Schema extends z.ZodType>(
  { body }: Call,
  schema: Schema,
  work: (request: z.infer<Schema>) => Answer,
): Answer {
  const read = schema.safeParse(body);
  if (read.success) return work(read.data);
  const [issue] = read.error.issues;
  if (issue?.code === 'unrecognized_keys') {
    return refuse(`${issue.keys.join(', ')} is/are not required and should not be sent`);
  }
  return refuse(`${issue?.path.join('.')}: ${issue?.message}`);
}

function createLink(world: World, call: Call): Answer {
  return reading(call, linkRequest, (wanted) => {
    const { links } = world.books;
    if ([...links.values()].some((link) => link.reference_id === wanted.reference_id)) {
      return refuse('payment link creation with reference ID already attempted');
    }
    const id = world.books.newId('plink');
    links.set(id, {
      id,
      accept_partial: wanted.accept_partial ?? false,
      amount: wanted.amount,
      amount_paid: 0,
      currency: wanted.currency,
      reference_id: wanted.reference_id,
      description: wanted.description,
      expire_by: wanted.expire_by,
      notes: wanted.notes,
      short_url: `https://rzp.io/i/${id.slice(-7)}`,
      status: 'created',
      created_at: now(),
    });
    return give(links.get(id), id);
  });
}

function listLinks({ books }: World, { query }: Call): Answer {
  const id = query.get('reference_id');
  const found = [...books.links.values()].filter((link) => link.reference_id === id);
  return { status: 200, body: { payment_links: found } };
}

function cancelLink({ books }: World, _call: Call, id: string): Answer {
  const link = books.links.get(id);
  if (link === undefined) return give(link, id);
  if (link.status === 'paid' || link.status === 'partially_paid') {
    return refuse('cannot cancel or expire an already paid/partially paid link');
  }
  if (link.status !== 'created') return refuse('cannot cancel or expire an expired link');
  link.status = 'cancelled';
  return give(link, id);
}

function createOrder({ books, moods }: World, call: Call): Answer {
  return reading(call, orderRequest, ({ amount, currency, receipt, notes }) => {
    const isTaken = [...books.orders.values()].some((order) => order.receipt === receipt);
    if (isTaken && moods.areReceiptsUnique) return refuse('The receipt has already been taken.');
    const order = books.addOrder({ amount, currency, receipt, notes });
    return give(order, order.id);
  });
}

function listOrders({ books, moods }: World, { query }: Call): Answer {
  const orders = [...books.orders.values()].filter(
    (order) => order.receipt === query.get('receipt'),
  );
  const isExpanded = query.get('expand[]') === 'payments.card';
  return list(
    orders.toReversed().map((order) => {
      if (!isExpanded) return order;
      const made = [...books.payments.values()].filter(({ order_id: id }) => id === order.id);
      const items = moods.hidesPayments ? [] : made;
      const payments = { entity: 'collection', count: items.length, items: items.toReversed() };
      return { ...order, payments };
    }),
  );
}

function changeOrder({ books }: World, call: Call, id: string): Answer {
  return reading(call, orderChange, ({ notes }) => {
    const order = books.orders.get(id);
    if (order !== undefined) order.notes = notes;
    return give(order, id);
  });
}

function createRecurring({ books, moods }: World, call: Call): Answer {
  return reading(call, recurringRequest, (wanted) => {
    const order = books.orders.get(wanted.order_id);
    const token = books.tokens.get(wanted.token);
    if (order === undefined || token?.customer_id !== wanted.customer_id) {
      return refuse('The id provided does not exist');
    }
    if (order.status === 'paid') return refuse('Payment already done for this order.');
    if (wanted.amount !== order.amount) return refuse('The amount is not the order’s.');
    if (wanted.amount > token.max_amount) return refuse('Amount exceeds maximum amount allowed');
    const payment = books.addPayment(order, {
      method: token.method,
      description: wanted.description,
      notes: wanted.notes,
      customerId: token.customer_id,
      tokenId: token.id,
    });
    const { status } = token.recurring_details;
    const lost = { kind: 'failed', reason: `mandate_${status}` } as const;
    books.decide(payment, status === 'confirmed' ? (moods.fates.shift() ?? PAID) : lost);
    return { status: 200, body: { razorpay_payment_id: payment.id } };
  });
}

const PAID: Fate = { kind: 'captured' };

function showPayment({ books }: World, { query }: Call, id: string): object | undefined {
  const payment = books.payments.get(id);
  if (payment === undefined || query.get('expand[]') === 'card') return payment;
  const { card: _card, ...rest } = payment;
  return rest;
}

function capturePayment({ books }: World, call: Call, id: string): Answer {
  return reading(call, captureRequest, ({ amount }) => {
    const payment = books.payments.get(id);
    if (payment === undefined) return give(payment, id);
    if (books.orders.get(payment.order_id ?? '')?.status === 'paid') {
      return refuse('Your payment has been declined as the order is already paid.');
    }
    if (payment.status !== 'authorized') return refuse('This payment has already been captured');
    if (amount !== payment.amount) {
      return refuse('Capture amount must be equal to the amount authorized');
    }
    books.capture(payment);
    return give(payment, id);
  });
}

function createRefund(world: World, call: Call, id: string): Answer {
  return reading(call, refundRequest, ({ amount, notes = {} }) => {
    const key = String(call.headers['x-refund-idempotency'] ?? '');
    if (!/^[\w-]{10,}$/.test(key)) return refuse(`The idempotency key is not like ${key}`);
    const request = JSON.stringify([id, call.body]);
    const known = world.refundKeys.get(key);
    if (known !== undefined) {
      return known.request === request
        ? give(known.refund, id)
        : refuse(
            'Different request with the same idempotency key has already been processed.',
            409,
          );
    }
    const payment = world.books.payments.get(id);
    if (payment === undefined) return give(payment, id);
    const why = whyNotRefunded(payment, amount);
    if (why !== null) return refuse(why);
    const refund = world.books.addRefund(payment, { amount, notes });
    world.refundKeys.set(key, { refund, request });
    const fate = world.moods.refundFates.shift() ?? 'processed';
    if (fate !== 'pending') world.books.settleRefund(refund, fate);
    return give(refund, id);
  });
}

function whyNotRefunded(payment: Payment, amount: number): string | null {
  if (!payment.captured) return 'The payment status should be captured for action to be taken';
  const isTooMuch = amount > payment.amount - payment.amount_refunded;
  return isTooMuch ? 'The refund amount provided is greater than amount captured' : null;
}

function listRefunds({ books }: World, _call: Call, id: string): Answer {
  const payment: Payment | undefined = books.payments.get(id);
  if (payment === undefined) return give(payment, id);
  const of = [...books.refunds.values()].filter((refund) => refund.payment_id === id);
  return list(of.toReversed());
}

function createRegistration({ books }: World, call: Call): Answer {
  return reading(call, registrationRequest, (wanted) => {
    const isTaken = [...books.invoices.values()].some(({ receipt }) => receipt === wanted.receipt);
    if (isTaken) return refuse('The receipt has already been taken.');
    const { amount, currency, notes, receipt } = wanted;
    // One customer per name, address and number.
    const same = [...books.invoices.values()].find(
      ({ customer_details: known }) => known.email === wanted.customer.email,
    );
    const customerId = same?.customer_id ?? books.newId('cust');
    const order = books.addOrder({ amount, currency, receipt: null, notes: {} });
    const id = books.newId('inv');
    books.invoices.set(id, {
      id,
      entity: 'invoice',
      receipt,
      customer_id: customerId,
      customer_details: { id: customerId, ...wanted.customer },
      order_id: order.id,
      payment_id: null,
      status: 'issued',
      expire_by: wanted.expire_by,
      amount,
      currency,
      description: wanted.description,
      notes,
      short_url: `https://rzp.io/i/${id.slice(-7)}`,
      type: 'link',
      created_at: now(),
    });
    return give(books.invoices.get(id), id);
  });
}

function listInvoices({ books }: World, { query }: Call): Answer {
  const of = [...books.invoices.values()].filter(({ receipt }) => receipt === query.get('receipt'));
  return list(of);
}

function listTokens({ books, moods }: World, _call: Call, id: string): Answer {
  const of = [...books.tokens.values()].filter((token) => token.customer_id === id);
  return list(of.filter(({ method }) => method === 'card' || moods.upiTokensAre === 'listed'));
}

function readToken(world: World, _call: Call, path: string): Answer {
  const token = tokenOf(world, path);
  const isHidden = token?.method === 'upi' && world.moods.upiTokensAre === 'listed';
  return give(isHidden ? undefined : token, path);
}

function tokenOf({ books }: World, path: string) {
  const [customerId, , tokenId] = path.split('/');
  const token = books.tokens.get(tokenId ?? '');
  return token?.customer_id === customerId ? token : undefined;
}

function deleteToken(world: World, _call: Call, path: string): Answer {
  const token = tokenOf(world, path);
  if (token === undefined) return give(token, path);
  world.books.tokens.delete(token.id);
  return { status: 200, body: { deleted: true } };
}

function cancelToken(world: World, _call: Call, path: string): Answer {
  const token = tokenOf(world, path);
  if (token === undefined) return give(token, path);
  token.recurring_details.status = 'cancelled';
  return { status: 200, body: { status: 'cancellation_initiated' } };
}

function listSettled({ books }: World, { query }: Call): Answer {
  const day = ['year', 'month', 'day'].map((part) => query.get(part)).join('-');
  const onDay = books.settled.filter(({ settled_at: at }) => at !== null && dayInIndia(at) === day);
  const skip = Number(query.get('skip') ?? 0);
  return list(onDay.slice(skip, skip + Number(query.get('count') ?? 10)));
}

function dayInIndia(at: number): string {
  return new Date(at * 1_000 + 5.5 * 3_600_000).toISOString().slice(0, 10);
}
