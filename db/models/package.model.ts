import { Model } from 'objection';

/** A row of `packages`. Columns are described in migration 0007. */
export class PackageModel extends Model {
  static override readonly tableName = 'packages';
  declare id: string;
  declare account_id: string;
  declare order_id: string;
  declare workflow_id: string;
  declare revision: bigint;
  declare kind: string;
  declare code: string;
  declare name: string;
  declare units: bigint;
  declare currency: string;
  declare price_micros: bigint;
  declare bucket: string;
  declare time_zone: string;
  declare purchased_at: string;
  declare expires_at: string;
  declare status: string;
  declare warned_days: number | null;
  declare ended_at: string | null;
  declare next_action_kind: string;
  declare next_action_at: string | null;
  declare next_action_reason: string;
  declare next_action_outside: 'asked' | 'awaited' | null;
  declare created_at: string;
  declare updated_at: string;
}

/** A row of `message_packages`: what is sold in one currency. */
export class MessagePackageModel extends Model {
  static override readonly tableName = 'message_packages';
  static override readonly idColumn = ['code', 'currency'];
  declare code: string;
  declare currency: string;
  declare name: string;
  declare messages: bigint;
  declare amount_micros: bigint;
  declare validity_days: number;
  declare channels: string[] | null;
  declare archived_at: string | null;
  declare created_at: string;
}

/** A row of `minute_bundles`: what is sold in one currency. */
export class MinuteBundleModel extends Model {
  static override readonly tableName = 'minute_bundles';
  static override readonly idColumn = ['code', 'currency'];
  declare code: string;
  declare currency: string;
  declare name: string;
  declare minutes: bigint;
  declare amount_micros: bigint;
  declare up_front_fee_micros: bigint;
  declare validity_days: number | null;
  declare archived_at: string | null;
  declare created_at: string;
}
