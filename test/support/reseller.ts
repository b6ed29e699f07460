/** A reseller, its house account, and plans whose revenue it shares in, put where they belong without the API. */
import type { Database } from '../../db/connection';
import { insertPartnerPlan } from '../../db/repositories/partner-plan.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import { parseAmount } from '../../domain/money';
import type { PartnerPlanType } from '../../domain/partner-plan/partner-plan';

const MADE_AT = '2027-01-01T00:00:00.000Z';

/** A partner that owns this account. */
export async function makeReseller(
  database: Database,
  { partnerId, houseAccountId }: { readonly partnerId: string; readonly houseAccountId: string },
): Promise<void> {
  await withTransaction(database, SYSTEM, async (trx) => {
    await trx('partners').insert({ id: partnerId, name: partnerId, created_at: MADE_AT });
    await trx('accounts').where({ id: houseAccountId }).update({ partner_id: partnerId });
    await trx('partners').where({ id: partnerId }).update({ house_account_id: houseAccountId });
  });
}

/** A plan for customers of resellers, who earn that part of what is paid for it each month. */
export async function makeSharedPlan(
  database: Database,
  plan: {
    readonly code: string;
    readonly price: string;
    readonly shareBps: number;
    readonly type?: PartnerPlanType;
  },
): Promise<void> {
  const { code: id, price, shareBps, type = 'revenue_sharing' } = plan;
  await withTransaction(database, SYSTEM, async (trx) => {
    const terms = {
      type,
      planName: id,
      displayName: id,
      currency: 'INR' as const,
      prices: { monthly: parseAmount(price) },
      hasGst: true,
      benefits: { messages: 0, wa_conversations: 0, team_members: null },
      revenueShareBps: type === 'revenue_sharing' ? shareBps : null,
      onExhausted: 'block' as const,
      unitPrices: {},
    };
    await insertPartnerPlan(trx, { id, terms, isEnabled: true, isVisible: true }, MADE_AT);
  });
}
