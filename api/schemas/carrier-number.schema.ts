import { z } from 'zod';
import { NUMBER_CAPABILITIES, NUMBER_TYPES } from '../../domain/number-capability';
import { pageFields } from '../page';
import { country, moneyOutput, numberCapability } from './common.schema';

const type = z.enum(NUMBER_TYPES);

export const carrierNumberQuery = z.strictObject({
  limit: pageFields.limit,
  country,
  type: type.optional(),
  capabilities: z
    .string()
    .regex(
      new RegExp(`^(${NUMBER_CAPABILITIES.join('|')})(,(${NUMBER_CAPABILITIES.join('|')})){0,2}$`),
      {
        error: 'These are not capabilities with commas between, like sms,voice.',
      },
    )
    .transform((joined) => joined.split(','))
    .pipe(z.array(numberCapability))
    .optional()
    .meta({ description: 'All of them, with commas between.', examples: ['sms,voice'] }),
});

export const carrierNumberSchema = z
  .strictObject({
    number: z.string().meta({ description: 'E.164.', examples: ['+918000000001'] }),
    country: z.string(),
    type,
    capabilities: z.array(numberCapability),
    up_front_fee: moneyOutput,
    monthly_price: moneyOutput,
  })
  .meta({
    id: 'CarrierNumber',
    description: 'On offer when it was asked for; nothing is reserved.',
  });
