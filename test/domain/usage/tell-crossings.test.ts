import type { UsageFacts } from '../../../domain/usage/usage-event';
import type { Bucket } from '../../../domain/ledger/ledger-state';
import { findCrossings } from '../../../domain/usage/tell-crossings';
import { buildBucket, buildLedger } from '../../support/build-ledger';
import { buildEvent, buildTerms, MESSAGE, UsageDesk, uuidOf } from '../../support/build-usage';

const METER = { hasAllowance: true, onExhausted: 'charge', unitPrice: 6_000_000_000n } as const;
const TERMS = buildTerms({ meters: { call_second: METER, message: METER, unique_visitor: METER } });

/** 1,000.00 of WhatsApp balance a month. */
const LEVELS = new Map([['acct_1', { monthlyBalanceMicros: 1_000_000_000n }]]);

function minutes(seconds: bigint, granted = 60_000n, code = 'plan/call_second/1'): Bucket {
  const source = code.startsWith('plan') ? 'plan_quota' : 'minute_bundle';
  return buildBucket({ code, asset: 'call_second', source, posted: seconds, granted });
}

let sent = 0;
function told(desk: UsageDesk, ...facts: readonly UsageFacts[]): unknown[] {
  const events = facts.map((fact) => {
    sent += 1;
    return buildEvent({ key: uuidOf(sent), facts: fact, visitor: uuidOf(sent), mode: 'record' });
  });
  desk.send(...events);
  const plan = desk.plans.at(-1);
  return plan === undefined
    ? []
    : findCrossings(plan, LEVELS).map(({ event }) => [event.type, event.data]);
}

function call(durationSeconds: number): UsageFacts {
  return { type: 'call', durationSeconds, to: null, direction: 'outbound' };
}

test('R2.19 a warning at a fifth of the minutes, once, and another when the last second goes', () => {
  const desk = new UsageDesk(buildLedger({ buckets: [minutes(12_120n)] }), TERMS);
  expect(told(desk, call(60))).toEqual([]);
  expect(told(desk, call(60))).toEqual([
    ['call.minutes_low', { seconds_left: 12_000, seconds_granted: 60_000 }],
  ]);
  expect(told(desk, call(11_940))).toEqual([]);
  expect(told(desk, call(120))).toEqual([
    ['call.minutes_exhausted', { seconds_left: 0, seconds_granted: 60_000 }],
  ]);
  expect(told(desk, call(120))).toEqual([]);
});

test('all that pays for calls counts: a bundle is minutes too', () => {
  const buckets = [minutes(60n), minutes(18_000n, 18_000n, 'package/bun_1')];
  const desk = new UsageDesk(buildLedger({ buckets }), TERMS);
  expect(told(desk, call(60))).toEqual([]);
});

test('R1.08 two fifths of a quota left are a warning, whatever a call jumps over', () => {
  const quota = { source: 'plan_quota', granted: 100n, month: '2026-11' } as const;
  const buckets = [
    buildBucket({ ...quota, code: 'quota/message/2026-11', posted: 41n }),
    buildBucket({ ...quota, code: 'quota/visitor', asset: 'unique_visitor', posted: 41n }),
  ];
  const desk = new UsageDesk(buildLedger({ buckets }), TERMS);
  expect(told(desk, { ...MESSAGE, quantity: 30n })).toEqual([
    ['quota.low', { asset: 'message', quantity_left: 11, quantity_granted: 100 }],
    ['quota.low', { asset: 'unique_visitor', quantity_left: 40, quantity_granted: 100 }],
  ]);
  expect(told(desk, { ...MESSAGE, quantity: 11n })).toEqual([]);
});

test('R1.08 two fifths of a month’s WhatsApp balance left are a warning, whichever wallet pays', () => {
  const ledger = buildLedger({ initialMicros: 301_200_000n, additionalMicros: 100_000_000n });
  const desk = new UsageDesk(ledger, TERMS);
  // 0.60 for the message and for its visitor. 401.20 is more than two fifths, 400.00 is not.
  expect(told(desk, { ...MESSAGE, quantity: 1n })).toEqual([
    ['balance.low', { amount_left: '400.00', amount_granted: '1000.00', currency: 'IDR' }],
  ]);
  expect(told(desk, { ...MESSAGE, quantity: 700n })).toEqual([]);
  const [plan] = desk.plans;
  expect(plan && findCrossings(plan, new Map())).toEqual([]);
});

test('R1.08 a balance is told of once in a month', () => {
  const desk = new UsageDesk(buildLedger({ initialMicros: 401_200_000n }), TERMS);
  told(desk, { ...MESSAGE, quantity: 1n });
  const [plan] = desk.plans;
  expect(plan && findCrossings(plan, LEVELS)).toMatchObject([
    { once: 'acct_1/balance.low/2026-11', event: { subjectId: 'acct_1' } },
  ]);
});

test('what is told of an allowance has one name, so that it is kept once', () => {
  const ledger = buildLedger({ buckets: [minutes(60n)] });
  const desk = new UsageDesk(ledger, TERMS);
  told(desk, call(60));
  const [plan] = desk.plans;
  expect(plan && findCrossings(plan, LEVELS)).toMatchObject([
    {
      once: 'acct_1/call.minutes_exhausted/plan/call_second/1',
      event: { accountId: 'acct_1', subjectId: 'acct_1', occurredAt: '2026-11-10T09:00:00.000Z' },
    },
  ]);
});
