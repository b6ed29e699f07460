/** What a gateway's message about a payment means here: whose lifecycle it is told to, and how. */
import { defineSignal } from '@temporalio/workflow';
import { workflowIdOf } from '../domain/lifecycle';

/** A fact: the gateway says something happened to a payment. What it was is asked, not believed. */
export const paymentReported =
  defineSignal<[{ readonly eventId: string; readonly gatewayPaymentId: string }]>(
    'paymentReported',
  );

/** A fact: money came into the account's wallet. Sent by whoever granted it. */
export const moneyArrived = defineSignal<[{ readonly paymentId: string }]>('moneyArrived');

const PERIOD_REFERENCE = /^(subscription|phone-number)\/([^/]+)\/period\//;

/**
 * The workflow a payment belongs to, by the reference we gave the gateway: an order's id, or a period of
 * a subscription or phone number, like `subscription/sub_1/period/3`.
 */
export function workflowOfPayment(reference: string): string {
  const [, kind, id] = PERIOD_REFERENCE.exec(reference) ?? [];
  if (kind === undefined || id === undefined) return workflowIdOf('order', reference);
  return kind === 'subscription'
    ? workflowIdOf('subscription', id)
    : workflowIdOf('phone_number', id);
}
