/** Random lives of an auto-recharge, against what must hold whatever happens. */
import * as fc from 'fast-check';
import { monthOf } from '../../../domain/calendar';
import { UNTAXED } from '../../../domain/tax/taxation';
import {
  CARD,
  declined,
  IGST,
  inr,
  LIMITS,
  openWalk,
  PAID,
  PENDING,
  type Walk,
} from './recharge-walk';

type Deed = (walk: Walk) => void;

const deed: fc.Arbitrary<Deed> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.nat(900).map(
      (rupees): Deed =>
        (walk) =>
          walk.spend(rupees),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.nat(2_000).map(
      (rupees): Deed =>
        (walk) =>
          walk.topUp(rupees),
    ),
  },
  {
    weight: 4,
    arbitrary: fc.nat(15).map(
      (days): Deed =>
        (walk) =>
          walk.to(new Date(Date.parse(walk.state.now) + days * 86_400_000 + 1).toISOString()),
    ),
  },
  {
    weight: 4,
    arbitrary: fc
      .constantFrom(
        PAID,
        PAID,
        PENDING,
        { kind: 'unanswered' } as const,
        declined('insufficient_funds', 'soft'),
        declined('bank_not_available', 'technical'),
        declined('stolen_card', 'hard'),
      )
      .map((outcome): Deed => ({ state }) => {
        state.gateway = outcome;
      }),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(CARD, null).map((method): Deed => ({ state }) => {
      state.method = method;
    }),
  },
  { weight: 1, arbitrary: fc.constant<Deed>((walk) => walk.turnOff()) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(1_200, 3_000, 5_000).map(
      (cap): Deed =>
        (walk) =>
          void walk.set({ limits: { ...LIMITS, monthlyCap: inr(cap) } }),
    ),
  },
);

it('never charges above the cap of a month, in whole increments, and leaves no balance low that it may fill', () => {
  const lives = fc.tuple(fc.constantFrom(UNTAXED, IGST), fc.array(deed, { maxLength: 60 }));
  fc.assert(
    fc.property(lives, ([taxation, deeds]) => {
      const walk = openWalk({ taxation });
      walk.set();
      // The highest cap there ever was: lowering it takes nothing back.
      for (const act of deeds) {
        act(walk);
        const { status, collection, limits } = walk.row();
        const isLow = walk.state.balanceMicros < limits.threshold.amountMicros;
        if (status === 'armed') expect(isLow).toBe(false);
        expect(status === 'charging').toBe(
          status !== 'stopped' && collection.charge !== null && !isWaiting(status),
        );
      }
      const byMonth = new Map<string, bigint>();
      for (const { at, terms } of walk.state.paid) {
        const month = monthOf(at, 'Asia/Kolkata');
        byMonth.set(month, (byMonth.get(month) ?? 0n) + terms.total.amountMicros);
        const [line] = terms.sale.lines;
        expect((line?.amount.amountMicros ?? 1n) % LIMITS.amount.amountMicros).toBe(0n);
      }
      for (const charged of byMonth.values()) {
        expect(charged <= LIMITS.monthlyCap.amountMicros).toBe(true);
      }
    }),
    { numRuns: 300 },
  );
});

function isWaiting(status: string): boolean {
  return status === 'backing_off' || status === 'cap_reached';
}
