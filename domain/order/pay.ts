/**
 * Owns: what a customer's wish to pay a purchase leads to: paid from the wallet, a payment page, a refusal.
 * Does not own: the price (price.ts), what a gateway reports (decide-payments.ts), delivery (fulfilment.ts).
 * Rules: R2.10, R2.11, R2.12, ADR 0022. All is looked at again before anything is charged. What the wallet
 * is charged is what the customer read: a price that changed with its tax is shown first.
 * Example: 708.00 INR by UPI: the page opens, for a day; by the wallet with 700.00: `insufficient_balance`,
 * 8.00 missing, and the order stays a draft.
 */
import type { BillingErrorCode } from '../billing-error';
import type { EntitlementAnswer } from '../entitlement';
import { addSeconds, isAtOrBefore, type Instant } from '../instant';
import { describeShortfall } from '../ledger/shortfall';
import { compareMoney, describeMoney, formatAmount, roundToChargeStep, type Money } from '../money';
import type { NumberCapability } from '../number-capability';
import { CHECKOUT_LASTS_SECONDS } from './checkout';
import type { OrderEvent, Purchase } from './order';
import type { PaymentMode } from '../payment/payment';
import type { Taxation } from '../tax/taxation';
import { findLacking, findUnconfirmed } from './capabilities';
import { buildPurchaseTerms, buildWalletTerms, type PurchaseTerms } from './price';

export interface PayWish {
  readonly mode: PaymentMode | 'wallet';
  /** Who takes it, unless it is paid from the wallet. */
  readonly gateway: string;
  readonly confirmedCapabilities: readonly NumberCapability[] | null;
}

/** What a gateway takes in the order's currency. */
export interface PayOffer {
  readonly modes: readonly PaymentMode[];
  readonly min: Money;
  readonly max: Money;
}

export interface PayMoment {
  readonly now: Instant;
  /** The seller's, as of now. */
  readonly taxation: Taxation;
  readonly availableMicros: bigint;
  readonly offer: PayOffer | null;
  readonly isAddressed: boolean;
  /** Whether the plan allows the order's numbers; null: it has none. */
  readonly numbers: EntitlementAnswer | null;
}

export type PayDecision =
  | { readonly kind: 'charge'; readonly order: Purchase; readonly event: OrderEvent }
  | { readonly kind: 'open_page'; readonly order: Purchase }
  /** It was asked for before: the page is open, or about to be. */
  | { readonly kind: 'unchanged' };

export interface OrderRefusal {
  readonly kind: 'refused';
  readonly code: BillingErrorCode;
  readonly message: string;
  readonly details: Readonly<Record<string, string>>;
}

/** Decides a wish to pay. The order of a `charge` is paid: charge its total in the same transaction. */
export function decidePay(
  order: Purchase,
  wish: PayWish,
  moment: PayMoment,
): PayDecision | OrderRefusal {
  const settled = findSettled(order, wish, moment.now);
  if (settled !== null) return settled;
  const refusal = findObstacle(order, wish, moment);
  if (refusal !== null) return refusal;
  const { mode } = wish;
  const { gateway } = wish;
  return mode === 'wallet'
    ? payFromWallet(order, moment)
    : openPage({ ...order, gateway }, mode, moment);
}

/** The modes in which a total can be paid: what no gateway takes is not offered (R2.11). */
export function listPaymentModes(
  total: Money,
  offers: readonly PayOffer[],
): readonly (PaymentMode | 'wallet')[] {
  const taking = offers.filter(
    ({ min, max }) =>
      compareMoney(total, min) >= 0 &&
      compareMoney(total, max) <= 0 &&
      compareMoney(roundToChargeStep(total, 'down'), total) === 0,
  );
  return ['wallet', ...taking.flatMap(({ modes }) => modes)];
}

/** An order that is not a draft any more, or whose page was asked for before. */
function findSettled(
  order: Purchase,
  { mode }: PayWish,
  now: Instant,
): PayDecision | OrderRefusal | null {
  const { status, payAskedAt, expiresAt } = order;
  if (status === 'expired' || (status === 'draft' && isAtOrBefore(expiresAt, now))) {
    return refuse('invalid_state', 'the order has expired; place a new one');
  }
  if (status !== 'draft' && status !== 'awaiting_payment' && status !== 'failed') {
    return refuse('invalid_state', 'the order is paid');
  }
  if (payAskedAt === null) return null;
  if (order.mode === mode) return { kind: 'unchanged' };
  const message = `payment by ${order.mode ?? 'payment page'} has already started; finish it there or place a new order`;
  return refuse('invalid_state', message);
}

function findObstacle(order: Purchase, wish: PayWish, moment: PayMoment): OrderRefusal | null {
  return (
    findMissingCapability(order, wish) ?? findLimit(moment) ?? findModeRefusal(order, wish, moment)
  );
}

function findMissingCapability(
  { items }: Purchase,
  { confirmedCapabilities }: PayWish,
): OrderRefusal | null {
  const lacking = [...findLacking(items), ...findUnconfirmed(items, confirmedCapabilities ?? [])];
  if (lacking.length === 0) return null;
  const message = `not every number in the order supports ${[...new Set(lacking)].join(', ')}`;
  return refuse('missing_capability', message, { field: 'confirmed_capabilities' });
}

function findLimit({ numbers }: PayMoment): OrderRefusal | null {
  if (numbers === null || numbers.allowed) return null;
  const { reason, limit, used } = numbers;
  return refuse('limit_reached', reason, { limit: String(limit), used: String(used) });
}

function findModeRefusal(
  { total }: Purchase,
  { mode }: PayWish,
  { offer, taxation, isAddressed }: PayMoment,
): OrderRefusal | null {
  if (mode !== 'wallet' && offer?.modes.includes(mode) !== true) {
    const modes = listPaymentModes(total, offer === null ? [] : [offer]).join(', ');
    const message = `payments in ${total.currency} can be made by ${modes}`;
    return refuse('payment_mode_not_offered', message, { field: 'mode' });
  }
  const needsAddress = mode !== 'wallet' || taxation.registrationId !== null;
  if (needsAddress && !isAddressed) {
    const message = 'save a billing address first: PUT /v1/accounts/{id}/billing_address';
    return refuse('billing_address_required', message);
  }
  return null;
}

function payFromWallet(order: Purchase, moment: PayMoment): PayDecision | OrderRefusal {
  const { taxation, availableMicros, now } = moment;
  const terms = buildWalletTerms(taxation, order.items);
  const read = buildWalletTerms(order.taxation, order.items);
  if (compareMoney(terms.total, read.total) > 0) {
    const message =
      `the order costs ${describeMoney(terms.total)} by now, tax included, and not ${describeMoney(read.total)}; ` +
      'place it again';
    return refuse('conflict', message);
  }
  if (terms.total.amountMicros > availableMicros) return refuseForMoney(terms, availableMicros);
  const paid = { status: 'paid', mode: 'wallet', payAskedAt: now, paidAt: now } as const;
  const event = {
    type: 'order.paid',
    reason: `${describeMoney(terms.total)} was paid from the wallet`,
    data: { payment_id: null, gateway_payment_id: null },
  } as const;
  return { kind: 'charge', order: { ...order, ...terms, ...paid }, event };
}

/** The page shows what is to be paid, tax and all, before anything is. */
function openPage(
  order: Purchase,
  mode: PaymentMode,
  { taxation, offer, now }: PayMoment,
): PayDecision | OrderRefusal {
  const terms = buildPurchaseTerms(taxation, order.items);
  const offers = offer === null ? [] : [offer];
  if (!listPaymentModes(terms.total, offers).includes(mode)) {
    const min = offer === null ? '' : formatAmount(offer.min);
    const max = offer === null ? '' : formatAmount(offer.max);
    const message = `${describeMoney(terms.total)} cannot be paid by ${mode}: the amount must be ${min} to ${max}`;
    return refuse('amount_out_of_range', message, { field: 'mode', min, max });
  }
  const expiresAt = addSeconds(now, CHECKOUT_LASTS_SECONDS);
  return { kind: 'open_page', order: { ...order, ...terms, mode, payAskedAt: now, expiresAt } };
}

function refuseForMoney({ total }: PurchaseTerms, availableMicros: bigint): OrderRefusal {
  const shortfall = describeShortfall(total, availableMicros);
  const message = `the wallet is ${shortfall.missing} ${total.currency} short`;
  return refuse('insufficient_balance', message, shortfall);
}

function refuse(
  code: BillingErrorCode,
  message: string,
  details: OrderRefusal['details'] = {},
): OrderRefusal {
  return { kind: 'refused', code, message, details };
}
