import { newSecret } from '../../api/secrets';
import { startApi, type ApiUnderTest, type Reply } from './api-under-test';
import { exampleOf, listOperations, type Operation } from './operations';
import type { RouteExample } from './route-examples';
import { ROUTE_EXAMPLES } from './route-examples';
import { createWorld, type World } from './world';

const OPERATIONS = listOperations();
const KEYED = OPERATIONS.filter(({ isOpen }) => !isOpen);
const OPEN = [
  'getDocs',
  'getDocsScript',
  'getErrorCodes',
  'getHealth',
  'getMetrics',
  'getOpenApi',
  'getReadiness',
  'receiveWebhook',
  'showCheckoutReturn',
];
/** Their path names something of the catalogue, which is everybody's to read. */
const OF_NO_TENANT = [
  'getPartnerPlan',
  'getPlan',
  'getRateCard',
  'getRateCardVersion',
  'listRateCardVersions',
];

let api: ApiUnderTest;
let world: World;
let uselessKeys: string[];

beforeAll(async () => {
  api = await startApi();
  world = await createWorld(api);
  uselessKeys = await makeUselessKeys();
});
afterAll(() => api.close());

/** Misspelt, never made, revoked, expired. */
async function makeUselessKeys(): Promise<string[]> {
  const last = api.operatorKey.endsWith('0') ? '1' : '0';
  const revoked = await api.makeKey({ role: 'operator' });
  await api.call('POST', `/v1/api_keys/${revoked.key.id}/revoke`, { key: api.operatorKey });
  const expired = await api.makeKey({ role: 'operator', expiresAt: '2026-01-02T00:00:00.000Z' });
  return [api.operatorKey.slice(0, -1) + last, newSecret('live'), revoked.secret, expired.secret];
}

function send(operation: Operation, key: string | undefined, example?: Partial<RouteExample>) {
  const { path, body } = { ...exampleOf(operation.name, world), ...example };
  return api.call(operation.method, path, { key, body });
}

/** Refused, with the declared status, and without a word about whose it is. */
function expectRefusal(reply: Reply, status: number, code: string): void {
  expect({ status: reply.status, code: reply.body.code }).toEqual({ status, code });
  expectNothingOfOurs(reply);
}

function expectNothingOfOurs(reply: Reply): void {
  const shown = world.ours.ids.filter((id) => reply.text.includes(id));
  expect(shown).toEqual([]);
}

test('S1 every route has an example, and every example a route', () => {
  const names = OPERATIONS.map(({ name }) => name).sort();
  expect(Object.keys(ROUTE_EXAMPLES).sort()).toEqual(names);
});

test('S1 only these routes are open to strangers', () => {
  const open = OPERATIONS.filter(({ isOpen }) => isOpen).map(({ name }) => name);
  expect(open.sort()).toEqual(OPEN);
});

describe.each(KEYED)('S1 $name', (operation) => {
  test('refuses a request without a key', async () => {
    expectRefusal(await send(operation, undefined), 401, 'unauthenticated');
  });

  test('refuses a key that is misspelt, unknown, revoked or expired', async () => {
    for (const key of uselessKeys) {
      expectRefusal(await send(operation, key), 401, 'unauthenticated');
    }
  });

  test('refuses a key without its scope', async () => {
    const other = operation.scope === 'read' ? 'write' : 'read';
    for (const role of operation.roles) {
      const partnerId = role === 'operator' ? null : world.ours.partnerId;
      const accountId = role === 'account' ? world.ours.accountId : null;
      const key = await api.makeKey({ role, scopes: [other], partnerId, accountId });
      expectRefusal(await send(operation, key.secret), 403, 'forbidden');
    }
  });

  test('refuses a key of a role it is not for', async () => {
    const keys = {
      operator: api.operatorKey,
      partner: world.ours.partnerKey,
      account: world.ours.accountKey,
    } as const;
    for (const role of ['operator', 'partner', 'account'] as const) {
      if (operation.roles.includes(role)) continue;
      expectRefusal(await send(operation, keys[role]), 403, 'forbidden');
    }
    expect(operation.roles).toContain('operator');
  });

  test('tells another tenant nothing of ours', async () => {
    const strangers = { partner: world.theirs.partnerKey, account: world.theirs.accountKey };
    for (const role of ['partner', 'account'] as const) {
      if (!operation.roles.includes(role)) continue;
      const reply = await send(operation, strangers[role]);
      const namesOurs = operation.path.includes('{') && !OF_NO_TENANT.includes(operation.name);
      if (namesOurs) expectRefusal(reply, 404, 'not_found');
      else expectNothingOfOurs(reply);
      for (const naming of exampleOf(operation.name, world).naming ?? []) {
        const named = await send(operation, strangers[role], naming);
        expect([403, 404]).toContain(named.status);
        expectNothingOfOurs(named);
      }
    }
  });

  test('serves the keys it is for, so that the refusals above mean something', async () => {
    const { accountKey = world.ours.accountKey } = exampleOf(operation.name, world);
    const owners = {
      operator: api.operatorKey,
      partner: world.ours.partnerKey,
      account: accountKey,
    };
    for (const role of operation.roles) {
      const reply = await send(operation, owners[role]);
      // No Temporal here: a command that got as far as being sent is answered 503.
      const served = [200, 201, ...(reply.body.code === 'unavailable' ? [503] : [])];
      const isServed = served.includes(reply.status);
      expect({ role, isServed, reply: isServed ? '' : reply.text }).toEqual({
        role,
        isServed: true,
        reply: '',
      });
    }
  });
});
