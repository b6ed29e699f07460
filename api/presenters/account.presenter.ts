import type { z } from 'zod';
import type { Account } from '../../db/repositories/account.repository';
import type { accountSchema } from '../schemas/account.schema';

export function toApiAccount(account: Account): z.input<typeof accountSchema> {
  return {
    id: account.id,
    name: account.name,
    country: account.country,
    currency: account.currency,
    time_zone: account.timeZone,
    partner_id: account.partnerId,
    test_clock_id: account.testClockId,
    external_id: account.externalId,
    created_at: account.createdAt,
    updated_at: account.updatedAt,
  };
}
