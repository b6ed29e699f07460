/** The order's contract: its id, its commands and one line per message. */
import { defineUpdate } from '@temporalio/workflow';
import type { OrderActionKind, PaymentMode } from '../domain/order';
import type { CommandAnswer, LifecycleInput, Step } from './lifecycle.messages';

export type OrderInput = LifecycleInput<OrderActionKind>;
export type OrderStep = Step<OrderActionKind>;

export type OrderCommand =
  | {
      readonly kind: 'place';
      readonly target: 'wallet' | 'whatsapp_balance';
      /** Decimal strings: a bigint does not cross a wire. */
      readonly amount: string;
      readonly currency: string;
      readonly gateway: string;
      readonly mode: PaymentMode | null;
    }
  | { readonly kind: 'payment_reported'; readonly gatewayPaymentId: string };

type Request<Kind extends OrderCommand['kind']> = Omit<
  Extract<OrderCommand, { kind: Kind }>,
  'kind'
>;

export const placeOrder = defineUpdate<CommandAnswer, [Request<'place'>]>('placeOrder');
export const ORDER_WORKFLOW_TYPE = 'orderLifecycle';

export function orderWorkflowId(orderId: string): string {
  return `order/${orderId}`;
}
