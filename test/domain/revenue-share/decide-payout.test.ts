import { decideSent, type Payout } from '../../../domain/revenue-share/decide-payout';
import { openRevenueShare, withStatus } from '../../../domain/revenue-share/revenue-share';

const AT = '2027-03-05T07:00:00.000Z';
const PARTNER = { id: 'prt_1', accountId: 'acct_1', currency: 'INR', timeZone: 'UTC' } as const;
const PAYOUT: Payout = {
  id: 'pout_1',
  partnerId: 'prt_1',
  accountId: 'acct_1',
  month: '2027-02',
  months: ['2027-02'],
  target: 'bank',
  currency: 'INR',
  amountMicros: 199_800_000n,
  taxMicros: 0n,
  status: 'sending',
  requestedAt: AT,
  settledAt: null,
  gatewayPayoutId: null,
  failureReason: null,
};

it('a bank that says nothing for a day is told of once, and looked up every day after that', () => {
  const payout = { id: 'pout_1', askedAt: AT, attemptsMade: 0 };
  let share = withStatus({ ...openRevenueShare(PARTNER, '2027-03'), payout });
  const told: string[] = [];
  for (let look = 1; look <= 40; look += 1) {
    const decided = decideSent(share, PAYOUT, { outcome: null, at: AT });
    share = decided.share;
    told.push(...decided.events.map(({ type }) => `${look} ${type}`));
  }
  expect(told).toEqual(['12 revenue_share.payout_unconfirmed']);
  expect(share.status).toBe('paying');
});
