import { Model } from 'objection';

/** A row of `payments`. Columns are described in migration 0004. */
export class PaymentModel extends Model {
  static override readonly tableName = 'payments';
  declare id: string;
  declare account_id: string;
  declare payer_kind: string;
  declare payer_id: string;
  declare gateway: string;
  declare gateway_payment_id: string;
  declare amount_micros: bigint;
  declare fee_micros: bigint | null;
  declare currency: string;
  declare status: string;
  declare mode: string;
  declare decline_code: string | null;
  declare effective_at: string;
  declare created_at: string;
  declare updated_at: string;
}
