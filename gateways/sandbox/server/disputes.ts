/**
 * Owns: disputes of payments: opened and ended by the control calls, since no bank of the sandbox's takes money back.
 * Does not own: the routes (dispute.routes.ts), payments (payments.ts).
 * What is told of one is what the control call said, unsound amounts included: a merchant must bear those.
 * Example: `openDispute` of `sbx_pay_1` over 1 180.00 INR; `closeDispute` with `lost`; each is told by a webhook.
 */
import type { Instant } from '../../../domain/instant';
import { newSandboxId, type DisputeRow, type PaymentRow } from './books';
import type { SandboxContext } from './context';
import { presentDispute, presentPayment } from './present';
import { SandboxRefusal } from './sandbox-refusal';
import { recordEvent, type Notice } from './webhook-outbox';

export interface NewDispute {
  readonly paymentId: string;
  /** Null: all of the payment. */
  readonly amount: string | null;
  readonly currency: string | null;
  /** What the gateway asks for the dispute. */
  readonly fee: string | null;
  readonly reason: string;
  readonly status: 'warning' | 'needs_response';
  readonly evidenceDueAt: Instant | null;
}

/** Throws SandboxRefusal `resource_missing`, or `payment_not_succeeded`. */
export function openDispute(context: SandboxContext, asked: NewDispute): DisputeRow {
  const { books, now } = context;
  const payment = findPayment(context, asked.paymentId);
  if (payment.status !== 'succeeded') {
    throw new SandboxRefusal('payment_not_succeeded', `the payment is ${payment.status}`);
  }
  const dispute: DisputeRow = {
    ...asked,
    id: newSandboxId('dp'),
    reference: payment.reference,
    customerReference: payment.customerReference,
    amount: asked.amount ?? payment.amount,
    currency: asked.currency ?? payment.currency,
    createdAt: now(),
    updatedAt: now(),
  };
  return books.atomically(() => save(context, dispute, 'dispute.opened'));
}

/** The bank asks for something else, or gets what it asked for. Throws like `findDispute`, and when it has ended. */
export function updateDispute(
  context: SandboxContext,
  id: string,
  change: Partial<Pick<DisputeRow, 'status' | 'evidenceDueAt'>>,
): DisputeRow {
  const dispute = findOpen(context, id);
  return context.books.atomically(() =>
    save(context, { ...dispute, ...change }, 'dispute.updated'),
  );
}

/** Ends one for good. */
export function closeDispute(
  context: SandboxContext,
  id: string,
  outcome: 'won' | 'lost',
): DisputeRow {
  const ended = { ...findOpen(context, id), status: outcome, evidenceDueAt: null };
  return context.books.atomically(() => save(context, ended, 'dispute.closed'));
}

/** Throws SandboxRefusal `resource_missing`. */
export function findDispute({ books }: SandboxContext, id: string): DisputeRow {
  const dispute = books.find('dispute', id);
  if (dispute === undefined) throw new SandboxRefusal('resource_missing', `no dispute "${id}"`);
  return dispute;
}

function findOpen(context: SandboxContext, id: string): DisputeRow {
  const dispute = findDispute(context, id);
  if (dispute.status === 'won' || dispute.status === 'lost') {
    throw new SandboxRefusal('invalid_request', `the dispute is ${dispute.status}`);
  }
  return dispute;
}

function findPayment({ books }: SandboxContext, id: string): PaymentRow {
  const payment = books.find('payment', id);
  if (payment === undefined) throw new SandboxRefusal('resource_missing', `no payment "${id}"`);
  return payment;
}

function save(context: SandboxContext, dispute: DisputeRow, type: Notice['type']): DisputeRow {
  const saved = { ...dispute, updatedAt: context.now() };
  const payment = findPayment(context, dispute.paymentId);
  context.books.save('dispute', saved);
  recordEvent(context, {
    type,
    about: payment,
    data: { payment: presentPayment(payment), dispute: presentDispute(saved) },
  });
  return saved;
}
