/** A reseller, its house account, and plans whose revenue it shares in, put where they belong without the API. */
import type { Database } from '../../db/connection';
import { insertPlan } from '../../db/repositories/plan.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import { DEFAULT_CHANGE_POLICY } from '../../domain/change-policy';
import { DEFAULT_DUNNING_POLICY } from '../../domain/dunning';
import { parseAmount } from '../../domain/money';

const MADE_AT = '2027-01-01T00:00:00.000Z';

/** A partner in Kolkata that owns this account. */
export async function makeReseller(
  database: Database,
  { partnerId, houseAccountId }: { readonly partnerId: string; readonly houseAccountId: string },
): Promise<void> {
  await withTransaction(database, SYSTEM, async (trx) => {
    await trx('partners').insert({
      id: partnerId,
      name: partnerId,
      country: 'IN',
      currency: 'INR',
      time_zone: 'Asia/Kolkata',
      house_account_id: houseAccountId,
      created_at: MADE_AT,
    });
    await trx('accounts').where({ id: houseAccountId }).update({ partner_id: partnerId });
  });
}

/** A plan for customers of resellers, who earn that part of what is paid for it. */
export async function makeSharedPlan(
  database: Database,
  plan: {
    readonly code: string;
    readonly price: string;
    readonly shareBps: number;
    readonly type?: 'revenue_sharing' | 'usage_based';
  },
): Promise<void> {
  const { code, price, shareBps, type = 'revenue_sharing' } = plan;
  const amount = { amountMicros: parseAmount(price), currency: 'INR' } as const;
  await withTransaction(database, SYSTEM, async (trx) => {
    await insertPlan(
      trx,
      {
        code,
        version: 1,
        kind: 'plan',
        name: code,
        tier: code,
        prices: [{ cycle: 'monthly', price: amount }],
        allowances: {},
        limits: {},
        features: [],
        support: null,
        unitPrices: {},
        onExhausted: {},
        dunning: DEFAULT_DUNNING_POLICY,
        changes: DEFAULT_CHANGE_POLICY,
      },
      MADE_AT,
    );
    await trx('partner_plans').insert({
      plan_code: code,
      type,
      plan_name: code,
      currency: 'INR',
      is_enabled: true,
      is_visible: true,
      updated_at: MADE_AT,
    });
    await trx('partner_plan_versions').insert({
      plan_code: code,
      version: 1,
      revenue_share_bps: type === 'revenue_sharing' ? shareBps : null,
      has_gst: true,
    });
  });
}
