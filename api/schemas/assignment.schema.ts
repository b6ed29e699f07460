import { z } from 'zod';
import { BENEFITS } from '../../domain/partner-plan/pool';
import {
  billingCycle as cycle,
  idText,
  instantInput,
  instantOutput,
  moneyOutput,
} from './common.schema';
import { lifecycleFields } from './lifecycle.schema';

export const assignPlanSchema = z
  .strictObject({ partner_plan_id: idText, cycle })
  .meta({ id: 'AssignPartnerPlan' });

export const scheduleAssignmentSchema = assignPlanSchema
  .extend({ effective_at: instantInput })
  .meta({ id: 'ScheduleAssignment' });

const figure = z.int().nullable().meta({ description: 'null: without limit.' });

export const benefitsSchema = z
  .strictObject({ messages: figure, wa_conversations: figure, team_members: figure })
  .meta({
    id: 'Benefits',
    description:
      'Messages a month over all channels but WhatsApp, WhatsApp conversations a month, seats; also of a yearly plan.',
  });

export const assignmentSchema = z
  .strictObject({
    id: z.string().meta({ description: 'Of the subscription that keeps it.' }),
    account_id: z.string(),
    partner_plan_id: z.string(),
    display_name: z.string(),
    type: z.enum(['usage_based', 'revenue_sharing']),
    version: z
      .int()
      .meta({ description: 'The one it was assigned in. It keeps it, whatever the plan becomes.' }),
    cycle,
    paid_by: z
      .enum(['partner', 'account'])
      .meta({ description: 'Whose wallet pays: usage-based, the reseller’s.' }),
    price: moneyOutput
      .nullable()
      .meta({ description: 'Of one period. null: it is between the reseller and the platform.' }),
    benefits: benefitsSchema,
    status: z.enum(['active', 'past_due', 'suspended', 'paused', 'ended']),
    current_period: z.strictObject({ starts_at: instantOutput, ends_at: instantOutput }),
    cancels_at_period_end: z.boolean(),
    scheduled_change: z
      .strictObject({
        partner_plan_id: z.string(),
        version: z.int(),
        cycle,
        effective_at: instantOutput,
      })
      .nullable(),
    created_at: instantOutput,
    ...lifecycleFields,
  })
  .meta({ id: 'PartnerPlanAssignment', description: 'The partner plan an account has.' });

export const allocationSchema = z
  .strictObject({
    items: z.array(
      z.strictObject({
        benefit: z.enum(BENEFITS),
        total: figure.meta({ description: 'Of the reseller’s own plan. null: without limit.' }),
        allocated: figure.meta({
          description: 'What its customers have been given. null: one of them has no limit.',
        }),
        used: z.int().meta({ description: 'Of that, this month, or seats taken.' }),
        free: figure.meta({ description: 'What can still be given. null: without limit.' }),
      }),
    ),
  })
  .meta({ id: 'Allocation', description: 'A reseller’s pool.' });
