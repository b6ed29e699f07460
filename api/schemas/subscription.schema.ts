import { z } from 'zod';
import { BILLING_CYCLES } from '../../domain/billing-period';
import { idText, instantOutput, moneyOutput, text } from './common.schema';
import { lifecycleFields } from './lifecycle.schema';

const cycle = z.enum(BILLING_CYCLES);
const track = z.enum(['plan', 'support']);

export const newSubscriptionSchema = z
  .strictObject({ plan_code: idText, cycle, track: track.optional() })
  .meta({ id: 'NewSubscription' });

export const cancelSubscriptionSchema = z
  .strictObject({ at: z.enum(['now', 'period_end']), reason: text().optional() })
  .meta({ id: 'CancelSubscription' });

export const subscriptionSchema = z
  .strictObject({
    id: z.string(),
    account_id: z.string(),
    track,
    status: z.enum(['active', 'past_due', 'suspended', 'ended']),
    plan_code: z.string(),
    plan_version: z.number().int(),
    cycle,
    price: moneyOutput,
    anchor_at: instantOutput,
    current_period: z
      .strictObject({ number: z.number().int(), starts_at: instantOutput, ends_at: instantOutput })
      .meta({ description: 'The last period that was paid. Half-open: the end is not in it.' }),
    cancels_at_period_end: z.boolean(),
    scheduled_change: z.null().meta({ description: 'None: changes cannot be scheduled yet.' }),
    past_due_since: instantOutput.nullable(),
    ended_at: instantOutput.nullable(),
    end_reason: z.string().nullable(),
    created_at: instantOutput,
    ...lifecycleFields,
  })
  .meta({ id: 'Subscription' });
