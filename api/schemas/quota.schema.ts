import { z } from 'zod';
import { METERS } from '../../domain/rating/rating-terms';
import { documentationUrl, instantOutput, moneyOutput } from './common.schema';

const units = z.int();

export const quotasSchema = z
  .strictObject({
    account_id: z.string(),
    as_of: instantOutput,
    documentation_url: documentationUrl,
    month: z
      .string()
      .regex(/^[0-9]{4}-[0-9]{2}$/)
      .meta({ description: 'Of the account’s calendar.', examples: ['2026-11'] }),
    resets_at: instantOutput.meta({
      description: 'The first instant of the next month in the account’s time zone.',
    }),
    items: z
      .array(
        z.strictObject({
          asset: z.enum(METERS),
          initial: units
            .nullable()
            .meta({ description: 'Granted by the plan or the agreement; null: without limit.' }),
          top_up: units.meta({ description: 'Bought for this month; gone with it.' }),
          used: units,
          held: units.meta({ description: 'Reserved for what is under way.' }),
          remaining: units.nullable().meta({
            description: 'Initial and top-up less used and held; null: without limit.',
          }),
          resets_at: instantOutput.nullable().meta({
            description:
              'Messages and seconds of calls last a month from the plan’s anchor, and are counted anew when ' +
              'the plan changes; null: there is nothing that ends.',
          }),
        }),
      )
      .meta({ description: 'A quota that nobody has used yet is shown full.' }),
    whatsapp_balance: z
      .strictObject({
        initial: moneyOutput.meta({ description: 'What is left of what the plan granted.' }),
        additional: moneyOutput.meta({
          description: 'What is left of what was paid in; below zero: it is owed.',
        }),
        total: moneyOutput,
        held: moneyOutput.meta({ description: 'Of the total, reserved for what is under way.' }),
      })
      .meta({ description: 'It rolls over to the next month.' }),
    available_users: z
      .strictObject({
        limit: z.int().nullable().meta({ description: 'null: there is no limit.' }),
        used: z.int(),
        available: z.int().nullable(),
      })
      .meta({ description: 'Seats for agents and supervisors; admins are not counted.' }),
  })
  .meta({ id: 'Quotas' });
