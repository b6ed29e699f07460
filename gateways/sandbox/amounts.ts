/**
 * Owns: reading an amount a merchant sent and refusing what the sandbox does not take.
 * Does not own: the limits (sandbox-capabilities.ts) or money itself (domain/money.ts).
 * Example: `readCharge({ amount: '10.5', currency: 'IDR' })` refuses: rupiah are paid whole.
 */
import { BillingError } from '../../domain/billing-error';
import { compareMoney, formatAmount, parseMoney, type Money } from '../../domain/money';
import type { PaymentMode } from '../../domain/payment/payment';
import { isChargeable, SANDBOX_CAPABILITIES } from './sandbox-capabilities';
import { SandboxRefusal } from './server/sandbox-refusal';

interface WireAmount {
  readonly amount: string;
  readonly currency: string;
}

/** Money of its two fields. Throws SandboxRefusal `invalid_request`. */
export function readMoney(wire: WireAmount): Money {
  try {
    return parseMoney(wire);
  } catch (error) {
    if (error instanceof BillingError) throw new SandboxRefusal('invalid_request', error.message);
    throw error;
  }
}

/** Money that can be charged in one of these modes. Throws SandboxRefusal when it cannot. */
export function readCharge(wire: WireAmount, modes: readonly PaymentMode[]): Money {
  const money = readMoney(wire);
  const offer = SANDBOX_CAPABILITIES.offerIn(money.currency);
  if (offer === null) {
    throw new SandboxRefusal('currency_not_offered', `${money.currency} is not taken here`);
  }
  const refusedMode = modes.find((mode) => !offer.modes.includes(mode));
  if (refusedMode !== undefined) {
    throw new SandboxRefusal('mode_not_offered', `${refusedMode} does not pay ${money.currency}`);
  }
  if (!isChargeable(money)) {
    throw new SandboxRefusal(
      'invalid_request',
      `${wire.amount} has more decimals than can be paid`,
    );
  }
  if (compareMoney(money, offer.min) < 0 || compareMoney(money, offer.max) > 0) {
    const range = `${formatAmount(offer.min)} to ${formatAmount(offer.max)} ${money.currency}`;
    throw new SandboxRefusal('amount_out_of_range', `an amount is ${range}`);
  }
  return money;
}
