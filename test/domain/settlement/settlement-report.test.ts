import { parseMoney } from '../../../domain/money';
import {
  describeLine,
  listClosedDays,
  rangeOf,
} from '../../../domain/settlement/settlement-report';

it('a day is compared six hours after its end, and the week before is caught up on', () => {
  expect(listClosedDays('2026-11-28T05:59:59.000Z').at(-1)).toBe('2026-11-26');
  expect(listClosedDays('2026-11-28T06:00:00.000Z')).toEqual([
    '2026-11-21',
    '2026-11-22',
    '2026-11-23',
    '2026-11-24',
    '2026-11-25',
    '2026-11-26',
    '2026-11-27',
  ]);
});

it('a day looks at itself, and at what is older than a week and younger than 37 days at its end', () => {
  expect(rangeOf('2026-11-27')).toEqual({
    from: '2026-11-27T00:00:00.000Z',
    to: '2026-11-28T00:00:00.000Z',
    overdueFrom: '2026-10-22T00:00:00.000Z',
    overdueTo: '2026-11-21T00:00:00.000Z',
  });
});

const settled = {
  entryId: 'set_1',
  kind: 'payment',
  gatewayPaymentId: 'gw_1',
  money: parseMoney({ amount: '110.00', currency: 'INR' }),
  fee: parseMoney({ amount: '2.00', currency: 'INR' }),
  settledAt: '2026-11-27T10:00:00.000Z',
} as const;
const booked = {
  kind: 'payment',
  id: 'pay_1',
  accountId: 'acct_1',
  gatewayPaymentId: 'gw_1',
  money: parseMoney({ amount: '118.00', currency: 'INR' }),
  isOverdue: true,
} as const;

it.each([
  [{ verdict: 'matched', settled, booked } as const, null],
  [{ verdict: 'not_compared', settled, booked: null } as const, null],
  [
    { verdict: 'missing_here', settled, booked: null } as const,
    'stripe settled a payment of 110.00 INR of gw_1, which our books do not have',
  ],
  [
    { verdict: 'missing_there', settled: null, booked } as const,
    'stripe has not settled the payment pay_1 of 118.00 INR within 7 days',
  ],
  [
    { verdict: 'amount_differs', settled, booked } as const,
    'stripe settled 110.00 INR for the payment pay_1 of 118.00 INR',
  ],
])('says in a sentence what differs', (line, sentence) => {
  expect(describeLine(line, 'stripe')).toBe(sentence);
});
