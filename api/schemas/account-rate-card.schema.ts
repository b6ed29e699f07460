import { z } from 'zod';
import { idText } from './common.schema';

const namedCard = idText.nullable().optional();
export const accountCardsInput = z
  .strictObject({ whatsapp: namedCard, message: namedCard, call: namedCard })
  .meta({
    id: 'AccountRateCardsInput',
    description:
      'Codes of cards, which replace those named before. Left out or null: the default counts.',
  });

const cardOfChannel = z.strictObject({
  whatsapp: z.string().nullable(),
  message: z.string().nullable(),
  call: z.string().nullable(),
});
export const accountCardsSchema = cardOfChannel
  .extend({
    account_id: z.string(),
    in_force: cardOfChannel.meta({
      description: 'The card that rates: the named one, else the default. Null: the plan’s prices.',
    }),
  })
  .meta({ id: 'AccountRateCards', description: 'Null: no card is named for this account.' });
