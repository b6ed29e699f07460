/** The dispute's contract: what it hears. */
import { defineSignal } from '@temporalio/workflow';
import type { DisputeActionKind } from '../domain/dispute/dispute';
import type { Step } from '../domain/lifecycle';
import type { LifecycleInput } from './lifecycle.messages';
import { paymentReported, type PaymentReport } from './payment.messages';

export type DisputeInput = LifecycleInput<DisputeActionKind>;
export type DisputeStep = Step<DisputeActionKind>;

/** A fact: the gateway says something happened to a dispute. What it was is asked, not believed. */
export const disputeReported = defineSignal<[PaymentReport]>('disputeReported');

/** A gateway's message, as it was stored. */
export interface GatewayMessage {
  readonly eventId: string;
  readonly gateway: string;
  readonly gatewayPaymentId: string | null;
  readonly gatewayDisputeId: string | null;
}

/** How a lifecycle is told of a message: as one about a dispute, or about a payment. */
export function signalOf({ gatewayDisputeId, gatewayPaymentId, ...named }: GatewayMessage) {
  const signal = gatewayDisputeId === null ? paymentReported : disputeReported;
  // Only one about a dispute may name no payment, and the dispute's row does.
  const report: PaymentReport = { ...named, gatewayPaymentId: gatewayPaymentId ?? '' };
  return { signal, report };
}
