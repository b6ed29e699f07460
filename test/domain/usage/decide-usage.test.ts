import type { LedgerState } from '../../../domain/ledger/ledger-state';
import { indexCards } from '../../../domain/rating/tariff';
import { UNTAXED } from '../../../domain/tax/taxation';
import type { UsageTax } from '../../../domain/tax/usage-tax';
import type { UsageEvent, UsageOutcome } from '../../../domain/usage/usage-event';
import { AT, balancesOf, buildBucket, buildLedger, transfersOf } from '../../support/build-ledger';
import {
  buildEvent,
  buildTerms,
  fromWhatsApp,
  MESSAGE,
  UsageDesk,
  uuidOf,
} from '../../support/build-usage';

const RUPIAH = 1_000_000n;
/** 0.50 a message beyond what units cover, and visitors of a quota alone. */
const CHARGED = { hasAllowance: true, onExhausted: 'charge', unitPrice: 5_000_000_000n } as const;
const BLOCKED = { ...CHARGED, onExhausted: 'block' } as const;
const VISITORS = { hasAllowance: true, onExhausted: 'block', unitPrice: null } as const;
const TERMS = buildTerms({ meters: { message: CHARGED, unique_visitor: VISITORS } });
const BLOCKING = buildTerms({ meters: { message: BLOCKED, unique_visitor: VISITORS } });

function keyed(number: number, event: Partial<UsageEvent> = {}): UsageEvent {
  return buildEvent({ key: uuidOf(number), ...event });
}

function messages(quantity: bigint, channel = 'sms') {
  return { facts: { ...MESSAGE, quantity, channel } };
}

function answerOf(outcome: UsageOutcome | undefined): string | undefined {
  return outcome?.kind === 'refused' ? outcome.reason : outcome?.kind;
}

test('R0.14 units first, money for the rest: quota 1, package 0, wallet 1.00', () => {
  const ledger = buildLedger({
    initialMicros: 5n * RUPIAH,
    buckets: [buildBucket({ posted: 1n })],
  });
  const desk = new UsageDesk(ledger, TERMS);
  expect(desk.send(buildEvent(messages(3n)))).toMatchObject([
    {
      kind: 'charged',
      isNewVisitor: false,
      charges: [
        { bucket: 'package/pkg_1', asset: 'message', amount: 1n },
        { bucket: 'wallet/initial', asset: 'IDR', amount: 1_000_000n },
      ],
      rating: {
        card: null,
        category: 'message',
        market: null,
        unit: 'message',
        quantity: 3n,
        unitRate: 5_000_000_000n,
        amountMicros: 1_000_000n,
        zeroReason: null,
      },
    },
  ]);
  const [plan] = desk.plans;
  expect(plan && transfersOf(plan)).toEqual([
    'usage package/pkg_1 > consumption/message 1 op_1',
    'usage wallet/initial > revenue/IDR 1000000 op_1',
  ]);
  expect(plan?.events).toMatchObject([{ transfers: [1, 2], amounts: [1n, 1_000_000n] }]);
});

test('usage of one bucket and month shares a transfer, another month has its own', () => {
  const desk = new UsageDesk(buildLedger({ buckets: [buildBucket({ posted: 10n })] }), TERMS);
  const october = { occurredAt: '2026-10-31T16:59:59.999Z', receivedAt: AT };
  desk.send(keyed(1), keyed(2, messages(2n)), keyed(3, october));
  const [plan] = desk.plans;
  expect(plan?.transfers.map(({ amount }) => amount)).toEqual([3n, 1n]);
  expect(plan?.events.map(({ transfers }) => transfers)).toEqual([[1], [1], [2]]);
});

test('a refusal moves nothing, stores nothing, and a later smaller event may still fit', () => {
  const ledger = buildLedger({ buckets: [buildBucket({ posted: 2n })] });
  const desk = new UsageDesk(ledger, BLOCKING);
  const outcomes = desk.send(keyed(1, messages(3n)), keyed(2, messages(2n)), keyed(3));
  expect(outcomes.map(answerOf)).toEqual(['quota_exhausted', 'charged', 'quota_exhausted']);
  expect(desk.plans[0]?.events).toHaveLength(1);
  expect(balancesOf(ledger)).toMatchObject({ 'package/pkg_1': 0n, 'wallet/initial': 0n });
});

test('on_exhausted block: past the allowance money pays nothing, though there is some', () => {
  const ledger = buildLedger({ initialMicros: RUPIAH });
  expect(new UsageDesk(ledger, BLOCKING).send(buildEvent()).map(answerOf)).toEqual([
    'quota_exhausted',
  ]);
  expect(new UsageDesk(ledger, TERMS).send(buildEvent()).map(answerOf)).toEqual(['charged']);
});

test('what already happened past a blocked allowance is kept and costs nothing', () => {
  const ledger = buildLedger({ initialMicros: RUPIAH, buckets: [buildBucket({ posted: 1n })] });
  const sent = buildEvent({ ...messages(3n), mode: 'record' });
  expect(new UsageDesk(ledger, BLOCKING).send(sent)).toMatchObject([
    {
      kind: 'charged',
      charges: [{ bucket: 'package/pkg_1', amount: 1n }],
      rating: { amountMicros: 0n, zeroReason: 'priced_at_zero' },
    },
  ]);
});

test('a meter with neither price nor allowance has no rate once units do not cover it', () => {
  const ledger = buildLedger({ initialMicros: RUPIAH, buckets: [buildBucket({ posted: 1n })] });
  const desk = new UsageDesk(ledger, buildTerms());
  expect(desk.send(keyed(1), keyed(2)).map(answerOf)).toEqual(['charged', 'no_rate']);
  // A want of a price is no want of money: what happened is told again once there is one.
  expect(desk.send(keyed(3, { mode: 'record' })).map(answerOf)).toEqual(['no_rate']);
});

test('R3.15 in record mode it already happened: the additional wallet goes into the red', () => {
  const ledger = buildLedger({ initialMicros: 1n * RUPIAH });
  const sent = buildEvent({ ...messages(4n), mode: 'record' });
  expect(new UsageDesk(ledger, TERMS).send(sent)).toMatchObject([{ kind: 'charged' }]);
  expect(balancesOf(ledger)).toEqual({ 'wallet/initial': 0n, 'wallet/additional': -1n * RUPIAH });
});

test('enforce never passes the limit: one micro short is a refusal and nothing moves', () => {
  const ledger = buildLedger({ initialMicros: 999_999n });
  expect(new UsageDesk(ledger, TERMS).send(buildEvent(messages(2n))).map(answerOf)).toEqual([
    'insufficient_balance',
  ]);
  expect(balancesOf(ledger)).toEqual({ 'wallet/initial': 999_999n, 'wallet/additional': 0n });
});

test('I4 the same id again answers the first time, in the same call and in a later one', () => {
  const desk = new UsageDesk(buildLedger({ buckets: [buildBucket({ posted: 10n })] }), TERMS);
  const event = buildEvent(messages(2n));
  const [first, second] = desk.send(event, event);
  expect(second).toEqual({ ...first, kind: 'replayed' });
  expect(desk.send(event)).toEqual([second]);
  expect(desk.plans.map(({ events }) => events.length)).toEqual([1, 0]);
});

test('the same id with anything else is a conflict, also within one call', () => {
  const desk = new UsageDesk(buildLedger({ buckets: [buildBucket({ posted: 10n })] }), TERMS);
  const outcomes = desk.send(
    buildEvent(messages(2n)),
    buildEvent(messages(3n)),
    buildEvent(messages(2n, 'email')),
    buildEvent({ ...messages(2n), occurredAt: '2026-11-10T09:00:00.001Z' }),
    buildEvent({ ...messages(2n), visitor: uuidOf(0xff) }),
  );
  expect(outcomes.map(({ kind }) => kind)).toEqual(['charged', ...Array(4).fill('conflict')]);
  expect(desk.send(buildEvent(messages(3n)))).toEqual([{ kind: 'conflict' }]);
});

test('R3.11 a visitor is charged once a month; a refused event does not make him known', () => {
  const ledger = buildLedger({
    buckets: [
      buildBucket({ posted: 3n }),
      buildBucket({ code: 'quota/visitors', asset: 'unique_visitor', posted: 2n }),
    ],
  });
  const visitor = uuidOf(0xaa);
  const october = { occurredAt: '2026-10-31T16:59:59.999Z', receivedAt: AT };
  const desk = new UsageDesk(ledger, BLOCKING);
  const outcomes = desk.send(
    keyed(1, { visitor, ...messages(4n) }),
    keyed(2, { visitor }),
    keyed(3, { visitor }),
    keyed(4, { visitor, ...october }),
    keyed(5, { visitor: uuidOf(0xbb) }),
  );
  expect(outcomes.map((o) => (o.kind === 'charged' ? o.isNewVisitor : answerOf(o)))).toEqual([
    'quota_exhausted',
    true,
    false,
    true,
    'quota_exhausted',
  ]);
  expect(desk.send(keyed(6, { visitor }))).toMatchObject([{ reason: 'quota_exhausted' }]);
  expect(balancesOf(ledger)).toMatchObject({ 'package/pkg_1': 0n, 'quota/visitors': 0n });
});

test('an event whose visitor cannot be paid gives its units back', () => {
  const ledger = buildLedger({ buckets: [buildBucket({ posted: 3n })] });
  const outcomes = new UsageDesk(ledger, TERMS).send(buildEvent({ visitor: uuidOf(0xaa) }));
  expect(outcomes).toEqual([{ kind: 'refused', reason: 'quota_exhausted' }]);
  expect(balancesOf(ledger)).toMatchObject({ 'package/pkg_1': 3n });
});

test('visitors past the quota cost the plan price, and stand apart from the message', () => {
  const visitors = {
    hasAllowance: true,
    onExhausted: 'charge',
    unitPrice: 6_000_000_000_000n,
  } as const;
  const terms = buildTerms({ meters: { message: CHARGED, unique_visitor: visitors } });
  const ledger = buildLedger({ initialMicros: 601n * RUPIAH });
  expect(new UsageDesk(ledger, terms).send(buildEvent({ visitor: uuidOf(0xaa) }))).toMatchObject([
    {
      isNewVisitor: true,
      charges: [{ bucket: 'wallet/initial', amount: 600_500_000n }],
      rating: { amountMicros: 500_000n, visitorMicros: 600_000_000n },
    },
  ]);
});

test('R3.10 a visit is an event of its own: the first of a month counts, the next does not', () => {
  const ledger = buildLedger({
    buckets: [buildBucket({ code: 'quota/visitors', asset: 'unique_visitor', posted: 2n })],
  });
  const visit = { facts: { type: 'visitor' }, visitor: uuidOf(0xaa) } as const;
  expect(new UsageDesk(ledger, TERMS).send(keyed(1, visit), keyed(2, visit))).toMatchObject([
    {
      isNewVisitor: true,
      charges: [{ bucket: 'quota/visitors', asset: 'unique_visitor', amount: 1n }],
      rating: { category: 'unique_visitor', unit: 'visitor', quantity: 1n, amountMicros: 0n },
    },
    { isNewVisitor: false, charges: [], rating: { quantity: 0n } },
  ]);
});

test('visitors without allowance and price are counted and cost nothing', () => {
  const visit = buildEvent({ facts: { type: 'visitor' }, visitor: uuidOf(0xaa) });
  expect(new UsageDesk(buildLedger(), buildTerms()).send(visit)).toMatchObject([
    { kind: 'charged', isNewVisitor: true, charges: [], rating: { amountMicros: 0n } },
  ]);
});

test('a customer who writes is never refused: not for the visitor he is, and not by his mode', () => {
  const inbound = { facts: fromWhatsApp(), visitor: uuidOf(0xaa) };
  expect(new UsageDesk(buildLedger(), TERMS).send(buildEvent(inbound))).toMatchObject([
    {
      kind: 'charged',
      isNewVisitor: true,
      charges: [],
      rating: { category: 'inbound', quantity: 0n, amountMicros: 0n, zeroReason: 'priced_at_zero' },
    },
  ]);
  const priced = { ...VISITORS, onExhausted: 'charge', unitPrice: 10_000n } as const;
  const ledger = buildLedger();
  new UsageDesk(ledger, buildTerms({ meters: { unique_visitor: priced } })).send(
    buildEvent(inbound),
  );
  expect(balancesOf(ledger)).toMatchObject({ 'wallet/additional': -1n });
});

test('a package that is bound to channels pays for their messages only', () => {
  const ledger = buildLedger({
    buckets: [
      buildBucket({ code: 'package/1', channels: ['email', 'livechat'], posted: 5n }),
      buildBucket({ code: 'package/2', posted: 1n }),
    ],
  });
  const outcomes = new UsageDesk(ledger, BLOCKING).send(
    keyed(1, messages(1n, 'email')),
    keyed(2, messages(1n, 'sms')),
    keyed(3, messages(1n, 'sms')),
    keyed(4, messages(4n, 'livechat')),
  );
  expect(outcomes.map(answerOf)).toEqual(['charged', 'charged', 'quota_exhausted', 'charged']);
  expect(balancesOf(ledger)).toMatchObject({ 'package/1': 0n, 'package/2': 0n });
});

test.each([
  ['2026-10-01T08:59:59.999Z', 'event_too_old'],
  ['2026-10-01T09:00:00.000Z', 'charged'],
  ['2026-11-11T09:00:00.000Z', 'charged'],
  ['2026-11-11T09:00:00.001Z', 'event_in_future'],
])('an event of %s received on 10 November 09:00 is %s', (occurredAt, expected) => {
  const desk = new UsageDesk(buildLedger({ buckets: [buildBucket({ posted: 1n })] }), TERMS);
  const [outcome] = desk.send(buildEvent({ occurredAt, receivedAt: AT }));
  expect(answerOf(outcome)).toBe(expected);
});

test('an account without a ledger is unknown, a hold that nobody placed too', () => {
  const desk = new UsageDesk(buildLedger(), TERMS);
  expect(desk.send(keyed(1, { accountId: 'acct_9' }), keyed(2, { holdId: 'hold_1' }))).toEqual([
    { kind: 'refused', reason: 'unknown_account' },
    { kind: 'refused', reason: 'unknown_hold' },
  ]);
});

test('the first event of a month opens its quota, whatever becomes of the event', () => {
  const ledger = buildLedger({
    openMonth: '2026-10',
    allowances: [{ asset: 'message', fromMonth: '2026-01', quantity: 2n }],
  });
  const outcomes = new UsageDesk(ledger, BLOCKING).send(keyed(1, messages(3n)), keyed(2));
  expect(outcomes).toMatchObject([
    { reason: 'quota_exhausted' },
    { charges: [{ bucket: 'quota/message/2026-11', amount: 1n }] },
  ]);
});

describe('months and clocks', () => {
  const receivedAt = '2026-11-30T16:30:00.000Z';
  /** 00:10 of 1 December in Jakarta, told at 23:30 of the day before. */
  const ahead = { occurredAt: '2026-11-30T17:10:00.000Z', receivedAt };
  const monthly = { asset: 'message', fromMonth: '2026-01', quantity: 2n };
  const balance = { asset: 'IDR', fromMonth: '2026-01', quantity: RUPIAH };

  test('R3.14 an event of the coming month opens nothing: this month pays for it', () => {
    const ledger = buildLedger({ openMonth: '2026-10', allowances: [monthly, balance] });
    const desk = new UsageDesk(ledger, TERMS);
    const outcomes = desk.send(keyed(1, { ...messages(3n), ...ahead }), keyed(2, ahead));
    expect(outcomes).toMatchObject([
      {
        charges: [
          { bucket: 'quota/message/2026-11', amount: 2n },
          { bucket: 'wallet/initial', amount: RUPIAH / 2n },
        ],
      },
      { charges: [{ bucket: 'wallet/initial', amount: RUPIAH / 2n }] },
    ]);
    expect(ledger.openMonth).toBe('2026-11');
    expect(desk.plans[0]?.events.map(({ localDate }) => localDate)).toEqual([
      '2026-12-01',
      '2026-12-01',
    ]);
    expect(Object.keys(balancesOf(ledger))).not.toContain('quota/message/2026-12');
  });

  test('R3.14 a refused event of the coming month grants nothing of it', () => {
    const ledger = buildLedger({ openMonth: '2026-11', allowances: [monthly, balance] });
    const outcomes = new UsageDesk(ledger, BLOCKING).send(keyed(1, { ...messages(9n), ...ahead }));
    expect(outcomes.map(answerOf)).toEqual(['quota_exhausted']);
    expect(balancesOf(ledger)).toEqual({ 'wallet/initial': 0n, 'wallet/additional': 0n });
  });

  test('the month turns: what is told after midnight is paid by the new month', () => {
    const ledger = buildLedger({ openMonth: '2026-11', allowances: [monthly] });
    const desk = new UsageDesk(ledger, TERMS);
    const after = { ...ahead, receivedAt: '2026-11-30T17:00:00.000Z' };
    expect(desk.send(keyed(1, after))).toMatchObject([
      { charges: [{ bucket: 'quota/message/2026-12', amount: 1n }] },
    ]);
  });

  test('R3.11 a visitor of the coming month is counted under it, and paid once', () => {
    const quota = { asset: 'unique_visitor', fromMonth: '2026-01', quantity: 2n };
    const ledger = buildLedger({ openMonth: '2026-10', allowances: [quota] });
    const desk = new UsageDesk(ledger, TERMS);
    const visit = { facts: { type: 'visitor' }, visitor: uuidOf(900) } as const;
    const outcomes = desk.send(
      keyed(1, { ...visit, ...ahead }),
      keyed(2, { ...visit, occurredAt: receivedAt, receivedAt }),
      keyed(3, { ...visit, ...ahead, receivedAt: '2026-11-30T17:00:00.000Z' }),
    );
    expect(outcomes).toMatchObject([
      { isNewVisitor: true, charges: [{ bucket: 'quota/unique_visitor/2026-11' }] },
      { isNewVisitor: true, charges: [{ bucket: 'quota/unique_visitor/2026-11' }] },
      { isNewVisitor: false, charges: [] },
    ]);
  });

  test('R3.10 a late event that is the first of a new month draws on the balance of its 1st', () => {
    const ledger = buildLedger({ openMonth: '2026-10', allowances: [balance] });
    const late = { occurredAt: '2026-10-30T03:00:00.000Z', receivedAt: '2026-11-02T03:00:00.000Z' };
    expect(new UsageDesk(ledger, TERMS).send(keyed(1, late))).toMatchObject([
      { kind: 'charged', charges: [{ bucket: 'wallet/initial', amount: RUPIAH / 2n }] },
    ]);
    expect(ledger.openMonth).toBe('2026-11');
  });
});

describe('where usage is the tax point', () => {
  const IGST: UsageTax = {
    taxation: { ...UNTAXED, kind: 'taxed' },
    share: { numerator: 18n, denominator: 100n },
    telecomShare: { numerator: 18n, denominator: 100n },
  };

  function deskWith(ledger: LedgerState): UsageDesk {
    return new UsageDesk(
      ledger,
      TERMS,
      indexCards([], () => IGST),
    );
  }

  test('price and tax are charged at once, the last of the money is the tax, and units bear none', () => {
    const ledger = buildLedger({
      initialMicros: RUPIAH,
      additionalMicros: RUPIAH,
      buckets: [buildBucket({ posted: 1n })],
    });
    const desk = deskWith(ledger);
    // 3 of 4 messages at 0.50: 1.50, and 0.27.
    const event = buildEvent(messages(4n));
    const charged = {
      kind: 'charged',
      charges: [
        { bucket: 'package/pkg_1', asset: 'message', amount: 1n },
        { bucket: 'wallet/initial', asset: 'IDR', amount: 1_000_000n },
        { bucket: 'wallet/additional', asset: 'IDR', amount: 770_000n },
      ],
      rating: { amountMicros: 1_500_000n, taxMicros: 270_000n },
    };
    expect(desk.send(event)).toMatchObject([charged]);
    expect(desk.send(event)).toMatchObject([{ ...charged, kind: 'replayed' }]);
    const [plan] = desk.plans;
    expect(plan && transfersOf(plan)).toEqual([
      'usage package/pkg_1 > consumption/message 1 op_1',
      'usage wallet/initial > revenue/IDR 1000000 op_1',
      'usage wallet/additional > revenue/IDR 500000 op_1',
      'usage wallet/additional > tax_payable/IDR 270000 op_1',
    ]);
    expect(plan?.events).toMatchObject([
      { transfers: [1, 2, 3, 4], amounts: [1n, 1_000_000n, 500_000n, 270_000n] },
    ]);
    expect([...(plan?.usageCharges.get(1n) ?? [])]).toMatchObject([
      {
        month: '2026-11',
        category: 'message',
        quantity: 3n,
        netMicros: 1_500_000n,
        taxMicros: 270_000n,
      },
    ]);
  });

  test('enforce is refused when the money covers the price and not the tax', () => {
    const ledger = buildLedger({ initialMicros: 589_999n });
    expect(deskWith(ledger).send(buildEvent()).map(answerOf)).toEqual(['insufficient_balance']);
    expect(balancesOf(ledger)).toMatchObject({ 'wallet/initial': 589_999n });
    const covered = buildLedger({ initialMicros: 590_000n });
    expect(deskWith(covered).send(buildEvent()).map(answerOf)).toEqual(['charged']);
  });

  test('what is told in mode record owes the tax as well', () => {
    const ledger = buildLedger();
    deskWith(ledger).send(buildEvent({ mode: 'record' }));
    expect(balancesOf(ledger)).toMatchObject({ 'wallet/additional': -590_000n });
  });

  test('a new visitor bears tax too, and stands on a line of its own', () => {
    const terms = buildTerms({ meters: { message: CHARGED, unique_visitor: CHARGED } });
    const ledger = buildLedger({ additionalMicros: 2n * RUPIAH });
    const desk = new UsageDesk(
      ledger,
      terms,
      indexCards([], () => IGST),
    );
    expect(desk.send(buildEvent({ visitor: uuidOf(9) }))).toMatchObject([
      { rating: { amountMicros: 500_000n, visitorMicros: 500_000n, taxMicros: 180_000n } },
    ]);
    expect(balancesOf(ledger)).toMatchObject({ 'wallet/additional': 820_000n });
    expect(desk.plans[0]?.usageCharges.get(1n)).toMatchObject([
      { category: 'message', quantity: 1n, netMicros: 500_000n, taxMicros: 90_000n },
      { category: 'unique_visitor', quantity: 1n, netMicros: 500_000n, taxMicros: 90_000n },
    ]);
  });
});
