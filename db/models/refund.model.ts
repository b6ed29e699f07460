import { Model } from 'objection';
import type { SaleColumns, TaxationColumn } from '../repositories/sale.columns';

/** A row of `refunds`. Columns are described in migration 0006. */
export class RefundModel extends Model {
  static override readonly tableName = 'refunds';
  /** Written as JSON text and read parsed. */
  static override readonly jsonAttributes = ['lines', 'tax_lines', 'taxation'];
  declare id: string;
  declare account_id: string;
  declare workflow_id: string;
  declare revision: bigint;
  declare target: string;
  declare invoice_id: string | null;
  declare payment_id: string | null;
  declare gateway: string | null;
  declare gateway_payment_id: string | null;
  declare references_id: string;
  declare currency: string;
  declare subtotal_micros: bigint;
  declare tax_total_micros: bigint;
  declare round_off_micros: bigint;
  declare total_micros: bigint;
  declare lines: SaleColumns['lines'];
  declare tax_lines: SaleColumns['tax_lines'];
  declare taxation: TaxationColumn;
  declare reason: string | null;
  declare status: string;
  declare requested_at: string;
  declare attempts_made: number;
  declare settled_at: string | null;
  declare gateway_refund_id: string | null;
  declare failure_reason: string | null;
  declare document_id: string | null;
  declare next_action_kind: string;
  declare next_action_at: string | null;
  declare next_action_reason: string;
  declare next_action_outside: 'asked' | 'awaited' | null;
  declare created_at: string;
  declare updated_at: string;
}
