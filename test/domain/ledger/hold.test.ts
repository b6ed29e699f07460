import type { Part } from '../../../domain/ledger/burn';
import {
  captureHold,
  drawOnHold,
  type Hold,
  placeHold,
  releaseHold,
} from '../../../domain/ledger/hold';
import type { LedgerPlan } from '../../../domain/ledger/ledger-plan';
import type { LedgerState } from '../../../domain/ledger/ledger-state';
import {
  AT,
  balancesOf,
  buildBucket,
  buildLedger,
  buildPlan,
  MONTH,
  transfersOf,
} from '../../support/build-ledger';

const campaign = {
  holdId: 'hold_1',
  asset: 'message',
  quantity: 100n,
  unitPrice: null,
  at: AT,
  month: MONTH,
  deadlineAt: '2026-11-12T09:00:00.000Z',
} as const;

const later = { at: '2026-11-11T09:00:00.000Z', month: MONTH };

/** A quota of 60 and a package of 50, with a hold of 100 on them. */
function heldLedger(): { plan: LedgerPlan; ledger: LedgerState; hold: Hold } {
  const ledger = buildLedger({
    buckets: [
      buildBucket({
        code: 'quota/message/2026-11',
        source: 'plan_quota',
        month: '2026-11',
        posted: 60n,
      }),
      buildBucket({ posted: 50n, expiresAt: '2026-11-20T00:00:00.000Z' }),
    ],
  });
  const plan = buildPlan(ledger);
  const placed = placeHold(plan, ledger, campaign);
  if (placed.kind !== 'held') throw new Error('the hold was refused');
  return { plan, ledger, hold: placed.hold };
}

const heldIn = (ledger: LedgerState) =>
  Object.fromEntries(ledger.buckets.map(({ code, held }) => [code, held]));

test('a hold reserves in burn order and moves nothing', () => {
  const { plan, ledger, hold } = heldLedger();
  expect(heldIn(ledger)).toMatchObject({ 'quota/message/2026-11': 60n, 'package/pkg_1': 40n });
  expect(balancesOf(ledger)).toMatchObject({ 'quota/message/2026-11': 60n, 'package/pkg_1': 50n });
  expect(plan.transfers).toEqual([]);
  expect(hold.parts.map((part) => [part.bucket, part.reserved])).toEqual([
    ['quota/message/2026-11', 60n],
    ['package/pkg_1', 40n],
  ]);
});

test('what one hold reserves the next cannot have', () => {
  const { plan, ledger } = heldLedger();
  const second = { ...campaign, holdId: 'hold_2', quantity: 11n };
  expect(placeHold(plan, ledger, second)).toEqual({ kind: 'quota_exhausted', missing: 1n });
  expect(placeHold(plan, ledger, { ...second, unitPrice: 10_000_000_000n })).toEqual({
    kind: 'insufficient_balance',
    missing: 1_000_000n,
  });
  expect(heldIn(ledger)).toMatchObject({ 'quota/message/2026-11': 60n, 'package/pkg_1': 40n });
});

test('units that no bucket covers are held as money', () => {
  const ledger = buildLedger({
    additionalMicros: 5_000_000n,
    buckets: [buildBucket({ posted: 98n })],
  });
  const plan = buildPlan(ledger);
  const placed = placeHold(plan, ledger, { ...campaign, unitPrice: 20_000_000_000n });
  expect(placed.kind).toBe('held');
  expect(heldIn(ledger)).toMatchObject({
    'package/pkg_1': 98n,
    'wallet/additional': 4_000_000n,
  });
});

test('a capture is usage of the held buckets, in burn order, under the hold', () => {
  const { plan, ledger, hold } = heldLedger();
  expect(captureHold(plan, ledger, { hold, asset: 'message', amount: 70n, ...later })).toEqual({
    kind: 'captured',
    parts: [
      { bucket: 'quota/message/2026-11', amount: 60n },
      { bucket: 'package/pkg_1', amount: 10n },
    ],
  });
  expect(transfersOf(plan)).toEqual([
    'usage quota/message/2026-11 > consumption/message 60 hold_1',
    'usage package/pkg_1 > consumption/message 10 hold_1',
  ]);
  expect(heldIn(ledger)).toMatchObject({ 'quota/message/2026-11': 0n, 'package/pkg_1': 30n });
  expect(balancesOf(ledger)).toMatchObject({ 'quota/message/2026-11': 0n, 'package/pkg_1': 40n });
});

test('a hold never pays out more than it held', () => {
  const { plan, ledger, hold } = heldLedger();
  const capture = (amount: bigint) =>
    captureHold(plan, ledger, { hold, asset: 'message', amount, ...later });
  expect(capture(70n)).toMatchObject({ kind: 'captured' });
  expect(capture(31n)).toEqual({ kind: 'exceeds_hold', remaining: 30n });
  expect(capture(30n)).toMatchObject({ kind: 'captured' });
  expect(capture(1n)).toEqual({ kind: 'exceeds_hold', remaining: 0n });
  expect(captureHold(plan, ledger, { hold, asset: 'IDR', amount: 1n, ...later })).toEqual({
    kind: 'exceeds_hold',
    remaining: 0n,
  });
});

test('a release gives the rest back, once', () => {
  const { plan, ledger, hold } = heldLedger();
  captureHold(plan, ledger, { hold, asset: 'message', amount: 70n, ...later });
  expect(releaseHold(plan, ledger, { hold, ...later })).toEqual([
    { bucket: 'package/pkg_1', amount: 30n },
  ]);
  expect(releaseHold(plan, ledger, { hold, ...later })).toEqual([]);
  expect(heldIn(ledger)).toMatchObject({ 'quota/message/2026-11': 0n, 'package/pkg_1': 0n });
  expect([...plan.holds.values()].map((h) => [h.bucket, h.remaining, h.captured])).toEqual([
    ['quota/message/2026-11', 0n, 60n],
    ['package/pkg_1', 0n, 10n],
  ]);
});

test('a release after the end of a bucket forfeits it', () => {
  const { plan, ledger, hold } = heldLedger();
  releaseHold(plan, ledger, { hold, at: '2026-12-01T00:00:00.000Z', month: '2026-12' });
  expect(transfersOf(plan)).toEqual([
    'expiry quota/message/2026-11 > breakage/message 60 hold_1',
    'expiry package/pkg_1 > breakage/message 50 hold_1',
  ]);
  expect(balancesOf(ledger)).toEqual({ 'wallet/initial': 0n, 'wallet/additional': 0n });
});

test('a capture after the end of a bucket still pays from it', () => {
  const { plan, ledger, hold } = heldLedger();
  const capture = { hold, asset: 'message', amount: 100n };
  expect(
    captureHold(plan, ledger, { ...capture, at: '2026-12-01T00:00:00.000Z', month: '2026-12' }),
  ).toMatchObject({ kind: 'captured' });
});

test.each([
  [
    'its own month from the quota, then the package',
    '2026-11',
    { quota: 60n, pkg: 10n, missing: 0n },
  ],
  ['a later month from the package only', '2026-12', { quota: 0n, pkg: 40n, missing: 30n }],
  ['an earlier month from the package only', '2026-10', { quota: 0n, pkg: 40n, missing: 30n }],
])('a hold pays for usage of %s', (_, month, { quota, pkg, missing }) => {
  const { ledger, hold } = heldLedger();
  const parts: Part[] = [];
  expect(drawOnHold(ledger, { hold, asset: 'message', amount: 70n, month }, parts)).toBe(missing);
  expect(heldIn(ledger)).toMatchObject({
    'quota/message/2026-11': 60n - quota,
    'package/pkg_1': 40n - pkg,
  });
});

test('R3.15 money that a release frees settles a debt', () => {
  const ledger = buildLedger({ initialMicros: 100n });
  const plan = buildPlan(ledger);
  const placed = placeHold(plan, ledger, { ...campaign, asset: 'message', unitPrice: 10_000n });
  if (placed.kind !== 'held') throw new Error('the hold was refused');
  const additional = ledger.buckets[1];
  if (additional) additional.posted = -30n;
  releaseHold(plan, ledger, { hold: placed.hold, ...later });
  expect(balancesOf(ledger)).toEqual({ 'wallet/initial': 70n, 'wallet/additional': 0n });
});
