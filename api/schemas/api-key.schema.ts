import { z } from 'zod';
import { ROLES, SCOPES } from '../caller';
import { idText, instantInput, instantOutput, text } from './common.schema';

const scopes = z.array(z.enum(SCOPES)).min(1).max(SCOPES.length);

const common = {
  scopes: scopes.transform((listed) => [...new Set(listed)]),
  name: text().optional(),
  mode: z.enum(['live', 'test']).default('live'),
  expires_at: instantInput.optional(),
};

/** A role names exactly the tenant it needs. */
export const newApiKeySchema = z
  .discriminatedUnion('role', [
    z.strictObject({ role: z.literal('operator'), ...common }).meta({ id: 'NewOperatorKey' }),
    z
      .strictObject({ role: z.literal('partner'), partner_id: idText, ...common })
      .meta({ id: 'NewPartnerKey' }),
    z
      .strictObject({ role: z.literal('account'), account_id: idText, ...common })
      .meta({ id: 'NewAccountKey' }),
  ])
  .meta({ id: 'NewApiKey' });

const shown = {
  id: z.string(),
  prefix: z.string().meta({ description: 'The first letters of the secret, to tell keys apart.' }),
  mode: z.enum(['live', 'test']),
  role: z.enum(ROLES),
  scopes: z.array(z.enum(SCOPES)),
  partner_id: z.string().nullable(),
  account_id: z.string().nullable(),
  name: z.string().nullable(),
  created_at: instantOutput,
  expires_at: instantOutput.nullable(),
  revoked_at: instantOutput.nullable(),
  last_used_at: instantOutput.nullable(),
};

export const apiKeySchema = z.strictObject(shown).meta({ id: 'ApiKey' });

export const createdApiKeySchema = z
  .strictObject({
    ...shown,
    secret: z.string().meta({ description: 'Shown here and never again. We keep a hash of it.' }),
  })
  .meta({ id: 'CreatedApiKey' });
