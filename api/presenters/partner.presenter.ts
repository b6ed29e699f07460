import type { z } from 'zod';
import type { Partner } from '../../db/repositories/partner.repository';
import type { partnerSchema } from '../schemas/partner.schema';

export function toApiPartner({ id, name, createdAt }: Partner): z.input<typeof partnerSchema> {
  return { id, name, created_at: createdAt };
}
