import { savePaymentMethod } from '../../db/repositories/payment-method.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import type { MethodTerms } from '../../domain/payment-method/payment-method';
import { startApi, type ApiUnderTest } from './api-under-test';
import { createWorld, type World } from './world';

const NOW = '2026-11-21T10:00:00.000Z';
let api: ApiUnderTest;
let world: World;

beforeAll(async () => {
  api = await startApi({ now: () => NOW });
  world = await createWorld(api);
});
afterAll(async () => {
  await api?.close();
});

function ask(method: string, path: string, body?: object) {
  const { accountId, accountKey: key } = world.ours;
  return api.call(method, `/v1/accounts/${accountId}/${path}`, { key, ...(body && { body }) });
}

async function keep(
  id: string,
  terms: Partial<MethodTerms>,
  createdAt = '2026-11-20T10:00:04.000Z',
): Promise<void> {
  const { accountId } = world.ours;
  await withTransaction(api.database, SYSTEM, (trx) =>
    savePaymentMethod(trx, {
      id,
      accountId,
      gateway: 'sandbox',
      methodReference: `reference of ${id} of ${accountId}`,
      kind: terms.mandate ? 'upi' : 'card',
      brand: terms.mandate ? 'upi' : 'visa',
      lastFour: terms.mandate ? null : '4242',
      createdAt,
      ...terms,
    }),
  );
}

const INR_500 = { amountMicros: 500_000_000n, currency: 'INR' } as const;

async function list() {
  const { body } = await ask('GET', 'payment_methods');
  return body['items'] as Readonly<Record<string, unknown>>[];
}

describe('the payment methods of an account', () => {
  it('tell expiry, mandate and status; one that may not be charged is not the default', async () => {
    await keep('pm_card', { expiry: { month: 10, year: 2026 } }, '2026-11-20T10:00:01.000Z');
    const revoked = { ceiling: null, status: 'revoked' } as const;
    await keep('pm_revoked', { mandate: revoked }, '2026-11-20T10:00:03.000Z');
    const active = { ceiling: INR_500, status: 'active' } as const;
    await keep('pm_upi', { mandate: active }, '2026-11-20T10:00:02.000Z');
    expect((await list()).slice(0, 3)).toMatchObject([
      { id: 'pm_revoked', status: 'revoked', is_default: false },
      {
        id: 'pm_upi',
        status: 'active',
        is_default: true,
        expiry: null,
        mandate: { status: 'active', max_amount: { amount: '500.00', currency: 'INR' } },
      },
      {
        id: 'pm_card',
        status: 'expired',
        is_default: false,
        expiry: { month: 10, year: 2026 },
        mandate: null,
      },
    ]);
  });

  it('the default can be chosen, and that is told once', async () => {
    await keep('pm_newer', { mandate: { ceiling: INR_500, status: 'active' } });
    const { paymentMethodId: chosen } = world.ours;
    for (const _ of ['first', 'again']) {
      const reply = await ask('PATCH', `payment_methods/${chosen}`, { default: true });
      expect(reply).toMatchObject({ status: 200, body: { id: chosen, is_default: true } });
    }
    const { body } = await api.call('GET', '/v1/events?limit=2', { key: world.ours.accountKey });
    expect(body['items']).toMatchObject([
      { type: 'payment_method.made_default', subject_id: chosen },
      { type: expect.not.stringMatching('made_default') },
    ]);
  });

  it('one that may not be charged cannot be chosen', async () => {
    await keep('pm_paused', { mandate: { ceiling: null, status: 'paused' } });
    const reply = await ask('PATCH', 'payment_methods/pm_paused', { default: true });
    expect(reply).toMatchObject({
      status: 409,
      body: { code: 'invalid_state', detail: 'The payment method is paused.' },
    });
    const theirs = await ask('PATCH', `payment_methods/${world.theirs.paymentMethodId}`, {
      default: true,
    });
    expect(theirs.status).toBe(404);
  });
});

describe('R2.11 a payment method setup', () => {
  it('begins with what was asked for', async () => {
    api.sender.answerWith(() => ({ kind: 'accepted' }));
    const reply = await ask('POST', 'payment_method_setups', { mode: 'upi', max_amount: '500.00' });
    expect(reply.status).toBe(202);
    expect(api.sender.sent.at(-1)).toMatchObject({
      workflowId: expect.stringMatching('^setup/pms_'),
      update: 'beginSetup',
      args: [{ gateway: 'sandbox', mode: 'upi', currency: 'INR', maxAmount: '500.00' }],
    });
  });

  it.each([
    [{ mode: 'upi', max_amount: '0.50' }, 'amount_out_of_range'],
    [{ mode: 'upi', max_amount: '500.001' }, 'invalid_amount'],
    [{ mode: 'upi', gateway: 'stripe' }, 'payment_mode_not_offered'],
    [{ mode: 'wallet' }, 'invalid_request'],
  ])('of %j is refused with %s', async (body, code) => {
    const sent = api.sender.sent.length;
    expect((await ask('POST', 'payment_method_setups', body)).body).toMatchObject({ code });
    expect(api.sender.sent).toHaveLength(sent);
  });
});
