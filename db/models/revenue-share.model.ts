import { Model } from 'objection';

/** A row of `revenue_shares`. Columns are described in migration 0018. */
export class RevenueShareModel extends Model {
  static override readonly tableName = 'revenue_shares';
  declare id: string;
  declare account_id: string;
  declare workflow_id: string;
  declare revision: bigint;
  declare currency: string;
  declare time_zone: string;
  declare open_month: string;
  declare unapproved: number;
  declare payable_micros: bigint;
  declare payout_id: string | null;
  declare payout_asked_at: string | null;
  declare payout_attempts: number;
  declare status: string;
  declare next_action_kind: string;
  declare next_action_at: string | null;
  declare next_action_reason: string;
  declare next_action_outside: 'asked' | 'awaited' | null;
  declare created_at: string;
  declare updated_at: string;
}
