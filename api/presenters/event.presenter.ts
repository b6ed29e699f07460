import type { z } from 'zod';
import type { StoredEvent } from '../../db/repositories/event.repository';
import type { eventSchema } from '../schemas/event.schema';

export function toApiEvent(event: StoredEvent): z.input<typeof eventSchema> {
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
