/** The order's contract: its id, its commands and one line per message. */
import { defineSignal, defineUpdate } from '@temporalio/workflow';
import type { Step } from '../domain/lifecycle';
import type { NumberCapability } from '../domain/number-capability';
import type { OrderActionKind } from '../domain/order/order';
import type { PaymentMode } from '../domain/payment/payment';
import type { TopUpTarget } from '../domain/payment/top-up-policy';
import type { CommandAnswer, LifecycleInput } from './lifecycle.messages';
import type { PaymentReport } from './payment.messages';

export type OrderInput = LifecycleInput<OrderActionKind>;
export type OrderStep = Step<OrderActionKind>;

export type OrderCommand =
  | {
      readonly kind: 'place';
      readonly target: TopUpTarget;
      /** How many, of a top-up of visitors. */
      readonly visitors?: number | null;
      /** What was made of the wish, for the customer. */
      readonly note?: string | null;
      /** What it costs without tax. Decimal strings: a bigint does not cross a wire. */
      readonly amount: string;
      readonly currency: string;
      readonly gateway: string;
      readonly mode: PaymentMode | null;
    }
  /** A purchase whose draft is written: what is in it is in its rows, no number crosses this wire. */
  | { readonly kind: 'open' }
  | {
      readonly kind: 'pay';
      readonly mode: PaymentMode | 'wallet';
      /** Who takes it; left out: who the order was placed with, or nobody for the wallet. */
      readonly gateway?: string;
      /** What the customer read and counts on; null: nothing said. */
      readonly confirmedCapabilities: readonly NumberCapability[] | null;
    }
  | { readonly kind: 'item_settled'; readonly itemId: string }
  | ({ readonly kind: 'payment_reported' } & PaymentReport);

type Request<Kind extends OrderCommand['kind']> = Omit<
  Extract<OrderCommand, { kind: Kind }>,
  'kind'
>;

export const placeOrder = defineUpdate<CommandAnswer, [Request<'place'>]>('placeOrder');
export const openPurchase = defineUpdate<CommandAnswer, []>('openPurchase');
export const payOrder = defineUpdate<CommandAnswer, [Request<'pay'>]>('payOrder');
/** A fact: an item's delivery ended, well or not. Its row says how; this is only the hint to look. */
export const itemSettled = defineSignal<[{ readonly itemId: string }]>('itemSettled');
