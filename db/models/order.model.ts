import { Model } from 'objection';
import type { SaleColumns, TaxationColumn } from '../repositories/sale.columns';

/** A row of `orders`. Columns are described in migration 0004. */
export class OrderModel extends Model {
  static override readonly tableName = 'orders';
  /** Written as JSON text and read parsed. */
  static override readonly jsonAttributes = ['lines', 'tax_lines', 'taxation'];
  declare id: string;
  declare account_id: string;
  declare workflow_id: string;
  declare revision: bigint;
  declare kind: string;
  declare target: string | null;
  declare visitors: number | null;
  declare note: string | null;
  declare pays_for_kind: string | null;
  declare pays_for_id: string | null;
  declare subtotal_micros: bigint;
  declare tax_total_micros: bigint;
  declare round_off_micros: bigint;
  declare total_micros: bigint;
  declare lines: SaleColumns['lines'];
  declare tax_lines: SaleColumns['tax_lines'];
  declare taxation: TaxationColumn;
  declare currency: string;
  declare gateway: string;
  declare mode: string | null;
  declare status: string;
  declare placed_at: string;
  declare pay_asked_at: string | null;
  declare expires_at: string;
  declare checkout_id: string | null;
  declare checkout_url: string | null;
  declare checkout_attempts: number;
  declare checks_made: number;
  declare asks_unanswered: number;
  declare paid_at: string | null;
  declare item_checks_made: number;
  declare failure_reason: string | null;
  declare next_action_kind: string;
  declare next_action_at: string | null;
  declare next_action_reason: string;
  declare next_action_outside: 'asked' | 'awaited' | null;
  declare created_at: string;
  declare updated_at: string;
}
