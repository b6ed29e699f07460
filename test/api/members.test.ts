import { startApi, type ApiUnderTest, type CallOptions } from './api-under-test';
import { createWorld, PLAN_CODE, type Tenant, type World } from './world';

let api: ApiUnderTest;
let world: World;

beforeAll(async () => {
  api = await startApi();
  world = await createWorld(api);
});
afterAll(() => api.close());

const call = (tenant: Tenant, method: string, path = '', options: CallOptions = {}) =>
  api.call(method, `/v1/accounts/${tenant.accountId}${path}`, {
    key: tenant.accountKey,
    ...options,
  });
const put = (tenant: Tenant, id: string, role: string) =>
  call(tenant, 'PUT', `/members/${id}`, { body: { role } });
const seatsOf = async (tenant: Tenant) =>
  (await call(tenant, 'GET', '/quotas')).body.available_users;

describe('the seats of a plan', () => {
  it('R3.08 of 5 with 2 agents, 1 supervisor and 3 admins leave 2 available', async () => {
    const { ours } = world;
    expect(await seatsOf(ours)).toEqual({ limit: 5, used: 0, available: 5 });
    for (const [id, role] of [
      ['asha', 'agent'],
      ['bina', 'agent'],
      ['chitra', 'supervisor'],
      ['dev', 'admin'],
      ['esha', 'admin'],
    ] as const) {
      const { status, body } = await put(ours, id, role);
      expect({ status, id: body.id, role: body.role }).toEqual({ status: 200, id, role });
    }
    const { body: page } = await call(ours, 'GET', '/members');
    expect(page.items).toHaveLength(6);
    expect(await seatsOf(ours)).toEqual({ limit: 5, used: 3, available: 2 });
    const question = { account_id: ours.accountId, feature: 'team_members', amount: 3 };
    const asked = await api.call('POST', '/v1/entitlements/check', {
      key: ours.accountKey,
      body: question,
    });
    expect(asked.body).toEqual({
      allowed: false,
      limit: 5,
      used: 3,
      reason: 'the plan growth allows 5 team members, 3 in use; 3 requested',
    });
  });

  it('R3.08 are taken by ten at once as often as there are any', async () => {
    const { ours } = world;
    const people = Array.from({ length: 10 }, (_, index) => `late_${index}`);
    const replies = await Promise.all(people.map((id) => put(ours, id, 'agent')));
    expect(replies.map(({ status }) => status).toSorted((one, other) => one - other)).toEqual([
      ...Array.from({ length: 2 }, () => 200),
      ...Array.from({ length: 8 }, () => 409),
    ]);
    const refused = replies.find(({ status }) => status === 409);
    expect(refused?.body).toMatchObject({
      code: 'limit_reached',
      limit: 5,
      used: 5,
      detail: 'the plan growth allows 5 team members, 5 in use; 1 requested',
    });
    expect(await seatsOf(ours)).toEqual({ limit: 5, used: 5, available: 0 });
  });

  it('R3.08 are none for an admin, also when all are taken, until the admin becomes an agent', async () => {
    const { ours } = world;
    expect((await put(ours, 'farah', 'admin')).status).toBe(200);
    expect((await put(ours, 'farah', 'agent')).body.code).toBe('limit_reached');
    expect((await put(ours, 'asha', 'supervisor')).status).toBe(200);
    expect((await put(ours, 'asha', 'supervisor')).status).toBe(200);
    expect(await seatsOf(ours)).toMatchObject({ used: 5 });
  });

  it('R3.08 that are taken stay taken when the plan allows fewer, and one that is given up is gone', async () => {
    const { ours } = world;
    await api.call('PUT', `/v1/accounts/${ours.accountId}/agreements/${PLAN_CODE}`, {
      key: api.operatorKey,
      body: { limits: { team_members: 3 } },
    });
    expect(await seatsOf(ours)).toEqual({ limit: 3, used: 5, available: 0 });
    expect((await put(ours, 'asha', 'agent')).status).toBe(200);
    for (const _ of ['once', 'again']) {
      const removed = await call(ours, 'DELETE', '/members/asha');
      const body = { id: 'asha', account_id: ours.accountId };
      expect({ status: removed.status, body: removed.body }).toEqual({ status: 200, body });
    }
    expect((await call(ours, 'GET', '/members/asha')).status).toBe(404);
    expect((await put(ours, 'asha', 'agent')).body.code).toBe('limit_reached');
    expect(await seatsOf(ours)).toEqual({ limit: 3, used: 4, available: 0 });
  });

  it('R3.08 are told of with their number', async () => {
    const { body } = await api.call(
      'GET',
      `/v1/events?account_id=${world.ours.accountId}&limit=3`,
      {
        key: api.operatorKey,
      },
    );
    const told = body.items as { type: string; subject_id: string; data: unknown }[];
    expect(told.map(({ type, subject_id, data }) => ({ type, subject_id, data }))).toEqual([
      { type: 'member.removed', subject_id: 'asha', data: { role: 'agent', seats_used: 4 } },
      {
        type: 'member.role_changed',
        subject_id: 'asha',
        data: { role: 'agent', seats_used: 5, previous_role: 'supervisor' },
      },
      {
        type: 'member.role_changed',
        subject_id: 'asha',
        data: { role: 'supervisor', seats_used: 5, previous_role: 'agent' },
      },
    ]);
  });

  it('S1 of another tenant are not there', async () => {
    const { ours, theirs } = world;
    const path = `/v1/accounts/${ours.accountId}/members`;
    const reply = await api.call('GET', path, { key: theirs.accountKey });
    expect(reply.status).toBe(404);
    expect((await put(theirs, 'asha', 'agent')).status).toBe(200);
    expect(await seatsOf(theirs)).toEqual({ limit: 5, used: 1, available: 4 });
  });
});
