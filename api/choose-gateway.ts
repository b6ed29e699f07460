import type { Account } from '../db/repositories/account.repository';
import { BillingError } from '../domain/billing-error';
import type { CurrencyCode } from '../domain/currency';
import type { GatewayName, PaymentMode } from '../domain/payment/payment';
import { findGateway, type PaymentDesk } from '../gateways/offer-payments';
import type { PaymentGateway } from '../gateways/payment-gateway';

/**
 * The gateway that was asked for, or the one that takes the mode, or the currency in any mode (R2.11). Throws
 * `payment_mode_not_offered` when there is none.
 */
export function chooseGateway(
  desk: PaymentDesk,
  {
    gateway: name,
    mode,
  }: { readonly gateway?: GatewayName | undefined; readonly mode?: PaymentMode | undefined },
  { id: accountId, partnerId, currency }: Account,
): PaymentGateway {
  if (name !== undefined) return desk.gateways.get(name) ?? refuseGateway(name);
  const payment = { accountId, partnerId, currency };
  const taking = mode === undefined ? null : findGateway(desk, { ...payment, mode });
  return taking ?? findGateway(desk, { ...payment, mode: null }) ?? refuseCurrency(currency);
}

function refuseGateway(name: string): never {
  const message = `This platform does not take payments by ${name}.`;
  throw new BillingError('payment_mode_not_offered', message, { field: 'gateway' });
}

/** Throws: nobody takes the currency. */
export function refuseCurrency(currency: CurrencyCode): never {
  const message = `No payment gateway takes ${currency}.`;
  throw new BillingError('payment_mode_not_offered', message, { field: 'currency' });
}
