import { z } from 'zod';
import { accepted, created } from '../../api/answer';
import { runCommand } from '../../api/commands/run-command';
import { commandRoute, type Route } from '../../api/route';
import { ROUTES } from '../../api/routes';
import { idText } from '../../api/schemas/common.schema';
import { findAccount } from '../../db/repositories/account.repository';
import {
  findUnsettledCommands,
  storeOutcome,
  type UnsettledCommand,
} from '../../db/repositories/idempotency.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import { BillingError } from '../../domain/billing-error';
import { startApi, type ApiUnderTest } from './api-under-test';
import { createWorld, type World } from './world';

type PaintAnswer =
  | { readonly kind: 'done'; readonly colour: string }
  | { readonly kind: 'refused'; readonly missing: string };

/** A lifecycle route as small as one can be: it paints an account. */
const paint = commandRoute({
  method: 'post',
  path: '/v1/accounts/{account_id}/paint',
  operation: 'paintAccount',
  summary: 'Paint an account',
  tag: 'Test',
  roles: ['operator', 'partner', 'account'],
  params: z.strictObject({ account_id: idText }),
  body: z.strictObject({ colour: idText }),
  responses: { 201: { description: 'Painted.' }, 202: { description: 'Not dry yet.' } },
  handler: (request, dependencies) =>
    runCommand<PaintAnswer>(request, dependencies, {
      resourceKind: 'order',
      build: async (id, trx) => {
        const account = await findAccount(trx, request.params.account_id);
        if (account === null) throw new BillingError('not_found', 'There is no such account.');
        if (request.body.colour === 'plaid') {
          throw new BillingError('unknown_plan', 'Plaid is no colour.');
        }
        const args = [{ colour: request.body.colour }];
        return { workflow: 'order', workflowId: `order/${id}`, update: 'paint', args, start: null };
      },
      present: async (answer, { resourceId }) => {
        if (answer.kind === 'done') return created({ id: resourceId, colour: answer.colour }, '/x');
        throw new BillingError('insufficient_balance', 'Paint costs money.', {
          required: '10.00',
          available: '4.00',
          missing: answer.missing,
          currency: 'INR',
        });
      },
      presentAccepted: async ({ resourceId }) => accepted({ id: resourceId, colour: null }),
    }),
});

const routes: readonly Route[] = [...ROUTES, paint];
const DONE = { kind: 'answered', reply: { kind: 'done', colour: 'blue' } } as const;

let api: ApiUnderTest;
let world: World;
let keys = 0;

beforeAll(async () => {
  api = await startApi({ routes });
  world = await createWorld(api);
});
beforeEach(() => {
  api.sender.sent.length = 0;
});
afterAll(() => api.close());

function newKey(): string {
  keys += 1;
  return `command-${keys}`;
}

function send(
  idempotencyKey: string,
  options: { colour?: string; prefer?: string; key?: string; accountId?: string } = {},
) {
  const { colour = 'blue', prefer, key = world.ours.accountKey } = options;
  const accountId = options.accountId ?? world.ours.accountId;
  return api.call('POST', `/v1/accounts/${accountId}/paint`, {
    key,
    headers: { 'idempotency-key': idempotencyKey, ...(prefer === undefined ? {} : { prefer }) },
    body: { colour },
  });
}

function asSystem<T>(work: Parameters<typeof withTransaction<T>>[2]): Promise<T> {
  return withTransaction(api.database, SYSTEM, work);
}

function findUnsettled(): Promise<UnsettledCommand[]> {
  const query = { receivedBefore: '2999-01-01T00:00:00.000Z', limit: 1_000 };
  return asSystem((trx) => findUnsettledCommands(trx, query));
}

test('answers what the workflow did, and the same again without asking it again', async () => {
  api.sender.answerWith(() => DONE);
  const key = newKey();
  const first = await send(key);
  const again = await send(key);
  expect(first.status).toBe(201);
  expect(first.body).toEqual({ id: expect.stringMatching(/^ord_/), colour: 'blue' });
  expect([again.status, again.text]).toEqual([201, first.text]);
  expect(again.headers.get('idempotent-replayed')).toBe('true');
  expect(api.sender.sent).toHaveLength(1);
});

test('a refusal of the workflow is the answer to the key, also after it could be done', async () => {
  api.sender.answerWith(() => ({ kind: 'answered', reply: { kind: 'refused', missing: '6.00' } }));
  const key = newKey();
  const refused = await send(key);
  expect(refused.status).toBe(402);
  expect(refused.body).toMatchObject({
    code: 'insufficient_balance',
    required: { amount: '10.00', currency: 'INR' },
    available: { amount: '4.00', currency: 'INR' },
    missing: { amount: '6.00', currency: 'INR' },
  });
  api.sender.answerWith(() => DONE);
  const again = await send(key);
  expect([again.status, again.text]).toEqual([402, refused.text]);
});

test('a failed update answers the code the workflow failed with', async () => {
  api.sender.answerWith(() => ({
    kind: 'failed',
    code: 'invalid_state',
    message: 'The wall is gone.',
    details: {},
  }));
  const reply = await send(newKey());
  expect(reply.status).toBe(409);
  expect(reply.body).toMatchObject({ code: 'invalid_state', detail: 'The wall is gone.' });
});

test('no worker: 503 with Retry-After, and the same key sends the same message again', async () => {
  api.sender.answerWith(() => ({ kind: 'unavailable' }));
  const key = newKey();
  const refused = await send(key);
  expect(refused.status).toBe(503);
  expect(refused.body.code).toBe('unavailable');
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  api.sender.answerWith(() => DONE);
  const served = await send(key);
  expect(served.status).toBe(201);
  expect(served.headers.get('idempotent-replayed')).toBeNull();
  const [first, second] = api.sender.sent;
  expect(second).toEqual(first);
});

test('accepted but slow: 202 with the id, then the outcome under the same key', async () => {
  api.sender.answerWith(() => ({ kind: 'accepted' }));
  const key = newKey();
  const slow = await send(key);
  expect(slow.status).toBe(202);
  expect(slow.body).toEqual({ id: expect.stringMatching(/^ord_/), colour: null });
  api.sender.answerWith(() => DONE);
  const done = await send(key);
  expect(done.status).toBe(201);
  expect(done.body.id).toBe(slow.body.id);
});

test.each([
  ['top_ups', { amount: '600.00', currency: 'INR' }],
  ['subscriptions', { plan_code: 'growth', cycle: 'monthly' }],
])('accepted but slow: 202 says where the new one of %s will be', async (what, body) => {
  api.sender.answerWith(() => ({ kind: 'accepted' }));
  const reply = await api.call('POST', `/v1/accounts/${world.ours.accountId}/${what}`, {
    key: world.ours.accountKey,
    body: JSON.stringify(body),
  });
  expect(reply.status).toBe(202);
  expect(reply.headers.get('location')).toBe(`/v1/${what}/${String(reply.body.id)}`);
});

test.each([
  [undefined, 10_000],
  ['wait=3', 3_000],
  ['respond-async, wait=0', 0],
  ['wait=600', 30_000],
  ['wait=soon', 10_000],
])('waits as the caller prefers: %s is %i ms', async (prefer, waitMs) => {
  api.sender.answerWith(() => DONE);
  const reply = await send(newKey(), prefer === undefined ? {} : { prefer });
  const isUnderstood = prefer?.match(/wait=\d/) !== null && prefer !== undefined;
  const applied = isUnderstood ? `wait=${waitMs / 1_000}` : null;
  expect(reply.headers.get('preference-applied')).toBe(applied);
  expect(api.sender.sent.map((command) => command.waitMs)).toEqual([waitMs]);
});

test('no workflow and no row: 409', async () => {
  api.sender.answerWith(() => ({ kind: 'not_running' }));
  const reply = await send(newKey());
  expect([reply.status, reply.body.code]).toEqual([409, 'invalid_state']);
});

test('eight copies at once: one message, eight equal answers', async () => {
  api.sender.answerWith(() => DONE);
  const key = newKey();
  const replies = await Promise.all(Array.from({ length: 8 }, () => send(key)));
  expect(new Set(replies.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
  expect(new Set(api.sender.sent.map(({ updateId }) => updateId)).size).toBe(1);
  expect(new Set(api.sender.sent.map(({ workflowId }) => workflowId)).size).toBe(1);
});

test('what `build` refuses leaves the key unused and sends nothing', async () => {
  api.sender.answerWith(() => DONE);
  const key = newKey();
  const refused = await send(key, { colour: 'plaid' });
  expect([refused.status, refused.body.code]).toEqual([422, 'unknown_plan']);
  const foreign = await send(key, { accountId: world.theirs.accountId });
  expect(foreign.status).toBe(404);
  expect(api.sender.sent).toEqual([]);
  expect((await send(key)).status).toBe(201);
});

test('another body under a used key: 409, and nothing is sent', async () => {
  api.sender.answerWith(() => ({ kind: 'unavailable' }));
  const key = newKey();
  await send(key);
  api.sender.sent.length = 0;
  const other = await send(key, { colour: 'red' });
  expect([other.status, other.body.code]).toEqual([409, 'idempotency_key_reused']);
  expect(api.sender.sent).toEqual([]);
});

test('the same key of two tenants is two messages', async () => {
  api.sender.answerWith(() => DONE);
  const key = newKey();
  await send(key);
  await send(key, { key: world.theirs.accountKey, accountId: world.theirs.accountId });
  expect(new Set(api.sender.sent.map(({ updateId }) => updateId)).size).toBe(2);
});

test('the reconciliation finds what has no outcome, and what it notes is the answer', async () => {
  api.sender.answerWith(() => ({ kind: 'unavailable' }));
  const key = newKey();
  await send(key);
  const [sent] = api.sender.sent;
  const found = (await findUnsettled()).find((unsettled) => unsettled.key === key);
  expect(found).toMatchObject({
    tenant: world.ours.accountId,
    updateId: sent?.updateId,
    command: {
      workflow: 'order',
      workflowId: sent?.workflowId,
      update: 'paint',
      args: [{ colour: 'blue' }],
      start: null,
    },
  });
  await asSystem((trx) => storeOutcome(trx, { tenant: world.ours.accountId, key }, DONE));
  expect((await findUnsettled()).map((unsettled) => unsettled.key)).not.toContain(key);
  api.sender.sent.length = 0;
  const reply = await send(key);
  expect([reply.status, reply.body.colour]).toEqual([201, 'blue']);
  expect(api.sender.sent).toEqual([]);
});

describe('a top-up with a target', () => {
  const topUp = (body: Readonly<Record<string, unknown>>) =>
    api.call('POST', `/v1/accounts/${world.ours.accountId}/top_ups`, {
      key: world.ours.accountKey,
      body: JSON.stringify(body),
    });

  test('R3.05 of visitors needs a currency that sells them', async () => {
    const { status, body } = await topUp({ target: 'unique_visitors', quantity: 500 });
    expect({ status, code: body.code, detail: body.detail }).toEqual({
      status: 422,
      code: 'unprocessable',
      detail: 'Unique visitors are not sold in INR.',
    });
  });

  test.each([
    ['an amount: the price is ours', { quantity: 500, amount: '1.00' }, 'unknown_field'],
    ['no quantity', {}, 'invalid_request'],
    ['half a visitor', { quantity: 0.5 }, 'invalid_request'],
  ])('R3.05 of visitors with %s is refused', async (_, wish, code) => {
    const { status, body } = await topUp({ target: 'unique_visitors', ...wish });
    expect([status, body.code]).toEqual([400, code]);
  });

  test('R3.05 of the WhatsApp balance needs no currency: it is the account’s', async () => {
    api.sender.answerWith(() => ({ kind: 'accepted' }));
    expect((await topUp({ target: 'whatsapp_balance', amount: '600.00' })).status).toBe(202);
    const foreign = { target: 'whatsapp_balance', amount: '600', currency: 'IDR' };
    expect((await topUp(foreign)).body.code).toBe('currency_mismatch');
  });
});
