/**
 * Owns: writing down that the merchant is to be told something, and what the webhook knobs do to it.
 * Does not own: sending it (webhook-delivery.ts).
 * An event is saved in the same change as the row it tells about, so neither exists alone.
 * Example: with `{kind: 'reorder', count: 2}` set, `payment.processing` is held back until the
 * `payment.succeeded` after it was sent.
 */
import { addSeconds, type Instant } from '../../../domain/instant';
import { newSandboxId, type EventRow, type PaymentRow } from './books';
import type { SandboxContext } from './context';
import { isAimedAt } from './faults';
import type { WireWebhook } from '../wire';

export interface Notice {
  readonly type:
    | 'payment.processing'
    | 'payment.succeeded'
    | 'payment.failed'
    | 'checkout.expired'
    | 'setup.completed'
    | 'setup.expired'
    | 'method.changed'
    | 'refund.succeeded'
    | 'dispute.opened'
    | 'dispute.updated'
    | 'dispute.closed';
  /** A method has no reference of the merchant's. */
  readonly about: Pick<PaymentRow, 'customerReference'> & Partial<Pick<PaymentRow, 'reference'>>;
  readonly data: WireWebhook['data'];
}

/** Saves an event to be delivered; call it inside the `atomically` of what it tells about. */
export function recordEvent(context: SandboxContext, notice: Notice): void {
  const { books, faults, now } = context;
  const { about } = notice;
  const id = newSandboxId('evt');
  const createdAt = now();
  const dropped = faults.takeForWebhook('drop', about) !== null;
  if (!dropped) nameSuccessor(context, about, id);

  const body: WireWebhook = { id, type: notice.type, created_at: createdAt, data: notice.data };
  books.save('event', {
    id,
    type: notice.type,
    reference: about.reference ?? null,
    body: JSON.stringify(body),
    status: dropped ? 'dropped' : 'pending',
    createdAt,
    ...takeTiming(context, about, createdAt),
    copies: faults.takeForWebhook('duplicate', about)?.copies ?? 1,
    forgery: faults.takeForWebhook('forge', about)?.code ?? null,
    attemptsMade: 0,
    deliveries: [],
  });
}

/** When the event is due, by the delay and reorder knobs. */
function takeTiming(
  { faults }: SandboxContext,
  about: Notice['about'],
  createdAt: Instant,
): Pick<EventRow, 'dueAt' | 'hold'> {
  const delayMs = faults.takeWebhookDelay(about)?.delay_ms ?? 0;
  const reorder = faults.takeForWebhook('reorder', about);
  // The last one of a reordered group is not held: the others wait for it.
  if (reorder === null || reorder.count === 1) {
    return { dueAt: addSeconds(createdAt, delayMs / 1_000), hold: null };
  }
  const waitMs = delayMs + reorder.delay_ms;
  return { dueAt: addSeconds(createdAt, waitMs / 1_000), hold: { untilNextOf: reorder } };
}

/** An event that was held for whatever comes next is now held for this one by name. */
function nameSuccessor(
  { books }: SandboxContext,
  about: Notice['about'],
  successorId: string,
): void {
  for (const event of books.heldEvents()) {
    if (event.hold === null || !('untilNextOf' in event.hold)) continue;
    if (!isAimedAt(event.hold.untilNextOf, about)) continue;
    books.save('event', { ...event, hold: { untilSent: successorId } });
  }
}
