/** What the server for tests holds, and what happens to it when a customer, a bank or Razorpay acts. */
import type {
  Dispute,
  Invoice,
  Link,
  Notes,
  Order,
  Payment,
  Refund,
  Settled,
  Token,
} from './entities';

/** One entity of each kind an event is about, by its name in the payload. */
export type Told = (event: string, about: Readonly<Record<string, object>>) => void;

export type Fate =
  | { readonly kind: 'captured' | 'authorized' | 'created' }
  | { readonly kind: 'failed'; readonly reason: string };

export class RazorpayBooks {
  readonly links = new Map<string, Link>();
  readonly orders = new Map<string, Order>();
  readonly payments = new Map<string, Payment>();
  readonly invoices = new Map<string, Invoice>();
  readonly tokens = new Map<string, Token>();
  readonly refunds = new Map<string, Refund>();
  readonly disputes = new Map<string, Dispute>();
  readonly settled: Settled[] = [];
  #count = 0;

  constructor(readonly told: Told) {}

  newId(prefix: string): string {
    this.#count += 1;
    return `${prefix}_${String(this.#count).padStart(14, '0')}`;
  }

  /** The order of a page comes into being when somebody opens it. */
  orderOf(link: Link): Order {
    const known = [...this.orders.values()].find(({ receipt }) => receipt === link.reference_id);
    const { amount, currency, reference_id: receipt, notes } = link;
    return known ?? this.addOrder({ amount, currency, receipt, notes });
  }

  addOrder(wanted: Pick<Order, 'amount' | 'currency' | 'receipt' | 'notes'>): Order {
    const order: Order = {
      id: this.newId('order'),
      entity: 'order',
      ...wanted,
      amount_paid: 0,
      amount_due: wanted.amount,
      offer_id: null,
      status: 'created',
      attempts: 0,
      created_at: now(),
    };
    this.orders.set(order.id, order);
    return order;
  }

  addPayment(order: Order, how: NewPayment): Payment {
    const isUpi = how.method === 'upi';
    const payment: Payment = {
      id: this.newId('pay'),
      entity: 'payment',
      amount: order.amount,
      currency: order.currency,
      status: 'created',
      order_id: order.id,
      invoice_id: how.invoiceId ?? null,
      international: false,
      method: how.method,
      amount_refunded: 0,
      refund_status: null,
      captured: false,
      description: how.description,
      card_id: isUpi ? null : 'card_00000000000007',
      ...(isUpi ? {} : { card: { ...CARD, id: 'card_00000000000007' } }),
      bank: null,
      wallet: null,
      vpa: isUpi ? 'gaurav.kumar@exampleupi' : null,
      email: 'gaurav.kumar@example.com',
      contact: '+919876543210',
      ...(how.customerId === undefined ? {} : { customer_id: how.customerId }),
      ...(how.tokenId === undefined ? {} : { token_id: how.tokenId }),
      notes: Object.keys(how.notes).length === 0 ? [] : how.notes,
      fee: null,
      tax: null,
      error_code: null,
      error_description: null,
      error_source: null,
      error_step: null,
      error_reason: null,
      acquirer_data: {},
      created_at: now(),
    };
    this.payments.set(payment.id, payment);
    Object.assign(order, { attempts: order.attempts + 1 });
    if (order.status === 'created') order.status = 'attempted';
    return payment;
  }

  /** What the bank says of a payment, now or days later. */
  decide(payment: Payment, fate: Fate): void {
    if (fate.kind === 'created') return;
    if (fate.kind === 'failed') return this.#fail(payment, fate.reason);
    payment.status = 'authorized';
    for (const key of ERROR_FIELDS) payment[key] = null;
    this.told('payment.authorized', { payment });
    if (fate.kind === 'captured') this.capture(payment);
  }

  capture(payment: Payment): void {
    const fee = Math.round((payment.amount * 236) / 10_000);
    Object.assign(payment, { status: 'captured', captured: true, fee, tax: Math.round(fee / 6.5) });
    this.told('payment.captured', { payment });
    const order = this.orders.get(payment.order_id ?? '');
    if (order === undefined) return;
    Object.assign(order, { status: 'paid', amount_paid: order.amount, amount_due: 0 });
    const link = [...this.links.values()].find(({ reference_id: id }) => id === order.receipt);
    if (link === undefined) return;
    Object.assign(link, { status: 'paid', amount_paid: link.amount });
    this.told('payment_link.paid', { payment_link: link, order, payment });
  }

  settleRefund(refund: Refund, status: 'processed' | 'failed'): void {
    const payment = this.payments.get(refund.payment_id);
    if (payment === undefined) throw new Error(`no payment ${refund.payment_id}`);
    if (status === 'failed') payment.amount_refunded -= refund.amount;
    refund.status = status;
    this.told(`refund.${status}`, { refund, payment });
  }

  addRefund(payment: Payment, wanted: { readonly amount: number; readonly notes: Notes }): Refund {
    const refund: Refund = {
      id: this.newId('rfnd'),
      entity: 'refund',
      ...wanted,
      currency: payment.currency,
      payment_id: payment.id,
      receipt: null,
      status: 'pending',
      created_at: now(),
    };
    this.refunds.set(refund.id, refund);
    payment.amount_refunded += refund.amount;
    return refund;
  }

  #fail(payment: Payment, reason: string): void {
    Object.assign(payment, {
      status: 'failed',
      error_code: 'BAD_REQUEST_ERROR',
      error_description: 'Payment was unsuccessful.',
      error_source: 'bank',
      error_step: 'payment_authorization',
      error_reason: reason,
    });
    this.told('payment.failed', { payment });
  }
}

export interface NewPayment {
  readonly method: string;
  readonly description: string | null;
  readonly notes: Notes;
  readonly invoiceId?: string;
  readonly customerId?: string;
  readonly tokenId?: string;
}

export const CARD = { entity: 'card', last4: '1007', network: 'Visa' } as const;

const ERROR_FIELDS = [
  'error_code',
  'error_description',
  'error_source',
  'error_step',
  'error_reason',
] as const;

export function now(): number {
  return Math.floor(Date.now() / 1_000);
}
