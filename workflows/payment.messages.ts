/** What a gateway's message about a payment means here: whose lifecycle it is told to, and how. */
import { defineSignal } from '@temporalio/workflow';
import { orderWorkflowId } from './order.messages';
import { subscriptionWorkflowId } from './subscription.messages';

/** A fact: the gateway says something happened to a payment. What it was is asked, not believed. */
export const paymentReported =
  defineSignal<[{ readonly eventId: string; readonly gatewayPaymentId: string }]>(
    'paymentReported',
  );

const PERIOD_REFERENCE = /^subscription\/([^/]+)\/period\//;

/**
 * The workflow a payment belongs to, by the reference we gave the gateway: an order's id, or a period of
 * a subscription like `subscription/sub_1/period/3`.
 */
export function workflowOfPayment(reference: string): string {
  const subscriptionId = PERIOD_REFERENCE.exec(reference)?.[1];
  return subscriptionId === undefined
    ? orderWorkflowId(reference)
    : subscriptionWorkflowId(subscriptionId);
}
