import { Model } from 'objection';

/** A row of `payment_methods`: a reference kept at the gateway, never a card number. */
export class PaymentMethodModel extends Model {
  static override readonly tableName = 'payment_methods';
  declare id: string;
  declare account_id: string;
  declare gateway: string;
  declare method_reference: string;
  declare kind: string;
  declare brand: string | null;
  declare last_four: string | null;
  declare expiry_month: number | null;
  declare expiry_year: number | null;
  declare mandate_status: string | null;
  declare mandate_ceiling_micros: bigint | null;
  declare mandate_currency: string | null;
  declare created_at: string;
  declare default_at: string;
  declare checks_at: string | null;
  declare tells_at: string | null;
  declare detached_at: string | null;
  declare forgotten_at: string | null;
  declare refused_at: string | null;
  declare refused_code: string | null;
}
