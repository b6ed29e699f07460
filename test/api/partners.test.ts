import { startApi, type ApiUnderTest, type CallOptions } from './api-under-test';
import { createWorld, type World } from './world';

let api: ApiUnderTest;
let world: World;

beforeAll(async () => {
  api = await startApi();
  world = await createWorld(api);
});
afterAll(() => api.close());

const PLACE = { country: 'IN', currency: 'INR', time_zone: 'Asia/Kolkata' };
const asOperator = (method: string, path: string, options: CallOptions = {}) =>
  api.call(method, path, { key: api.operatorKey, ...options });

async function makeClock(): Promise<string> {
  const body = { name: 'The operator’s', frozen_at: '2026-01-31T00:00:00Z' };
  return String((await asOperator('POST', '/v1/test_clocks', { body })).body.id);
}

async function makePartner(test_clock_id?: string) {
  const body = { name: 'Reseller Pvt Ltd', ...PLACE, test_clock_id };
  const { status, body: partner, text } = await asOperator('POST', '/v1/partners', { body });
  if (status !== 201) throw new Error(text);
  const partnerId = String(partner.id);
  const { secret } = await api.makeKey({ role: 'partner', partnerId });
  return { partner, partnerId, houseId: String(partner.house_account_id), secret };
}

describe('a partner', () => {
  it('has a house account of its own, which is one like others', async () => {
    const { partner, partnerId, houseId, secret } = await makePartner();
    expect(partner).toEqual({
      id: partnerId,
      name: 'Reseller Pvt Ltd',
      house_account_id: expect.stringMatching(/^acct_/),
      ...PLACE,
      test_clock_id: null,
      created_at: expect.any(String),
    });
    const house = await api.call('GET', `/v1/accounts/${houseId}`, { key: secret });
    expect(house.body).toMatchObject({ name: 'Reseller Pvt Ltd', ...PLACE, partner_id: partnerId });
    const check = await api.call('GET', `/v1/accounts/${houseId}/ledger/check`, { key: secret });
    expect(check.body).toMatchObject({ chain_intact: true });
    const shown = await api.call('GET', `/v1/partners/${partnerId}`, { key: secret });
    expect(shown.body).toEqual(partner);
    const listed = await asOperator('GET', '/v1/partners?limit=1');
    expect(listed.body.items).toEqual([partner]);
  });

  it('of a name alone has none', async () => {
    const { status, body } = await asOperator('POST', '/v1/partners', { body: { name: 'Bare' } });
    expect([status, body.house_account_id, body.currency]).toEqual([201, null, null]);
    expect((await asOperator('GET', `/v1/partners/${String(body.id)}`)).body).toEqual(body);
  });

  it('of half a place is refused, each missing field named', async () => {
    const body = { name: 'Half', currency: 'INR' };
    const reply = await asOperator('POST', '/v1/partners', { body });
    expect([reply.status, reply.body.errors]).toEqual([
      400,
      [
        expect.objectContaining({ field: 'country', code: 'required' }),
        expect.objectContaining({ field: 'time_zone', code: 'required' }),
      ],
    ]);
  });

  it('lists its customers without its house account, and no other partner’s', async () => {
    const { partnerId, secret } = await makePartner();
    const ids = [];
    for (const name of ['First', 'Second', 'Third']) {
      const body = { name, ...PLACE };
      ids.unshift((await api.call('POST', '/v1/accounts', { key: secret, body })).body.id);
    }
    const path = `/v1/partners/${partnerId}/accounts`;
    const first = await api.call('GET', `${path}?limit=2`, { key: secret });
    const cursor = String(first.body.next_cursor);
    const second = await api.call('GET', `${path}?limit=2&cursor=${cursor}`, { key: secret });
    const items = [first, second].flatMap(({ body }) => body.items as { id: string }[]);
    expect(items.map(({ id }) => id)).toEqual(ids);
    const stranger = await api.call('GET', path, { key: world.theirs.partnerKey });
    expect(stranger.status).toBe(404);
  });
});

describe('a test clock of the operator', () => {
  it('serves a partner, its house account and customers that either of them makes', async () => {
    const clock = await makeClock();
    const { partner, partnerId, houseId, secret } = await makePartner(clock);
    expect(partner.test_clock_id).toBe(clock);
    const body = { name: 'A customer', ...PLACE, test_clock_id: clock };
    const own = await api.call('POST', '/v1/accounts', { key: secret, body });
    expect([own.status, own.body.test_clock_id, own.body.partner_id]).toEqual([
      201,
      clock,
      partnerId,
    ]);
    const given = await asOperator('POST', '/v1/accounts', {
      body: { ...body, partner_id: partnerId },
    });
    expect([given.status, given.body.test_clock_id]).toEqual([201, clock]);
    const quotas = await api.call('GET', `/v1/accounts/${houseId}/quotas`, { key: secret });
    expect([quotas.body.as_of, quotas.body.month]).toEqual(['2026-01-31T00:00:00.000Z', '2026-01']);
  });

  it('is not the partner’s to move', async () => {
    const clock = await makeClock();
    const { secret } = await makePartner(clock);
    const path = `/v1/test_clocks/${clock}`;
    expect((await api.call('GET', path, { key: secret })).body.id).toBe(clock);
    const body = { to: '2026-03-01T00:00:00Z' };
    const moved = await api.call('POST', `${path}/advance`, { key: secret, body });
    expect([moved.status, moved.body.code]).toEqual([403, 'forbidden']);
  });

  it('is nobody’s who does not live on it, and a partner’s own serves no one else', async () => {
    const clock = await makeClock();
    const body = { name: 'A customer', ...PLACE, test_clock_id: clock };
    const stranger = await api.call('POST', '/v1/accounts', { key: world.ours.partnerKey, body });
    expect([stranger.status, stranger.body.code]).toEqual([404, 'not_found']);
    const wanted = { ...body, test_clock_id: world.ours.testClockId };
    expect((await asOperator('POST', '/v1/accounts', { body: wanted })).status).toBe(404);
    const named = { name: 'Another', ...PLACE, test_clock_id: world.ours.testClockId };
    expect((await asOperator('POST', '/v1/partners', { body: named })).status).toBe(404);
  });
});
