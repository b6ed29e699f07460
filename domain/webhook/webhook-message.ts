/**
 * Owns: the body of a webhook: `{type, timestamp, data}`, where `data` is the event as GET /v1/events shows it.
 * Does not own: the headers (gateways/webhooks/sign-webhook.ts), who is told (migration 0020).
 * Example: `{"type":"order.paid","timestamp":"2026-11-28T10:00:00.000Z","data":{"id":"evt_…",…}}`.
 */
import { toWireEvent, type EventType, type RecordedEvent } from '../event';
import type { Instant } from '../instant';

/** What `POST /v1/webhook_endpoints/{id}/test` sends. It is no event: GET /v1/events does not show it. */
export const TEST_TYPE = 'webhook.test';
/** Whoever listens to this listens to every type, also to those that come later. */
export const EVERY_TYPE = '*';

/** What an endpoint may listen to, and what it may be told. */
export type ListenedType = EventType | typeof EVERY_TYPE;
export type MessageType = EventType | typeof TEST_TYPE;

/** The text of an event's webhook: `timestamp` is when it happened. */
export function toMessageBody(event: RecordedEvent): string {
  return toBody(toWireEvent(event));
}

/** Of a message that belongs to an endpoint, and to no account where the endpoint belongs to none. */
export function toEndpointMessageBody(message: {
  readonly id: string;
  readonly endpointId: string;
  readonly accountId: string | null;
  readonly type: MessageType;
  readonly reason: string;
  readonly data: RecordedEvent['data'];
  readonly at: Instant;
}): string {
  return toBody({
    id: message.id,
    account_id: message.accountId,
    type: message.type,
    subject_id: message.endpointId,
    reason: message.reason,
    data: message.data,
    occurred_at: message.at,
    recorded_at: message.at,
  });
}

/** What is told, as `toWireEvent` writes it. */
interface Told extends Omit<ReturnType<typeof toWireEvent>, 'type' | 'account_id'> {
  readonly type: MessageType;
  readonly account_id: string | null;
}

function toBody(told: Told): string {
  return JSON.stringify({ type: told.type, timestamp: told.occurred_at, data: told });
}
