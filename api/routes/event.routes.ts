import { z } from 'zod';
import { listEvents } from '../../db/repositories/event.repository';
import { toWireEvent } from '../../domain/event';
import { ok } from '../answer';
import { pageFields, pageOf, readNumberCursor, toApiPage } from '../page';
import { readRoute, type Route } from '../route';
import { idText } from '../schemas/common.schema';
import { eventSchema, eventType } from '../schemas/event.schema';

const listAllEvents = readRoute({
  method: 'get',
  path: '/v1/events',
  operation: 'listEvents',
  summary: 'List what happened',
  tag: 'Events',
  roles: ['operator', 'partner', 'account'],
  query: z.strictObject({
    ...pageFields,
    account_id: idText.optional(),
    type: eventType.optional(),
    subject_id: idText.optional(),
  }),
  responses: { 200: { description: 'Events, newest first.', schema: pageOf(eventSchema) } },
  async handler({ query }, trx) {
    const { limit, cursor, account_id, type, subject_id } = query;
    const rows = await listEvents(trx, {
      limit: limit + 1,
      beforePosition: readNumberCursor(cursor),
      accountId: account_id,
      type,
      subjectId: subject_id,
    });
    return ok(
      toApiPage(rows, {
        limit,
        present: toWireEvent,
        cursorOf: ({ position }) => [String(position)],
      }),
    );
  },
});

export const eventRoutes: readonly Route[] = [listAllEvents];
