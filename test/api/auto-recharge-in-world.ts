import { autoRecharges } from '../../db/repositories/auto-recharge.repository';
import type { Transaction } from '../../db/transaction';
import { arm, type AutoRecharge } from '../../domain/auto-recharge/auto-recharge';
import { NOTHING_COLLECTED } from '../../domain/collection/collection';

/** An auto-recharge that watches for less than 500.00 INR: 1 000.00 at a time, 5 000.00 a month. */
export async function createAutoRecharge(
  trx: Transaction,
  { accountId, at }: { readonly accountId: string; readonly at: string },
): Promise<void> {
  const inr = (rupees: bigint) => ({ amountMicros: rupees * 1_000_000n, currency: 'INR' }) as const;
  const recharge: AutoRecharge = {
    id: accountId,
    accountId,
    timeZone: 'Asia/Kolkata',
    limits: { threshold: inr(500n), amount: inr(1_000n), monthlyCap: inr(5_000n) },
    paymentMethodId: null,
    isEnabled: true,
    status: 'armed',
    reason: '',
    crossedAt: null,
    chargeNumber: 1,
    collection: NOTHING_COLLECTED,
    charged: { month: at.slice(0, 7), money: inr(0n) },
  };
  await autoRecharges.insert(trx, arm(recharge), at);
}
