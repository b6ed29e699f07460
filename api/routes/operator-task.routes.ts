import { z } from 'zod';
import {
  closeOperatorTask,
  listOperatorTasks,
} from '../../db/repositories/operator-task.repository';
import { BillingError } from '../../domain/billing-error';
import type { OperatorTask } from '../../domain/operator-task';
import { ok } from '../answer';
import { pageFields, pageOf, readCreatedCursor, toApiPage } from '../page';
import { toApiOperatorTask } from '../presenters/settlement.presenter';
import { readRoute, writeRoute, type Route } from '../route';
import { idText } from '../schemas/common.schema';
import { closeTaskSchema, operatorTaskSchema, tasksQuery } from '../schemas/settlement.schema';

const tag = 'Operator tasks';
const roles = ['operator'] as const;

const listRoute = readRoute({
  method: 'get',
  path: '/v1/operator_tasks',
  operation: 'listOperatorTasks',
  summary: 'List what needs a person, newest first',
  description:
    'A task closes itself when what it is about is solved: the refund is confirmed, the payment settled.',
  tag,
  roles,
  query: z.strictObject({ ...pageFields, ...tasksQuery }),
  responses: { 200: { description: 'A page.', schema: pageOf(operatorTaskSchema) } },
  async handler({ query }, trx) {
    const { limit, cursor, status, kind } = query;
    const before = readCreatedCursor(cursor);
    const rows = await listOperatorTasks(trx, { limit: limit + 1, before, status, kind });
    const cursorOf = ({ openedAt, id }: OperatorTask) => [openedAt, id];
    return ok(toApiPage(rows, { limit, present: toApiOperatorTask, cursorOf }));
  },
});

const closeRoute = writeRoute({
  method: 'post',
  path: '/v1/operator_tasks/{task_id}/close',
  operation: 'closeOperatorTask',
  summary: 'Close a task, with a note of what was done',
  description: 'One that is closed stays as it is. A difference that is still there opens another.',
  tag,
  roles,
  params: z.strictObject({ task_id: idText }),
  body: closeTaskSchema,
  responses: { 200: { description: 'The task, closed.', schema: operatorTaskSchema } },
  refusals: ['not_found'],
  async handler({ params, body, caller, receivedAt }, trx) {
    const { task_id: id } = params;
    const closing = { id, keyId: caller.keyId, note: body.note, at: receivedAt };
    const task = await closeOperatorTask(trx, closing);
    if (task === null) throw new BillingError('not_found', 'There is no such task.');
    return ok(toApiOperatorTask(task));
  },
});

export const operatorTaskRoutes: readonly Route[] = [listRoute, closeRoute];
