import { z } from 'zod';
import { country, currency, idText, instantOutput, text, timeZone } from './common.schema';

export const partnerParams = z.strictObject({ partner_id: idText });

const PLACE = ['country', 'currency', 'time_zone'] as const;

export const newPartnerSchema = z
  .strictObject({
    name: text(),
    country: country.optional(),
    currency: currency.optional(),
    time_zone: timeZone.optional(),
    test_clock_id: idText.optional().meta({
      description: 'A clock of yours: the house account lives in its time, and its customers may.',
    }),
  })
  .superRefine((partner, context) => {
    const missing = PLACE.filter((field) => partner[field] === undefined);
    const isBare = missing.length === PLACE.length && partner.test_clock_id === undefined;
    if (isBare) return;
    for (const field of missing) {
      const message = 'A house account needs a country, a currency and a time zone.';
      context.addIssue({ code: 'custom', path: [field], message, params: { code: 'required' } });
    }
  })
  .meta({
    id: 'NewPartner',
    description:
      'A country, a currency and a time zone give it a house account, with which it takes a partner plan of its ' +
      'own. Without all three it has none.',
  });

export const partnerSchema = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    house_account_id: z.string().nullable().meta({
      description:
        'The reseller’s own account, like others: wallet, address, documents, top-ups. null: none.',
    }),
    country: z.string().nullable(),
    currency: z.string().nullable(),
    time_zone: z.string().nullable(),
    test_clock_id: z.string().nullable(),
    created_at: instantOutput,
  })
  .meta({
    id: 'Partner',
    description: 'A reseller with accounts of its own. Its place is that of its house account.',
  });
