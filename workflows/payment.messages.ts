/** What a gateway's message about a payment means here: whose lifecycle it is told to, and how. */
import { defineSignal } from '@temporalio/workflow';

/** A gateway's message: which of its payments, or setups, it is about. */
export interface PaymentReport {
  readonly eventId: string;
  /** Who sent it, and is asked. */
  readonly gateway: string;
  /** Of a setup: the gateway's id of that. */
  readonly gatewayPaymentId: string;
}

/** A fact: the gateway says something happened to a payment or setup. What it was is asked, not believed. */
export const paymentReported = defineSignal<[PaymentReport]>('paymentReported');

/**
 * A fact: money came into the account's wallet, or what is charged for it changed; the row says what that means.
 * `from`: who brought it.
 */
export const moneyArrived = defineSignal<[{ readonly from: string }]>('moneyArrived');

/**
 * The workflow a payment belongs to. Every reference we give a gateway is a workflow id, `order/ord_1`, or
 * begins with one, `subscription/sub_1/period/3`.
 */
export function workflowOfPayment(reference: string): string {
  return reference.split('/', 2).join('/');
}
