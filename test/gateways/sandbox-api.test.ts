import { startSandboxGateway, type RunningSandbox } from '../support/sandbox-gateway';

let sandbox: RunningSandbox;
beforeAll(async () => {
  sandbox = await startSandboxGateway();
});
afterAll(() => sandbox.stop());

const CHECKOUT = {
  reference: 'ord_api',
  customer_reference: 'acct_1',
  amount: '600.00',
  currency: 'INR',
  modes: ['upi'],
  merchant: 'Meridian Messaging',
  lines: [{ description: 'Top-up', amount: '600.00' }],
  return_url: 'https://shop.example/back',
};

interface CallOptions {
  readonly method?: string;
  readonly key?: string | null;
  readonly authorization?: string | null;
  readonly body?: unknown;
  readonly rawBody?: string;
}

async function call(path: string, options: CallOptions = {}) {
  const { method = 'POST', key = null, body, rawBody } = options;
  const authorization =
    options.authorization === undefined ? `Bearer ${sandbox.apiKey}` : options.authorization;
  const response = await fetch(`${sandbox.baseUrl}${path}`, {
    method,
    headers: {
      'content-type': 'application/json',
      ...(authorization === null ? {} : { authorization }),
      ...(key === null ? {} : { 'idempotency-key': key }),
    },
    body: rawBody ?? (body === undefined ? null : JSON.stringify(body)),
  });
  const answer = (await response.json()) as Record<string, unknown>;
  return { status: response.status, headers: response.headers, answer };
}

describe('the key of the sandbox’s API', () => {
  it.each([
    ['no key', null],
    ['another key', 'Bearer sandbox-key-of-nobody'],
    ['the key without its scheme', 'sandbox-key-of-tests'],
  ])('%s is refused with 401', async (_name, authorization) => {
    for (const path of ['/v1/checkouts', '/v1/charges', '/v1/refunds']) {
      const { status, answer } = await call(path, { authorization, key: 'k', body: CHECKOUT });
      expect(status).toBe(401);
      expect(answer).toMatchObject({
        error: { type: 'authentication_error', code: 'unauthenticated' },
      });
    }
    const read = await call('/v1/payments?reference=x', { method: 'GET', authorization });
    expect(read.status).toBe(401);
  });
});

describe('the idempotency key of a write', () => {
  it('is required', async () => {
    const { status, answer } = await call('/v1/checkouts', { body: CHECKOUT });
    expect(status).toBe(400);
    expect(answer).toMatchObject({ error: { code: 'idempotency_key_missing' } });
  });

  it('of at most 255 characters', async () => {
    const long = await call('/v1/checkouts', { key: 'k'.repeat(256), body: CHECKOUT });
    expect(long.answer).toMatchObject({ error: { code: 'idempotency_key_missing' } });
    const longest = await call('/v1/checkouts', { key: 'k'.repeat(255), body: CHECKOUT });
    expect(longest.status).toBe(201);
  });

  it('replays the first answer, whatever order the fields come in', async () => {
    const first = await call('/v1/checkouts', { key: 'replayed', body: CHECKOUT });
    const reversed = Object.fromEntries(Object.entries(CHECKOUT).toReversed());
    const second = await call('/v1/checkouts', { key: 'replayed', body: reversed });
    expect(second.status).toBe(201);
    expect(second.answer).toEqual(first.answer);
    expect(first.headers.get('idempotent-replayed')).toBeNull();
    expect(second.headers.get('idempotent-replayed')).toBe('true');
  });

  it('with another body, or at another address, is refused with 400', async () => {
    await call('/v1/checkouts', { key: 'reused', body: CHECKOUT });
    const body = { ...CHECKOUT, amount: '601.00', lines: [{ description: 'x', amount: '601.00' }] };
    for (const path of ['/v1/checkouts', '/v1/charges']) {
      const { status, answer } = await call(path, { key: 'reused', body });
      expect(status).toBe(400);
      expect(answer).toMatchObject({
        error: { type: 'idempotency_error', code: 'idempotency_error' },
      });
    }
  });

  it('is free again after a refusal that executed nothing', async () => {
    const wrong = await call('/v1/checkouts', { key: 'free', body: { ...CHECKOUT, amount: 'x' } });
    expect(wrong.status).toBe(400);
    const right = await call('/v1/checkouts', { key: 'free', body: CHECKOUT });
    expect(right.status).toBe(201);
  });

  it('whose request is still running is refused with 409', async () => {
    await sandbox.addFault({ kind: 'delay', count: 1, delay_ms: 1_500 });
    const running = call('/v1/checkouts', { key: 'running', body: CHECKOUT });
    // The second call may arrive first; then it is the one that is delayed.
    const other = call('/v1/checkouts', { key: 'running', body: CHECKOUT });
    const statuses = (await Promise.all([running, other])).map(({ status }) => status);
    expect(statuses.toSorted((a, b) => a - b)).toEqual([201, 409]);
    const after = await call('/v1/checkouts', { key: 'running', body: CHECKOUT });
    expect(after.status).toBe(201);
  });
});

describe('what the sandbox’s API refuses', () => {
  it.each([
    ['an unknown field', { ...CHECKOUT, price: '1' }],
    ['a missing field', { ...CHECKOUT, reference: undefined }],
    ['a number for an amount', { ...CHECKOUT, amount: 600 }],
    ['an amount with an exponent', { ...CHECKOUT, amount: '6e2' }],
    ['a currency that does not exist', { ...CHECKOUT, currency: 'XYZ' }],
    ['no mode', { ...CHECKOUT, modes: [] }],
    ['a list', [CHECKOUT]],
    ['nothing', undefined],
  ])('%s, with 400 and nothing kept', async (name, body) => {
    const before = (await sandbox.readState()).checkouts.length;
    const { status, answer } = await call('/v1/checkouts', { key: `refuse ${name}`, body });
    expect(status).toBe(400);
    expect(answer).toMatchObject({ error: { code: 'invalid_request' } });
    expect((await sandbox.readState()).checkouts).toHaveLength(before);
  });

  it('a body that is no JSON, and one that is too long', async () => {
    const noJson = await call('/v1/checkouts', { key: 'no json', rawBody: '{"reference":' });
    expect(noJson).toMatchObject({ status: 400, answer: { error: { code: 'invalid_request' } } });
    const long = await call('/v1/checkouts', {
      key: 'long',
      body: { ...CHECKOUT, merchant: 'x'.repeat(100_000) },
    });
    expect(long).toMatchObject({ status: 413, answer: { error: { code: 'payload_too_large' } } });
  });

  it('addresses and ids that do not exist, with 404', async () => {
    for (const [method, path] of [
      ['GET', '/v1/checkouts/sbx_cs_nobody'],
      ['GET', '/v1/payments/sbx_pay_nobody'],
      ['GET', '/v1/payment_methods/sbx_pm_nobody'],
      ['POST', '/v1/checkouts/sbx_cs_nobody/expire'],
      ['POST', '/v1/payment_methods/sbx_pm_nobody/detach'],
      ['GET', '/v1/nothing'],
      ['GET', '/nothing'],
    ] as const) {
      const { status, answer } = await call(path, { method, key: path });
      expect({ path, status }).toEqual({ path, status: 404 });
      expect(answer).toMatchObject({ error: { code: 'resource_missing' } });
    }
  });

  it('a look-up of payments without a reference', async () => {
    const { status } = await call('/v1/payments', { method: 'GET' });
    expect(status).toBe(400);
  });
});

describe('the knobs', () => {
  it('refuse a fault they do not know, or a field that is not its own', async () => {
    for (const fault of [
      { kind: 'explode', count: 1 },
      { kind: 'decline', count: 0 },
      { kind: 'drop', count: 1, delay_ms: 5 },
      { kind: 'delay', count: 1, delay_ms: 3_600_000 },
    ]) {
      const { status } = await call('/_control/faults', { body: fault });
      expect(status).toBe(400);
    }
    expect((await sandbox.readState()).faults).toEqual([]);
  });

  it('show what waits and forget it when told to', async () => {
    await sandbox.addFault({ kind: 'decline', count: 3 });
    await sandbox.addFault({ kind: 'drop' });
    const { faults } = await sandbox.readState();
    expect(faults).toEqual([
      { kind: 'decline', count: 3, code: 'generic_decline', on: 'payment' },
      { kind: 'drop', count: 1 },
    ]);
    const cleared = await call('/_control/faults', { method: 'DELETE' });
    expect(cleared.answer).toEqual({ faults: [] });
  });

  it('forget what is aimed at nobody and leave what somebody has set for a story of his own', async () => {
    await sandbox.addFault({ kind: 'drop' });
    await sandbox.addFault({ kind: 'drop', customer_reference: 'acct_story' });
    await sandbox.addFault({ kind: 'drop', reference: 'ord_story' });
    const left = await call('/_control/faults?aimed=false', { method: 'DELETE' });
    expect(left.answer).toEqual({
      faults: [
        { kind: 'drop', count: 1, customer_reference: 'acct_story' },
        { kind: 'drop', count: 1, reference: 'ord_story' },
      ],
    });
    expect((await call('/_control/faults?aimed=maybe', { method: 'DELETE' })).status).toBe(400);
    await call('/_control/faults', { method: 'DELETE' });
  });

  it('need no key, and say that the server is up', async () => {
    const { status, answer } = await call('/healthz', { method: 'GET', authorization: null });
    expect({ status, answer }).toEqual({ status: 200, answer: { status: 'ok' } });
  });

  it('refuse to settle, expire or deliver what does not exist', async () => {
    for (const [path, body] of [
      ['/_control/settle', { payment_id: 'sbx_pay_nobody' }],
      ['/_control/expire', { checkout_id: 'sbx_cs_nobody' }],
      ['/_control/deliver', { event_id: 'sbx_evt_nobody' }],
    ] as const) {
      expect((await call(path, { body })).status).toBe(404);
    }
  });
});
