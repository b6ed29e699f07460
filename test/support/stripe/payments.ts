/** How money moves at the local Stripe: PaymentIntents, charges, balance transactions and refunds. */
import { refuse, StripeRefusal, type Instrument, type Row, type StripeBooks } from './books';
import { textOf, type FormFields } from './form';

const FEE_PERCENT = 2;

/** Tries to pay; throws the 402 that Stripe answers to a decline. */
export function pay(books: StripeBooks, intent: Row<'payment_intent'>, does: Instrument): void {
  switch (does.kind) {
    case 'pay':
      return succeed(books, intent);
    case 'process':
      intent.status = 'processing';
      return books.tell('payment_intent.processing', intent);
    case 'authenticate':
      intent.status = 'requires_action';
      intent.next_action = { type: 'upi_await_notification' };
      return books.tell('payment_intent.requires_action', intent);
    case 'decline':
      return fail(books, intent, does.error);
  }
}

export function succeed(books: StripeBooks, intent: Row<'payment_intent'>): void {
  const amount = intent.amount ?? 0;
  const currency = intent.currency ?? '';
  const charge = books.add('charge', {
    amount,
    amount_refunded: 0,
    currency,
    status: 'succeeded',
    payment_intent: intent.id,
  });
  const fee = Math.floor((amount * FEE_PERCENT) / 100);
  charge.balance_transaction = move(
    books,
    { category: 'charge', amount, fee, currency },
    charge.id,
  );
  Object.assign(intent, {
    status: 'succeeded',
    amount_received: amount,
    latest_charge: charge.id,
    last_payment_error: null,
  });
  books.tell('charge.succeeded', charge);
  books.tell('payment_intent.succeeded', intent);
}

function fail(
  books: StripeBooks,
  intent: Row<'payment_intent'>,
  error: Extract<Instrument, { kind: 'decline' }>['error'],
): never {
  const method = books.find('payment_method', textOf(intent.payment_method));
  const told = { type: 'card_error', message: 'Your card was declined.', ...error };
  Object.assign(intent, {
    status: 'requires_payment_method',
    payment_method: null,
    last_payment_error: { ...told, payment_method: structuredClone(method) },
  });
  books.tell('payment_intent.payment_failed', intent);
  throw new StripeRefusal(402, { ...told, payment_intent: structuredClone(intent) });
}

interface Movement {
  readonly category: string;
  readonly amount: number;
  readonly fee: number;
  readonly currency: string;
}

export function move(
  books: StripeBooks,
  { category, amount, fee, currency }: Movement,
  source: string | null,
): string {
  const net = amount - fee;
  const facts = { amount, fee, net, currency, source, reporting_category: category };
  const { id } = books.add('balance_transaction', { ...facts, type: 'charge', status: 'pending' });
  return id;
}

/** `fate`: what the customer's bank does with it. */
export function refund(
  books: StripeBooks,
  fields: FormFields,
  fate: 'succeeded' | 'failed' | 'pending',
): Row<'refund'> {
  const intent = books.get('payment_intent', textOf(fields.payment_intent));
  const charge = refundable(books, intent);
  const amount = readRefundAmount(charge, fields);
  const currency = charge.currency ?? '';
  const made = books.add('refund', {
    amount,
    currency,
    charge: charge.id,
    payment_intent: intent.id,
    status: fate,
    metadata: readMetadata(fields.metadata),
  });
  if (fate !== 'failed') charge.amount_refunded = (charge.amount_refunded ?? 0) + amount;
  move(books, { category: 'refund', amount: -amount, fee: 0, currency }, made.id);
  books.tell(fate === 'failed' ? 'refund.failed' : 'refund.created', made);
  return made;
}

function refundable(books: StripeBooks, intent: Row<'payment_intent'>): Row<'charge'> {
  const charge = books.find('charge', textOf(intent.latest_charge));
  if (intent.status === 'succeeded' && charge !== null) return charge;
  throw refuse('This PaymentIntent does not have a successful charge to refund.');
}

function readRefundAmount(charge: Row<'charge'>, fields: FormFields): number {
  const left = (charge.amount ?? 0) - (charge.amount_refunded ?? 0);
  if (left === 0) throw refuse('Charge has already been refunded.', 'charge_already_refunded');
  const amount = Number(fields.amount ?? left);
  if (amount > left) throw refuse('Refund amount is greater than unrefunded amount on charge');
  return amount;
}

export function readMetadata(fields: FormFields[string] | undefined): Record<string, string> {
  if (typeof fields !== 'object' || Array.isArray(fields)) return {};
  return Object.fromEntries(Object.entries(fields).map(([name, text]) => [name, textOf(text)]));
}
