import { z } from 'zod';
import { PACKAGE_STATUSES } from '../../domain/package/package';
import { pageFields } from '../page';
import { idText, instantOutput, moneyOutput, text } from './common.schema';
import { lifecycleFields } from './lifecycle.schema';

const REASON_MAX = 500;
const KINDS = ['message_package', 'minute_bundle'] as const;

export const packagesQuery = z.strictObject({
  ...pageFields,
  kind: z.enum(KINDS).default('message_package'),
  status: z.enum(['active', 'all']).default('active').meta({
    description: 'active: not over and something left. all: the history, with its usage.',
  }),
});

export const packageParams = z.strictObject({ package_id: idText });

const count = z.int().optional();

export const packageSchema = z
  .strictObject({
    id: z.string(),
    account_id: z.string(),
    order_id: z.string(),
    kind: z.enum(KINDS),
    code: z.string(),
    name: z.string(),
    price: moneyOutput.meta({ description: 'As it was sold, without fee and tax.' }),
    status: z
      .enum([...PACKAGE_STATUSES, 'exhausted'])
      .meta({ description: 'exhausted: all of it is used, and it has not ended yet.' }),
    messages_total: count.meta({ description: 'Of a message package; of a bundle, minutes_….' }),
    messages_remaining: count.meta({ description: 'What may be used now.' }),
    messages_held: count.meta({ description: 'Reserved for what is under way.' }),
    messages_used: count,
    messages_forfeited: count.meta({ description: 'What was left when it ended.' }),
    minutes_total: count,
    minutes_remaining: count.meta({
      description: 'Whole minutes; one already started is not counted.',
    }),
    minutes_held: count,
    minutes_used: count,
    minutes_forfeited: count,
    purchased_at: instantOutput,
    expires_at: instantOutput.meta({ description: 'Not covered any more.' }),
    ended_at: instantOutput.nullable(),
    ...lifecycleFields,
  })
  .meta({ id: 'Package', description: 'Messages or call minutes that were bought.' });

/** R0.05: the empty answer is exactly its two fields. */
export const packagesSchema = z
  .strictObject({
    items: z.array(packageSchema),
    message: z.literal('Not Found!').optional().meta({ description: 'Only when there is none.' }),
    next_cursor: z.string().nullable().optional(),
  })
  .meta({ id: 'Packages' });

export const voidPackageSchema = z
  .strictObject({ reason: text(REASON_MAX).meta({ description: 'Why, for the events.' }) })
  .meta({ id: 'VoidPackage' });

export const minutesSchema = z
  .strictObject({
    account_id: z.string(),
    as_of: instantOutput,
    plan: z.strictObject({ code: z.string(), name: z.string(), status: z.string() }).nullable(),
    total_minutes: z.int().meta({ description: 'Of the plan’s month and the bundles that last.' }),
    remaining_minutes: z.int().meta({ description: 'Whole minutes that may be used now.' }),
    used_percent: z
      .string()
      .meta({ description: 'Of the seconds, two decimals.', examples: ['26.06'] }),
    next_billing_and_plan_expiry: instantOutput
      .nullable()
      .meta({ description: 'When the plan’s paid period ends; null without a plan.' }),
    bundles: z.array(packageSchema).meta({ description: 'Those that last, also used up ones.' }),
  })
  .meta({ id: 'Minutes', description: 'Call minutes; kept in seconds, told in minutes.' });
