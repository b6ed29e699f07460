import { z } from 'zod';
import { country, currency, idText, instantOutput, text, timeZone } from './common.schema';

export const accountParams = z.strictObject({ account_id: idText });

export const newAccountSchema = z
  .strictObject({
    name: text(),
    country,
    currency,
    time_zone: timeZone,
    partner_id: idText.optional(),
    test_clock_id: idText.optional(),
    external_id: text().optional(),
    plan_code: idText
      .optional()
      .meta({ description: 'A plan that costs nothing, started with the account, monthly.' }),
  })
  .meta({ id: 'NewAccount' });

export const accountChangeSchema = z
  .strictObject({
    name: text().optional(),
    country: country.optional(),
    external_id: text().nullable().optional(),
  })
  .meta({
    id: 'AccountChange',
    description: 'What is left out stays. Currency and time zone are for ever.',
  });

export const accountSchema = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    country: z.string(),
    currency: z.string(),
    time_zone: z.string(),
    partner_id: z.string().nullable(),
    test_clock_id: z.string().nullable(),
    external_id: z.string().nullable(),
    created_at: instantOutput,
    updated_at: instantOutput,
  })
  .meta({ id: 'Account', description: 'The billed business.' });
