/** Random lives of numbers that share a wallet, against what must hold whatever happens (I7). */
import * as fc from 'fast-check';
import { findPeriodAt } from '../../../domain/billing-period';
import type { ChargeOutcome } from '../../../domain/collection/charge-attempt';
import { isAtOrBefore, isBefore } from '../../../domain/instant';
import type { NumberCommand } from '../../../domain/phone-number/decide-command';
import { CARD, openWalk, type Walk } from './number-walk';

const RUNS = 100;
const OUTCOMES: readonly ChargeOutcome[] = [
  { kind: 'succeeded' },
  { kind: 'pending' },
  { kind: 'unanswered' },
  { kind: 'declined', declineCode: 'do_not_honor', declineClass: 'soft' },
  { kind: 'declined', declineCode: 'stolen_card', declineClass: 'hard' },
];

type Deed = (walk: Walk) => void;

function wait(days: number): Deed {
  return (walk) => walk.to(new Date(Date.parse(walk.state.now) + days * 86_400_000).toISOString());
}

function tell(command: NumberCommand): (which: number) => Deed {
  return (which) => (walk) => {
    const names = walk.names();
    walk.tell(names[which % names.length] ?? '', command);
  };
}

const which = fc.nat(2);
const topUp = fc.nat(1_500).map(
  (rupees): Deed =>
    (walk) =>
      walk.topUp(rupees),
);
const deed: fc.Arbitrary<Deed> = fc.oneof(
  { weight: 6, arbitrary: fc.nat(20).map(wait) },
  { weight: 3, arbitrary: topUp },
  { weight: 1, arbitrary: which.map(tell({ kind: 'set_auto_pay', autoPay: true })) },
  { weight: 1, arbitrary: which.map(tell({ kind: 'set_auto_pay', autoPay: false })) },
  { weight: 2, arbitrary: which.map(tell({ kind: 'pay' })) },
  { weight: 1, arbitrary: which.map(tell({ kind: 'release' })) },
  { weight: 1, arbitrary: which.map(tell({ kind: 'waive_rent' })) },
  { weight: 1, arbitrary: which.map(tell({ kind: 'force_renewal' })) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(...OUTCOMES).map((outcome): Deed => ({ state }) => {
      state.gateway = outcome;
    }),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(CARD, null).map((method): Deed => ({ state }) => {
      state.method = method;
    }),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('released', 'unanswered').map((kind): Deed => ({ state }) => {
      state.release = { kind };
    }),
  },
);

/** The walk itself refuses a month charged twice, after the release, or with money that is not there. */
function expectSound(walk: Walk): void {
  const { now } = walk.state;
  for (const name of walk.names()) {
    const { status, period, hold, collection, anchorAt, timeZone } = walk.get(name);
    const scheduled = findPeriodAt({ anchorAt, cycle: 'monthly', timeZone }, period.startsAt);
    expect(scheduled).toEqual(period);
    expect(anchorAt).toBe('2027-01-31T10:00:00.000Z');
    if (status === 'active') expect(isBefore(now, period.endsAt)).toBe(true);
    const isBankAtWork = collection.charge !== null && collection.charge.stage !== 'planned';
    if (status === 'on_hold' && hold !== null && isAtOrBefore(hold.releasesAt, now)) {
      expect(isBankAtWork).toBe(true);
    }
  }
  expect(walk.state.walletMicros >= 0n).toBe(true);
}

describe('random lives of numbers', () => {
  it('I7 R2.15 R2.17 never charge a month twice or a number given back, nor keep an unpaid one', () => {
    const lives = fc.array(deed, { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(lives, fc.nat(2_000), fc.nat(2), (deeds, wallet, first) => {
        const turn = (names: readonly string[]) => names[first % names.length] ?? '';
        const walk = openWalk({ wallet, turn });
        for (const [name, rupees] of [
          ['a', 799],
          ['b', 500],
          ['c', 120],
        ] as const) {
          walk.addNumber(name, rupees);
        }
        for (const one of deeds) {
          one(walk);
          expectSound(walk);
        }
      }),
      { numRuns: RUNS },
    );
  });

  it('R2.15 come out the same whichever of two numbers due at one instant is looked at first', () => {
    const money = fc.array(fc.tuple(fc.nat(1_500), fc.nat(12)), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(money, (arrivals) => {
        const ends = [0, 1, 2].map((first) => {
          const walk = openWalk({ turn: (names) => names[first % names.length] ?? '' });
          for (const [name, rupees] of [
            ['a', 799],
            ['b', 500],
            ['c', 120],
          ] as const) {
            walk.addNumber(name, rupees);
          }
          for (const [rupees, days] of arrivals) {
            walk.topUp(rupees);
            wait(days)(walk);
          }
          return [walk.wallet(), ...walk.names().map((name) => walk.show(name))];
        });
        expect(ends[1]).toEqual(ends[0]);
        expect(ends[2]).toEqual(ends[0]);
      }),
      { numRuns: RUNS },
    );
  });
});
