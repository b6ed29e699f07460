import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import type { PhoneNumber } from '../../domain/phone-number/phone-number';
import type { SendResult } from '../../gateways/workflow-commands';
import { rentNumber } from '../support/rented-number';
import { startApi, type ApiUnderTest, type CallOptions } from './api-under-test';
import { createWorld, type World } from './world';

const NOW = '2026-11-20T12:00:00.000Z';
const DUE_AT = '2026-12-01T00:00:00.000Z';
const HELD_SINCE = '2026-11-15T00:00:00.000Z';
const RELEASES_AT = '2026-11-22T00:00:00.000Z';
const ON_HOLD = {
  status: 'on_hold',
  hold: { reason: 'insufficient_balance', since: HELD_SINCE, releasesAt: RELEASES_AT },
  period: { number: 0, startsAt: '2026-10-15T00:00:00.000Z', endsAt: HELD_SINCE },
  anchorAt: '2026-10-15T00:00:00.000Z',
} as const;

let api: ApiUnderTest;
let world: World;

beforeEach(async () => {
  api = await startApi({ now: () => NOW });
  world = await createWorld(api);
  await putOnWallClock();
  api.sender.answerWith(() => ({ kind: 'answered', reply: { kind: 'done' } }));
});
afterEach(() => api.close());

async function putOnWallClock(): Promise<void> {
  await withTransaction(api.database, SYSTEM, async (trx) => {
    await trx('accounts').update({ test_clock_id: null });
    // Its subscription would take the wallet's money first.
    await trx('subscriptions').update({ cancels_at_period_end: true });
  });
}

function rent(id: string, change: Partial<PhoneNumber> = {}): Promise<PhoneNumber> {
  return withTransaction(api.database, SYSTEM, (trx) =>
    rentNumber(
      trx,
      {
        id,
        accountId: world.ours.accountId,
        orderId: world.ours.topUpId,
        number: `+91800000100${id.slice(-1)}`,
        at: '2026-11-02T00:00:00.000Z',
      },
      change,
    ),
  );
}

function ask(method: string, path: string, options: CallOptions = {}) {
  return api.call(method, path, { key: world.ours.accountKey, ...options });
}

const showOurs = () => ask('GET', `/v1/phone_numbers/${world.ours.phoneNumberId}`);

async function list(query = ''): Promise<string[]> {
  const { body } = await ask('GET', `/v1/accounts/${world.ours.accountId}/phone_numbers?${query}`);
  return (body.items as { readonly id: string }[]).map(({ id }) => id);
}

async function listWarnings(): Promise<string[][]> {
  const { body } = await ask('GET', `/v1/accounts/${world.ours.accountId}/phone_numbers`);
  const items = body.items as { readonly id: string; readonly warnings: { code: string }[] }[];
  return items.map(({ id, warnings }) => [id, ...warnings.map(({ code }) => code)]);
}

describe('a phone number', () => {
  test('R2.13 R2.14 tells its rent, its next charge, its auto-pay and what happens next', async () => {
    const { status, body } = await showOurs();
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        id: world.ours.phoneNumberId,
        account_id: world.ours.accountId,
        order_id: world.ours.topUpId,
        number: '+918000000901',
        country: 'IN',
        capabilities: ['sms', 'voice'],
        status: 'active',
        auto_pay: true,
        rent: { amount: '500.00', currency: 'INR' },
        anchor_at: '2026-11-01T00:00:00.000Z',
        current_period: { number: 1, starts_at: '2026-11-01T00:00:00.000Z', ends_at: DUE_AT },
        hold: null,
        next_charge: {
          amount: { amount: '500.00', currency: 'INR' },
          at: DUE_AT,
          owed: false,
        },
        warnings: [],
        priority: null,
        ordered_at: '2026-11-01T00:00:00.000Z',
        activated_at: '2026-11-01T00:00:00.000Z',
        release_cause: null,
        released_at: null,
        failure_reason: null,
        operator_note: null,
        next_action: {
          kind: 'remind',
          at: '2026-11-28T00:00:00.000Z',
          reason: `to tell when nothing covers the rent due on ${DUE_AT}`,
        },
        workflow_id: `phone-number/${world.ours.phoneNumberId}`,
      },
    });
  });

  test('R2.15 on hold tells why, until when, and what keeps it', async () => {
    await rent('num_1', ON_HOLD);
    await rent('num_2', { ...ON_HOLD, rent: { amountMicros: 799_000_000n, currency: 'INR' } });
    const { body } = await ask('GET', '/v1/phone_numbers/num_2');
    // 1 000.00 in the wallet: 500.00 keep the first, 299.00 more are needed for this one.
    expect(body).toMatchObject({
      status: 'on_hold',
      hold: {
        reason: 'insufficient_balance',
        since: HELD_SINCE,
        releases_at: RELEASES_AT,
        pay_to_keep: { amount: '299.00', currency: 'INR' },
      },
      next_charge: { amount: { amount: '799.00' }, at: HELD_SINCE, owed: true },
      warnings: [
        {
          code: 'on_hold',
          message: `+918000001002 is on hold: pay 299.00 INR before ${RELEASES_AT} to keep it. After that it is released.`,
          missing: { amount: '299.00', currency: 'INR' },
          at: RELEASES_AT,
        },
      ],
    });
    const first = await ask('GET', '/v1/phone_numbers/num_1');
    expect(first.body.hold).toMatchObject({ pay_to_keep: { amount: '0.00', currency: 'INR' } });
  });

  test('R2.20 warns of auto-pay that is off and of a rent that neither wallet nor card covers', async () => {
    await rent('num_1');
    await rent('num_2', { autoPay: false });
    await rent('num_3');
    expect(await listWarnings()).toEqual([
      ['num_3'],
      ['num_2', 'auto_pay_off'],
      ['num_1'],
      [world.ours.phoneNumberId],
    ]);
    const account = `/v1/accounts/${world.ours.accountId}`;
    await ask('DELETE', `${account}/payment_methods/${world.ours.paymentMethodId}`);
    expect(await listWarnings()).toEqual([
      ['num_3', 'balance_below_next_charge', 'no_payment_method'],
      ['num_2', 'auto_pay_off'],
      ['num_1'],
      [world.ours.phoneNumberId],
    ]);
  });

  test('S1 of another tenant is not found', async () => {
    const path = `/v1/phone_numbers/${world.theirs.phoneNumberId}`;
    expect((await ask('GET', path)).status).toBe(404);
    const { status } = await ask('POST', `${path}/release`);
    expect({ status, sent: api.sender.sent }).toEqual({ status: 404, sent: [] });
  });
});

describe('the phone numbers of an account', () => {
  test('R2.15 are found by their status, page by page', async () => {
    await rent('num_1', ON_HOLD);
    await rent('num_2', { status: 'released', releasedAt: NOW, releaseCause: 'asked' });
    expect(await list()).toEqual(['num_2', 'num_1', world.ours.phoneNumberId]);
    expect(await list('status=on_hold')).toEqual(['num_1']);
    expect(await list('status=released')).toEqual(['num_2']);
    const { body } = await ask('GET', `/v1/accounts/${world.ours.accountId}/phone_numbers?limit=2`);
    expect(await list(`cursor=${String(body.next_cursor)}`)).toEqual([world.ours.phoneNumberId]);
  });

  test('of a status there is none of are refused', async () => {
    const path = `/v1/accounts/${world.ours.accountId}/phone_numbers?status=lost`;
    expect((await ask('GET', path)).body).toMatchObject({ errors: [{ field: 'status' }] });
  });
});

describe('the order in which money goes to numbers', () => {
  const put = (ids: readonly string[]) =>
    ask('PUT', `/v1/accounts/${world.ours.accountId}/phone_number_priority`, {
      body: { phone_number_ids: ids },
    });

  test('R2.15 is the account’s own; who is left out comes after, by age', async () => {
    await rent('num_1', ON_HOLD);
    await rent('num_2', ON_HOLD);
    await rent('num_3', ON_HOLD);
    const before = await ask('GET', '/v1/phone_numbers/num_3');
    expect(before.body.hold).toMatchObject({ pay_to_keep: { amount: '500.00' } });
    const { status, body } = await put(['num_3']);
    expect({ status, body }).toEqual({
      status: 200,
      body: { phone_number_ids: ['num_3', world.ours.phoneNumberId, 'num_1', 'num_2'] },
    });
    const after = await ask('GET', '/v1/phone_numbers/num_3');
    expect(after.body).toMatchObject({ priority: 1, hold: { pay_to_keep: { amount: '0.00' } } });
    const last = await ask('GET', '/v1/phone_numbers/num_2');
    expect(last.body).toMatchObject({
      priority: null,
      hold: { pay_to_keep: { amount: '500.00' } },
    });
    await put([]);
    expect((await ask('GET', '/v1/phone_numbers/num_3')).body.priority).toBeNull();
  });

  test('R2.15 names each of the account’s numbers once and no other', async () => {
    await rent('num_1');
    await rent('num_2', { status: 'released', releasedAt: NOW, releaseCause: 'asked' });
    const { status, body } = await put(['num_1', world.theirs.phoneNumberId, 'num_1', 'num_2']);
    expect({ status, errors: body.errors }).toMatchObject({
      status: 400,
      errors: [
        { field: 'phone_number_ids.1', code: 'unknown' },
        { field: 'phone_number_ids.2', code: 'duplicate' },
        { field: 'phone_number_ids.3', code: 'unknown' },
      ],
    });
    expect((await showOurs()).body.priority).toBeNull();
  });
});

describe('a command to a phone number', () => {
  const path = () => `/v1/phone_numbers/${world.ours.phoneNumberId}`;

  test.each([
    ['PATCH', '', { body: { auto_pay: false } }, ['setAutoPay', { autoPay: false }]],
    ['POST', '/pay', {}, ['payRent']],
    ['POST', '/release', {}, ['releaseNumber']],
  ])('R2.14 R2.16 %s %s is told its workflow', async (method, action, options, said) => {
    const { status, body } = await ask(method, path() + action, options);
    expect({ status, id: body.id }).toEqual({ status: 200, id: world.ours.phoneNumberId });
    const [update, ...args] = said;
    const workflowId = `phone-number/${world.ours.phoneNumberId}`;
    expect(api.sender.sent).toMatchObject([{ workflowId, update, args }]);
  });

  test.each<[string, Record<string, string>, string]>([
    ['extend_grace', { until: '2026-12-24T00:00:00Z' }, 'extendGrace'],
    ['waive_rent', {}, 'waiveRent'],
    ['force_renewal', {}, 'forceRenewal'],
    ['release_now', {}, 'releaseNow'],
  ])(
    'R2.17 %s is an operator’s, whose words stay out of histories',
    async (action, more, update) => {
      const body = { ...more, reason: 'as agreed with Asha' };
      const refused = await ask('POST', `${path()}/${action}`, { body });
      expect({ status: refused.status, code: refused.body.code }).toEqual({
        status: 403,
        code: 'forbidden',
      });
      const key = api.operatorKey;
      const { status } = await ask('POST', `${path()}/${action}`, { body, key });
      expect(status).toBe(200);
      const [sent] = api.sender.sent;
      expect(sent).toMatchObject({
        update,
        args: [{ keyId: expect.any(String), noteId: expect.any(String) }],
      });
      expect(JSON.stringify(sent?.args)).not.toContain('Asha');
      const notes = await withTransaction(api.database, SYSTEM, (trx) =>
        trx('command_notes').select<{ words: string; account_id: string }[]>('words', 'account_id'),
      );
      expect(notes).toEqual([{ words: 'as agreed with Asha', account_id: world.ours.accountId }]);
    },
  );

  test('R2.17 of an operator without a reason is refused', async () => {
    const reply = await ask('POST', `${path()}/waive_rent`, { key: api.operatorKey, body: {} });
    expect(reply.body).toMatchObject({ status: 400, errors: [{ field: 'reason' }] });
  });

  test('R2.15 that is refused for money says how much is missing', async () => {
    api.sender.answerWith(() => ({
      kind: 'answered',
      reply: {
        kind: 'refused',
        code: 'insufficient_balance',
        message: 'the balance does not cover the rent',
        details: { required: '500.00', available: '120.00', missing: '380.00', currency: 'INR' },
      },
    }));
    const { body } = await ask('POST', `${path()}/pay`);
    expect(body).toMatchObject({
      status: 402,
      code: 'insufficient_balance',
      missing: { amount: '380.00', currency: 'INR' },
    });
  });

  test.each<[string, SendResult, number, string | undefined]>([
    ['takes longer', { kind: 'accepted' }, 202, undefined],
    ['nobody takes', { kind: 'unavailable' }, 503, 'unavailable'],
    ['finds no workflow of an open row', { kind: 'not_running' }, 503, 'unavailable'],
  ])('that %s is answered so', async (_, result, status, code) => {
    api.sender.answerWith(() => result);
    const reply = await ask('POST', `${path()}/pay`);
    expect({ status: reply.status, code: reply.body.code }).toEqual({ status, code });
  });

  test('R2.16 is refused once the number was given back', async () => {
    await rent('num_1', { status: 'released', releasedAt: NOW, releaseCause: 'asked' });
    api.sender.answerWith(() => ({ kind: 'not_running' }));
    const { body } = await ask('POST', '/v1/phone_numbers/num_1/pay');
    expect(body).toMatchObject({
      status: 409,
      detail: 'The phone number is released; it can no longer be changed.',
    });
  });
});
