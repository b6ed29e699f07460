/** Razorpay's entities as its documentation shows them, for the server that tests speak to. */
export type Notes = Readonly<Record<string, string>>;

export interface Card {
  readonly id: string;
  readonly entity: 'card';
  readonly last4: string;
  readonly network: string;
}

export interface Payment {
  readonly id: string;
  readonly entity: 'payment';
  readonly amount: number;
  readonly currency: string;
  status: 'created' | 'authorized' | 'captured' | 'refunded' | 'failed';
  readonly order_id: string | null;
  readonly invoice_id: string | null;
  readonly international: false;
  readonly method: string;
  amount_refunded: number;
  refund_status: 'partial' | 'full' | null;
  captured: boolean;
  readonly description: string | null;
  readonly card_id: string | null;
  readonly card?: Card;
  readonly bank: null;
  readonly wallet: null;
  readonly vpa: string | null;
  readonly email: string | null;
  readonly contact: string;
  readonly customer_id?: string;
  readonly token_id?: string;
  /** Empty notes are a list. */
  readonly notes: Notes | readonly [];
  fee: number | null;
  tax: number | null;
  error_code: string | null;
  error_description: string | null;
  error_source: string | null;
  error_step: string | null;
  error_reason: string | null;
  readonly acquirer_data: object;
  readonly created_at: number;
}

export interface Order {
  readonly id: string;
  readonly entity: 'order';
  readonly amount: number;
  amount_paid: number;
  amount_due: number;
  readonly currency: string;
  readonly receipt: string | null;
  readonly offer_id: null;
  status: 'created' | 'attempted' | 'paid';
  attempts: number;
  notes: Notes;
  readonly created_at: number;
}

export interface Link {
  readonly id: string;
  readonly accept_partial: boolean;
  readonly amount: number;
  amount_paid: number;
  readonly currency: string;
  readonly reference_id: string;
  readonly description: string;
  readonly expire_by: number;
  readonly notes: Notes;
  readonly short_url: string;
  status: 'created' | 'partially_paid' | 'expired' | 'cancelled' | 'paid';
  readonly created_at: number;
}

export interface Invoice {
  readonly id: string;
  readonly entity: 'invoice';
  readonly receipt: string | null;
  readonly customer_id: string;
  readonly customer_details: {
    readonly id: string;
    readonly name: string;
    readonly email: string;
    readonly contact: string;
  };
  readonly order_id: string;
  payment_id: string | null;
  status: 'issued' | 'paid' | 'cancelled' | 'expired';
  readonly expire_by: number;
  readonly amount: number;
  readonly currency: string;
  readonly description: string;
  readonly notes: Notes;
  readonly short_url: string;
  readonly type: 'link';
  readonly created_at: number;
}

export interface Token {
  readonly id: string;
  readonly entity: 'token';
  readonly customer_id: string;
  readonly method: 'upi' | 'card';
  readonly card?: Omit<Card, 'id'> & {
    readonly expiry_month: number;
    readonly expiry_year: number;
  };
  readonly recurring: boolean;
  readonly recurring_details: { status: string; readonly failure_reason: null };
  readonly max_amount: number;
  readonly created_at: number;
}

export interface Refund {
  readonly id: string;
  readonly entity: 'refund';
  readonly amount: number;
  readonly currency: string;
  readonly payment_id: string;
  readonly notes: Notes;
  readonly receipt: null;
  status: 'pending' | 'processed' | 'failed';
  readonly created_at: number;
}

export interface Dispute {
  readonly id: string;
  readonly entity: 'dispute';
  readonly payment_id: string;
  readonly amount: number;
  readonly currency: string;
  amount_deducted: number;
  readonly reason_code: string;
  readonly respond_by: number;
  status: 'open' | 'under_review' | 'won' | 'lost' | 'closed';
  readonly phase: string;
  readonly created_at: number;
}

/** A line of the reconciliation report. */
export interface Settled {
  readonly entity_id: string;
  readonly type: 'payment' | 'refund' | 'transfer' | 'adjustment';
  readonly debit: number;
  readonly credit: number;
  readonly amount: number;
  readonly currency: string;
  readonly fee: number;
  readonly tax: number;
  readonly settled: boolean;
  readonly settled_at: number | null;
  readonly settlement_id: string;
  readonly payment_id: string | null;
  readonly dispute_id: string | null;
}
