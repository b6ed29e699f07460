import { Model } from 'objection';
import type { GracePolicy, Hold } from '../../domain/phone-number/phone-number';
import type { CollectionColumn } from '../repositories/collection.columns';

/** A row of `phone_numbers`. Columns are described in migration 0008. */
export class PhoneNumberModel extends Model {
  static override readonly tableName = 'phone_numbers';
  declare id: string;
  declare account_id: string;
  declare workflow_id: string;
  declare revision: bigint;
  declare order_id: string;
  declare order_item_id: string;
  declare number: string;
  declare country: string;
  declare capabilities: readonly string[];
  declare carrier: string;
  declare carrier_lease_id: string | null;
  declare rent_micros: bigint;
  declare currency: string;
  declare time_zone: string;
  declare anchor_at: string;
  declare period_number: number;
  declare period_starts_at: string;
  declare period_ends_at: string;
  declare grace: GracePolicy;
  declare auto_pay: boolean;
  declare status: string;
  declare hold: Hold | null;
  declare due_since: string | null;
  declare retries_made: number;
  declare money_arrived_at: string | null;
  declare is_release_told: boolean;
  declare collection: CollectionColumn;
  declare priority: number | null;
  declare ordered_at: string;
  declare activated_at: string | null;
  declare release_cause: string | null;
  declare release_started_at: string | null;
  declare released_at: string | null;
  declare asks_made: number;
  declare failure_reason: string | null;
  declare operator_note: string | null;
  declare next_action_kind: string;
  declare next_action_at: string | null;
  declare next_action_reason: string;
  declare created_at: string;
  declare updated_at: string;
}
