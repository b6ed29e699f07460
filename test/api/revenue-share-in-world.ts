import { insertAccount } from '../../db/repositories/account.repository';
import { createLedger } from '../../db/repositories/ledger.repository';
import { findPartner, saveHouseAccount } from '../../db/repositories/partner.repository';
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
  { partnerId, name, at }: { partnerId: string; name: string; at: string },
): Promise<{ readonly houseAccountId: string; readonly payoutId: string }> {
  const place = { currency: 'INR', timeZone: 'Asia/Kolkata' } as const;
  const house = await insertAccount(trx, {
    id: newId('account'),
    partnerId,
    testClockId: null,
    externalId: null,
    name: `${name} house`,
    country: 'IN',
    ...place,
    createdAt: at,
  });
  await createLedger(trx, { accountId: house.id, ...place, at });
  const partner = await findPartner(trx, partnerId);
  if (partner === null) throw new Error(`${partnerId} was made`);
  await saveHouseAccount(trx, { partner, accountId: house.id });
  const month = '2026-10';
  const share = openRevenueShare({ id: partnerId, accountId: house.id, ...place }, month);
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
      accountId: house.id,
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
  return { houseAccountId: house.id, payoutId };
}
