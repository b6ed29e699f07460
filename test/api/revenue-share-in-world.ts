import { insertPayout } from '../../db/repositories/payout.repository';
import { revenueShares } from '../../db/repositories/revenue-share.repository';
import { insertStatement } from '../../db/repositories/revenue-share-statement.repository';
import { newId } from '../../db/new-id';
import type { Transaction } from '../../db/transaction';
import { noteClosed } from '../../domain/revenue-share/decide-payout';
import { openRevenueShare } from '../../domain/revenue-share/revenue-share';
import { buildStatement } from '../../domain/revenue-share/statement';

/** October, closed with 199.80 to be approved, and a payout of an earlier month that the bank refused. */
export async function createRevenueShare(
  trx: Transaction,
  made: { readonly partnerId: string; readonly houseAccountId: string; readonly at: string },
): Promise<{ readonly payoutId: string }> {
  const { partnerId, houseAccountId: accountId, at } = made;
  const place = { currency: 'INR', timeZone: 'Asia/Kolkata' } as const;
  const month = '2026-10';
  const share = openRevenueShare({ id: partnerId, accountId, ...place }, month);
  const statement = buildStatement(
    {
      collectedMicros: 999_000_000n,
      taxMicros: 179_820_000n,
      refundsMicros: 0n,
      feesMicros: 0n,
      accruedMicros: 199_800_000n,
      clawedBackMicros: 0n,
      shareBps: 2_000,
    },
    {
      month,
      ...place,
      terms: { reserveBps: 0, reserveDays: 0 },
      broughtForwardMicros: 0n,
      releasedMicros: 0n,
    },
  );
  await revenueShares.insert(trx, noteClosed(share, statement, '2026-11'), at);
  await insertStatement(trx, { ...statement, partnerId, closedAt: at });
  const payoutId = newId('payout');
  await insertPayout(
    trx,
    {
      id: payoutId,
      partnerId,
      accountId,
      month: '2026-09',
      months: ['2026-09'],
      target: 'bank',
      currency: 'INR',
      amountMicros: 100_000_000n,
      taxMicros: 0n,
      status: 'failed',
      requestedAt: at,
      settledAt: at,
      gatewayPayoutId: null,
      failureReason: 'account_closed',
    },
    at,
  );
  return { payoutId };
}
