/**
 * Owns: what an event is, and the types that make a decision tell only what the catalogue promises.
 * Does not own: the events themselves (event-catalogue.ts), keeping them (db/repositories/event.repository.ts).
 * Example: `{ type: 'subscription.changed', reason: '…' }` does not compile: `data` must name the plan before.
 */
import { EVENT_CATALOGUE } from './event-catalogue';
import type { Instant } from './instant';

type Catalogue = typeof EVENT_CATALOGUE;
export type EventSubject = keyof Catalogue;
export type FactValue = string | number | boolean | null;
type Facts<Named> = Readonly<Record<keyof Named, FactValue>>;

/** The facts that all events of a subject carry. */
export type FactsOf<Subject extends EventSubject> = Facts<Catalogue[Subject]['facts']>;

type OwnFacts<Said> = Said extends { readonly facts: infer Named }
  ? { readonly data: Facts<Named> }
  : { readonly data?: undefined };

/** An event of a subject as a decision tells it: with the facts that only this type carries. */
export type EventOf<Subject extends EventSubject> = Subject extends EventSubject
  ? {
      [Type in keyof Catalogue[Subject]['events']]: {
        readonly type: Type;
        /** One sentence a customer's support can read aloud. */
        readonly reason: string;
      } & OwnFacts<Catalogue[Subject]['events'][Type]>;
    }[keyof Catalogue[Subject]['events']]
  : never;

export type EventType = EventOf<EventSubject>['type'];

/** Something a customer or an operator should hear of, with all its facts. */
export interface NewEvent {
  readonly accountId: string;
  readonly type: EventType;
  /** What it happened to: the catalogue says of what it is the id. */
  readonly subjectId: string;
  readonly reason: string;
  readonly data: Readonly<Record<string, FactValue>>;
  /** Business time. */
  readonly occurredAt: Instant;
}

/** An event as it was written down. */
export interface RecordedEvent extends NewEvent {
  readonly id: string;
  readonly recordedAt: Instant;
}

/** An event as it is told, by the API and by webhooks alike. */
export function toWireEvent(event: RecordedEvent) {
  return {
    id: event.id,
    account_id: event.accountId,
    type: event.type,
    subject_id: event.subjectId,
    reason: event.reason,
    data: { ...event.data },
    occurred_at: event.occurredAt,
    recorded_at: event.recordedAt,
  };
}

/** The events of a decision about one thing: what all of them carry, and what each one adds. */
export function buildEvents<Subject extends EventSubject>(
  { id, accountId }: { readonly id: string; readonly accountId: string },
  told: {
    readonly events: readonly EventOf<Subject>[];
    readonly facts: FactsOf<Subject>;
    readonly at: Instant;
  },
): NewEvent[] {
  const { facts, at } = told;
  const events: readonly EventOf<EventSubject>[] = told.events;
  return events.map(({ type, reason, data }) => ({
    accountId,
    type,
    subjectId: id,
    reason,
    data: { ...facts, ...data },
    occurredAt: at,
  }));
}

export const EVENT_TYPES = Object.values(EVENT_CATALOGUE).flatMap(({ events }) =>
  // The keys of a literal are what its type says.
  Object.keys(events),
) as readonly EventType[];
