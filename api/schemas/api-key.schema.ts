import { z } from 'zod';
import { ROLES, SCOPES } from '../caller';
import { idText, instantInput, instantOutput, text } from './common.schema';

const scopes = z.array(z.enum(SCOPES)).min(1).max(SCOPES.length);

/** Which field names the tenant of a role. */
const TENANT_FIELD = { operator: null, partner: 'partner_id', account: 'account_id' } as const;

export const newApiKeySchema = z
  .strictObject({
    role: z.enum(ROLES),
    scopes: scopes.transform((listed) => [...new Set(listed)]),
    partner_id: idText.optional(),
    account_id: idText.optional(),
    name: text().optional(),
    mode: z.enum(['live', 'test']).default('live'),
    expires_at: instantInput.optional(),
  })
  .superRefine((key, context) => {
    for (const field of ['partner_id', 'account_id'] as const) {
      const isNeeded = TENANT_FIELD[key.role] === field;
      if ((key[field] !== undefined) === isNeeded) continue;
      const message = `A key with the role "${key.role}" ${isNeeded ? 'needs this' : 'has no such'} field.`;
      const code = isNeeded ? 'required' : 'not_allowed';
      context.addIssue({ code: 'custom', path: [field], message, params: { code } });
    }
  })
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
