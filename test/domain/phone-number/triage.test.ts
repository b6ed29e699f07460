/** Which of several unpaid numbers the money goes to. */
import * as fc from 'fast-check';
import { describeTriage, triage } from '../../../domain/phone-number/triage';
import { inr, openWalk } from './number-walk';

function unpaid(...rupees: readonly number[]) {
  return rupees.map((amount, index) => ({ id: 'abcdefghijkl'.charAt(index), owed: inr(amount) }));
}

function missingOf(numbers: ReturnType<typeof unpaid>, rupees: number): Record<string, bigint> {
  const { missing } = triage(numbers, inr(rupees).amountMicros);
  return Object.fromEntries(
    missing.map(({ id, missing: money }) => [id, money.amountMicros / 1_000_000n]),
  );
}

describe('triage', () => {
  it('R2.15 gives money to the first in the account’s order, and says what keeps the others', () => {
    const numbers = unpaid(500, 499);
    expect(triage(numbers, inr(500).amountMicros).kept).toEqual(['a']);
    expect(missingOf(numbers, 500)).toEqual({ b: 499n });
  });

  it('R2.15 passes over a number that the money does not suffice for', () => {
    const numbers = unpaid(799, 500, 100);
    expect(triage(numbers, inr(600).amountMicros).kept).toEqual(['b', 'c']);
    expect(missingOf(numbers, 600)).toEqual({ a: 799n });
  });

  it('R2.15 counts what numbers that come before would take of new money', () => {
    expect(missingOf(unpaid(499, 499), 0)).toEqual({ a: 499n, b: 998n });
    expect(missingOf(unpaid(100, 500), 50)).toEqual({ a: 50n, b: 550n });
    expect(missingOf(unpaid(152, 303, 1, 151, 151), 0)).toEqual({
      a: 152n,
      b: 455n,
      c: 1n,
      d: 304n,
      e: 758n,
    });
  });

  it('R2.15 keeps nothing with a wallet that owes, except what costs nothing', () => {
    expect(triage(unpaid(500, 0), -1n).kept).toEqual(['b']);
  });

  it('R2.15 says in one sentence what was kept and what amount keeps each of the others', () => {
    const numbers = unpaid(500, 499, 300);
    const nameOf = new Map(numbers.map(({ id }, index) => [id, `+91800000000${index}`]));
    const describeAt = (rupees: number) =>
      describeTriage(triage(numbers, inr(rupees).amountMicros), nameOf);
    expect(describeAt(500)).toBe(
      'the balance covers +918000000000; pay 499.00 INR to keep +918000000001; ' +
        'pay 300.00 INR to keep +918000000002',
    );
    expect(describeAt(0)).toMatch(/^the balance covers none of the numbers on hold; pay 500/);
  });

  const rents = fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 8 });

  it('R2.15 keeps the same numbers whichever of them is paid first', () => {
    fc.assert(
      fc.property(rents, fc.nat(3_000), fc.nat(), (amounts, available, pick) => {
        const numbers = unpaid(...amounts);
        const { kept } = triage(numbers, inr(available).amountMicros);
        if (kept.length === 0) return;
        const paidId = kept[pick % kept.length];
        const paid = numbers.find(({ id }) => id === paidId);
        const left = inr(available).amountMicros - (paid?.owed.amountMicros ?? 0n);
        const after = triage(
          numbers.filter(({ id }) => id !== paidId),
          left,
        );
        expect(after.kept).toEqual(kept.filter((id) => id !== paidId));
      }),
    );
  });

  it('R2.15 keeps each number for the amount it names, once what is kept is paid', () => {
    fc.assert(
      fc.property(rents, fc.nat(3_000), (amounts, available) => {
        const numbers = unpaid(...amounts);
        const { kept, missing } = triage(numbers, inr(available).amountMicros);
        const waiting = numbers.filter(({ id }) => !kept.includes(id));
        const spent = numbers
          .filter(({ id }) => kept.includes(id))
          .reduce((sum, { owed }) => sum + owed.amountMicros, 0n);
        const left = inr(available).amountMicros - spent;
        for (const { id, missing: money } of missing) {
          expect(triage(waiting, left + money.amountMicros).kept).toContain(id);
        }
      }),
    );
  });
});

describe('several numbers and one wallet', () => {
  it.each([
    { who: 'the first', turn: (names: readonly string[]) => names[0] ?? '' },
    { who: 'the last', turn: (names: readonly string[]) => names.at(-1) ?? '' },
  ])('R2.15 renews in the account’s order when $who is looked at first', ({ turn }) => {
    const walk = openWalk({ wallet: 799, turn });
    walk.addNumber('a', 799);
    walk.addNumber('b', 500);
    walk.to('2027-02-28');
    expect([walk.get('a').status, walk.get('b').status]).toEqual(['active', 'on_hold']);
    walk.topUp(499);
    expect(walk.get('b').status).toBe('on_hold');
    walk.topUp(1);
    expect(walk.get('b').status).toBe('active');
    expect(walk.wallet()).toBe('0.00');
  });

  it('R2.15 leaves money that a card paid for one number to that number', () => {
    const method = {
      id: 'pm_1',
      gateway: 'sandbox',
      kind: 'card',
      noticeHours: 0,
      ceiling: null,
      min: inr(1),
      max: inr(600),
    } as const;
    const walk = openWalk({ wallet: 300, method });
    walk.addNumber('a', 5_000);
    walk.addNumber('b', 500);
    walk.to('2027-02-28');
    // 4 700.00 is more than the card is charged at once, so only the second one is paid.
    expect([walk.get('a').status, walk.get('b').status]).toEqual(['on_hold', 'active']);
    expect(walk.wallet()).toBe('0.00');
  });
});
