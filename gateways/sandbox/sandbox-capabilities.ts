/**
 * Owns: what the sandbox gateway takes: modes and limits per currency. Its server refuses by this
 * table and its adapter shows it, as a real gateway's adapter carries what its contract says.
 * Does not own: what a platform lets its customers pay (top-up limits are domain).
 * Example: `offerIn('INR')` has UPI and card, from 1.00 to 10 000 000.00; `offerIn('TRY')` card only.
 */
import { currencyFacts, type CurrencyCode } from '../../domain/currency';
import { parseMoney, roundToChargeStep, type Money } from '../../domain/money';
import type { PaymentMode } from '../../domain/payment/payment';
import type { CurrencyOffer, GatewayCapabilities } from '../payment-gateway';

/** Whose bank it imitates: `india` has the rules of its central bank for charges without the customer. */
export type SandboxRules = 'none' | 'india';

/** UPI is an Indian rail: it moves rupees and nothing else. */
const UPI_CURRENCY: CurrencyCode = 'INR';

const LIMITS: Partial<
  Readonly<Record<CurrencyCode, { readonly min: string; readonly max: string }>>
> = {
  INR: { min: '1.00', max: '10000000.00' },
  TRY: { min: '1.00', max: '10000000.00' },
  IDR: { min: '1000', max: '10000000000' },
  USD: { min: '0.50', max: '1000000.00' },
};

/** For the currencies without a line of their own. */
const DEFAULT_MAX = '1000000';

const UNATTENDED_MAX = parseMoney({ amount: '15000.00', currency: UPI_CURRENCY });

export const SANDBOX_CAPABILITIES: GatewayCapabilities = {
  offerIn,
  preDebitNoticeHours: { upi: 0, card: 0 },
  unattendedMax: () => null,
};

const CAPABILITIES_BY_RULES: Readonly<Record<SandboxRules, GatewayCapabilities>> = {
  none: SANDBOX_CAPABILITIES,
  india: {
    offerIn,
    preDebitNoticeHours: { upi: 24, card: 24 },
    unattendedMax: (_mode, currency) => (currency === UPI_CURRENCY ? UNATTENDED_MAX : null),
  },
};

/** What the adapter shows under these rules. The server takes the same in either case. */
export function capabilitiesUnder(rules: SandboxRules): GatewayCapabilities {
  return CAPABILITIES_BY_RULES[rules];
}

function offerIn(currency: CurrencyCode): CurrencyOffer {
  const limits = LIMITS[currency];
  const modes: readonly PaymentMode[] = currency === UPI_CURRENCY ? ['upi', 'card'] : ['card'];
  return {
    modes,
    min:
      limits === undefined
        ? smallestCharge(currency)
        : parseMoney({ amount: limits.min, currency }),
    max: parseMoney({ amount: limits?.max ?? DEFAULT_MAX, currency }),
  };
}

/** Whether the amount is a whole number of the smallest steps its currency can be charged in. */
export function isChargeable(money: Money): boolean {
  return roundToChargeStep(money, 'down').amountMicros === money.amountMicros;
}

function smallestCharge(currency: CurrencyCode): Money {
  const { exponent, chargeStepMinor } = currencyFacts(currency);
  return { amountMicros: BigInt(chargeStepMinor) * 10n ** BigInt(6 - exponent), currency };
}
