/**
 * Owns: the port to who pays out money for us: what we ask, and what it can answer, in our words.
 * Does not own: how much is paid and when (domain/revenue-share/), the adapters (sandbox-payouts.ts).
 * Rules: a payout is asked for under our reference, which is its idempotency key, too: the same again is paid once.
 * After an unknown outcome look it up by the reference. It knows the partner under the partner's id: no number of an
 * account at a bank is ever ours.
 * Example: `send` of `payout/pout_1` over 200.00 INR for `prt_1` resolves to `{ kind: 'paid', payoutId: 'sbx_po_…' }`; a
 * dead network rejects with `PayoutBankUnavailable`.
 */
import type { Money } from '../../domain/money';
import type { PayoutOutcome } from '../../domain/revenue-share/decide-payout';

export interface PayoutRequest {
  /** Our name for it: of all that are ever sent, one. */
  readonly reference: string;
  /** The partner's id. */
  readonly beneficiary: string;
  readonly money: Money;
}

export interface PayoutBank {
  /** Pays, or says why not. Repeated with the same reference it pays once and answers as it stands. */
  send(request: PayoutRequest): Promise<PayoutOutcome>;
  /** How a payout stands; null: the bank has never heard of it. */
  find(query: { readonly reference: string }): Promise<PayoutOutcome | null>;
}

/** The bank gave no answer we can use: it may have paid. Look the payout up before anything else. */
export class PayoutBankUnavailable extends Error {
  override readonly name = 'PayoutBankUnavailable';
}
