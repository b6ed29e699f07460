/**
 * Owns: making a payment, settling one that is pending, and charging a kept method.
 * Does not own: the page (page.routes.ts) or when a checkout may still be paid (checkouts.ts).
 * A failed payment may turn succeeded later (a bank that authorises late); nothing else ever
 * changes backwards.
 * Example: `late@sandbox` makes one payment that is `failed` with `payment_timed_out` now and
 * `succeeded` after `lateSeconds`, whatever became of its checkout meanwhile.
 */
import { addSeconds, toEpochMs } from '../../../domain/instant';
import { formatAmount } from '../../../domain/money';
import type { PaymentMode } from '../../../domain/payment/payment';
import type { CardExpiry } from '../../../domain/payment-method/payment-method';
import type { z } from 'zod';
import { readCharge, readMoney } from '../amounts';
import { newSandboxId, type PaymentRow } from './books';
import type { SandboxContext } from './context';
import { LATE_DECLINE_CODE, type InstrumentOutcome } from './instruments';
import { keepMethod, outcomeOfCharge } from './payment-methods';
import { feeOf } from './fee';
import { presentPayment } from './present';
import { SandboxRefusal } from './sandbox-refusal';
import { recordEvent, type Notice } from './webhook-outbox';
import type { chargeRequestSchema } from '../wire';

export interface PaymentAttempt {
  readonly checkoutId: string | null;
  readonly reference: string;
  readonly customerReference: string;
  readonly idempotencyKey: string | null;
  readonly amount: string;
  readonly currency: string;
  readonly mode: PaymentMode;
  readonly brand: string;
  readonly lastFour: string | null;
  readonly expiry: CardExpiry | null;
  readonly methodId: string | null;
  readonly outcome: InstrumentOutcome;
  readonly keepsMethodFor: InstrumentOutcome | null;
}

/** Records one try and its first result. A decline set by the knobs comes before the instrument's own. */
export function makePayment(context: SandboxContext, attempt: PaymentAttempt): PaymentRow {
  const { outcome: ownOutcome, ...facts } = attempt;
  const outcome = context.faults.takeForPayment(facts) ?? ownOutcome;
  const createdAt = context.now();
  const payment: PaymentRow = {
    id: newSandboxId('pay'),
    ...facts,
    amountRefunded: formatAmount(readMoney({ amount: '0', currency: facts.currency })),
    fee: null,
    status: 'processing',
    declineCode: null,
    settlesAt: null,
    createdAt,
    updatedAt: createdAt,
  };
  switch (outcome.kind) {
    case 'succeed':
      return succeed(context, payment);
    case 'decline':
      return fail(context, { ...payment, declineCode: outcome.code, keepsMethodFor: null });
    case 'settle_slowly':
      return save(context, 'payment.processing', {
        ...payment,
        settlesAt: addSeconds(createdAt, context.slowSeconds),
      });
    case 'authorise_late':
      return fail(context, {
        ...payment,
        declineCode: LATE_DECLINE_CODE,
        settlesAt: addSeconds(createdAt, context.lateSeconds),
      });
  }
}

/** Charges a kept method. Throws SandboxRefusal when the method is not this customer's or the money cannot be charged. */
export function chargeMethod(
  context: SandboxContext,
  request: z.infer<typeof chargeRequestSchema>,
  idempotencyKey: string,
): PaymentRow {
  const method = context.books.find('method', request.payment_method);
  if (method === undefined || method.customerReference !== request.customer_reference) {
    throw new SandboxRefusal('resource_missing', `no payment method "${request.payment_method}"`);
  }
  const money = readCharge(request, [method.kind]);
  return makePayment(context, {
    checkoutId: null,
    reference: request.reference,
    customerReference: request.customer_reference,
    idempotencyKey,
    amount: formatAmount(money),
    currency: money.currency,
    mode: method.kind,
    brand: method.brand,
    lastFour: method.lastFour,
    expiry: method.expiry,
    methodId: method.id,
    outcome: outcomeOfCharge(method, { money, now: context.now() }),
    keepsMethodFor: null,
  });
}

/** Lets the pending payments succeed whose time has come. */
export function settleDuePayments(context: SandboxContext): PaymentRow[] {
  return settlePayments(context, context.books.due('payment', toEpochMs(context.now())));
}

/** Lets these succeed now; those that are not pending are left as they are. */
export function settlePayments(
  context: SandboxContext,
  payments: readonly PaymentRow[],
): PaymentRow[] {
  return payments
    .filter((payment) => payment.settlesAt !== null)
    .map((payment) => context.books.atomically(() => succeed(context, payment)));
}

function succeed(context: SandboxContext, payment: PaymentRow): PaymentRow {
  const checkout =
    payment.checkoutId === null ? undefined : context.books.find('checkout', payment.checkoutId);
  if (checkout?.status === 'open') {
    context.books.save('checkout', { ...checkout, status: 'complete' });
  }
  return save(context, 'payment.succeeded', {
    ...payment,
    status: 'succeeded',
    fee: feeOf(payment, context.feeRate),
    declineCode: null,
    settlesAt: null,
    methodId: payment.methodId ?? keepMethodOf(context, payment),
    keepsMethodFor: null,
  });
}

function fail(context: SandboxContext, payment: PaymentRow): PaymentRow {
  return save(context, 'payment.failed', { ...payment, status: 'failed' });
}

function keepMethodOf(context: SandboxContext, payment: PaymentRow): string | null {
  const { keepsMethodFor: later, mode: kind, currency } = payment;
  if (later === null) return null;
  return keepMethod(context, { ...payment, kind, later, mandate: { maxAmount: null, currency } })
    .id;
}

function save(context: SandboxContext, type: Notice['type'], payment: PaymentRow): PaymentRow {
  const saved: PaymentRow = { ...payment, updatedAt: context.now() };
  context.books.save('payment', saved);
  recordEvent(context, {
    type,
    about: saved,
    data: { payment: presentPayment(saved) },
  });
  return saved;
}
