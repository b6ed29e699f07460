import { CarrierUnavailable } from '../../gateways/number-carrier';
import { createSandboxCarrier } from '../../gateways/sandbox-carrier/sandbox-carrier';
import { startSandboxCarrier, type RunningCarrier } from '../support/sandbox-carrier';

let sandbox: RunningCarrier;
beforeEach(async () => {
  sandbox = await startSandboxCarrier();
});
afterEach(() => sandbox.stop());

const NUMBER = '+902120000001';
const ORDER = { idempotencyKey: 'order/ord_1/number/1', number: NUMBER, reference: 'num_1' };

async function rent(): Promise<string> {
  const outcome = await sandbox.carrier.order(ORDER);
  if (outcome.kind === 'gone') throw new Error('the number is gone');
  return outcome.lease.leaseId;
}

function releaseOf(leaseId: string) {
  return { idempotencyKey: 'phone-number/num_1/release/1', leaseId };
}

async function catchUnavailable(promise: Promise<unknown>): Promise<CarrierUnavailable> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof CarrierUnavailable) return error;
  throw new Error('it did not reject with CarrierUnavailable', { cause: error });
}

describe('a number gone between search and order', () => {
  it('R2.10 is not rented, not offered any more, and the answer stays as it is', async () => {
    await sandbox.addFault({ kind: 'gone' });
    expect(await sandbox.carrier.order(ORDER)).toEqual({ kind: 'gone' });
    expect(await sandbox.carrier.order(ORDER)).toEqual({ kind: 'gone' });
    const offers = await sandbox.carrier.search({ country: 'TR', capabilities: [], limit: 100 });
    expect(offers.map(({ number }) => number)).not.toContain(NUMBER);
    expect(await sandbox.readState()).toMatchObject({ leased: [], ended: [], faults: [] });
  });
});

describe('a slow order', () => {
  it('is rented in the end, once, though its caller gave up', async () => {
    await sandbox.addFault({ kind: 'slow', delay_ms: 1_000 });
    const { baseUrl, apiKey } = sandbox;
    const hasty = createSandboxCarrier({ baseUrl, apiKey, timeoutMs: 300 });
    expect((await catchUnavailable(hasty.order(ORDER))).outcome).toBe('unknown');
    // The key is taken while the first call runs, which is no reason to give up either.
    expect((await catchUnavailable(sandbox.carrier.order(ORDER))).message).toContain('409');

    const deadlineMs = Date.now() + 5_000;
    let lease = await sandbox.carrier.findLease(ORDER);
    while (lease === null && Date.now() < deadlineMs) {
      lease = await sandbox.carrier.findLease(ORDER);
    }
    expect(await sandbox.carrier.order(ORDER)).toEqual({ kind: 'ordered', lease });
    expect((await sandbox.readState()).leased).toHaveLength(1);
  });

  it('loses its number to an order that is faster', async () => {
    await sandbox.addFault({ kind: 'slow', delay_ms: 300 });
    const slow = sandbox.carrier.order(ORDER);
    const deadlineMs = Date.now() + 5_000;
    while ((await sandbox.readState()).faults.length > 0 && Date.now() < deadlineMs);
    const fast = { ...ORDER, idempotencyKey: 'fast', reference: 'num_fast' };
    expect(await sandbox.carrier.order(fast)).toMatchObject({ kind: 'ordered' });
    expect(await slow).toEqual({ kind: 'gone' });
  });
});

describe('an order that finishes later', () => {
  it('is pending, holds the number, and is active once the carrier is done', async () => {
    await sandbox.addFault({ kind: 'later' });
    const outcome = await sandbox.carrier.order(ORDER);
    expect(outcome).toMatchObject({ kind: 'pending', lease: { status: 'pending' } });
    const other = { ...ORDER, idempotencyKey: 'other', reference: 'num_other' };
    expect(await sandbox.carrier.order(other)).toEqual({ kind: 'gone' });
    await sandbox.settle();
    expect(await sandbox.carrier.findLease(ORDER)).toMatchObject({ status: 'active' });
  });

  it('finishes by itself after the time the knob says', async () => {
    await sandbox.addFault({ kind: 'later', delay_ms: 50 });
    await sandbox.carrier.order(ORDER);
    const deadlineMs = Date.now() + 5_000;
    let lease = await sandbox.carrier.findLease(ORDER);
    while (lease?.status === 'pending' && Date.now() < deadlineMs) {
      lease = await sandbox.carrier.findLease(ORDER);
    }
    expect(lease?.status).toBe('active');
  });

  it('may fail then: nothing is rented and the number is on offer again', async () => {
    await sandbox.addFault({ kind: 'later', ends: 'failed' });
    await sandbox.carrier.order(ORDER);
    await sandbox.settle();
    expect(await sandbox.carrier.findLease(ORDER)).toMatchObject({ status: 'failed' });
    const again = { ...ORDER, idempotencyKey: 'order/ord_2/number/1', reference: 'num_2' };
    expect(await sandbox.carrier.order(again)).toMatchObject({ kind: 'ordered' });
  });

  it('released before that is released at once', async () => {
    await sandbox.addFault({ kind: 'later' });
    const leaseId = await rent();
    expect(await sandbox.carrier.release(releaseOf(leaseId))).toEqual({ kind: 'released' });
    await sandbox.settle();
    expect(await sandbox.carrier.getLease(leaseId)).toMatchObject({ status: 'released' });
  });
});

describe('a release', () => {
  it('R2.16 that fails three times is confirmed the fourth time, under the same key', async () => {
    const leaseId = await rent();
    await sandbox.addFault({ kind: 'release_fails', count: 3 });
    for (let attempts = 0; attempts < 3; attempts += 1) {
      const error = await catchUnavailable(sandbox.carrier.release(releaseOf(leaseId)));
      expect(error.message).toContain('503');
      expect(await sandbox.carrier.getLease(leaseId)).toMatchObject({ status: 'active' });
    }
    expect(await sandbox.carrier.release(releaseOf(leaseId))).toEqual({ kind: 'released' });
  });

  it('R2.16 that was executed and its answer lost is found released', async () => {
    const leaseId = await rent();
    await sandbox.addFault({ kind: 'timeout_after', operation: 'number.release' });
    const error = await catchUnavailable(sandbox.carrier.release(releaseOf(leaseId)));
    expect(error.outcome).toBe('unknown');
    expect(await sandbox.carrier.getLease(leaseId)).toMatchObject({ status: 'released' });
    expect(await sandbox.carrier.release(releaseOf(leaseId))).toEqual({ kind: 'released' });
  });

  it('that the carrier needs time for is pending, keeps the number, then is released', async () => {
    const leaseId = await rent();
    await sandbox.addFault({ kind: 'later', on: 'release' });
    expect(await sandbox.carrier.release(releaseOf(leaseId))).toEqual({ kind: 'pending' });
    const again = { idempotencyKey: 'phone-number/num_1/release/2', leaseId };
    expect(await sandbox.carrier.release(again)).toEqual({ kind: 'pending' });
    expect((await sandbox.readState()).leased).toMatchObject([{ status: 'releasing' }]);
    await sandbox.settle();
    expect(await sandbox.carrier.release({ ...again, idempotencyKey: 'last' })).toEqual({
      kind: 'released',
    });
  });
});

describe('a call whose answer is lost', () => {
  it('before execution: nothing is rented, and the same key rents once', async () => {
    await sandbox.addFault({ kind: 'timeout_before' });
    expect((await catchUnavailable(sandbox.carrier.order(ORDER))).outcome).toBe('unknown');
    expect(await sandbox.carrier.findLease(ORDER)).toBeNull();
    await rent();
    expect((await sandbox.readState()).leased).toHaveLength(1);
  });

  it('after execution, three times in a row: still one lease, found by its reference', async () => {
    await sandbox.addFault({ kind: 'timeout_after', count: 3 });
    for (let attempts = 0; attempts < 3; attempts += 1) {
      await catchUnavailable(sandbox.carrier.order(ORDER));
    }
    const lease = await sandbox.carrier.findLease(ORDER);
    expect(await sandbox.carrier.order(ORDER)).toEqual({ kind: 'ordered', lease });
    expect((await sandbox.readState()).leased).toHaveLength(1);
  });

  it.each(['number.search', 'number.get', 'lease.get', 'lease.find'] as const)(
    'strikes %s when that is named',
    async (operation) => {
      await sandbox.addFault({ kind: 'timeout_before', operation, count: 3 });
      const { carrier } = sandbox;
      const calls = {
        'number.search': () => carrier.search({ country: 'TR', capabilities: [], limit: 1 }),
        'number.get': () => carrier.findOffered({ number: '+902120000001' }),
        'lease.get': () => carrier.getLease('sbx_lease_1'),
        'lease.find': () => carrier.findLease(ORDER),
      };
      expect((await catchUnavailable(calls[operation]())).outcome).toBe('unknown');
    },
  );
});

describe('a fault that is aimed', () => {
  const OTHER = { idempotencyKey: 'order/ord_2', number: '+902120000002', reference: 'num_2' };

  it('R2.10 at a number takes that number away, and no other', async () => {
    await sandbox.addFault({ kind: 'gone', number: NUMBER });
    expect(await sandbox.carrier.order(OTHER)).toMatchObject({ kind: 'ordered' });
    expect(await sandbox.carrier.order(ORDER)).toEqual({ kind: 'gone' });
  });

  it('at a reference strikes the calls about its lease, whatever names it', async () => {
    const { carrier } = sandbox;
    const other = await carrier.order(OTHER);
    const otherId = other.kind === 'gone' ? '' : other.lease.leaseId;
    const aimed = { reference: 'num_1' };
    await sandbox.addFault({ kind: 'timeout_after', operation: 'number.order', ...aimed });
    await sandbox.addFault({ kind: 'timeout_before', operation: 'lease.find', ...aimed });
    await sandbox.addFault({ kind: 'timeout_before', operation: 'lease.get', ...aimed });
    await sandbox.addFault({ kind: 'release_fails', ...aimed });
    await carrier.getLease(otherId);
    await carrier.findLease(OTHER);
    expect(await carrier.release(releaseOf(otherId))).toEqual({ kind: 'released' });

    await catchUnavailable(carrier.order(ORDER));
    await catchUnavailable(carrier.findLease(ORDER));
    const leaseId = await rent();
    await catchUnavailable(carrier.getLease(leaseId));
    await catchUnavailable(carrier.release({ idempotencyKey: 'mine', leaseId }));
    expect((await sandbox.readState()).faults).toEqual([]);
  });

  it('at a number finds the look-ups of it, on offer or rented', async () => {
    const { carrier } = sandbox;
    const leaseId = await rent();
    const aimed = { kind: 'timeout_before', number: NUMBER } as const;
    await sandbox.addFault({ ...aimed, operation: 'number.get' });
    await sandbox.addFault({ ...aimed, operation: 'lease.get' });
    await carrier.findOffered({ number: OTHER.number });
    await catchUnavailable(carrier.findOffered({ number: NUMBER }));
    await catchUnavailable(carrier.getLease(leaseId));
    expect((await sandbox.readState()).faults).toEqual([]);
  });
});

describe('the knobs', () => {
  it('delay a call within its caller’s time', async () => {
    await sandbox.addFault({ kind: 'delay', delay_ms: 50 });
    expect(await sandbox.carrier.order(ORDER)).toMatchObject({ kind: 'ordered' });
  });

  it('are cleared, and refuse what they do not know', async () => {
    await sandbox.addFault({ kind: 'gone', count: 5 });
    await sandbox.clearFaults();
    expect(await sandbox.carrier.order(ORDER)).toMatchObject({ kind: 'ordered' });
    const response = await fetch(`${sandbox.baseUrl}/_control/faults`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"kind": "burn"}',
    });
    expect(response.status).toBe(400);
  });
});
