import fc from 'fast-check';
import { isAtOrBefore, isBefore } from '../../../domain/instant';
import { nextMonth } from '../../../domain/calendar';
import {
  buildStatement,
  endOfMonth,
  type MonthStatement,
  type MonthTotals,
} from '../../../domain/revenue-share/statement';

const ZONE = 'Asia/Kolkata';
const PAISA = 10_000n;

function totalsOf(accrued: bigint, clawedBack: bigint): MonthTotals {
  return {
    collectedMicros: accrued * 5n,
    taxMicros: 0n,
    refundsMicros: clawedBack * 5n,
    feesMicros: 0n,
    accruedMicros: accrued,
    clawedBackMicros: clawedBack,
    shareBps: 2_000,
  };
}

/** Closes month after month as the activities do: with the debt of the last, and what is held no longer. */
function closeAll(
  months: readonly { readonly accrued: bigint; readonly clawedBack: bigint }[],
  terms: { readonly reserveBps: number; readonly reserveDays: number },
): MonthStatement[] {
  const closed: MonthStatement[] = [];
  let month = '2027-02';
  for (const { accrued, clawedBack } of months) {
    const [starts, ends] = [endOfMonth(before(month), ZONE), endOfMonth(month, ZONE)];
    const released = closed.filter(
      ({ heldUntil: at }) => at !== null && isAtOrBefore(starts, at) && isBefore(at, ends),
    );
    closed.push(
      buildStatement(totalsOf(accrued, clawedBack), {
        month,
        currency: 'INR',
        timeZone: ZONE,
        terms,
        broughtForwardMicros: closed.at(-1)?.carriedForwardMicros ?? 0n,
        releasedMicros: released.reduce((sum, { heldMicros }) => sum + heldMicros, 0n),
      }),
    );
    month = nextMonth(month);
  }
  return closed;
}

const before = (month: string): string => {
  const [year = 0, number = 0] = month.split('-').map(Number);
  return number === 1 ? `${year - 1}-12` : `${year}-${String(number - 1).padStart(2, '0')}`;
};
const sumOf = (all: readonly MonthStatement[], amountOf: (one: MonthStatement) => bigint): bigint =>
  all.reduce((sum, one) => sum + amountOf(one), 0n);

describe('the months of a partner (R4.10)', () => {
  it('come to what the worked example says', () => {
    const rupees = (amount: number) => BigInt(Math.round(amount * 100)) * PAISA;
    const closed = closeAll(
      [
        { accrued: rupees(1_798.2), clawedBack: 0n },
        { accrued: rupees(599.4), clawedBack: rupees(1_198.8) },
        { accrued: rupees(599.4), clawedBack: 0n },
      ],
      { reserveBps: 1_000, reserveDays: 45 },
    );
    expect(
      closed.map(({ heldMicros, releasedMicros, payableMicros, carriedForwardMicros }) =>
        [heldMicros, releasedMicros, payableMicros, carriedForwardMicros].map(
          (micros) => Number(micros) / 1e6,
        ),
      ),
    ).toEqual([
      [179.82, 0, 1_618.38, 0],
      [59.94, 0, 0, -659.34],
      [59.94, 179.82, 59.94, 0],
    ]);
  });

  it('over random months pay, hold and owe exactly what was earned less what went back', () => {
    const paise = fc.bigInt({ min: 0n, max: 1_000_000n }).map((amount) => amount * PAISA);
    const history = fc.record({
      months: fc.array(fc.record({ accrued: paise, clawedBack: paise }), {
        minLength: 1,
        maxLength: 18,
      }),
      reserveBps: fc.integer({ min: 0, max: 10_000 }),
      reserveDays: fc.integer({ min: 0, max: 366 }),
    });
    fc.assert(
      fc.property(history, ({ months, ...terms }) => {
        const closed = closeAll(months, terms);
        const earned = sumOf(closed, (one) => one.accruedMicros - one.clawedBackMicros);
        const paid = sumOf(closed, (one) => one.payableMicros);
        const held = sumOf(closed, (one) => one.heldMicros - one.releasedMicros);
        const debt = closed.at(-1)?.carriedForwardMicros ?? 0n;
        expect(paid + held + debt).toBe(earned);
        expect(held >= 0n && debt <= 0n).toBe(true);
        for (const { payableMicros, carriedForwardMicros } of closed) {
          expect(payableMicros >= 0n && carriedForwardMicros <= 0n).toBe(true);
          expect(payableMicros === 0n || carriedForwardMicros === 0n).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });
});
