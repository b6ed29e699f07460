import fc from 'fast-check';
import { computePeriod } from '../../../domain/billing-period';
import { fromEpochMs } from '../../../domain/instant';
import { formatAmount, type Money } from '../../../domain/money';
import { prorate, prorateUnits, remainingShare } from '../../../domain/subscription/proration';

const KOLKATA = { mode: 'days', timeZone: 'Asia/Kolkata' } as const;

function inr(amountMicros: bigint): Money {
  return { amountMicros, currency: 'INR' };
}

/** Midnight in Kolkata. */
function day(date: string): string {
  return new Date(`${date}T00:00:00+05:30`).toISOString();
}

describe('R1.12 the part of a price for what is left of a period', () => {
  it.each([
    {
      price: '999.00',
      from: '2026-02-01',
      to: '2026-03-01',
      at: '2026-02-15',
      days: '14/28',
      part: '499.50',
    },
    {
      price: '2999.00',
      from: '2026-01-31',
      to: '2026-02-28',
      at: '2026-02-10',
      days: '18/28',
      part: '1927.93',
    },
    {
      price: '2999.00',
      from: '2026-03-01',
      to: '2026-04-01',
      at: '2026-03-17',
      days: '15/31',
      part: '1451.13',
    },
    {
      price: '10000.00',
      from: '2026-01-01',
      to: '2027-01-01',
      at: '2026-11-21',
      days: '41/365',
      part: '1123.29',
    },
    {
      price: '1000.00',
      from: '2026-10-01',
      to: '2027-01-01',
      at: '2026-11-15',
      days: '47/92',
      part: '510.87',
    },
    {
      price: '999.00',
      from: '2026-02-01',
      to: '2026-03-01',
      at: '2026-02-01',
      days: '28/28',
      part: '999.00',
    },
    {
      price: '999.00',
      from: '2026-02-01',
      to: '2026-03-01',
      at: '2026-02-28',
      days: '1/28',
      part: '35.68',
    },
    {
      price: '0.00',
      from: '2026-02-01',
      to: '2026-03-01',
      at: '2026-02-15',
      days: '14/28',
      part: '0.00',
    },
  ])('of $price from $from to $to, on $at: $days is $part', ({ price, from, to, at, ...is }) => {
    const share = remainingShare({ startsAt: day(from), endsAt: day(to) }, day(at), KOLKATA);
    expect(`${share.numerator}/${share.denominator}`).toBe(is.days);
    const micros = BigInt(price.replace('.', '')) * 10_000n;
    expect(formatAmount(prorate(inr(micros), share))).toBe(is.part);
  });

  it('counts days on the account’s calendar: 23:59 and 00:01 are two of them', () => {
    const period = { startsAt: day('2026-02-01'), endsAt: day('2026-03-01') };
    const at = (instant: string) => remainingShare(period, instant, KOLKATA).numerator;
    expect(at('2026-02-14T18:29:59.999Z')).toBe(15n);
    expect(at('2026-02-14T18:30:00.000Z')).toBe(14n);
  });

  it('counts a month of 743 hours as 31 days where the clocks go forward', () => {
    const period = computePeriod({
      anchorAt: '2026-03-01T05:00:00.000Z',
      cycle: 'monthly',
      timeZone: 'America/New_York',
      number: 0,
    });
    const days = { mode: 'days', timeZone: 'America/New_York' } as const;
    expect(period.endsAt).toBe('2026-04-01T04:00:00.000Z');
    expect(remainingShare(period, '2026-03-17T12:00:00.000Z', days)).toEqual({
      numerator: 15n,
      denominator: 31n,
    });
  });

  it('counts a day without midnight as a day', () => {
    // In Asuncion 1 October 2023 began at 01:00.
    const days = { mode: 'days', timeZone: 'America/Asuncion' } as const;
    const period = { startsAt: '2023-09-15T04:00:00.000Z', endsAt: '2023-10-15T03:00:00.000Z' };
    expect(remainingShare(period, '2023-10-01T04:00:00.000Z', days)).toEqual({
      numerator: 14n,
      denominator: 30n,
    });
  });

  it('by seconds is a part of the time itself', () => {
    const seconds = { mode: 'seconds', timeZone: 'Asia/Kolkata' } as const;
    const period = { startsAt: '2026-02-01T00:00:00.000Z', endsAt: '2026-03-01T00:00:00.000Z' };
    const share = remainingShare(period, '2026-02-15T12:00:00.000Z', seconds);
    expect(formatAmount(prorate(inr(2_800_000_000n), share))).toBe('1350.00');
  });

  it('is whole rupiah in Indonesia, where nobody pays sen', () => {
    const share = { numerator: 1n, denominator: 3n };
    const price = { amountMicros: 100_000_000_000n, currency: 'IDR' } as const;
    expect(prorate(price, share).amountMicros).toBe(33_333_000_000n);
  });

  it('is everything before the period and nothing after it', () => {
    const period = { startsAt: day('2026-02-01'), endsAt: day('2026-03-01') };
    expect(remainingShare(period, day('2026-01-20'), KOLKATA).numerator).toBe(28n);
    expect(remainingShare(period, day('2026-03-20'), KOLKATA).numerator).toBe(0n);
  });

  it('never grows as days go by, and is never above the price', () => {
    const startMs = Date.UTC(2026, 0, 31, 6);
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 10n ** 13n }),
        fc.integer({ min: 0, max: 40 * 86_400_000 }),
        fc.integer({ min: 0, max: 40 * 86_400_000 }),
        fc.constantFrom('days' as const, 'seconds' as const),
        (micros, afterMs, laterMs, mode) => {
          const price = inr(micros * 10_000n);
          const period = { startsAt: fromEpochMs(startMs), endsAt: '2026-02-28T06:00:00.000Z' };
          const partAfter = (ms: number) =>
            prorate(price, remainingShare(period, fromEpochMs(startMs + ms), { ...KOLKATA, mode }))
              .amountMicros;
          const [sooner, later] = [partAfter(afterMs), partAfter(afterMs + laterMs)];
          expect(later <= sooner && sooner <= price.amountMicros && later >= 0n).toBe(true);
        },
      ),
    );
  });
});

describe('units of an allowance', () => {
  it('R1.12 are whole, half up, and all of them at the start', () => {
    expect(prorateUnits(10_000n, { numerator: 14n, denominator: 28n })).toBe(5_000n);
    expect(prorateUnits(5n, { numerator: 1n, denominator: 2n })).toBe(3n);
    expect(prorateUnits(7n, { numerator: 28n, denominator: 28n })).toBe(7n);
    expect(prorateUnits(7n, { numerator: 0n, denominator: 28n })).toBe(0n);
  });
});
