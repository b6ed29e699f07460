import { formatAmount } from '../../../domain/money';
import { openNumber } from '../../../domain/phone-number/open-number';
import { DEFAULT_GRACE_POLICY, type PhoneNumber } from '../../../domain/phone-number/phone-number';
import { buildOutlook, type OutlookFacts } from '../../../domain/outlook/outlook';
import { decideStart } from '../../../domain/subscription/decide-command';
import { UNTAXED, type Taxation } from '../../../domain/tax/taxation';
import { inr } from '../phone-number/number-walk';
import { fundsOf, growth } from '../subscription/subscription-walk';

const ORDERED_AT = '2027-02-01T10:00:00.000Z';
const DUE_AT = '2027-03-01T10:00:00.000Z';
const RELEASES_AT = '2027-03-08T10:00:00.000Z';
const ON_HOLD = {
  status: 'on_hold',
  hold: { reason: 'insufficient_balance', since: DUE_AT, releasesAt: RELEASES_AT },
} as const;
type Numbers = ReturnType<typeof buildOutlook>['numbers'];
const GST: Taxation = {
  ...UNTAXED,
  kind: 'taxed',
  components: [{ component: 'IGST', rate: '18', baseNumerator: 1n, baseDenominator: 1n }],
};

/** Rented since 1 February; `last` is its last digit and its name. */
function rented(last: number, rent: number, change: Partial<PhoneNumber> = {}): PhoneNumber {
  const { phoneNumber } = openNumber({
    id: `num_${last}`,
    accountId: 'acct_1',
    orderId: 'ord_1',
    orderItemId: `item_${last}`,
    number: `+91800000000${last}`,
    country: 'IN',
    capabilities: ['sms', 'voice'],
    carrier: 'sandbox',
    rent: inr(rent),
    timeZone: 'UTC',
    grace: DEFAULT_GRACE_POLICY,
    at: ORDERED_AT,
  });
  return { ...phoneNumber, status: 'active', activatedAt: ORDERED_AT, ...change };
}

/** How the numbers stand on 20 February with so much in the wallet. */
function lookAhead(
  numbers: readonly PhoneNumber[],
  wallet: number,
  change: Partial<OutlookFacts> = {},
): Numbers {
  const outlook = buildOutlook({
    at: '2027-02-20T00:00:00.000Z',
    availableMicros: inr(wallet).amountMicros,
    taxation: UNTAXED,
    keepsMethod: false,
    subscriptions: [],
    numbers,
    ...change,
  });
  return outlook.numbers;
}

/** "num_1: 500.00 at 2027-03-01T10:00:00.000Z, pay 0.00, on_hold" */
function tell(numbers: Numbers): string[] {
  return [...numbers].map(([id, { nextCharge, payToKeep, warnings }]) => {
    const rent =
      nextCharge === null
        ? 'nothing due'
        : `${formatAmount(nextCharge.total)} at ${nextCharge.at}${nextCharge.isOwed ? ' owed' : ''}`;
    const pay = payToKeep === null ? [] : [`pay ${formatAmount(payToKeep)}`];
    return [`${id}: ${rent}`, ...pay, ...warnings.map(({ code }) => code)].join(', ');
  });
}

describe('the numbers of an account together', () => {
  it('R2.20 are warned of when the balance pays one rent but not the next', () => {
    const told = lookAhead([rented(1, 500), rented(2, 500)], 600);
    expect(tell(told)).toEqual([
      `num_1: 500.00 at ${DUE_AT}`,
      `num_2: 500.00 at ${DUE_AT}, balance_below_next_charge, no_payment_method`,
    ]);
    expect(told.get('num_2')?.warnings[0]).toMatchObject({ missing: inr(400), at: DUE_AT });
  });

  it('R2.20 count money that a subscription takes before them', () => {
    const start = { now: '2027-01-25T10:00:00.000Z', funds: fundsOf(999_000_000n) };
    const started = decideStart(growth(), start);
    const subscriptions = started.kind === 'decided' ? [started.subscription] : [];
    expect(tell(lookAhead([rented(1, 500)], 1_200, { subscriptions }))).toEqual([
      `num_1: 500.00 at ${DUE_AT}, balance_below_next_charge, no_payment_method`,
    ]);
  });

  it('R2.20 share out the balance in the order of their due dates, then in the account’s own', () => {
    const numbers = [rented(1, 500), rented(2, 500)];
    const left = (of: readonly PhoneNumber[]) =>
      [...lookAhead(of, 600).values()].map(({ nextCharge }) => nextCharge?.availableMicros);
    expect(left(numbers)).toEqual([600_000_000n, 100_000_000n]);
    const off = [rented(1, 500, { autoPay: false }), rented(2, 500)];
    expect(left(off)).toEqual([undefined, 600_000_000n]);
  });

  it('R2.20 are not warned of while a saved method will pay', () => {
    expect(tell(lookAhead([rented(1, 500)], 0, { keepsMethod: true }))).toEqual([
      `num_1: 500.00 at ${DUE_AT}`,
    ]);
  });

  it('R2.20 with auto-pay off are charged nothing, which is told', () => {
    const numbers = [rented(1, 500, { autoPay: false })];
    expect(tell(lookAhead(numbers, 1_000))).toEqual(['num_1: nothing due, auto_pay_off']);
  });

  it('R2.13 are charged with tax', () => {
    expect(tell(lookAhead([rented(1, 500)], 600, { taxation: GST }))).toEqual([
      `num_1: 590.00 at ${DUE_AT}`,
    ]);
  });

  it('R2.15 on hold say what keeps each of them, in the account’s own order', () => {
    const numbers = [rented(1, 799, ON_HOLD), rented(2, 500, ON_HOLD), rented(3, 500, ON_HOLD)];
    const told = lookAhead(numbers, 600, { at: '2027-03-02T00:00:00.000Z' });
    // 600 keep the second; 699 more than the 100 left are taken by the first before the third sees money.
    expect(tell(told)).toEqual([
      `num_1: 799.00 at ${DUE_AT} owed, pay 699.00, on_hold`,
      `num_2: 500.00 at ${DUE_AT} owed, pay 0.00, on_hold`,
      `num_3: 500.00 at ${DUE_AT} owed, pay 400.00, on_hold`,
    ]);
    expect(told.get('num_3')?.warnings[0]).toMatchObject({
      message: `+918000000003 is on hold: pay 400.00 INR before ${RELEASES_AT} to keep it. After that it is released.`,
    });
  });

  it('R2.15 on hold need the money of a subscription that owes and comes first, too', () => {
    const start = { now: '2027-01-28T10:00:00.000Z', funds: fundsOf(400_000_000n) };
    const started = decideStart(growth({ price: inr(400), timeZone: 'UTC' }), start);
    if (started.kind !== 'decided') throw new Error(started.message);
    const owed = { dueSince: '2027-02-28T10:00:00.000Z', retriesMade: 1 };
    // Between two retries nothing of it is due: money that comes in is tried all the same.
    for (const status of ['past_due', 'suspended'] as const) {
      const suspendedAt = status === 'suspended' ? '2027-03-01T10:00:00.000Z' : null;
      const subscriptions = [{ ...started.subscription, ...owed, status, suspendedAt }];
      const at = '2027-03-01T12:00:00.000Z';
      const placed = rented(2, 300, { ...ON_HOLD, priority: 1 });
      const numbers = [placed, rented(1, 500, ON_HOLD)];
      expect(tell(lookAhead(numbers, 0, { at, subscriptions }))).toEqual([
        `num_2: 300.00 at ${DUE_AT} owed, pay 300.00, on_hold`,
        `num_1: 500.00 at ${DUE_AT} owed, pay 1200.00, on_hold`,
      ]);
      expect(tell(lookAhead(numbers.slice(1), 0, { at, subscriptions }))).toEqual([
        `num_1: 500.00 at ${DUE_AT} owed, pay 900.00, on_hold`,
      ]);
    }
  });

  it('R2.15 on hold with auto-pay off need what the balance lacks', () => {
    const held = rented(1, 500, { ...ON_HOLD, autoPay: false });
    const at = '2027-03-02T00:00:00.000Z';
    expect(tell(lookAhead([held], 120, { at }))).toEqual([
      `num_1: 500.00 at ${DUE_AT} owed, pay 380.00, on_hold`,
    ]);
    expect(tell(lookAhead([held], 600, { at }))).toEqual([
      `num_1: 500.00 at ${DUE_AT} owed, pay 0.00, on_hold`,
    ]);
  });

  it('R2.15 on hold take no money from a rent that is due later', () => {
    const numbers = [rented(1, 799, ON_HOLD), rented(2, 500)];
    const told = lookAhead(numbers, 500, { at: '2027-02-28T00:00:00.000Z' });
    expect(tell(told)[1]).toBe(`num_2: 500.00 at ${DUE_AT}`);
  });

  it('R2.16 that are being given back are charged nothing and warned of nothing', () => {
    const releasing = rented(1, 500, { status: 'releasing', releaseStartedAt: DUE_AT });
    expect(tell(lookAhead([releasing], 0))).toEqual(['num_1: nothing due']);
  });
});
