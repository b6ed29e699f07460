/**
 * Owns: a hosted checkout from opening to complete or expired, and whether it can be paid now.
 * Does not own: its page (checkout-page.ts) or the payments made on it (payments.ts).
 * A declined try leaves it open for another; a try under way keeps it from being paid twice; a
 * payment that succeeds after it expired does not open it again.
 * Example: paid, then posted again: `payCheckout` answers `{ kind: 'closed' }` and makes no payment.
 */
import type { z } from 'zod';
import { addSeconds, isAtOrBefore, isBefore, toEpochMs } from '../../../domain/instant';
import { formatAmount } from '../../../domain/money';
import { readCharge, readMoney } from '../amounts';
import { newSandboxId, type CheckoutRow, type PaymentRow } from './books';
import type { TypedInstrument } from './checkout-form';
import type { SandboxContext } from './context';
import { makePayment } from './payments';
import { presentCheckout } from './present';
import { SandboxRefusal } from './sandbox-refusal';
import { recordEvent } from './webhook-outbox';
import type { checkoutRequestSchema } from '../wire';

const LASTS_DEFAULT_SECONDS = 24 * 3_600;
const LASTS_MAX_SECONDS = 31 * 24 * 3_600;

/** Opens a checkout. Throws SandboxRefusal when the money cannot be paid or the lines do not add up. */
export function createCheckout(
  context: SandboxContext,
  request: z.infer<typeof checkoutRequestSchema>,
): CheckoutRow {
  const money = readCharge(request, request.modes);
  const lines = request.lines.map(({ description, amount }) => ({
    description,
    money: readMoney({ amount, currency: request.currency }),
  }));
  const sumMicros = lines.reduce((sum, line) => sum + line.money.amountMicros, 0n);
  if (sumMicros !== money.amountMicros) {
    throw new SandboxRefusal('lines_do_not_add_up', 'the lines do not sum to the amount');
  }
  const createdAt = context.now();
  const expiresAt = request.expires_at ?? addSeconds(createdAt, LASTS_DEFAULT_SECONDS);
  const lastExpiry = addSeconds(createdAt, LASTS_MAX_SECONDS);
  if (isAtOrBefore(expiresAt, createdAt) || isBefore(lastExpiry, expiresAt)) {
    throw new SandboxRefusal('invalid_request', 'expires_at is within 31 days from now');
  }
  const checkout: CheckoutRow = {
    id: newSandboxId('cs'),
    reference: request.reference,
    customerReference: request.customer_reference,
    amount: formatAmount(money),
    currency: money.currency,
    modes: [...new Set(request.modes)],
    merchant: request.merchant,
    lines: lines.map((line) => ({
      description: line.description,
      amount: formatAmount(line.money),
    })),
    returnUrl: request.return_url,
    status: 'open',
    createdAt,
    expiresAt,
  };
  context.books.save('checkout', checkout);
  return checkout;
}

/** The checkout as it is now: one whose time has passed is expired by looking at it. */
export function findCheckout(context: SandboxContext, checkoutId: string): CheckoutRow | null {
  const checkout = context.books.find('checkout', checkoutId);
  if (checkout === undefined) return null;
  return isDue(context, checkout) ? closeCheckout(context, checkout) : checkout;
}

/** Closes the checkout to new tries; closing it again changes nothing. Throws SandboxRefusal `checkout_complete`. */
export function expireCheckout(context: SandboxContext, checkout: CheckoutRow): CheckoutRow {
  switch (checkout.status) {
    case 'open':
      return closeCheckout(context, checkout);
    case 'expired':
      return checkout;
    case 'complete':
      throw new SandboxRefusal('checkout_complete', 'the checkout is paid');
  }
}

export function expireDueCheckouts(context: SandboxContext): void {
  for (const checkout of context.books.due('checkout', toEpochMs(context.now()))) {
    closeCheckout(context, checkout);
  }
}

export type PageState = 'open' | 'under_way' | 'complete' | 'expired';

/** What the page can offer now. */
export function pageStateOf(context: SandboxContext, checkout: CheckoutRow): PageState {
  if (checkout.status !== 'open') return checkout.status;
  const payments = context.books.paymentsOfCheckout(checkout.id);
  return payments.some((payment) => payment.status === 'processing') ? 'under_way' : 'open';
}

export type PayResult =
  | { readonly kind: 'tried'; readonly payment: PaymentRow }
  | { readonly kind: 'closed'; readonly state: Exclude<PageState, 'open'> };

/** One try to pay, by the customer on the page. */
export function payCheckout(
  context: SandboxContext,
  checkout: CheckoutRow,
  choice: TypedInstrument & { readonly isKept: boolean },
): PayResult {
  const state = pageStateOf(context, checkout);
  if (state !== 'open') return { kind: 'closed', state };
  const { instrument, expiry, isKept } = choice;
  const payment = makePayment(context, {
    checkoutId: checkout.id,
    reference: checkout.reference,
    customerReference: checkout.customerReference,
    idempotencyKey: null,
    amount: checkout.amount,
    currency: checkout.currency,
    mode: instrument.kind,
    brand: instrument.brand,
    lastFour: instrument.lastFour,
    expiry,
    methodId: null,
    outcome: instrument.now,
    keepsMethodFor: isKept ? instrument.later : null,
  });
  return { kind: 'tried', payment };
}

function isDue({ now }: SandboxContext, checkout: CheckoutRow): boolean {
  return checkout.status === 'open' && isAtOrBefore(checkout.expiresAt, now());
}

function closeCheckout(context: SandboxContext, checkout: CheckoutRow): CheckoutRow {
  const closed: CheckoutRow = { ...checkout, status: 'expired' };
  return context.books.atomically(() => {
    context.books.save('checkout', closed);
    recordEvent(context, {
      type: 'checkout.expired',
      about: closed,
      data: { checkout: presentCheckout(context, closed) },
    });
    return closed;
  });
}
