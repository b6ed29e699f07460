import { z } from 'zod';
import { instantOutput, text } from './common.schema';

export const newPartnerSchema = z.strictObject({ name: text() }).meta({ id: 'NewPartner' });

export const partnerSchema = z
  .strictObject({ id: z.string(), name: z.string(), created_at: instantOutput })
  .meta({ id: 'Partner', description: 'A reseller with accounts of its own.' });
