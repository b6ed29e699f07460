import { z } from 'zod';
import { LIMIT_NAMES } from '../../domain/entitlement';
import { idText, word } from './common.schema';

const AMOUNT_MAX = 1_000_000_000_000;

export const entitlementQuestionSchema = z
  .strictObject({
    account_id: idText,
    feature: word.meta({
      description: `A limit (${LIMIT_NAMES.join(', ')}) or something that plans switch on.`,
      examples: ['phone_numbers', 'concurrent_calls', 'sso'],
    }),
    amount: z
      .int()
      .min(0)
      .max(AMOUNT_MAX)
      .default(1)
      .meta({
        description:
          'Phone numbers and team members: how many more, those in use are counted here. Every other limit: ' +
          'the total that is wanted, for the caller counts.',
      }),
  })
  .meta({ id: 'EntitlementQuestion' });

export const entitlementAnswerSchema = z
  .strictObject({
    allowed: z.boolean(),
    limit: z.int().nullable().meta({ description: 'null: there is no limit.' }),
    used: z.int().meta({ description: 'What is known here to be in use.' }),
    reason: z.string().meta({ description: 'One sentence.' }),
  })
  .meta({ id: 'EntitlementAnswer', description: 'By the plan the account has at this instant.' });
