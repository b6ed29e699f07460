import { Model } from 'objection';

/** A row of `payment_method_setups`. Columns are described in migration 0022. */
export class SetupModel extends Model {
  static override readonly tableName = 'payment_method_setups';
  declare id: string;
  declare account_id: string;
  declare workflow_id: string;
  declare revision: bigint;
  declare gateway: string;
  declare mode: string;
  declare currency: string;
  declare ceiling_micros: bigint | null;
  declare status: string;
  declare asked_at: string;
  declare opens_tried: number;
  declare checks_made: number;
  declare gateway_setup_id: string | null;
  declare url: string | null;
  declare payment_method_id: string | null;
  declare completed_at: string | null;
  declare next_action_kind: string;
  declare next_action_at: string | null;
  declare next_action_reason: string;
  declare next_action_outside: 'asked' | 'awaited' | null;
  declare created_at: string;
  declare updated_at: string;
}
