import type { LedgerState } from '../../../domain/ledger/ledger-state';
import { decideUsage, type RatedEvent, type UsageReading } from '../../../domain/ledger/usage';
import {
  AT,
  balancesOf,
  buildBucket,
  buildLedger,
  buildPlan,
  transfersOf,
} from '../../support/build-ledger';

const RUPIAH = 1_000_000n;

function event(other: Partial<RatedEvent> = {}): RatedEvent {
  return {
    accountId: 'acct_1',
    key: '00000000-0000-4000-8000-000000000001',
    occurredAt: AT,
    receivedAt: AT,
    category: 'marketing',
    asset: 'message',
    quantity: 1n,
    // 0.50 a message.
    unitPrice: 5_000_000_000n,
    visitor: null,
    visitorPrice: null,
    mode: 'enforce',
    ...other,
  };
}

function keyed(number: number, other: Partial<RatedEvent> = {}): RatedEvent {
  return event({ key: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`, ...other });
}

function decide(
  ledger: LedgerState,
  events: readonly RatedEvent[],
  reading: Partial<UsageReading> = {},
) {
  const plan = buildPlan(ledger);
  const outcomes = decideUsage(
    plan,
    {
      ledgers: new Map([[ledger.accountId, ledger]]),
      days: events.map(() => '2026-11-10'),
      knownVisitors: new Set(),
      replays: new Map(),
      ...reading,
    },
    events,
  );
  return { plan, outcomes };
}

test('R0.14 units first, money for the rest: quota 1, package 0, wallet 1.00', () => {
  const ledger = buildLedger({
    initialMicros: 5n * RUPIAH,
    buckets: [buildBucket({ posted: 1n })],
  });
  const { plan, outcomes } = decide(ledger, [event({ quantity: 3n })]);
  expect(outcomes).toEqual([
    {
      kind: 'charged',
      isNewVisitor: false,
      charges: [
        { bucket: 'package/pkg_1', amount: 1n },
        { bucket: 'wallet/initial', amount: 1_000_000n },
      ],
    },
  ]);
  expect(transfersOf(plan)).toEqual([
    'usage package/pkg_1 > consumption/message 1 op_1',
    'usage wallet/initial > revenue/IDR 1000000 op_1',
  ]);
  expect(plan.events).toMatchObject([{ transfers: [1, 2], amounts: [1n, 1_000_000n] }]);
});

test('usage of one bucket and month shares a transfer, another month has its own', () => {
  const ledger = buildLedger({ buckets: [buildBucket({ posted: 10n })] });
  const { plan } = decide(ledger, [keyed(1), keyed(2, { quantity: 2n }), keyed(3)], {
    days: ['2026-11-10', '2026-11-10', '2026-10-31'],
  });
  expect(plan.transfers.map(({ amount }) => amount)).toEqual([3n, 1n]);
  expect(plan.events.map(({ transfers }) => transfers)).toEqual([[1], [1], [2]]);
});

test('a refusal moves nothing, stores nothing, and a later cheaper event may still fit', () => {
  const ledger = buildLedger({ buckets: [buildBucket({ posted: 2n })] });
  const blocked = { unitPrice: null };
  const { plan, outcomes } = decide(ledger, [
    keyed(1, { ...blocked, quantity: 3n }),
    keyed(2, { ...blocked, quantity: 2n }),
    keyed(3),
  ]);
  expect(outcomes.map((o) => (o.kind === 'refused' ? o.reason : o.kind))).toEqual([
    'quota_exhausted',
    'charged',
    'insufficient_balance',
  ]);
  expect(plan.events).toHaveLength(1);
  expect(balancesOf(ledger)).toMatchObject({ 'package/pkg_1': 0n, 'wallet/initial': 0n });
});

test('R3.15 in record mode it already happened: the additional wallet goes into the red', () => {
  const ledger = buildLedger({ initialMicros: 1n * RUPIAH });
  const { outcomes } = decide(ledger, [event({ quantity: 4n, mode: 'record' })]);
  expect(outcomes).toMatchObject([{ kind: 'charged' }]);
  expect(balancesOf(ledger)).toEqual({
    'wallet/initial': 0n,
    'wallet/additional': -1n * RUPIAH,
  });
});

test('the same key again in one call answers the first charges, with other data it is a conflict', () => {
  const ledger = buildLedger({ buckets: [buildBucket({ posted: 10n })] });
  const { plan, outcomes } = decide(ledger, [
    event({ quantity: 2n }),
    event({ quantity: 2n }),
    event({ quantity: 3n }),
    event({ quantity: 2n, category: 'utility' }),
    event({ quantity: 2n, asset: 'call_second' }),
    event({ quantity: 2n, occurredAt: '2026-11-10T09:00:00.001Z' }),
    event({ quantity: 2n, visitor: '00000000-0000-4000-8000-0000000000ff' }),
  ]);
  expect(outcomes.map(({ kind }) => kind)).toEqual([
    'charged',
    'replayed',
    'conflict',
    'conflict',
    'conflict',
    'conflict',
    'conflict',
  ]);
  expect(outcomes[1]).toEqual({
    kind: 'replayed',
    charges: [{ bucket: 'package/pkg_1', amount: 2n }],
  });
  expect(plan.events).toHaveLength(1);
});

test('a key is one within its account only', () => {
  const first = buildLedger({ buckets: [buildBucket({ posted: 1n })] });
  const second = buildLedger({
    ledgerId: 2n,
    accountId: 'acct_2',
    buckets: [buildBucket({ posted: 1n })],
  });
  const ledgers = new Map([first, second].map((ledger) => [ledger.accountId, ledger]));
  const { outcomes } = decide(first, [event(), event({ accountId: 'acct_2' })], { ledgers });
  expect(outcomes.map(({ kind }) => kind)).toEqual(['charged', 'charged']);
});

test('R3.11 a visitor is charged once a month; a refused event does not make him known', () => {
  const ledger = buildLedger({
    buckets: [
      buildBucket({ posted: 3n }),
      buildBucket({ code: 'package/visitors', asset: 'unique_visitor', posted: 2n }),
    ],
  });
  const visitor = '00000000-0000-4000-8000-0000000000aa';
  const { outcomes } = decide(
    ledger,
    [
      keyed(1, { visitor, quantity: 4n, unitPrice: null }),
      keyed(2, { visitor }),
      keyed(3, { visitor }),
      keyed(4, { visitor }),
      keyed(5, { visitor: '00000000-0000-4000-8000-0000000000bb' }),
    ],
    {
      days: ['2026-11-10', '2026-11-10', '2026-11-10', '2026-10-31', '2026-11-10'],
      knownVisitors: new Set([4]),
    },
  );
  expect(outcomes.map((o) => (o.kind === 'charged' ? o.isNewVisitor : o.kind))).toEqual([
    'refused',
    true,
    false,
    true,
    'refused',
  ]);
  expect(balancesOf(ledger)).toMatchObject({ 'package/pkg_1': 0n, 'package/visitors': 0n });
});

test('an event whose visitor cannot be paid gives its units back', () => {
  const ledger = buildLedger({ buckets: [buildBucket({ posted: 3n })] });
  const { outcomes } = decide(ledger, [event({ visitor: '00000000-0000-4000-8000-0000000000aa' })]);
  expect(outcomes).toEqual([{ kind: 'refused', reason: 'quota_exhausted' }]);
  expect(balancesOf(ledger)).toMatchObject({ 'package/pkg_1': 3n });
});

test.each([
  ['2026-10-01T08:59:59.999Z', 'event_too_old'],
  ['2026-10-01T09:00:00.000Z', 'charged'],
  ['2026-11-11T09:00:00.000Z', 'charged'],
  ['2026-11-11T09:00:00.001Z', 'event_in_future'],
])('an event of %s received on 10 November 09:00 is %s', (occurredAt, expected) => {
  const ledger = buildLedger({ buckets: [buildBucket({ posted: 1n })] });
  const [outcome] = decide(ledger, [event({ occurredAt })]).outcomes;
  expect(outcome?.kind === 'refused' ? outcome.reason : outcome?.kind).toBe(expected);
});

test('an account without a ledger is unknown', () => {
  const { outcomes } = decide(buildLedger(), [event({ accountId: 'acct_9' })], { days: [null] });
  expect(outcomes).toEqual([{ kind: 'refused', reason: 'unknown_account' }]);
});

test('the first event of a month opens its quota, whatever becomes of the event', () => {
  const ledger = buildLedger({
    openMonth: '2026-10',
    allowances: [{ asset: 'message', fromMonth: '2026-01', quantity: 2n }],
  });
  const { outcomes } = decide(ledger, [event({ quantity: 3n, unitPrice: null }), keyed(2)]);
  expect(outcomes).toMatchObject([
    { reason: 'quota_exhausted' },
    { charges: [{ bucket: 'quota/message/2026-11', amount: 1n }] },
  ]);
});
