import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CarrierRejected, CarrierUnavailable } from '../../gateways/number-carrier';
import { createSandboxCarrier } from '../../gateways/sandbox-carrier/sandbox-carrier';
import { startSandboxCarrier, type RunningCarrier } from '../support/sandbox-carrier';

let sandbox: RunningCarrier;
beforeEach(async () => {
  sandbox = await startSandboxCarrier();
});
afterEach(() => sandbox.stop());

const VOICE_ONLY = '+912200000001';
const TEXT_AND_VOICE = '+918000000001';

function order(number: string, name: string) {
  return sandbox.carrier.order({
    idempotencyKey: `order/ord_${name}/number/1`,
    number,
    reference: `num_${name}`,
  });
}

async function rent(number: string, name: string): Promise<string> {
  const outcome = await order(number, name);
  if (outcome.kind === 'gone') throw new Error(`${number} is gone`);
  return outcome.lease.leaseId;
}

function release(leaseId: string, name: string) {
  return sandbox.carrier.release({
    idempotencyKey: `phone-number/num_${name}/release/1`,
    leaseId,
  });
}

async function catchUnavailable(promise: Promise<unknown>): Promise<CarrierUnavailable> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof CarrierUnavailable) return error;
  throw new Error('it did not reject with CarrierUnavailable', { cause: error });
}

describe('the numbers on offer', () => {
  it.each([
    ['US', 'USD', 22],
    ['IN', 'INR', 52],
    ['TR', 'TRY', 22],
    ['ID', 'IDR', 22],
  ])(
    'in %s are priced in %s, %d of them, some without SMS and with different fees',
    async (country, currency, count) => {
      const offers = await sandbox.carrier.search({ country, capabilities: [], limit: 100 });
      expect(offers).toHaveLength(count);
      expect(new Set(offers.map((offer) => offer.number)).size).toBe(count);
      expect(new Set(offers.map(({ fees }) => fees.monthly.currency))).toEqual(new Set([currency]));
      expect(new Set(offers.map(({ fees }) => fees.monthly.amountMicros)).size).toBeGreaterThan(1);
      expect(offers.some(({ capabilities }) => !capabilities.includes('sms'))).toBe(true);
    },
  );

  it('R2.13 have a one-time cost and a recurring cost', async () => {
    const [offer] = await sandbox.carrier.search({ country: 'IN', capabilities: [], limit: 1 });
    expect(offer).toEqual({
      number: TEXT_AND_VOICE,
      country: 'IN',
      type: 'local',
      capabilities: ['sms', 'voice'],
      fees: {
        upFront: { amountMicros: 100_000_000n, currency: 'INR' },
        monthly: { amountMicros: 500_000_000n, currency: 'INR' },
      },
    });
  });

  it('R2.10 can be asked for one by one, and one that is rented or unknown is not on offer', async () => {
    const { carrier } = sandbox;
    expect(await carrier.findOffered({ number: VOICE_ONLY })).toEqual({
      number: VOICE_ONLY,
      country: 'IN',
      type: 'local',
      capabilities: ['voice'],
      fees: {
        upFront: { amountMicros: 100_000_000n, currency: 'INR' },
        monthly: { amountMicros: 499_000_000n, currency: 'INR' },
      },
    });
    await rent(VOICE_ONLY, 'taken');
    expect(await carrier.findOffered({ number: VOICE_ONLY })).toBeNull();
    expect(await carrier.findOffered({ number: '+918000009999' })).toBeNull();
  });

  it('R2.10 have every capability that was asked for', async () => {
    const { carrier } = sandbox;
    const able = await carrier.search({
      country: 'IN',
      capabilities: ['sms', 'voice'],
      limit: 100,
    });
    expect(able).toHaveLength(46);
    expect(able.map((offer) => offer.number)).not.toContain(VOICE_ONLY);
    const none = await carrier.search({ country: 'IN', capabilities: ['mms'], limit: 100 });
    expect(none).toEqual([]);
  });

  it('are of the type that was asked for, as many as asked for, and none elsewhere', async () => {
    const { carrier } = sandbox;
    const mobile = await carrier.search({
      country: 'TR',
      type: 'mobile',
      capabilities: [],
      limit: 3,
    });
    expect(mobile.map((offer) => offer.number)).toEqual([
      '+905000000001',
      '+905000000002',
      '+905000000003',
    ]);
    expect(await carrier.search({ country: 'DE', capabilities: [], limit: 5 })).toEqual([]);
  });

  it('do not contain what is rented, and do again once it is released', async () => {
    const query = { country: 'IN', capabilities: [], limit: 1 } as const;
    const leaseId = await rent(TEXT_AND_VOICE, 'shown');
    expect((await sandbox.carrier.search(query))[0]?.number).toBe('+918000000002');
    await release(leaseId, 'shown');
    expect((await sandbox.carrier.search(query))[0]?.number).toBe(TEXT_AND_VOICE);
  });
});

describe('an order', () => {
  it('R2.10 rents the number and tells what it can do', async () => {
    const outcome = await order(VOICE_ONLY, 'voice');
    expect(outcome).toMatchObject({
      kind: 'ordered',
      lease: {
        number: VOICE_ONLY,
        reference: 'num_voice',
        status: 'active',
        capabilities: ['voice'],
      },
    });
    expect((await sandbox.readState()).leased).toMatchObject([
      { number: VOICE_ONLY, capabilities: ['voice'], status: 'active' },
    ]);
  });

  it('repeated with its key is the same lease, and with other facts an alarm', async () => {
    const first = await order(TEXT_AND_VOICE, 'twice');
    expect(await order(TEXT_AND_VOICE, 'twice')).toEqual(first);
    expect((await sandbox.readState()).leased).toHaveLength(1);
    await expect(order(VOICE_ONLY, 'twice')).rejects.toMatchObject({
      name: 'CarrierRejected',
      code: 'idempotency_error',
    });
  });

  it('of a number somebody rents is gone, and so is one nobody has', async () => {
    await rent(TEXT_AND_VOICE, 'first');
    expect(await order(TEXT_AND_VOICE, 'second')).toEqual({ kind: 'gone' });
    expect(await order('+4930000000', 'nowhere')).toEqual({ kind: 'gone' });
    expect((await sandbox.readState()).leased).toHaveLength(1);
  });

  it('of two at once for one number rents it to one of them', async () => {
    const outcomes = await Promise.all([order(VOICE_ONLY, 'left'), order(VOICE_ONLY, 'right')]);
    expect(outcomes.map(({ kind }) => kind).sort()).toEqual(['gone', 'ordered']);
  });

  it('of a number that is none is refused for good', async () => {
    await expect(order('12', 'short')).rejects.toMatchObject({
      name: 'CarrierRejected',
      code: 'invalid_request',
      httpStatus: 400,
    });
  });
});

describe('a release', () => {
  it('R2.16 ends the lease at the carrier, and again changes nothing', async () => {
    const leaseId = await rent(VOICE_ONLY, 'over');
    expect(await release(leaseId, 'over')).toEqual({ kind: 'released' });
    expect(await release(leaseId, 'over')).toEqual({ kind: 'released' });
    expect(await sandbox.carrier.getLease(leaseId)).toMatchObject({ status: 'released' });
    const { leased, ended } = await sandbox.readState();
    expect(leased).toEqual([]);
    expect(ended).toMatchObject([{ number: VOICE_ONLY, status: 'released' }]);
  });

  it('of an old lease leaves the number’s new lease alone', async () => {
    const old = await rent(VOICE_ONLY, 'old');
    await release(old, 'old');
    const fresh = await rent(VOICE_ONLY, 'fresh');
    await sandbox.carrier.release({ idempotencyKey: 'again', leaseId: old });
    expect(await sandbox.carrier.getLease(fresh)).toMatchObject({ status: 'active' });
  });

  it('of a lease the carrier does not have says so', async () => {
    expect(await release('sbx_lease_of_nobody', 'unknown')).toEqual({ kind: 'unknown_lease' });
  });
});

describe('a lease', () => {
  it('is found by its id and by our reference', async () => {
    const outcome = await order(VOICE_ONLY, 'known');
    const lease = outcome.kind === 'ordered' ? outcome.lease : null;
    expect(await sandbox.carrier.getLease(lease?.leaseId ?? '')).toEqual(lease);
    expect(await sandbox.carrier.findLease({ reference: 'num_known' })).toEqual(lease);
  });

  it('that nobody has is null', async () => {
    expect(await sandbox.carrier.getLease('sbx_lease_of_nobody')).toBeNull();
    expect(await sandbox.carrier.findLease({ reference: 'num_nobody' })).toBeNull();
  });

  it('found by a reference is the one still rented', async () => {
    const request = { number: VOICE_ONLY, reference: 'num_again' };
    const rented = await sandbox.carrier.order({ ...request, idempotencyKey: 'again/1' });
    const next = { ...request, number: TEXT_AND_VOICE };
    const other = await sandbox.carrier.order({ ...next, idempotencyKey: 'again/2' });
    if (other.kind !== 'ordered' || rented.kind !== 'ordered') throw new Error('not rented');
    await release(other.lease.leaseId, 'again');
    expect(await sandbox.carrier.findLease({ reference: 'num_again' })).toEqual(rented.lease);
  });
});

describe('a carrier that cannot be understood', () => {
  let server: Server;
  let answer: { readonly status: number; readonly body: string; readonly retryAfter?: string };
  let baseUrl: string;
  beforeEach(async () => {
    server = createServer((_request, response) => {
      const { status, body, retryAfter } = answer;
      response.writeHead(status, retryAfter === undefined ? {} : { 'retry-after': retryAfter });
      response.end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  const request = { idempotencyKey: 'k', number: VOICE_ONLY, reference: 'num_1' };
  const connect = () => createSandboxCarrier({ baseUrl, apiKey: 'any', timeoutMs: 1_000 });

  it.each([
    ['no JSON', 200, 'hello'],
    ['JSON of another shape', 200, '{"id": 7}'],
    ['a refusal without a code', 400, '{}'],
    ['a failure', 500, '{"error": {"type": "api_error", "code": "x", "message": "y"}}'],
  ])('with %s leaves the outcome unknown', async (_name, status, body) => {
    answer = { status, body };
    const error = await catchUnavailable(connect().order(request));
    expect(error).toMatchObject({ outcome: 'unknown', retryAfterSeconds: null });
  });

  it('with 429 tells when to ask again', async () => {
    answer = { status: 429, body: '{}', retryAfter: '7' };
    const error = await catchUnavailable(connect().order(request));
    expect(error.retryAfterSeconds).toBe(7);
  });

  it.each([
    ['another number', { number: TEXT_AND_VOICE, reference: 'num_1' }],
    ['another reference', { number: VOICE_ONLY, reference: 'num_2' }],
  ])('that answers about %s is an alarm', async (what, told) => {
    const lease = {
      id: 'l',
      capabilities: [],
      status: 'active',
      created_at: '2026-01-01T00:00:00Z',
    };
    answer = { status: 201, body: JSON.stringify({ ...lease, ...told }) };
    await expect(connect().order(request)).rejects.toThrow(what);
    await expect(connect().order(request)).rejects.toBeInstanceOf(CarrierRejected);
  });
});

it('a carrier that does not listen has surely done nothing', async () => {
  const closed = await startSandboxCarrier();
  await closed.stop();
  const error = await catchUnavailable(closed.carrier.getLease('sbx_lease_1'));
  expect(error.outcome).toBe('not_executed');
});
