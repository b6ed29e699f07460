import { grantMoney } from '../../../domain/ledger/grant';
import {
  canonicalTransfer,
  endBucket,
  createLedgerPlan,
  openBucket,
  postOnce,
} from '../../../domain/ledger/ledger-plan';
import { AT, buildBucket, buildLedger, buildPlan } from '../../support/build-ledger';

const posting = {
  debit: 'clearing/IDR',
  credit: 'wallet/initial',
  asset: 'IDR',
  amount: 1n,
  effectiveAtMs: 0,
  kind: 'grant',
  reference: 'top_1',
} as const;

test('transfers continue the numbering of their ledger', () => {
  const ledger = buildLedger({ transferCount: 41 });
  const plan = buildPlan(ledger);
  expect(postOnce(plan, ledger, posting)).toBe(42);
  expect(postOnce(plan, ledger, { ...posting, reference: 'top_2' })).toBe(43);
});

test('one thing happens once: the same kind, reference, debit and credit are an alarm', () => {
  const ledger = buildLedger();
  const plan = buildPlan(ledger);
  postOnce(plan, ledger, posting);
  expect(() => postOnce(plan, ledger, { ...posting, amount: 2n })).toThrow(
    expect.objectContaining({ code: 'conflict' }),
  );
  expect(() => postOnce(plan, ledger, posting)).toThrow();
  postOnce(plan, ledger, { ...posting, kind: 'refund' });
  postOnce(plan, ledger, { ...posting, reference: 'top_2' });
  postOnce(plan, ledger, { ...posting, debit: 'issuance/IDR' });
  postOnce(plan, ledger, { ...posting, credit: 'wallet/additional' });
  expect(plan.transfers).toHaveLength(5);
});

test.each([
  ['no amount', { amount: 0n }],
  ['a negative amount', { amount: -1n }],
  ['both sides the same', { debit: 'wallet/initial' }],
])('a transfer with %s is refused', (_, other) => {
  const ledger = buildLedger();
  expect(() => postOnce(buildPlan(ledger), ledger, { ...posting, ...other })).toThrow();
});

test('a plan that was applied takes nothing more', () => {
  const ledger = buildLedger();
  const plan = buildPlan(ledger);
  plan.isApplied = true;
  expect(() =>
    grantMoney(plan, ledger, {
      source: 'wallet_initial',
      amountMicros: 1n,
      at: AT,
      kind: 'grant',
      reference: 'r',
      from: 'issuance',
    }),
  ).toThrow('the plan was applied');
});

test('a plan without a reference is refused', () => {
  expect(() => createLedgerPlan([], { reference: '', postedAt: AT })).toThrow();
});

test('a bucket opens once, empty, and is no counter', () => {
  const ledger = buildLedger();
  const plan = buildPlan(ledger);
  openBucket(plan, ledger, buildBucket());
  expect(() => openBucket(plan, ledger, buildBucket())).toThrow('open already');
  expect(() => openBucket(plan, ledger, buildBucket({ code: 'package/b', posted: 1n }))).toThrow();
  expect(() => openBucket(plan, ledger, buildBucket({ code: 'revenue/IDR' }))).toThrow('counter');
});

test('a bucket with something free in it does not end', () => {
  const full = buildBucket({ posted: 1n });
  const ledger = buildLedger({ buckets: [full] });
  expect(() => endBucket(buildPlan(ledger), ledger, { bucket: full, atMs: 0 })).toThrow('free');
});

test('the text behind a hash quotes what a person may write, and is fixed for ever', () => {
  const ledger = buildLedger();
  const plan = buildPlan(ledger);
  postOnce(plan, ledger, {
    ...posting,
    reference: 'a|"b"\n',
    reason: 'çok yaşa 🎉',
    effectiveAtMs: 1_762_765_200_123,
  });
  const [transfer] = plan.transfers;
  if (!transfer) throw new Error('no transfer');
  expect(canonicalTransfer(transfer, 1_762_765_200_456)).toBe(
    '1|1|"clearing/IDR"|"wallet/initial"|"IDR"|1|grant|"a|\\"b\\"\\n"|"çok yaşa 🎉"|1762765200123|1762765200456',
  );
  expect(canonicalTransfer({ ...transfer, reason: null, reference: 'r' }, 0)).toBe(
    '1|1|"clearing/IDR"|"wallet/initial"|"IDR"|1|grant|"r"|null|1762765200123|0',
  );
});
