/** The local Stripe's calls: which of its rules answers which route. */
import { refuse, type Kind, type Row, type StripeBooks } from './books';
import { textOf, type FormFields } from './form';
import { asFields, asList, expireSession, openSession } from './pages';
import { pay, readMetadata, refund } from './payments';
import type { Instrument } from './books';

/** What the next payment or refund does instead of what it would. */
export interface Fates {
  takePayment(): Instrument | null;
  takeRefund(): 'failed' | 'pending' | null;
}

interface Call {
  readonly books: StripeBooks;
  readonly fates: Fates;
  readonly id: string;
  readonly fields: FormFields;
}

type Answer = Record<string, unknown>;
const DEFAULT_LIMIT = 10;

export const CALLS: Readonly<Record<string, (call: Call) => Answer>> = {
  'POST /v1/customers': (call) =>
    print(call, call.books.add('customer', { metadata: readMetadata(call.fields.metadata) })),
  'GET /v1/customers/:id/payment_methods': (call) => {
    call.books.get('customer', call.id);
    return list(call, 'payment_method', ({ customer }) => customer === call.id);
  },
  'POST /v1/products': createProduct,
  'GET /v1/products/:id': (call) => print(call, call.books.get('product', call.id)),
  'POST /v1/checkout/sessions': (call) => print(call, openSession(call.books, call.fields)),
  'GET /v1/checkout/sessions': (call) =>
    list(
      call,
      'checkout.session',
      (session) => fits(call, 'customer', session) && fits(call, 'payment_intent', session),
    ),
  'GET /v1/checkout/sessions/:id': (call) =>
    print(call, call.books.get('checkout.session', call.id)),
  'POST /v1/checkout/sessions/:id/expire': (call) =>
    print(call, expireSession(call.books, call.id)),
  'POST /v1/payment_intents': charge,
  'GET /v1/payment_intents': (call) =>
    list(call, 'payment_intent', (intent) => fits(call, 'customer', intent)),
  'GET /v1/payment_intents/:id': (call) => print(call, call.books.get('payment_intent', call.id)),
  'POST /v1/payment_intents/:id/cancel': cancel,
  'GET /v1/payment_methods/:id': (call) => print(call, call.books.get('payment_method', call.id)),
  'POST /v1/payment_methods/:id': (call) => {
    const method = call.books.get('payment_method', call.id);
    method.metadata = { ...method.metadata, ...readMetadata(call.fields.metadata) };
    return print(call, method);
  },
  'POST /v1/payment_methods/:id/detach': detach,
  'POST /v1/refunds': (call) =>
    print(call, refund(call.books, call.fields, call.fates.takeRefund() ?? 'succeeded')),
  'GET /v1/refunds': (call) => {
    call.books.get('payment_intent', textOf(call.fields.payment_intent));
    return list(call, 'refund', (made) => fits(call, 'payment_intent', made));
  },
  'GET /v1/setup_intents': (call) =>
    list(call, 'setup_intent', (intent) => fits(call, 'payment_method', intent)),
  'GET /v1/disputes/:id': (call) => print(call, call.books.get('dispute', call.id)),
  'GET /v1/balance_transactions': (call) => {
    const { gte, lt } = asFields(call.fields.created);
    return list(
      call,
      'balance_transaction',
      ({ created }) => created >= Number(gte ?? 0) && created < Number(lt ?? Infinity),
    );
  },
};

function print({ books, fields }: Call, row: Row<Kind>): Answer {
  return books.print(row, asList(fields.expand).map(textOf));
}

function fits({ fields }: Call, name: string, row: object): boolean {
  const wanted = fields[name];
  return wanted === undefined || Reflect.get(row, name) === wanted;
}

/** Newest first, after `starting_after`. */
function list<K extends Kind>(call: Call, kind: K, wanted: (row: Row<K>) => boolean): Answer {
  const { books, fields } = call;
  const all = books.list(kind, wanted);
  const after = all.findIndex(({ id }) => id === fields.starting_after);
  const limit = Number(fields.limit ?? DEFAULT_LIMIT);
  if (limit < 1 || limit > 100) throw refuse('limit must be from 1 to 100');
  const page = all.slice(after + 1, after + 1 + limit);
  const paths = asList(fields.expand).map((path) => textOf(path).replace(/^data\./, ''));
  const printed = page.map((row) => books.print(row, paths));
  return { object: 'list', url: '/v1', has_more: after + 1 + limit < all.length, data: printed };
}

function createProduct(call: Call): Answer {
  const { books, fields } = call;
  const id = typeof fields.id === 'string' ? fields.id : undefined;
  if (id !== undefined && books.find('product', id) !== null) {
    throw refuse('Product already exists.', 'resource_already_exists');
  }
  const facts = { name: textOf(fields.name), active: fields.active !== 'false' };
  const metadata = readMetadata(fields.metadata);
  return print(call, books.add('product', { ...facts, metadata, ...(id && { id }) }));
}

function charge(call: Call): Answer {
  const { books, fields } = call;
  const method = books.get('payment_method', textOf(fields.payment_method));
  if (method.customer === null || method.customer !== fields.customer) {
    throw refuse('The payment method must be attached to the customer.');
  }
  const intent = books.add('payment_intent', {
    amount: Number(fields.amount),
    currency: textOf(fields.currency),
    customer: textOf(fields.customer),
    metadata: readMetadata(fields.metadata),
    status: 'requires_confirmation',
    payment_method: method.id,
    payment_method_types: asList(fields.allowed_payment_method_types).map(textOf),
    last_payment_error: null,
    latest_charge: null,
  });
  const does = call.fates.takePayment() ?? books.methodSecrets.get(method.id)?.later;
  pay(books, intent, does ?? { kind: 'pay' });
  return print(call, intent);
}

function cancel(call: Call): Answer {
  const intent = call.books.get('payment_intent', call.id);
  if (intent.status === 'succeeded' || intent.status === 'canceled') {
    throw refuse('You cannot cancel this PaymentIntent.', 'payment_intent_unexpected_state');
  }
  const reason = textOf(call.fields.cancellation_reason);
  Object.assign(intent, { status: 'canceled', cancellation_reason: reason, next_action: null });
  call.books.tell('payment_intent.canceled', intent);
  return print(call, intent);
}

function detach(call: Call): Answer {
  const method = call.books.get('payment_method', call.id);
  if (method.customer === null) throw refuse('The payment method is not attached to a customer.');
  method.customer = null;
  call.books.tell('payment_method.detached', method);
  return print(call, method);
}
