import { decideStart } from '../../../domain/subscription/decide-command';
import { fundsOf, growth, inr, RETRY_SCHEDULE, startWalk, type Walk } from './subscription-walk';

const FEBRUARY_1 = '2026-02-01T07:00:00.000Z';
const ENDED = { status: 'ended', moneyArrivedAt: null } as const;

function activeWalk(): Walk {
  const walk = startWalk(growth(), FEBRUARY_1, '5000.00');
  walk.story();
  return walk;
}

/** Unpaid since 1 March, with 21.00 INR in the wallet. */
function pastDueWalk(): Walk {
  const walk = startWalk(growth(), FEBRUARY_1, '1020.00').advanceTo('2026-03-02T00:00:00.000Z');
  walk.story();
  return walk;
}

/** Suspended on 8 March. */
function suspendedWalk(): Walk {
  const walk = pastDueWalk().advanceTo('2026-03-10T00:00:00.000Z');
  walk.story();
  return walk;
}

function endedWalk(): Walk {
  const walk = activeWalk();
  walk.cancel({ at: 'now', reason: 'moved away' }, '2026-02-10T12:00:00.000Z');
  walk.story();
  return walk;
}

describe('a start', () => {
  it('R1.10 pays the first period from the wallet and grants its first month', () => {
    const started = decideStart(growth(), { now: FEBRUARY_1, funds: fundsOf(999_000_000n) });
    expect(started).toMatchObject({
      kind: 'decided',
      at: '2026-02-01T07:00:00.000Z',
      subscription: {
        id: 'sub_00000001',
        accountId: 'acct_00000001',
        track: 'plan',
        planCode: 'growth',
        planVersion: 1,
        cycle: 'monthly',
        price: { amountMicros: 999_000_000n, currency: 'INR' },
        timeZone: 'Europe/Istanbul',
        dunning: RETRY_SCHEDULE,
        anchorAt: '2026-02-01T07:00:00.000Z',
        period: {
          number: 0,
          startsAt: '2026-02-01T07:00:00.000Z',
          endsAt: '2026-03-01T07:00:00.000Z',
        },
        allowanceMonth: 0,
        status: 'active',
        cancelsAtPeriodEnd: false,
        cancelReason: null,
        dueSince: null,
        retriesMade: 0,
        moneyArrivedAt: null,
        suspendedAt: null,
        endedAt: null,
        endReason: null,
      },
      sale: {
        reference: 'subscription/sub_00000001/period/1',
        parts: [
          {
            lines: [
              {
                kind: 'plan_charge',
                description: 'Growth, monthly, from 2026-02-01 until 2026-03-01',
                amount: { amountMicros: 999_000_000n, currency: 'INR' },
              },
            ],
          },
        ],
        total: { amountMicros: 999_000_000n, currency: 'INR' },
      },
      grantsMonth: 0,
      forfeits: 'expired',
      calendarQuotas: 'on',
      events: [
        {
          type: 'subscription.started',
          reason: 'growth monthly starts, period 1 is paid',
        },
      ],
    });
  });

  it('R1.08 is refused with what is needed when the wallet is one paisa short', () => {
    expect(decideStart(growth(), { now: FEBRUARY_1, funds: fundsOf(998_990_000n) })).toEqual({
      kind: 'refused',
      code: 'insufficient_balance',
      message: 'the wallet does not cover the price',
      requiredMicros: 999_000_000n,
    });
  });

  it('R1.11 of a year asks for the price of a year', () => {
    const yearly = growth({ cycle: 'yearly', price: inr('9990.00') });
    expect(decideStart(yearly, { now: FEBRUARY_1, funds: fundsOf(999_000_000n) })).toMatchObject({
      kind: 'refused',
      requiredMicros: 9_990_000_000n,
    });
  });

  it('R1.18 a support package lives by the same rules on its own track', () => {
    const priority = growth({ track: 'support', planCode: 'priority', price: inr('499.00') });
    const walk = startWalk(priority, FEBRUARY_1, '998.00').advanceTo('2026-03-01T07:00:00.000Z');
    expect(walk.story()).toEqual([
      '2026-02-01T07:00:00.000Z start 499.00 month 1 active',
      '2026-03-01T07:00:00.000Z renew 499.00 month 2 active',
    ]);
    expect(walk.subscription().track).toBe('support');
  });
});

describe('cancelling now', () => {
  it('ends an active subscription on the spot, credits what is unused and charges nothing more', () => {
    const walk = activeWalk();
    expect(walk.cancel({ at: 'now', reason: 'moved away' }, '2026-02-10T12:00:00.000Z')).toBeNull();
    expect(walk.steps.at(-1)?.decision).toMatchObject({
      subscription: { ...ENDED, endedAt: '2026-02-10T12:00:00.000Z', endReason: 'moved away' },
      grantsMonth: null,
      forfeits: 'all',
      calendarQuotas: 'off',
      settled: { share: { numerator: 19n, denominator: 28n } },
      events: [{ type: 'subscription.ended', reason: 'moved away' }],
    });
    // 19 of 28 days of 999.00.
    expect(walk.story().at(-1)).toBe('2026-02-10T12:00:00.000Z cancel -677.89 ended');
    walk.advanceTo('2027-01-01T00:00:00.000Z');
    expect(walk.story()).toEqual([]);
    expect(walk.wallet()).toBe('4678.89');
  });

  it.each([
    ['past due', pastDueWalk, '2026-03-02T12:00:00.000Z'],
    ['suspended', suspendedWalk, '2026-03-10T12:00:00.000Z'],
  ])('ends a %s subscription and drops the debt of the unpaid period', (_, build, at) => {
    const walk = build();
    expect(walk.cancel({ at: 'now', reason: 'too dear' }, at)).toBeNull();
    expect(walk.subscription()).toMatchObject({ ...ENDED, endReason: 'too dear' });
    walk.story();
    walk.topUp('5000.00', '2026-03-20T00:00:00.000Z').advanceTo('2026-12-01T00:00:00.000Z');
    expect(walk.story()).toEqual([]);
    expect(walk.wallet()).toBe('5021.00');
  });

  it('ends at once although the end of the period was asked for before', () => {
    const walk = activeWalk();
    walk.cancel({ at: 'period_end', reason: 'first thought' }, '2026-02-05T00:00:00.000Z');
    walk.cancel({ at: 'now', reason: 'second thought' }, '2026-02-06T00:00:00.000Z');
    expect(walk.story()).toEqual([
      '2026-02-05T00:00:00.000Z cancel active',
      '2026-02-06T00:00:00.000Z cancel -820.61 ended',
    ]);
    expect(walk.subscription().endReason).toBe('second thought');
  });
});

describe('cancelling at the end of the period', () => {
  it('serves what is paid, says when it ends, and charges nothing more', () => {
    const walk = activeWalk();
    walk.cancel({ at: 'period_end', reason: 'closing the shop' }, '2026-02-10T12:00:00.000Z');
    expect(walk.next()).toEqual({
      kind: 'end_at_period_end',
      at: '2026-03-01T07:00:00.000Z',
      reason: 'cancelled for the end of the paid period',
    });
    walk.advanceTo('2026-06-01T00:00:00.000Z');
    expect(walk.story()).toEqual([
      '2026-02-10T12:00:00.000Z cancel active',
      '2026-03-01T07:00:00.000Z end_at_period_end ended',
    ]);
    expect(walk.subscription()).toMatchObject({
      ...ENDED,
      endedAt: '2026-03-01T07:00:00.000Z',
      endReason: 'closing the shop',
    });
    expect(walk.wallet()).toBe('4001.00');
  });

  it('asked for twice keeps the later reason and ends once', () => {
    const walk = activeWalk();
    expect(walk.cancel({ at: 'period_end', reason: 'one' }, '2026-02-10T00:00:00.000Z')).toBeNull();
    expect(walk.cancel({ at: 'period_end', reason: 'two' }, '2026-02-11T00:00:00.000Z')).toBeNull();
    walk.advanceTo('2026-06-01T00:00:00.000Z');
    expect(walk.story()).toEqual([
      '2026-02-10T00:00:00.000Z cancel active',
      '2026-02-11T00:00:00.000Z cancel active',
      '2026-03-01T07:00:00.000Z end_at_period_end ended',
    ]);
    expect(walk.subscription().endReason).toBe('two');
  });

  it.each([
    ['past due', pastDueWalk, '2026-03-02T12:00:00.000Z'],
    ['suspended', suspendedWalk, '2026-03-10T12:00:00.000Z'],
  ])(
    'ends a %s subscription at once: an unpaid period gives nothing to wait for',
    (_, build, at) => {
      const walk = build();
      expect(walk.cancel({ at: 'period_end', reason: 'too dear' }, at)).toBeNull();
      expect(walk.subscription()).toMatchObject({ ...ENDED, endedAt: at });
    },
  );
});

describe('a subscription that has ended', () => {
  it.each(['now', 'period_end'] as const)('refuses to be cancelled %s', (at) => {
    const walk = endedWalk();
    expect(walk.cancel({ at, reason: 'again' }, '2026-02-11T00:00:00.000Z')).toEqual({
      kind: 'refused',
      code: 'invalid_state',
      message: 'the subscription has ended',
    });
    expect(walk.story()).toEqual([]);
  });

  it('refuses to be resumed: a new one is started instead', () => {
    const walk = endedWalk();
    expect(walk.resume('2026-02-11T00:00:00.000Z')).toEqual({
      kind: 'refused',
      code: 'invalid_state',
      message: 'the subscription has ended; start a new one',
    });
  });
});

describe('resuming', () => {
  it('withdraws a cancellation, and the renewal comes on its day', () => {
    const walk = activeWalk();
    walk.cancel({ at: 'period_end', reason: 'a mistake' }, '2026-02-10T00:00:00.000Z');
    expect(walk.resume('2026-02-20T00:00:00.000Z')).toBeNull();
    expect(walk.subscription()).toMatchObject({ cancelsAtPeriodEnd: false, cancelReason: null });
    walk.advanceTo('2026-03-01T07:00:00.000Z');
    expect(walk.story()).toEqual([
      '2026-02-10T00:00:00.000Z cancel active',
      '2026-02-20T00:00:00.000Z resume active',
      '2026-03-01T07:00:00.000Z renew 999.00 month 2 active',
    ]);
  });

  it('is refused for an active subscription that is not cancelled', () => {
    const walk = activeWalk();
    expect(walk.resume('2026-02-20T00:00:00.000Z')).toEqual({
      kind: 'refused',
      code: 'invalid_state',
      message: 'the subscription is active; there is nothing to resume',
    });
    expect(walk.story()).toEqual([]);
  });

  it('R1.08 of a past due one is refused with the price while the wallet does not cover it', () => {
    const walk = pastDueWalk();
    expect(walk.resume('2026-03-02T01:00:00.000Z')).toEqual({
      kind: 'refused',
      code: 'insufficient_balance',
      message: 'the wallet does not cover the price',
      requiredMicros: 999_000_000n,
    });
    expect(walk.story()).toEqual([]);
    expect(walk.next()).toMatchObject({ kind: 'retry_payment', at: '2026-03-02T07:00:00.000Z' });
  });

  it.each([
    {
      status: 'past due',
      build: pastDueWalk,
      at: '2026-03-02T01:00:00.000Z',
      told: '2026-03-02T01:00:00.000Z resume 999.00 month 2 active',
      renewsAt: '2026-04-01T07:00:00.000Z',
    },
    {
      status: 'suspended',
      build: suspendedWalk,
      at: '2026-04-05T00:00:00.000Z',
      told: '2026-04-05T00:00:00.000Z resume 999.00 month 3 active',
      renewsAt: '2026-05-01T07:00:00.000Z',
    },
  ])('of a $status one pays the current period and goes on', ({ build, at, told, renewsAt }) => {
    const walk = build().advanceTo(at).changeWallet('1000.00');
    expect(walk.resume(at)).toBeNull();
    expect(walk.story()).toEqual([told]);
    expect(walk.next()).toMatchObject({ kind: 'renew', at: renewsAt });
    expect(walk.wallet()).toBe('22.00');
  });
});
