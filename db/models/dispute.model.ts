import { Model } from 'objection';

/** A row of `disputes`. Columns are described in migration 0021. */
export class DisputeModel extends Model {
  static override readonly tableName = 'disputes';
  declare id: string;
  declare account_id: string;
  declare workflow_id: string;
  declare revision: bigint;
  declare payment_id: string;
  declare gateway: string;
  declare gateway_dispute_id: string;
  declare status: string;
  declare money_policy: string | null;
  declare service_policy: string | null;
  declare currency: string | null;
  declare amount_micros: bigint | null;
  declare fee_currency: string | null;
  declare fee_micros: bigint | null;
  declare reason: string | null;
  declare covered_micros: bigint;
  declare taken_micros: bigint;
  declare evidence_due_at: string | null;
  declare evidence_told_for: string | null;
  declare mismatch: string | null;
  declare service_held_since: string | null;
  declare reported_at: string;
  declare looks_at: string;
  declare unanswered: number;
  declare opened_at: string | null;
  declare settled_at: string | null;
  declare document_id: string | null;
  declare next_action_kind: string;
  declare next_action_at: string | null;
  declare next_action_reason: string;
  declare next_action_outside: 'asked' | 'awaited' | null;
  declare created_at: string;
  declare updated_at: string;
}
