import { toWireMoney } from '../../domain/money';
import type { OfferedNumber } from '../../gateways/number-carrier';

export function toApiCarrierNumber(offered: OfferedNumber) {
  const { number, country, type, capabilities, fees } = offered;
  return {
    number,
    country,
    type,
    capabilities,
    up_front_fee: toWireMoney(fees.upFront),
    monthly_price: toWireMoney(fees.monthly),
  };
}
