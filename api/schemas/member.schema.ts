import { z } from 'zod';
import { MEMBER_ROLES } from '../../domain/member';
import { idText, instantOutput } from './common.schema';

export const memberParams = z.strictObject({ account_id: idText, member_id: idText });

const role = z.enum(MEMBER_ROLES).meta({
  description: 'Agents and supervisors take a seat of the plan, admins do not.',
});

export const memberRoleSchema = z.strictObject({ role }).meta({ id: 'MemberRole' });

export const memberSchema = z
  .strictObject({
    id: z.string().meta({ description: 'Your own id of the person; it says nothing to us.' }),
    account_id: z.string(),
    role,
    created_at: instantOutput,
    updated_at: instantOutput,
  })
  .meta({ id: 'Member' });

export const removedMemberSchema = memberSchema
  .pick({ id: true, account_id: true })
  .meta({ id: 'RemovedMember' });
