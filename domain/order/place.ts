/**
 * Owns: how what a customer names becomes items of a purchase, at our prices, and the drafts of orders.
 * Does not own: finding what is on offer (the catalogue, gateways/), the total (price.ts), paying (pay.ts).
 * Rules: R2.08 to R2.10: prices come from the catalogue and the carrier, never from the customer; a number
 * that lacks a required capability, or is not on offer, is not sold, neither when it is ordered nor later.
 * Example: `+912200000001` can speak; ordered with `sms` required it is `missing_capability`.
 */
import type { BillingErrorCode } from '../billing-error';
import type { CurrencyCode } from '../currency';
import type { Instant } from '../instant';
import type { Money } from '../money';
import { missingCapabilities, type NumberCapability } from '../number-capability';
import { newCheckout } from './checkout';
import type { Purchase, TopUp } from './order';
import type { PackageOffer } from '../package/package-offer';
import type { PaymentMode } from '../payment/payment';
import { buildTopUpTerms, type TopUpTerms } from '../payment/top-up-terms';
import { taxationAt, type Taxation } from '../tax/taxation';
import type { NumberItem, OrderItem, PackageItem } from './item';
import { buildPurchaseTerms, buildVisitorTerms, type PurchaseTerms } from './price';

/** A number as its carrier offers it now. */
export interface NumberOnOffer {
  readonly number: string;
  readonly country: string;
  readonly capabilities: readonly NumberCapability[];
  readonly fees: { readonly upFront: Money; readonly monthly: Money };
}

export interface WantedNumber {
  readonly number: string;
  readonly requiredCapabilities: readonly NumberCapability[];
}

/** The ids an item has from the start: its own, and that of what will be delivered. */
export type ItemIds = Pick<OrderItem, 'id' | 'deliveryId'>;

export interface SaleRefusal {
  readonly kind: 'refused';
  readonly code: Extract<
    BillingErrorCode,
    'number_unavailable' | 'missing_capability' | 'currency_mismatch'
  >;
  readonly message: string;
}

const UNSETTLED = {
  status: 'pending',
  settledAt: null,
  failureReason: null,
  refundId: null,
} as const;

/** The item of a package, as it is sold now. */
export function sellPackage(offer: PackageOffer, ids: ItemIds): PackageItem {
  const { kind, code, name, units, price, upFrontFee, validityDays, channels } = offer;
  return {
    ...ids,
    kind,
    code,
    name,
    units,
    price,
    upFrontFee,
    validityDays,
    channels,
    ...UNSETTLED,
  };
}

/** The item of a number, or why it is not sold. `offered` null: its carrier does not offer it. */
export function sellNumber(
  wanted: WantedNumber,
  offered: NumberOnOffer | null,
  terms: { readonly currency: CurrencyCode; readonly ids: ItemIds },
): { readonly kind: 'sold'; readonly item: NumberItem } | SaleRefusal {
  const refusal = findNumberRefusal(wanted, offered);
  if (refusal !== null || offered === null) return refusal ?? refuseGone(wanted);
  const { number, country, capabilities, fees } = offered;
  if (fees.monthly.currency !== terms.currency || fees.upFront.currency !== terms.currency) {
    const message = `${number} is rented in ${fees.monthly.currency}, the account is kept in ${terms.currency}`;
    return { kind: 'refused', code: 'currency_mismatch', message };
  }
  const item: NumberItem = {
    ...terms.ids,
    kind: 'phone_number',
    number,
    country,
    capabilities,
    requiredCapabilities: wanted.requiredCapabilities,
    name: number,
    price: fees.monthly,
    upFrontFee: fees.upFront,
    ...UNSETTLED,
  };
  return { kind: 'sold', item };
}

/** Why a number is not sold, now or any more; null: it is. */
export function findNumberRefusal(
  wanted: WantedNumber,
  offered: Pick<NumberOnOffer, 'capabilities'> | null,
): SaleRefusal | null {
  if (offered === null) return refuseGone(wanted);
  const missing = missingCapabilities({
    offered: offered.capabilities,
    required: wanted.requiredCapabilities,
  });
  if (missing.length === 0) return null;
  const message = `${wanted.number} has no ${missing.join(', ')}`;
  return { kind: 'refused', code: 'missing_capability', message };
}

function refuseGone({ number }: WantedNumber): SaleRefusal {
  return { kind: 'refused', code: 'number_unavailable', message: `${number} is not on offer` };
}

interface Placing {
  readonly id: string;
  readonly accountId: string;
  readonly gateway: string;
  /** The seller's, as of now. */
  readonly taxation: Taxation;
  readonly at: Instant;
}

/** The draft of a purchase: priced, for a day, and nothing is owed. */
export function placePurchase(terms: Placing & { readonly items: readonly OrderItem[] }): Purchase {
  const { id, accountId, gateway, items, taxation, at: placedAt } = terms;
  return {
    id,
    accountId,
    kind: 'purchase',
    items,
    itemChecksMade: 0,
    ...buildPurchaseTerms(taxation, items),
    ...newCheckout({ gateway, mode: null, placedAt, payAskedAt: null }),
  };
}

/** The draft of a top-up, to be paid at once: its page is opened next. */
export function placeTopUp(
  terms: Placing & {
    /** Without tax where that is added; of visitors: for all of them. */
    readonly amount: Money;
    readonly target: TopUp['target'];
    readonly visitors: number | null;
    readonly note: string | null;
    readonly mode: PaymentMode | null;
  },
): TopUp {
  const { id, accountId, gateway, target, visitors, note, mode, at: placedAt } = terms;
  return {
    id,
    accountId,
    kind: 'top_up',
    target,
    visitors,
    note,
    paysFor: null,
    ...priceTopUp(terms),
    ...newCheckout({ gateway, mode, placedAt, payAskedAt: placedAt }),
  };
}

/** The draft of a payment link: a top-up of what a saved method may not pay alone. */
export function placePayLink(
  asked: Pick<TopUp, 'id' | 'accountId' | 'gateway' | 'note' | 'paysFor'> & {
    readonly terms: TopUpTerms;
    readonly at: Instant;
  },
): TopUp {
  const { terms, gateway, at: placedAt, ...facts } = asked;
  return {
    ...facts,
    kind: 'top_up',
    target: 'wallet',
    visitors: null,
    ...terms,
    ...newCheckout({ gateway, mode: null, placedAt, payAskedAt: placedAt }),
  };
}

/** What a top-up costs with its tax: visitors are a sale, money is taxed as what comes in. */
export function priceTopUp({
  target,
  visitors,
  amount,
  taxation,
}: Pick<TopUp, 'target' | 'visitors' | 'taxation'> & { readonly amount: Money }): PurchaseTerms {
  if (visitors !== null) return buildVisitorTerms(taxation, { visitors, amount });
  const name = target === 'whatsapp_balance' ? 'WhatsApp balance top-up' : 'Balance top-up';
  return buildTopUpTerms(taxationAt('top_up', taxation), amount, name);
}
