import type { z } from 'zod';
import type { ApiKey } from '../../db/repositories/api-key.repository';
import type { apiKeySchema } from '../schemas/api-key.schema';

export function toApiApiKey(key: ApiKey): z.input<typeof apiKeySchema> {
  return {
    id: key.id,
    prefix: key.prefix,
    mode: key.mode,
    role: key.role,
    scopes: [...key.scopes],
    partner_id: key.partnerId,
    account_id: key.accountId,
    name: key.name,
    created_at: key.createdAt,
    expires_at: key.expiresAt,
    revoked_at: key.revokedAt,
    last_used_at: key.lastUsedAt,
  };
}
