import { Model } from 'objection';

/** A row of `order_items`. Columns are described in migration 0004. */
export class OrderItemModel extends Model {
  static override readonly tableName = 'order_items';
  /** Without this an array of text would be written as JSON. */
  static override readonly jsonAttributes = [];
  declare id: string;
  declare account_id: string;
  declare order_id: string;
  declare place: number;
  declare kind: string;
  declare delivery_id: string;
  declare name: string;
  declare currency: string;
  declare price_micros: bigint;
  declare up_front_fee_micros: bigint;
  declare code: string | null;
  declare units: bigint | null;
  declare validity_days: number | null;
  declare channels: string[] | null;
  declare number: string | null;
  declare country: string | null;
  declare capabilities: string[] | null;
  declare required_capabilities: string[] | null;
  declare status: string;
  declare settled_at: string | null;
  declare failure_reason: string | null;
  declare refund_id: string | null;
}
