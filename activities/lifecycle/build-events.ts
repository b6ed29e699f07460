import type { NewEvent } from '../../db/repositories/event.repository';
import type { Instant } from '../../domain/instant';

/** The events of a decision about one thing, each with the facts a receiver needs and nothing personal. */
export function buildEvents(
  { id, accountId }: { readonly id: string; readonly accountId: string },
  {
    events,
    facts,
    at,
  }: {
    /** With what only one of them tells. */
    readonly events: readonly Pick<NewEvent, 'type' | 'reason' | 'data'>[];
    /** What all of them tell. */
    readonly facts: NonNullable<NewEvent['data']>;
    readonly at: Instant;
  },
): NewEvent[] {
  return events.map(({ type, reason, data: own }) => ({
    accountId,
    type,
    subjectId: id,
    reason,
    data: { ...facts, ...own },
    occurredAt: at,
  }));
}
