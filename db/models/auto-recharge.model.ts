import { Model } from 'objection';
import type { CollectionColumn } from '../repositories/collection.columns';

/** A row of `auto_recharges`. Columns are described in migration 0019. */
export class AutoRechargeModel extends Model {
  static override readonly tableName = 'auto_recharges';
  declare id: string;
  declare account_id: string;
  declare workflow_id: string;
  declare revision: bigint;
  declare time_zone: string;
  declare currency: string;
  declare threshold_micros: bigint;
  declare amount_micros: bigint;
  declare monthly_cap_micros: bigint;
  declare payment_method_id: string | null;
  declare is_enabled: boolean;
  declare status: string;
  declare reason: string;
  declare crossed_at: string | null;
  declare charge_number: bigint;
  declare collection: CollectionColumn;
  declare charged_month: string;
  declare charged_micros: bigint;
  declare next_action_kind: string;
  declare next_action_at: string | null;
  declare next_action_reason: string;
  declare next_action_outside: 'asked' | 'awaited' | null;
  declare created_at: string;
  declare updated_at: string;
}
