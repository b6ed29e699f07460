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
  declare created_at: string;
  declare detached_at: string | null;
  declare forgotten_at: string | null;
  declare refused_at: string | null;
  declare refused_code: string | null;
}
