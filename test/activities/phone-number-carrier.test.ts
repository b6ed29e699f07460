/** What a carrier can answer, and what it does when it does not: the real sandbox carrier with its knobs. */
import { insertTestClock, updateTestClock } from '../../db/repositories/test-clock.repository';
import type { NumberCarrier } from '../../gateways/number-carrier';
import { pollUntil } from '../../scripts/servers/poll-until';
import { BOUGHT_AT, openNumberDesk, type NumberDesk } from './number-desk';

jest.setTimeout(30_000);

const SILENCE_MS = 2_000;
const TOO_SLOW_MS = 3_000;

let desk: NumberDesk;
let accountId: string;

beforeAll(async () => {
  desk = await openNumberDesk({ silenceMs: SILENCE_MS });
  accountId = await desk.billing.makeAccount('0.00');
});
afterAll(async () => {
  await desk?.close();
});
afterEach(async () => {
  await desk.carrier.clearFaults();
});

/** More than three months after it was ordered. */
const ANSWERED_AT = '2027-05-10T10:00:00.000Z';
const RELEASED_AT = '2027-02-10T10:00:00.000Z';

async function isRented(id: string): Promise<boolean> {
  return (await desk.leases(id)).length === 1;
}

async function releasing(number: string): Promise<string> {
  const id = await desk.rent(accountId, { number });
  expect(await desk.tell(id, { kind: 'release' }, RELEASED_AT)).toBe('done');
  return id;
}

describe('an order at the carrier', () => {
  it('R2.13 gives the number: its months count from that instant, and the order learns of it', async () => {
    const id = await desk.open(accountId, { number: '+918000000001' });
    expect(await desk.show(id)).toBe(`pending, order_number ${BOUGHT_AT}`);
    await desk.attempt(id);
    expect(await desk.get(id)).toMatchObject({
      status: 'active',
      anchorAt: BOUGHT_AT,
      activatedAt: BOUGHT_AT,
      period: { number: 0, endsAt: '2027-02-28T10:00:00.000Z' },
    });
    expect(await desk.item(id)).toMatchObject({ status: 'delivered', settledAt: BOUGHT_AT });
    expect(desk.signals.at(-1)).toBe(`itemSettled ${(await desk.item(id)).id}`);
    expect(await desk.story(id)).toEqual(['ordered', 'activated']);
    expect(await desk.leases(id)).toEqual(['active']);
  });

  it('R2.13 is answered after its test clock was moved: its months count from where the clock stands', async () => {
    const onClock = await desk.billing.makeAccount('0.00');
    const clock = { id: 'clk_moved', status: 'ready', advancingTo: null, failure: null } as const;
    const [createdAt, now] = [BOUGHT_AT, BOUGHT_AT];
    await desk.billing.read((trx) =>
      insertTestClock(trx, { ...clock, partnerId: null, name: 'moved', now, createdAt }),
    );
    await desk.billing.owner('accounts').where({ id: onClock }).update({ test_clock_id: clock.id });
    const id = await desk.open(onClock, { number: '+918000000011' });
    const silent = whoAnswersAfter(() =>
      desk.billing.read((trx) => updateTestClock(trx, clock.id, { ...clock, now: ANSWERED_AT })),
    );
    const request = { id, accountId: onClock, ...(await desk.due(id)) };
    await desk.activitiesOn(silent).orderAtCarrier(request);
    await expectRentedWhenAnswered(id);
  });

  it('R2.13 is answered days later, the worker was away: its months count from the answer', async () => {
    const id = await desk.open(accountId, { number: '+918000000012' });
    const request = { id, accountId, ...(await desk.due(id)) };
    await desk.activitiesOn(desk.carrier.carrier, () => ANSWERED_AT).orderAtCarrier(request);
    await expectRentedWhenAnswered(id);
  });

  it('R2.10 of a number that is gone meanwhile fails, and so does the order’s item', async () => {
    await desk.carrier.addFault({ kind: 'gone' });
    const id = await desk.rent(accountId, { number: '+918000000002' });
    expect(await desk.show(id)).toBe('failed, end');
    expect(await desk.item(id)).toMatchObject({
      status: 'failed',
      failureReason: 'it is no longer available',
    });
    expect(await desk.leases(id)).toEqual([]);
  });

  it('R2.10 that brings less than was promised is given back, and the item fails', async () => {
    const id = await desk.rent(accountId, { number: '+912200000001' });
    expect(await desk.show(id)).toBe(`releasing, return_number ${BOUGHT_AT}`);
    expect(await desk.item(id)).toMatchObject({
      status: 'failed',
      failureReason: 'it came without sms and is being released',
    });
    await desk.attempt(id);
    expect(await desk.get(id)).toMatchObject({
      status: 'released',
      releaseCause: 'lacks_capability',
    });
    expect(await desk.leases(id)).toEqual(['released']);
  });

  it('waits for a carrier that needs more time; the months count from when it is ready', async () => {
    await desk.carrier.addFault({ kind: 'later' });
    const id = await desk.rent(accountId, { number: '+918000000003' });
    expect(await desk.show(id)).toBe('pending, check_number 2027-01-31T10:00:15.000Z');
    await desk.attempt(id);
    expect(await desk.show(id)).toBe('pending, check_number 2027-01-31T10:01:00.000Z');
    await desk.carrier.settle();
    await desk.attempt(id);
    expect(await desk.get(id)).toMatchObject({
      status: 'active',
      anchorAt: '2027-01-31T10:01:00.000Z',
    });
  });

  it('fails when the carrier took its time and then has nothing', async () => {
    await desk.carrier.addFault({ kind: 'later', ends: 'failed' });
    const id = await desk.rent(accountId, { number: '+918000000004' });
    await desk.carrier.settle();
    await desk.attempt(id);
    expect(await desk.show(id)).toBe('failed, end');
    expect(await desk.item(id)).toMatchObject({ status: 'failed' });
  });

  it.each([
    ['timeout_before', '+918000000005', {}, 0],
    ['timeout_after', '+918000000006', {}, 1],
    ['slow', '+918000000007', { delay_ms: TOO_SLOW_MS }, 0],
    ['delay', '+918000000008', { delay_ms: TOO_SLOW_MS, operation: 'number.order' }, 0],
  ] as const)(
    'rents once when the call ends as %s and is made again',
    async (kind, number, fields, leasesThen) => {
      const id = await desk.open(accountId, { number });
      await desk.carrier.addFault({ kind, ...fields });
      await expect(desk.attempt(id)).rejects.toThrow();
      expect(await desk.leases(id)).toHaveLength(leasesThen);
      await desk.noteUnanswered(id);
      expect(await desk.show(id)).toBe('pending, order_number 2027-01-31T10:00:15.000Z');
      // A slow call of before may still hold the key.
      await pollUntil(async () => (kind.startsWith('time') ? true : isRented(id)), {
        deadlineMs: 5_000,
        waitingFor: 'lease of the slow call',
      });
      await desk.attempt(id);
      expect(await desk.leases(id)).toEqual(['active']);
      expect(await desk.story(id)).toEqual(['ordered', 'activated']);
    },
  );

  it('that stays unanswered for a day is given up, and what was rented unheard is given back', async () => {
    const id = await desk.open(accountId, { number: '+918000000009' });
    await desk.carrier.addFault({ kind: 'timeout_before', operation: 'number.order', count: 9 });
    await desk.carrier.addFault({ kind: 'timeout_after', operation: 'number.order' });
    await desk.advanceTo(accountId, '2027-02-01T09:59:59.000Z');
    expect(await desk.get(id)).toMatchObject({ status: 'pending', asksMade: 9 });
    expect(await desk.leases(id)).toEqual([]);
    await desk.advanceTo(accountId, '2027-02-01T10:00:00.000Z');
    expect(await desk.get(id)).toMatchObject({ status: 'released', releaseCause: 'not_delivered' });
    expect(await desk.item(id)).toMatchObject({
      status: 'failed',
      failureReason: 'the carrier did not provide it within a day',
    });
    expect(await desk.leases(id)).toEqual(['released']);
  });

  it('that the carrier refuses fails, with its code in the reason', async () => {
    const id = await desk.rent(accountId, { number: '+910000000000' });
    const { status, failureReason } = await desk.item(id);
    expect({ status, failureReason }).toEqual({
      status: 'failed',
      failureReason: expect.stringMatching(/^(the carrier refused it|it is no longer available)/),
    });
    expect(await desk.show(id)).toBe('failed, end');
  });

  it('is asked about again, not made again, when the worker died before it wrote the answer', async () => {
    const id = await desk.open(accountId, { number: '+918000000010' });
    const dying = dieAfter('order');
    const request = { id, accountId, ...(await desk.due(id)) };
    await expect(desk.activitiesOn(dying).orderAtCarrier(request)).rejects.toThrow('died');
    expect(await desk.show(id)).toBe(`pending, order_number ${BOUGHT_AT}`);
    await desk.activities.orderAtCarrier(request);
    expect(await desk.leases(id)).toEqual(['active']);
    expect(await desk.story(id)).toEqual(['ordered', 'activated']);
  });

  it('is told to the order once more when the worker died after the commit, and counts once', async () => {
    const id = await desk.open(accountId, { number: '+915000000001' });
    const request = { id, accountId, ...(await desk.due(id)) };
    const first = await desk.activities.orderAtCarrier(request);
    const told = desk.signals.length;
    expect(await desk.activities.orderAtCarrier(request)).toEqual(first);
    expect(desk.signals).toHaveLength(told + 1);
    expect(await desk.story(id)).toEqual(['ordered', 'activated']);
  });

  it('of a number that somebody has open already is kept out by the database', async () => {
    await desk.rent(accountId, { number: '+915000000002' });
    await expect(desk.open(accountId, { number: '+915000000002' })).rejects.toThrow(
      'phone_numbers_one_open_per_number',
    );
  });
});

describe('a release', () => {
  it('R2.16 ends with the carrier’s confirmation', async () => {
    const id = await releasing('+915000000003');
    expect(await desk.show(id)).toBe(`releasing, return_number ${RELEASED_AT}`);
    await desk.attempt(id);
    expect(await desk.show(id)).toBe('released, end');
    expect(await desk.get(id)).toMatchObject({ releaseCause: 'asked', releasedAt: RELEASED_AT });
    expect(await desk.leases(id)).toEqual(['released']);
    expect((await desk.story(id)).slice(-2)).toEqual(['releasing', 'released']);
  });

  it('R2.17 that fails is asked for again, and people are told after five times', async () => {
    const id = await releasing('+915000000004');
    await desk.carrier.addFault({ kind: 'release_fails', count: 6 });
    for (let asks = 0; asks < 6; asks += 1) {
      await expect(desk.attempt(id)).rejects.toThrow();
      await desk.noteUnanswered(id);
    }
    expect(await desk.show(id)).toBe('releasing, return_number 2027-02-10T14:00:00.000Z');
    expect((await desk.story(id)).slice(-2)).toEqual(['releasing', 'release_delayed']);
    await desk.attempt(id);
    expect(await desk.show(id)).toBe('released, end');
    expect(await desk.leases(id)).toEqual(['released']);
  });

  it('that takes its time is looked up until it is confirmed', async () => {
    const id = await releasing('+915000000005');
    await desk.carrier.addFault({ kind: 'later', on: 'release' });
    await desk.attempt(id);
    await desk.attempt(id);
    expect(await desk.show(id)).toBe('releasing, return_number 2027-02-10T10:01:00.000Z');
    await desk.carrier.settle();
    await desk.attempt(id);
    expect(await desk.show(id)).toBe('released, end');
  });

  it.each([
    ['timeout_before', '+915000000006'],
    ['timeout_after', '+12025550100'],
  ] as const)('that ends as %s is found out about, and released once', async (kind, number) => {
    const id = await releasing(number);
    await desk.carrier.addFault({ kind, operation: 'number.release' });
    await expect(desk.attempt(id)).rejects.toThrow();
    expect((await desk.get(id)).status).toBe('releasing');
    await desk.attempt(id);
    expect(await desk.show(id)).toBe('released, end');
    expect(await desk.leases(id)).toEqual(['released']);
  });

  it('whose answer was lost never releases the number of whoever rented it next', async () => {
    const number = '+12025550101';
    const id = await releasing(number);
    await desk.carrier.addFault({ kind: 'timeout_after', operation: 'number.release' });
    await expect(desk.attempt(id)).rejects.toThrow();
    const { carrier } = desk.carrier;
    await carrier.order({ idempotencyKey: 'somebody else', number, reference: 'somebody_else' });
    await desk.attempt(id);
    expect(await desk.show(id)).toBe('released, end');
    expect(await desk.leases('somebody_else')).toEqual(['active']);
  });

  it('is found done when the worker died between the carrier’s answer and the commit', async () => {
    const id = await releasing('+12025550102');
    const request = { id, accountId, ...(await desk.due(id)) };
    const dying = dieAfter('release');
    await expect(desk.activitiesOn(dying).returnToCarrier(request)).rejects.toThrow('died');
    expect((await desk.get(id)).status).toBe('releasing');
    const done = await desk.activities.returnToCarrier(request);
    expect(done).toMatchObject({ status: 'released', next: { kind: 'end' } });
    expect(await desk.activities.returnToCarrier(request)).toEqual(done);
    expect((await desk.story(id)).slice(-2)).toEqual(['releasing', 'released']);
  });

  it('is not asked for by an action that is no longer due', async () => {
    const id = await desk.rent(accountId, { number: '+12025550103' });
    const action = { kind: 'return_number', at: RELEASED_AT, reason: 'of another life' } as const;
    const operationKey = `${id}/stale`;
    const request = { id, accountId, action, now: action.at, operationKey };
    expect(await desk.activities.returnToCarrier(request)).toMatchObject({ status: 'active' });
    expect(await desk.leases(id)).toEqual(['active']);
  });
});

async function expectRentedWhenAnswered(id: string): Promise<void> {
  expect(await desk.get(id)).toMatchObject({
    anchorAt: ANSWERED_AT,
    activatedAt: ANSWERED_AT,
    period: { number: 0, startsAt: ANSWERED_AT, endsAt: '2027-06-10T10:00:00.000Z' },
  });
  // Nothing is due for the months in which nobody had it.
  expect(await desk.show(id)).toBe('active, remind 2027-06-07T10:00:00.000Z');
  expect((await desk.item(id)).settledAt).toBe(ANSWERED_AT);
}

/** The real carrier, heard only after something else has happened. */
function whoAnswersAfter(happens: () => Promise<void>): NumberCarrier {
  const { carrier } = desk.carrier;
  return {
    ...carrier,
    async order(request) {
      const outcome = await carrier.order(request);
      await happens();
      return outcome;
    },
  };
}

/** The real carrier, behind a worker that dies after the carrier has done it. */
function dieAfter(call: 'order' | 'release'): NumberCarrier {
  const { carrier } = desk.carrier;
  return {
    ...carrier,
    async order(request) {
      const outcome = await carrier.order(request);
      if (call === 'order') throw new Error('the worker died');
      return outcome;
    },
    async release(request) {
      const outcome = await carrier.release(request);
      if (call === 'release') throw new Error('the worker died');
      return outcome;
    },
  };
}
