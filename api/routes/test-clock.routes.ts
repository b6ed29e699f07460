import { z } from 'zod';
import {
  findTestClock,
  insertTestClock,
  listTestClocks,
  type TestClock,
} from '../../db/repositories/test-clock.repository';
import { newId } from '../../db/new-id';
import type { Transaction } from '../../db/transaction';
import { BillingError } from '../../domain/billing-error';
import { isBefore } from '../../domain/instant';
import type { CommandAnswer } from '../../workflows/lifecycle.messages';
import {
  advanceTo,
  buildTestClockStart,
  testClockWorkflowId,
} from '../../workflows/test-clock.messages';
import { accepted, created, ok } from '../answer';
import { assertDone } from '../command-answer';
import { runCommand } from '../commands/run-command';
import { pageFields, pageOf, readCreatedCursor, toApiPage } from '../page';
import { commandRoute, readRoute, writeRoute } from '../route';
import { idText, instantInput, instantOutput, text } from '../schemas/common.schema';

const tag = 'Test clocks';
const RESELLERS = ['operator', 'partner'] as const;
const clockParams = z.strictObject({ test_clock_id: idText });

const testClockSchema = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    now: instantOutput,
    frozen_at: instantOutput.meta({ description: 'The same as `now`: a test clock stands still.' }),
    status: z.enum(['ready', 'advancing', 'failed']),
    advancing_to: instantOutput.nullable(),
    failure: z.string().nullable(),
    created_at: instantOutput,
    workflow_id: z.string(),
  })
  .meta({ id: 'TestClock', description: 'Accounts on it live in its time.' });

const newTestClockSchema = z
  .strictObject({ name: text(), frozen_at: instantInput })
  .meta({ id: 'NewTestClock' });

const createRoute = writeRoute({
  method: 'post',
  path: '/v1/test_clocks',
  operation: 'createTestClock',
  summary: 'Create a test clock',
  tag,
  roles: RESELLERS,
  body: newTestClockSchema,
  responses: { 201: { description: 'The clock.', schema: testClockSchema } },
  handler: async ({ body, caller, receivedAt }, trx) => {
    const clock: TestClock = {
      id: newId('test_clock'),
      partnerId: caller.partnerId,
      name: body.name,
      now: body.frozen_at,
      status: 'ready',
      advancingTo: null,
      failure: null,
      createdAt: receivedAt,
    };
    await insertTestClock(trx, clock);
    return created(toApiTestClock(clock), `/v1/test_clocks/${clock.id}`);
  },
});

const listRoute = readRoute({
  method: 'get',
  path: '/v1/test_clocks',
  operation: 'listTestClocks',
  summary: 'List test clocks, newest first',
  tag,
  roles: RESELLERS,
  query: z.strictObject(pageFields),
  responses: { 200: { description: 'A page.', schema: pageOf(testClockSchema) } },
  handler: async ({ query }, trx) => {
    const before = readCreatedCursor(query.cursor);
    const rows = await listTestClocks(trx, { limit: query.limit + 1, before });
    const cursorOf = (row: TestClock) => [row.createdAt, row.id];
    return ok(toApiPage(rows, { limit: query.limit, present: toApiTestClock, cursorOf }));
  },
});

const showRoute = readRoute({
  method: 'get',
  path: '/v1/test_clocks/{test_clock_id}',
  operation: 'getTestClock',
  summary: 'Show a test clock',
  tag,
  roles: RESELLERS,
  params: clockParams,
  responses: { 200: { description: 'The clock.', schema: testClockSchema } },
  handler: async ({ params }, trx) =>
    ok(toApiTestClock(await getTestClock(trx, params.test_clock_id))),
});

const advanceRoute = commandRoute({
  method: 'post',
  path: '/v1/test_clocks/{test_clock_id}/advance',
  operation: 'advanceTestClock',
  summary: 'Move a test clock forward',
  description:
    'Everything that falls due on the way happens, in order. 202 while that takes longer than was waited: ask for the clock until it is `ready`.',
  tag,
  roles: RESELLERS,
  params: clockParams,
  body: z.strictObject({ to: instantInput }).meta({ id: 'AdvanceTestClock' }),
  responses: {
    200: { description: 'The clock is there, or tells why not.', schema: testClockSchema },
    202: { description: 'Still on the way.', schema: testClockSchema },
  },
  refusals: ['unprocessable'],
  handler: (request, dependencies) => {
    const { test_clock_id: id } = request.params;
    return runCommand<CommandAnswer>(request, dependencies, {
      resourceKind: null,
      build: async (_, trx) => {
        const clock = await getTestClock(trx, id);
        const { role, partnerId } = request.caller;
        if (role === 'partner' && clock.partnerId !== partnerId) {
          throw new BillingError('forbidden', 'This clock is the operator’s to move.');
        }
        if (isBefore(request.body.to, clock.now)) {
          const message = `The clock is at ${clock.now}; it only moves forward.`;
          throw new BillingError('unprocessable', message, { field: 'to' });
        }
        return {
          workflow: 'test_clock',
          workflowId: testClockWorkflowId(id),
          update: advanceTo.name,
          args: [{ to: request.body.to }],
          start: buildTestClockStart(id),
        };
      },
      present: async (answer, { trx }) => {
        assertDone(answer);
        return ok(toApiTestClock(await getTestClock(trx, id)));
      },
      presentAccepted: async ({ trx }) => accepted(toApiTestClock(await getTestClock(trx, id))),
    });
  },
});

export const testClockRoutes = [createRoute, listRoute, showRoute, advanceRoute];

async function getTestClock(trx: Transaction, id: string): Promise<TestClock> {
  const clock = await findTestClock(trx, id);
  if (clock === null) throw new BillingError('not_found', 'There is no such test clock.');
  return clock;
}

function toApiTestClock(clock: TestClock) {
  return {
    id: clock.id,
    name: clock.name,
    now: clock.now,
    frozen_at: clock.now,
    status: clock.status,
    advancing_to: clock.advancingTo,
    failure: clock.failure,
    created_at: clock.createdAt,
    workflow_id: testClockWorkflowId(clock.id),
  };
}
