import type { z } from 'zod';
import type { Account } from '../../db/repositories/account.repository';
import type { Partner } from '../../db/repositories/partner.repository';
import type { partnerSchema } from '../schemas/partner.schema';

type ApiPartner = z.input<typeof partnerSchema>;

/** A partner, its place told by its house account. */
export function toApiPartner({ id, name, createdAt }: Partner, house: Account | null): ApiPartner {
  const place = house === null ? NOWHERE : toApiPlace(house);
  return { id, name, ...place, created_at: createdAt };
}

type ApiPlace = Omit<ApiPartner, 'id' | 'name' | 'created_at'>;

const NOWHERE: ApiPlace = {
  house_account_id: null,
  country: null,
  currency: null,
  time_zone: null,
  test_clock_id: null,
};

function toApiPlace({ id, country, currency, timeZone, testClockId }: Account): ApiPlace {
  return {
    house_account_id: id,
    country,
    currency,
    time_zone: timeZone,
    test_clock_id: testClockId,
  };
}
