import { listenToCrossings } from '../../db/after-commit';
import type { SendResult } from '../../gateways/workflow-commands';
import { publishPrices } from '../support/usage-prices';
import { startApi, type ApiUnderTest, type CallOptions } from './api-under-test';
import { createWorld, type World } from './world';

const NOW = '2026-11-20T12:00:00.000Z';
const BODY = { threshold: '500.00', amount: '1000.00', monthly_cap: '5000.00' };
const DONE: SendResult = { kind: 'answered', reply: { kind: 'done' } };

let api: ApiUnderTest;
let world: World;
let keys = 0;

beforeAll(async () => {
  api = await startApi({ now: () => NOW });
  world = await createWorld(api);
  await publishPrices(api.database, 'INR', { '1': 10_000_000_000n });
});
afterAll(async () => {
  await api?.close();
});
beforeEach(() => {
  api.sender.sent.length = 0;
  api.sender.answerWith(() => DONE);
});

const pathOf = (accountId: string) => `/v1/accounts/${accountId}/auto_recharge`;

function ask(method: string, path: string, options: CallOptions = {}) {
  keys += 1;
  const headers = { 'idempotency-key': `recharge-${keys}` };
  return api.call(method, path, { key: api.operatorKey, headers, ...options });
}

describe('setting an auto-recharge', () => {
  test('R1.08 starts its workflow with the limits as they were written, and shows it', async () => {
    const { accountId, paymentMethodId, accountKey: key } = world.ours;
    const body = { ...BODY, payment_method_id: paymentMethodId };
    const reply = await ask('PUT', pathOf(accountId), { key, body });
    expect(reply.status).toBe(200);
    expect(api.sender.sent).toMatchObject([
      {
        workflowId: `auto-recharge/${accountId}`,
        update: 'setAutoRecharge',
        args: [
          {
            enabled: true,
            threshold: '500.00',
            amount: '1000.00',
            monthlyCap: '5000.00',
            paymentMethodId,
          },
        ],
      },
    ]);
    expect(reply.body).toEqual({
      account_id: accountId,
      enabled: true,
      threshold: '500.00',
      amount: '1000.00',
      monthly_cap: '5000.00',
      currency: 'INR',
      payment_method_id: null,
      status: 'armed',
      reason: 'the balance is watched; below 500.00 INR the saved payment method is charged',
      charged_this_month: '0.00',
      next_action: {
        kind: 'rest',
        at: null,
        reason: 'the balance is watched; below 500.00 INR the saved payment method is charged',
      },
      workflow_id: `auto-recharge/${accountId}`,
    });
  });

  test.each([
    ['an amount of nothing', { amount: '0' }, 400, 'invalid_amount'],
    ['parts of a paisa', { amount: '1000.001' }, 400, 'invalid_amount'],
    ['no cap', { monthly_cap: undefined }, 400, 'invalid_request'],
    ['a limit below zero', { threshold: '-1.00' }, 400, 'invalid_request'],
    ['a method that is not there', { payment_method_id: 'pm_none' }, 404, 'not_found'],
  ])('R1.08 refuses %s before any workflow is told', async (_, change, status, code) => {
    const body = { ...BODY, ...change };
    const reply = await ask('PUT', pathOf(world.ours.accountId), { body });
    expect({ status: reply.status, code: reply.body['code'] }).toEqual({ status, code });
    expect(api.sender.sent).toEqual([]);
  });

  test('R1.08 refuses the method of another account as one that is not there', async () => {
    const body = { ...BODY, payment_method_id: world.theirs.paymentMethodId };
    const reply = await ask('PUT', pathOf(world.ours.accountId), { body });
    expect(reply.status).toBe(404);
    expect(reply.body).toMatchObject({ detail: 'There is no such payment method.' });
  });

  test('R1.08 tells the workflow’s refusal with its field', async () => {
    api.sender.answerWith(() => ({
      kind: 'answered',
      reply: {
        kind: 'refused',
        code: 'unprocessable',
        message: 'The account keeps no payment method that can be charged. Save one first.',
        details: { field: 'payment_method_id' },
      },
    }));
    const reply = await ask('PUT', pathOf(world.ours.accountId), { body: BODY });
    expect({ status: reply.status, code: reply.body['code'] }).toEqual({
      status: 422,
      code: 'unprocessable',
    });
  });

  test('R1.08 that takes longer is answered as accepted', async () => {
    api.sender.answerWith(() => ({ kind: 'accepted' }));
    const reply = await ask('PUT', pathOf(world.ours.accountId), { body: BODY });
    expect(reply).toMatchObject({ status: 202, body: { status: 'pending' } });
  });
});

describe('reading and turning it off', () => {
  test('R1.08 an account that never set one has none', async () => {
    for (const method of ['GET', 'DELETE']) {
      expect((await ask(method, pathOf(world.ours.customerId))).status).toBe(404);
    }
  });

  test('R1.08 turning it off is told its workflow', async () => {
    const { accountId } = world.ours;
    const reply = await ask('DELETE', pathOf(accountId));
    expect(reply.status).toBe(200);
    expect(api.sender.sent).toMatchObject([
      { workflowId: `auto-recharge/${accountId}`, update: 'turnOffAutoRecharge', args: [] },
    ]);
  });
});

describe('what takes the money', () => {
  /** Whose balance fell, as the process is told of it: after the commit. */
  const heard: string[] = [];

  beforeAll(() => {
    listenToCrossings(api.database, (accountId) => void heard.push(accountId));
  });
  beforeEach(() => {
    heard.length = 0;
  });

  test('R1.08 a hold lowers what can be spent: it is a crossing, told once', async () => {
    const { accountId } = world.theirs;
    // Nine minutes are free; ten more cost 600.00 of 1 000.00 INR.
    const call = { kind: 'call', to: '+15550001111', duration_seconds: 19 * 60 };
    const body = { account_id: accountId, ...call, deadline_at: '2026-11-01T06:00:00Z' };
    const reply = await ask('POST', '/v1/holds', { body });
    expect({ status: reply.status, text: reply.text }).toMatchObject({ status: 201 });
    expect(heard).toEqual([accountId]);
    const shown = await ask('GET', pathOf(accountId));
    expect(shown.body).toMatchObject({
      status: 'charging',
      reason: 'the balance fell below 500.00 INR; the saved payment method is charged',
      next_action: { kind: 'collect_payment', at: '2026-11-01T00:00:00.000Z' },
    });
  });
});
