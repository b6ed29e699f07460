import { z } from 'zod';
import {
  billingCycle as cycle,
  idText,
  instantInput,
  instantOutput,
  moneyOutput,
  text,
} from './common.schema';
import { lifecycleFields } from './lifecycle.schema';

const track = z.enum(['plan', 'support']);

export const newSubscriptionSchema = z
  .strictObject({ plan_code: idText, cycle, track: track.optional() })
  .meta({ id: 'NewSubscription' });

export const cancelSubscriptionSchema = z
  .strictObject({ at: z.enum(['now', 'period_end']), reason: text().optional() })
  .meta({ id: 'CancelSubscription' });

export const changeSubscriptionSchema = z
  .strictObject({
    plan_code: idText,
    cycle,
    force: z
      .boolean()
      .default(false)
      .meta({ description: 'To a plan that costs nothing: now, not at the period’s end.' }),
  })
  .meta({ id: 'ChangeSubscription' });

export const scheduleChangeSchema = z
  .strictObject({ plan_code: idText, cycle, effective_at: instantInput })
  .meta({ id: 'ScheduleChange' });

export const pauseSubscriptionSchema = z
  .strictObject({
    at: z.enum(['now', 'period_end']).default('period_end'),
    resumes_at: instantInput
      .optional()
      .meta({ description: 'When it goes on by itself. Left out: when it is resumed.' }),
  })
  .meta({ id: 'PauseSubscription' });

const periodOutput = z.strictObject({ starts_at: instantOutput, ends_at: instantOutput });

export const changeLinesSchema = z
  .array(
    z.strictObject({
      kind: z.enum(['proration_credit', 'proration_charge', 'plan_charge', 'tax', 'round_off']),
      description: z.string(),
      ...moneyOutput.shape,
      period: periodOutput.nullable(),
    }),
  )
  .meta({ description: 'They sum to what is charged, or, below zero, credited to the wallet.' });

export const changePreviewSchema = z
  .strictObject({
    lines: changeLinesSchema,
    total_due: moneyOutput,
    credit_to_wallet: moneyOutput,
    balance_after: moneyOutput.meta({ description: 'Below zero: that much is missing.' }),
    sufficient: z.boolean(),
    effective_at: instantOutput,
    new_period: periodOutput,
    over_limit: z
      .strictObject({ feature: z.string(), limit: z.int(), used: z.int() })
      .nullable()
      .meta({
        description: 'In use beyond the plan’s limit. Existing ones are kept; none can be added.',
      }),
  })
  .meta({ id: 'ChangePreview', description: 'Exactly what a change now would do.' });

export const subscriptionSchema = z
  .strictObject({
    id: z.string(),
    account_id: z.string(),
    serves_account_id: z.string().meta({
      description:
        'Who has the plan: the account itself, or the customer whose plan its reseller pays.',
    }),
    track,
    status: z.enum(['active', 'past_due', 'suspended', 'paused', 'ended']),
    plan_code: z.string(),
    plan_version: z.number().int(),
    cycle,
    price: moneyOutput,
    anchor_at: instantOutput,
    current_period: z
      .strictObject({ number: z.number().int(), starts_at: instantOutput, ends_at: instantOutput })
      .meta({ description: 'The last period that was paid. Half-open: the end is not in it.' }),
    cancels_at_period_end: z.boolean(),
    pauses_at_period_end: z.boolean(),
    paused_at: instantOutput.nullable(),
    resumes_at: instantOutput.nullable(),
    scheduled_change: z
      .strictObject({
        plan_code: z.string(),
        plan_version: z.number().int(),
        cycle,
        price: moneyOutput,
        effective_at: instantOutput,
        scheduled_at: instantOutput,
      })
      .nullable()
      .meta({ description: 'Its price is the one of the day it was scheduled.' }),
    past_due_since: instantOutput.nullable(),
    ended_at: instantOutput.nullable(),
    end_reason: z.string().nullable(),
    created_at: instantOutput,
    ...lifecycleFields,
  })
  .meta({ id: 'Subscription' });

export const changedSubscriptionSchema = subscriptionSchema
  .extend({ lines: changeLinesSchema })
  .meta({ id: 'ChangedSubscription' });
