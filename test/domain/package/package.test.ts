import { parseMoney } from '../../../domain/money';
import type { DueAction } from '../../../domain/next-action';
import { decideDue, decideVoid, openPackage } from '../../../domain/package/decide-package';
import {
  computeExpiry,
  decideNextAction,
  type BoughtPackage,
  type PackageActionKind,
} from '../../../domain/package/package';
import type { PackageOffer } from '../../../domain/package/package-offer';
import { balanceOf, postEnd, postGrant } from '../../../domain/package/post-package';
import { describeUnits, toLedgerUnits, toWholeUnits } from '../../../domain/package/package-units';
import { burn, type Part } from '../../../domain/ledger/burn';
import { toEpochMs } from '../../../domain/instant';
import { buildBucket, buildLedger, buildPlan, transfersOf } from '../../support/build-ledger';

const ISTANBUL = 'Europe/Istanbul';
const BOUGHT_AT = '2026-11-22T10:00:00.000Z';
/** When 22 December is over in Istanbul. */
const ENDS_AT = '2026-12-22T21:00:00.000Z';

const BULK: PackageOffer = {
  kind: 'message_package',
  code: 'bulk-10k',
  name: 'Bulk 10k',
  units: 10_000,
  price: parseMoney({ amount: '4500.00', currency: 'TRY' }),
  upFrontFee: parseMoney({ amount: '0.00', currency: 'TRY' }),
  validityDays: 30,
  channels: null,
};
const NEXUS: PackageOffer = {
  ...BULK,
  kind: 'minute_bundle',
  code: 'nexus',
  name: 'Nexus',
  units: 300,
  validityDays: null,
};

function open(
  change: Partial<Parameters<typeof openPackage>[0]> = {},
): ReturnType<typeof openPackage> {
  return openPackage({
    id: 'pkg_1',
    accountId: 'acct_1',
    orderId: 'ord_1',
    offer: BULK,
    timeZone: ISTANBUL,
    planPaidUntil: null,
    at: BOUGHT_AT,
    ...change,
  });
}

function nextOf(bought: BoughtPackage): DueAction<PackageActionKind> {
  const next = decideNextAction(bought);
  if (!('at' in next)) throw new Error(`nothing is due: ${next.reason}`);
  return next;
}

const LEFT = { available: 2_000n, held: 0n, forfeitedBefore: 0n };
const NOTHING = { available: 0n, held: 0n, forfeitedBefore: 0n };

describe('how long a package lives', () => {
  const endOf = (change: Partial<Parameters<typeof computeExpiry>[0]> = {}): string =>
    computeExpiry({
      offer: BULK,
      timeZone: ISTANBUL,
      planPaidUntil: null,
      at: BOUGHT_AT,
      ...change,
    });

  it.each([
    [30, '2026-12-22T21:00:00.000Z'],
    [1, '2026-11-23T21:00:00.000Z'],
    [365, '2027-11-22T21:00:00.000Z'],
  ])('R0.11 %i days are over when the last of them is, in the account’s zone', (days, end) => {
    expect(endOf({ offer: { ...BULK, validityDays: days } })).toBe(end);
  });

  it('R0.11 the day of purchase is the account’s: at 23:30 UTC it is tomorrow in Istanbul', () => {
    expect(endOf({ at: '2026-11-22T23:30:00.000Z' })).toBe('2026-12-23T21:00:00.000Z');
  });

  it('R0.11 a day without midnight ends when the next one begins', () => {
    const at = '2023-08-31T15:00:00.000Z';
    const end = endOf({ timeZone: 'America/Asuncion', at });
    // 30 days after 31 August is 30 September; 1 October began at 01:00 (-03:00).
    expect(end).toBe('2023-10-01T04:00:00.000Z');
  });

  it('R2.06 a bundle without a validity ends with the plan’s paid period', () => {
    const planPaidUntil = '2026-12-01T09:00:00.000Z';
    expect(endOf({ offer: NEXUS, planPaidUntil })).toBe('2026-12-01T09:00:00.000Z');
  });

  it.each([null, BOUGHT_AT, '2026-11-01T00:00:00.000Z'])(
    'R2.06 without a paid plan (%s) it ends when the day a month later is over',
    (planPaidUntil) => {
      expect(endOf({ offer: NEXUS, planPaidUntil })).toBe('2026-12-22T21:00:00.000Z');
    },
  );

  it('R2.06 a month after 31 January is the last day of February', () => {
    const at = '2027-01-31T10:00:00.000Z';
    expect(endOf({ offer: NEXUS, at })).toBe('2027-02-28T21:00:00.000Z');
  });

  it('R2.06 with a validity of its own it lives that long, whatever the plan does', () => {
    const planPaidUntil = '2026-12-01T09:00:00.000Z';
    const offer = { ...NEXUS, validityDays: 90 };
    expect(endOf({ offer, planPaidUntil })).toBe('2027-02-20T21:00:00.000Z');
  });
});

describe('a package that is bought', () => {
  it('R0.09 is active with all its units, and says until when', () => {
    const { bought, events } = open();
    expect(bought).toEqual({
      id: 'pkg_1',
      accountId: 'acct_1',
      orderId: 'ord_1',
      kind: 'message_package',
      code: 'bulk-10k',
      name: 'Bulk 10k',
      units: 10_000,
      price: { amountMicros: 4_500_000_000n, currency: 'TRY' },
      timeZone: ISTANBUL,
      purchasedAt: BOUGHT_AT,
      expiresAt: ENDS_AT,
      status: 'active',
      warnedDays: null,
      endedAt: null,
    });
    expect(events).toEqual([
      { type: 'package.granted', reason: `Bulk 10k: 10000 messages until ${ENDS_AT}` },
    ]);
  });

  it('R0.09 is granted from issuance into a bucket of its own, once', () => {
    const ledger = buildLedger();
    const plan = buildPlan(ledger);
    postGrant({ plan, ledger }, open().bought, BULK);
    postGrant({ plan, ledger }, open().bought, BULK);
    expect(transfersOf(plan)).toEqual([
      'grant issuance/message > package/pkg_1 10000 package/pkg_1',
    ]);
  });

  it('R2.07 a bundle of 300 minutes is 18 000 seconds', () => {
    const ledger = buildLedger();
    const plan = buildPlan(ledger);
    postGrant({ plan, ledger }, open({ offer: NEXUS, id: 'bun_1' }).bought, BULK);
    expect(transfersOf(plan)).toEqual([
      'grant issuance/call_second > package/bun_1 18000 package/bun_1',
    ]);
    expect(balanceOf(ledger, open({ id: 'bun_1' }).bought)).toEqual({
      available: 18_000n,
      held: 0n,
    });
  });

  it('R0.13 is used after one that ends sooner, and before one that was bought later', () => {
    const ledger = buildLedger();
    const plan = buildPlan(ledger);
    const sold = { ...BULK, units: 10 };
    for (const [id, validityDays, at] of [
      ['pkg_c', 60, '2026-11-20T10:00:00.000Z'],
      ['pkg_d', 30, BOUGHT_AT],
      ['pkg_b', 30, '2026-11-22T09:00:00.000Z'],
      ['pkg_a', 30, '2026-11-22T09:00:00.000Z'],
    ] as const) {
      postGrant({ plan, ledger }, open({ id, at, offer: { ...sold, validityDays } }).bought, BULK);
    }
    const parts: Part[] = [];
    const atMs = toEpochMs('2026-11-23T10:00:00.000Z');
    const missing = burn(ledger, { asset: 'message', amount: 35n, atMs, month: '2026-11' }, parts);
    expect(parts.map(({ bucket, amount }) => `${bucket.code} ${amount}`)).toEqual([
      'package/pkg_a 10',
      'package/pkg_b 10',
      'package/pkg_d 10',
      'package/pkg_c 5',
    ]);
    expect(missing).toBe(0n);
  });

  it('R0.15 covers a message a millisecond before its end, and none at its end', () => {
    const ledger = buildLedger({ openMonth: '2026-12' });
    const plan = buildPlan(ledger);
    postGrant({ plan, ledger }, open().bought, BULK);
    const want = { asset: 'message', amount: 1n, month: '2026-12' };
    expect(burn(ledger, { ...want, atMs: toEpochMs(ENDS_AT) - 1 }, [])).toBe(0n);
    expect(burn(ledger, { ...want, atMs: toEpochMs(ENDS_AT) }, [])).toBe(1n);
  });
});

describe('what happens next to a package', () => {
  it('R0.15 it is warned of its end 30, 7 and 1 days ahead, then it ends', () => {
    let { bought } = open({ offer: { ...BULK, validityDays: 90 } });
    const story: string[] = [];
    for (let turn = 0; turn < 4; turn += 1) {
      const action = nextOf(bought);
      story.push(`${action.kind} ${action.at}`);
      ({ bought } = decideDue(bought, action, LEFT));
    }
    expect(story).toEqual([
      'warn_expiry 2027-01-21T21:00:00.000Z',
      'warn_expiry 2027-02-13T21:00:00.000Z',
      'warn_expiry 2027-02-19T21:00:00.000Z',
      'expire 2027-02-20T21:00:00.000Z',
    ]);
    expect(decideNextAction(bought)).toEqual({ kind: 'end', reason: 'the package is expired' });
  });

  it('R0.15 a warning that lies before the purchase is none', () => {
    expect(nextOf(open().bought)).toMatchObject({ at: '2026-11-22T21:00:00.000Z' });
    const week = open({ offer: { ...BULK, validityDays: 6 } }).bought;
    expect(nextOf(week)).toMatchObject({ kind: 'warn_expiry', at: '2026-11-27T21:00:00.000Z' });
    const atMidnight = open({
      offer: { ...BULK, validityDays: 6 },
      at: '2026-11-21T21:00:00.000Z',
    }).bought;
    // Seven days to the minute: a warning in the minute of the purchase tells nothing new.
    expect(nextOf(atMidnight)).toMatchObject({ at: '2026-11-27T21:00:00.000Z' });
    const day = open({ offer: NEXUS, planPaidUntil: '2026-11-22T20:00:00.000Z' }).bought;
    expect(nextOf(day)).toMatchObject({ kind: 'expire', at: '2026-11-22T20:00:00.000Z' });
  });

  it('R0.15 a warning keeps the hour of the end over a change of the clocks', () => {
    // Paris leaves summer time on 25 October 2026: the end is midnight local on both sides.
    const { bought } = open({
      timeZone: 'Europe/Paris',
      at: '2026-09-30T10:00:00.000Z',
      offer: { ...BULK, validityDays: 31 },
    });
    expect(bought.expiresAt).toBe('2026-10-31T23:00:00.000Z');
    expect(nextOf(bought).at).toBe('2026-10-01T22:00:00.000Z');
  });
});

describe('what a due action does to a package', () => {
  const warning = { kind: 'warn_expiry', at: '2026-12-15T21:00:00.000Z', reason: '' } as const;
  const end = { kind: 'expire', at: ENDS_AT, reason: '' } as const;
  /** Warned 30 days ahead. */
  const bought = { ...open().bought, warnedDays: 30 };

  it('R0.15 a warning tells the days and what is left', () => {
    const decision = decideDue(bought, warning, LEFT);
    expect(decision.bought.warnedDays).toBe(7);
    expect(decision.forfeits).toBe(false);
    expect(decision.events).toEqual([
      {
        type: 'package.expiry_near',
        reason: 'Bulk 10k ends in 7 days with 2000 messages left',
        data: { asset: 'message', quantity_left: 2_000, quantity_held: 0 },
      },
    ]);
  });

  it('R0.15 nobody is warned of the end of nothing', () => {
    const decision = decideDue(bought, warning, NOTHING);
    expect(decision.events).toEqual([]);
    expect(decision.bought.warnedDays).toBe(7);
  });

  it('R0.15 what a broadcast holds is still there to be warned of', () => {
    const [event] = decideDue(bought, warning, { ...NOTHING, held: 80n }).events;
    expect(event?.reason).toBe('Bulk 10k ends in 7 days with 80 messages left');
  });

  it('R0.15 at its end it is expired and the rest is forfeited', () => {
    const decision = decideDue({ ...bought, warnedDays: 1 }, end, LEFT);
    expect(decision.bought).toMatchObject({ status: 'expired', endedAt: ENDS_AT });
    expect(decision.forfeits).toBe(true);
    expect(decision.events).toEqual([
      {
        type: 'package.expired',
        reason: 'Bulk 10k has ended; 2000 messages forfeited',
        data: { asset: 'message', quantity_forfeited: 2_000, quantity_held: 0 },
      },
    ]);
  });

  it('R0.15 what is held at its end is told apart from what is forfeited', () => {
    const [event] = decideDue({ ...bought, warnedDays: 1 }, end, {
      ...NOTHING,
      available: 1_920n,
      held: 80n,
    }).events;
    expect(event?.reason).toBe(
      'Bulk 10k has ended; 1920 messages forfeited, 80 messages held for what is under way',
    );
  });

  it('R0.15 what a broadcast gave back after the end is told with what is forfeited', () => {
    const balance = { ...NOTHING, forfeitedBefore: 100n };
    const [event] = decideDue({ ...bought, warnedDays: 1 }, end, balance).events;
    expect(event?.reason).toBe('Bulk 10k has ended; 100 messages forfeited');
    // The bucket closed with it: there is nothing to move.
    const ledger = buildLedger();
    const plan = buildPlan(ledger);
    postEnd({ plan, ledger }, decideDue({ ...bought, warnedDays: 1 }, end, balance));
    expect(transfersOf(plan)).toEqual([]);
  });

  it('is a bug of ours when the package has ended, or no such warning is due', () => {
    const ended = { ...bought, status: 'expired', endedAt: ENDS_AT } as const;
    expect(() => decideDue(ended, end, LEFT)).toThrow('has ended');
    expect(() => decideDue({ ...bought, warnedDays: 1 }, warning, LEFT)).toThrow('no warning due');
  });

  it('R0.15 the rest goes to breakage and the bucket closes; a hold keeps its part until it ends', () => {
    for (const [held, moved, isOpen] of [
      [0n, 2_000n, false],
      [80n, 1_920n, true],
    ] as const) {
      const bucket = buildBucket({ posted: 2_000n, held, expiresAt: ENDS_AT });
      const ledger = buildLedger({ buckets: [bucket] });
      const plan = buildPlan(ledger);
      postEnd({ plan, ledger }, decideDue({ ...bought, warnedDays: 1 }, end, LEFT));
      expect(transfersOf(plan)).toEqual([
        `expiry package/pkg_1 > breakage/message ${moved} package/pkg_1`,
      ]);
      expect(ledger.buckets.includes(bucket)).toBe(isOpen);
    }
  });

  it('moves nothing when it only warns', () => {
    const ledger = buildLedger({ buckets: [buildBucket({ posted: 2_000n })] });
    const plan = buildPlan(ledger);
    postEnd({ plan, ledger }, decideDue(bought, warning, LEFT));
    expect(transfersOf(plan)).toEqual([]);
  });
});

const OPERATOR = { operator_key_id: 'key_1', operator_note: 'a mistake' };

describe('voiding a package', () => {
  const { bought } = open();

  it('R0.12 takes back what is left and keeps it as history', () => {
    const decision = decideVoid(bought, {
      now: '2026-12-01T08:00:00.000Z',
      balance: LEFT,
      operator: OPERATOR,
    });
    expect(decision).toMatchObject({
      kind: 'decided',
      forfeits: true,
      bought: { status: 'voided', endedAt: '2026-12-01T08:00:00.000Z' },
      events: [
        {
          type: 'package.voided',
          reason: 'Bulk 10k was voided; 2000 messages forfeited',
          data: {
            asset: 'message',
            quantity_forfeited: 2_000,
            quantity_held: 0,
            operator_key_id: 'key_1',
            operator_note: 'a mistake',
          },
        },
      ],
    });
  });

  it.each(['expired', 'voided'] as const)('is refused when it is %s', (status) => {
    const ended = { ...bought, status, endedAt: ENDS_AT };
    expect(decideVoid(ended, { now: ENDS_AT, balance: NOTHING, operator: OPERATOR })).toEqual({
      kind: 'refused',
      code: 'invalid_state',
      message: `The package is ${status}: nothing is left to void.`,
    });
  });
});

describe('the units of a package', () => {
  it('R2.03 are seconds inside and whole minutes outside', () => {
    expect(toLedgerUnits('minute_bundle', 300)).toBe(18_000n);
    expect(toWholeUnits('minute_bundle', 1_190n)).toBe(19n);
    expect(toLedgerUnits('message_package', 300)).toBe(300n);
    expect(toWholeUnits('message_package', 300n)).toBe(300n);
  });

  it.each([
    ['message_package', 1n, '1 message'],
    ['message_package', 0n, '0 messages'],
    ['minute_bundle', 1_190n, '19 minutes 50 seconds'],
    ['minute_bundle', 61n, '1 minute 1 second'],
    ['minute_bundle', 120n, '2 minutes'],
  ] as const)('of a %s are told as they are: %i', (kind, units, words) => {
    expect(describeUnits(kind, units)).toBe(words);
  });
});
