import type { z } from 'zod';
import { BillingError } from '../../domain/billing-error';
import { parseMoney, roundToMinorUnit, type Money, type WireMoney } from '../../domain/money';
import type { PackageOffer } from '../../domain/package/package-offer';
import type { newMessagePackageSchema, newMinuteBundleSchema } from './package-offer.schema';

/** Throws `invalid_amount` for a price that nobody can pay. */
export function fromApiMessagePackage(
  body: z.output<typeof newMessagePackageSchema>,
): PackageOffer {
  const price = fromApiPrice(body.price);
  return {
    kind: 'message_package',
    code: body.code,
    name: body.name,
    units: body.messages,
    price,
    upFrontFee: { ...price, amountMicros: 0n },
    validityDays: body.validity_days,
    channels: body.channels ?? null,
  };
}

/** Throws `invalid_amount` for a price that nobody can pay, `currency_mismatch` for a fee in another currency. */
export function fromApiMinuteBundle(body: z.output<typeof newMinuteBundleSchema>): PackageOffer {
  const price = fromApiPrice(body.price);
  const fee = body.up_front_fee ?? { amount: '0', currency: price.currency };
  const field = 'up_front_fee';
  if (fee.currency !== price.currency) {
    const message = `The fee is in ${fee.currency}, the price in ${price.currency}.`;
    throw new BillingError('currency_mismatch', message, { field: `${field}.currency` });
  }
  return {
    kind: 'minute_bundle',
    code: body.code,
    name: body.name,
    units: body.minutes,
    price,
    upFrontFee: assertPayable(parseMoney(fee, field), field),
    validityDays: body.validity_days ?? null,
    channels: null,
  };
}

function fromApiPrice(wire: WireMoney): Money {
  const price = assertPayable(parseMoney(wire, 'price'), 'price');
  if (price.amountMicros > 0n) return price;
  const message = 'What is sold has a price above zero.';
  throw new BillingError('invalid_amount', message, { field: 'price.amount' });
}

function assertPayable(money: Money, field: string): Money {
  if (roundToMinorUnit(money, 'half_up').amountMicros === money.amountMicros) return money;
  const message = `${money.currency} has no smaller unit to pay this with.`;
  throw new BillingError('invalid_amount', message, { field: `${field}.amount` });
}
