import fc from 'fast-check';
import { type Conversations, placeMessage } from '../../../domain/rating/conversation';
import { RUNS_SCALE, SEED } from '../../support/ledger-runs';

const HOURS = 24;
const HOUR_MS = 3_600_000;

/** How many of the messages, at these hours and told in this order, are charged. */
function countCharged(toldHours: readonly number[]): number {
  let conversations: Conversations = {};
  let charged = 0;
  for (const hour of toldHours) {
    const message = { category: 'marketing', atMs: hour * HOUR_MS, hours: HOURS } as const;
    const { isOpen, after } = placeMessage(conversations, message);
    conversations = after;
    if (!isOpen) charged += 1;
  }
  return charged;
}

/** What is charged when each message is told as it happens: the first, and the first of each 24 hours after it. */
function countInOrder(hours: readonly number[]): number {
  let charged = 0;
  let opened = -Infinity;
  for (const hour of hours.toSorted((one, other) => one - other)) {
    if (hour < opened + HOURS) continue;
    opened = hour;
    charged += 1;
  }
  return charged;
}

const hoursOfDays = fc.array(fc.integer({ min: 0, max: 240 }), { minLength: 1, maxLength: 40 });
const RUNS = { numRuns: 2_000 * RUNS_SCALE, seed: SEED };

test('R3.25 five days of messages told backwards are charged as told in order', () => {
  const hours = [0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110];
  expect(countCharged(hours)).toBe(4);
  expect(countCharged(hours.toReversed())).toBe(4);
});

test('R3.25 a message told late begins the conversation that it was the first of', () => {
  expect(countCharged([10, 4])).toBe(1);
  // From 4 on, it is over at 28.
  expect(countCharged([10, 4, 29])).toBe(2);
  expect(countCharged([10, 33, 9])).toBe(2);
});

test('R3.25 of two that could take a message, the earlier does', () => {
  expect(countCharged([0, 30, 20])).toBe(2);
  expect(countCharged([0, 30, 20, 50])).toBe(2);
});

test('R3.25 another category has conversations of its own', () => {
  const { after } = placeMessage({}, { category: 'marketing', atMs: 0, hours: HOURS });
  const utility = { category: 'utility', atMs: 1, hours: HOURS } as const;
  expect(placeMessage(after, utility).isOpen).toBe(false);
});

test('R3.25 told backwards, any messages are charged as told in order', () => {
  fc.assert(
    fc.property(hoursOfDays, (hours) => {
      const inOrder = hours.toSorted((one, other) => one - other);
      expect(countCharged(inOrder)).toBe(countInOrder(hours));
      expect(countCharged(inOrder.toReversed())).toBe(countInOrder(hours));
    }),
    RUNS,
  );
});

test('R3.25 in any order, no fewer are charged than in order', () => {
  fc.assert(
    fc.property(hoursOfDays, (hours) => {
      expect(countCharged(hours)).toBeGreaterThanOrEqual(countInOrder(hours));
    }),
    RUNS,
  );
});

/** Up to four bursts of less than a day, a day and more apart, as reports of campaigns come. */
const bursts = fc
  .array(fc.array(fc.integer({ min: 0, max: 23 }), { minLength: 1, maxLength: 6 }), {
    minLength: 1,
    maxLength: 4,
  })
  .chain((hoursOfBursts) => {
    const hours = hoursOfBursts.flatMap((burst, day) => burst.map((hour) => 48 * day + hour));
    const told = fc.shuffledSubarray(hours, { minLength: hours.length });
    return fc.record({ told, count: fc.constant(hoursOfBursts.length) });
  });

test('R3.25 four bursts a day apart are four conversations, whatever the order', () => {
  fc.assert(
    fc.property(bursts, ({ told, count }) => expect(countCharged(told)).toBe(count)),
    RUNS,
  );
});

test('a known limit: told in no order, two conversations that overlap may be three', () => {
  expect(countInOrder([0, 20, 30, 50])).toBe(2);
  expect(countCharged([20, 30, 0, 50])).toBe(3);
});
