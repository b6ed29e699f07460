import { BillingError } from '../../../domain/billing-error';
import { availableMoney, chargeMoney, spendPayment } from '../../../domain/ledger/charge';
import { grantMoney } from '../../../domain/ledger/grant';
import { clawBackMoney, payOutMoney } from '../../../domain/ledger/payback';
import { settleDebt } from '../../../domain/ledger/settlement';
import { InvariantViolation } from '../../../domain/invariant';
import {
  AT,
  balancesOf,
  buildBucket,
  buildLedger,
  buildPlan,
  transfersOf,
} from '../../support/build-ledger';

const RUPIAH = 1_000_000n;
const conflict = expect.objectContaining({ code: 'conflict' });

const topUp = (amountMicros: bigint, reference = 'top_1') =>
  ({
    source: 'wallet_additional',
    amountMicros,
    at: AT,
    kind: 'grant',
    reference,
    from: 'clearing',
  }) as const;

const renewal = (amountMicros: bigint, reference = 'subscription/sub_1/period/2') =>
  ({ amountMicros, at: AT, kind: 'charge', reference }) as const;

function caught(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('charging money', () => {
  test('R3.13 takes the additional wallet, to revenue, and never the initial one: that pays usage', () => {
    const ledger = buildLedger({ initialMicros: 300n, additionalMicros: 1_000n });
    const plan = buildPlan(ledger);
    expect(chargeMoney(plan, ledger, renewal(1_000n))).toEqual({
      kind: 'charged',
      parts: [{ bucket: 'wallet/additional', amountMicros: 1_000n }],
      isRepeat: false,
    });
    expect(transfersOf(plan)).toEqual([
      'charge wallet/additional > revenue/IDR 1000 subscription/sub_1/period/2',
    ]);
    expect(balancesOf(ledger)).toEqual({ 'wallet/initial': 300n, 'wallet/additional': 0n });
    expect(availableMoney(ledger, AT)).toBe(0n);
  });

  test('R2.15 refuses the whole when one micro is missing, says what is missing, and moves nothing', () => {
    const ledger = buildLedger({ initialMicros: 300n, additionalMicros: 999n });
    const plan = buildPlan(ledger);
    expect(chargeMoney(plan, ledger, renewal(1_000n))).toEqual({
      kind: 'insufficient_balance',
      requiredMicros: 1_000n,
      availableMicros: 999n,
      missingMicros: 1n,
    });
    expect(plan.transfers).toEqual([]);
    expect(balancesOf(ledger)).toEqual({ 'wallet/initial': 300n, 'wallet/additional': 999n });
  });

  test('spends promotional money before the wallets, and not after its end', () => {
    const promotional = buildBucket({
      code: 'promotional/welcome',
      asset: 'IDR',
      source: 'promotional',
      posted: 50n,
      expiresAt: '2026-11-10T09:00:00.001Z',
    });
    const ledger = buildLedger({ additionalMicros: 100n, buckets: [promotional] });
    expect(availableMoney(ledger, '2026-11-10T09:00:00.000Z')).toBe(150n);
    expect(availableMoney(ledger, '2026-11-10T09:00:00.001Z')).toBe(100n);
    const charged = chargeMoney(buildPlan(ledger), ledger, renewal(60n));
    expect(charged).toMatchObject({
      parts: [
        { bucket: 'promotional/welcome', amountMicros: 50n },
        { bucket: 'wallet/additional', amountMicros: 10n },
      ],
    });
  });

  test('money that is held cannot be charged, a debt is not available money', () => {
    const gift = buildBucket({ asset: 'IDR', source: 'promotional', posted: 100n, held: 30n });
    const ledger = buildLedger({ additionalMicros: -40n, buckets: [gift] });
    expect(availableMoney(ledger, AT)).toBe(70n);
  });

  test('a charge of nothing is charged and posts nothing', () => {
    const ledger = buildLedger();
    const plan = buildPlan(ledger);
    expect(chargeMoney(plan, ledger, renewal(0n))).toEqual({
      kind: 'charged',
      parts: [],
      isRepeat: false,
    });
    expect(plan.transfers).toEqual([]);
  });

  test('the same reference again answers the first parts and moves nothing', () => {
    const gift = buildBucket({ asset: 'IDR', source: 'promotional', posted: 300n });
    const ledger = buildLedger({ additionalMicros: 900n, buckets: [gift] });
    const plan = buildPlan(ledger);
    chargeMoney(plan, ledger, renewal(1_000n));
    expect(chargeMoney(plan, ledger, renewal(1_000n))).toMatchObject({
      parts: [{ amountMicros: 300n }, { amountMicros: 700n }],
      isRepeat: true,
    });
    expect(plan.transfers).toHaveLength(2);
  });

  test('the same reference with another amount is an alarm', () => {
    const ledger = buildLedger({ additionalMicros: 2_000n });
    const plan = buildPlan(ledger);
    chargeMoney(plan, ledger, renewal(1_000n));
    expect(caught(() => chargeMoney(plan, ledger, renewal(999n)))).toEqual(conflict);
    expect(plan.transfers).toHaveLength(1);
  });
});

describe('granting money', () => {
  test('R1.07 a payment is granted from clearing, once', () => {
    const ledger = buildLedger();
    const plan = buildPlan(ledger);
    expect(grantMoney(plan, ledger, topUp(500n))).toEqual({
      kind: 'granted',
      settledMicros: 0n,
      isRepeat: false,
    });
    expect(grantMoney(plan, ledger, topUp(500n))).toMatchObject({ isRepeat: true });
    expect(transfersOf(plan)).toEqual(['grant clearing/IDR > wallet/additional 500 top_1']);
    expect(balancesOf(ledger)).toMatchObject({ 'wallet/additional': 500n });
  });

  test.each([
    ['another amount', { amountMicros: 501n }],
    ['another origin', { from: 'issuance' as const }],
  ])('the same reference with %s is an alarm', (_, other) => {
    const ledger = buildLedger();
    const plan = buildPlan(ledger);
    grantMoney(plan, ledger, topUp(500n));
    const error = caught(() => grantMoney(plan, ledger, { ...topUp(500n), ...other }));
    expect(error).toBeInstanceOf(BillingError);
    expect(error).toEqual(conflict);
    expect(balancesOf(ledger)).toMatchObject({ 'wallet/additional': 500n });
  });

  test('promotional money gets a bucket of its own, named after its reference', () => {
    const ledger = buildLedger();
    const plan = buildPlan(ledger);
    grantMoney(plan, ledger, {
      ...topUp(70n, 'campaign_7'),
      source: 'promotional',
      from: 'issuance',
      expiresAt: '2027-01-01T00:00:00.000Z',
      reason: 'welcome',
    });
    expect(plan.opened.map(({ bucket }) => bucket.code)).toEqual(['promotional/campaign_7']);
    expect(ledger.buckets[0]).toMatchObject({ code: 'promotional/campaign_7', posted: 70n });
  });

  test('a charge undone comes from revenue and is not counted as granted', () => {
    const ledger = buildLedger();
    grantMoney(buildPlan(ledger), ledger, { ...topUp(70n), kind: 'refund', from: 'revenue' });
    expect(ledger.buckets[1]).toMatchObject({ posted: 70n, granted: 0n });
  });

  test('zero and negative amounts are no grants', () => {
    const ledger = buildLedger();
    const plan = buildPlan(ledger);
    expect(() => grantMoney(plan, ledger, topUp(0n))).toThrow(InvariantViolation);
    expect(() => grantMoney(plan, ledger, topUp(-1n))).toThrow(InvariantViolation);
  });
});

describe('settling a debt of the additional wallet from the initial one', () => {
  test.each([
    ['partial', -500_000n, 350_000n, -150_000n, 0n, 350_000n],
    ['full', -500_000n, 500_000n, 0n, 0n, 500_000n],
    ['more than enough', -500_000n, 700_000n, 0n, 200_000n, 500_000n],
    ['no debt', 0n, 700_000n, 0n, 700_000n, 0n],
    ['money in both', 100_000n, 700_000n, 100_000n, 700_000n, 0n],
    ['nothing to pay with', -500_000n, 0n, -500_000n, 0n, 0n],
  ])('R3.16 R3.17 %s: additional %d and initial %d IDR become %d and %d', (...row) => {
    const [, additional, initial, additionalAfter, initialAfter, moved] = row;
    const ledger = buildLedger({
      additionalMicros: additional * RUPIAH,
      initialMicros: initial * RUPIAH,
    });
    const plan = buildPlan(ledger);
    expect(settleDebt(plan, ledger, { at: AT, reference: 'month/2026-12' })).toBe(moved * RUPIAH);
    const after = {
      'wallet/initial': initialAfter * RUPIAH,
      'wallet/additional': additionalAfter * RUPIAH,
    };
    expect(balancesOf(ledger)).toEqual(after);
    expect(settleDebt(plan, ledger, { at: AT, reference: 'month/2026-12' })).toBe(0n);
    expect(balancesOf(ledger)).toEqual(after);
    expect(plan.transfers).toHaveLength(moved === 0n ? 0 : 1);
  });

  test('R3.15 a grant to the initial wallet settles in the same plan', () => {
    const ledger = buildLedger({ additionalMicros: -500_000n * RUPIAH });
    const plan = buildPlan(ledger);
    const granted = grantMoney(plan, ledger, {
      ...topUp(350_000n * RUPIAH, 'subsidy/2026-12'),
      source: 'wallet_initial',
      from: 'issuance',
    });
    expect(granted.settledMicros).toBe(350_000n * RUPIAH);
    expect(transfersOf(plan)).toEqual([
      'grant issuance/IDR > wallet/initial 350000000000 subsidy/2026-12',
      'settlement wallet/initial > wallet/additional 350000000000 subsidy/2026-12',
    ]);
  });

  test('what is held in the initial wallet settles nothing', () => {
    const ledger = buildLedger({ initialMicros: 100n, additionalMicros: -100n });
    const [initial] = ledger.buckets;
    if (initial) initial.held = 60n;
    expect(settleDebt(buildPlan(ledger), ledger, { at: AT, reference: 'x' })).toBe(40n);
  });
});

test('a payment can settle, be taken back and settle again, all under one reference', () => {
  const ledger = buildLedger({ initialMicros: 100n });
  const plan = buildPlan(ledger);
  const payment = { amountMicros: 10n, at: AT, reference: 'pay_1' };
  clawBackMoney(plan, ledger, payment);
  grantMoney(plan, ledger, { ...topUp(10n, 'pay_1'), kind: 'refund' });
  expect(balancesOf(ledger)).toEqual({ 'wallet/initial': 90n, 'wallet/additional': 10n });
  clawBackMoney(plan, ledger, { ...payment, amountMicros: 30n, reference: 'pay_2' });
  grantMoney(plan, ledger, { ...topUp(5n, 'pay_2'), source: 'wallet_initial' });
  expect(balancesOf(ledger)).toEqual({ 'wallet/initial': 75n, 'wallet/additional': 0n });
});

describe('money that leaves the wallet again', () => {
  test('is paid out of what is neither held nor owed, to clearing', () => {
    const ledger = buildLedger({ additionalMicros: 100n });
    const additional = ledger.buckets[1];
    if (additional) additional.held = 40n;
    const plan = buildPlan(ledger);
    const payout = { at: AT, reference: 'refund_1' };
    expect(payOutMoney(plan, ledger, { ...payout, amountMicros: 61n })).toEqual({
      kind: 'insufficient_balance',
      requiredMicros: 61n,
      availableMicros: 60n,
      missingMicros: 1n,
    });
    expect(payOutMoney(plan, ledger, { ...payout, amountMicros: 60n })).toMatchObject({
      kind: 'charged',
      isRepeat: false,
    });
    expect(payOutMoney(plan, ledger, { ...payout, amountMicros: 60n })).toMatchObject({
      isRepeat: true,
    });
    expect(transfersOf(plan)).toEqual(['refund wallet/additional > clearing/IDR 60 refund_1']);
    expect(caught(() => payOutMoney(plan, ledger, { ...payout, amountMicros: 1n }))).toEqual(
      conflict,
    );
  });

  test('a charge-back takes back what was spent already, and the initial wallet settles it', () => {
    const ledger = buildLedger({ initialMicros: 150n, additionalMicros: 400n });
    const plan = buildPlan(ledger);
    const chargeBack = { amountMicros: 1_000n, at: AT, reference: 'pay_1' };
    expect(clawBackMoney(plan, ledger, chargeBack).isRepeat).toBe(false);
    expect(clawBackMoney(plan, ledger, chargeBack).isRepeat).toBe(true);
    expect(balancesOf(ledger)).toEqual({ 'wallet/initial': 0n, 'wallet/additional': -450n });
    expect(transfersOf(plan)).toEqual([
      'clawback wallet/additional > clearing/IDR 1000 pay_1',
      'settlement wallet/initial > wallet/additional 150 pay_1',
    ]);
  });
});

describe('spending a payment', () => {
  const spending = { amountMicros: 600n, at: AT, reference: 'order/ord_1' };

  test('takes what it brought from the additional wallet, and no initial or promotional money', () => {
    const gift = buildBucket({ code: 'promotional/gift', source: 'promotional', posted: 70n });
    const ledger = buildLedger({ initialMicros: 300n, additionalMicros: 50n, buckets: [gift] });
    const plan = buildPlan(ledger);
    grantMoney(plan, ledger, topUp(600n));
    expect(spendPayment(plan, ledger, spending)).toEqual({ kind: 'charged', isRepeat: false });
    expect(transfersOf(plan)).toEqual([
      'grant clearing/IDR > wallet/additional 600 top_1',
      'charge wallet/additional > revenue/IDR 600 order/ord_1',
    ]);
    expect(balancesOf(ledger)).toEqual({
      'promotional/gift': 70n,
      'wallet/initial': 300n,
      'wallet/additional': 50n,
    });
  });

  test('leaves the debt it found', () => {
    const ledger = buildLedger({ additionalMicros: -100n });
    const plan = buildPlan(ledger);
    grantMoney(plan, ledger, topUp(600n));
    spendPayment(plan, ledger, spending);
    expect(balancesOf(ledger)).toMatchObject({ 'wallet/additional': -100n });
  });

  test('I2 moves nothing when it is repeated, and tells a conflict for another amount', () => {
    const ledger = buildLedger({ additionalMicros: 900n });
    const plan = buildPlan(ledger);
    spendPayment(plan, ledger, spending);
    expect(spendPayment(plan, ledger, spending)).toEqual({ kind: 'charged', isRepeat: true });
    expect(balancesOf(ledger)).toMatchObject({ 'wallet/additional': 300n });
    const other = { ...spending, amountMicros: 601n };
    expect(caught(() => spendPayment(plan, ledger, other))).toEqual(conflict);
  });

  test('of nothing is a bug', () => {
    const ledger = buildLedger({ additionalMicros: 900n });
    const nothing = { ...spending, amountMicros: 0n };
    expect(caught(() => spendPayment(buildPlan(ledger), ledger, nothing))).toBeInstanceOf(
      InvariantViolation,
    );
  });
});
