import { z } from 'zod';
import { pageFields } from '../page';
import {
  idText,
  instantInput,
  instantOutput,
  moneyOutput,
  numberCapability,
  text,
} from './common.schema';
import { lifecycleFields } from './lifecycle.schema';

const status = z
  .enum(['pending', 'active', 'on_hold', 'releasing', 'released', 'failed'])
  .meta({ id: 'PhoneNumberStatus' });
/** More than any plan allows. */
const NUMBERS_MAX = 1_000;

export const phoneNumberParams = z.strictObject({ phone_number_id: idText });

export const phoneNumbersQuery = z.strictObject({
  ...pageFields,
  status: status.optional(),
});

export const phoneNumberChangeSchema = z
  .strictObject({
    auto_pay: z
      .boolean()
      .meta({ description: 'Off: nothing is charged by itself, and it goes on hold when due.' }),
  })
  .meta({ id: 'PhoneNumberChange' });

const reason = text().meta({ description: 'Why: kept in the audit, shown to nobody else.' });

export const operatorActionSchema = z.strictObject({ reason }).meta({ id: 'OperatorAction' });

export const extendGraceSchema = z
  .strictObject({
    until: instantInput.meta({ description: 'At most 60 days after the missed due date.' }),
    reason,
  })
  .meta({ id: 'ExtendGrace' });

export const numberPrioritySchema = z
  .strictObject({
    phone_number_ids: z.array(idText).max(NUMBERS_MAX).meta({
      description:
        'Whose rent is paid first, before the plan. Those left out come after the plan, by age.',
    }),
  })
  .meta({ id: 'PhoneNumberPriority' });

export const numberWarningSchema = z.strictObject({
  code: z.enum(['auto_pay_off', 'no_payment_method', 'balance_below_next_charge', 'on_hold']),
  message: z.string(),
  missing: moneyOutput
    .nullable()
    .meta({ description: 'What must come in; null: money is enough.' }),
  at: instantOutput.meta({ description: 'When it stops working; on hold: when it is given back.' }),
});

export const phoneNumberSchema = z
  .strictObject({
    id: z.string(),
    account_id: z.string(),
    order_id: z.string(),
    number: z.string().meta({ description: 'E.164, with the plus.', examples: ['+918000000001'] }),
    country: z.string(),
    capabilities: z.array(numberCapability),
    status,
    auto_pay: z.boolean(),
    rent: moneyOutput.meta({ description: 'Of a month, without tax.' }),
    anchor_at: instantOutput.meta({ description: 'Months are counted from here, for ever.' }),
    current_period: z
      .strictObject({ number: z.int(), starts_at: instantOutput, ends_at: instantOutput })
      .meta({ description: 'The last month that was paid. Half-open: the end is not in it.' }),
    hold: z
      .strictObject({
        reason: z.enum([
          'auto_pay_off',
          'insufficient_balance',
          'payment_declined',
          'payment_unanswered',
        ]),
        since: instantOutput,
        releases_at: instantOutput,
        pay_to_keep: moneyOutput
          .nullable()
          .meta({ description: 'What must come into the wallet; 0.00: it is there.' }),
      })
      .nullable()
      .meta({ description: 'Why it does not work, and when it is given back.' }),
    next_charge: z
      .strictObject({
        amount: moneyOutput.meta({ description: 'With tax.' }),
        at: instantOutput,
        owed: z.boolean(),
      })
      .nullable()
      .meta({ description: 'null: nothing is charged by itself.' }),
    warnings: z.array(numberWarningSchema),
    priority: z
      .int()
      .nullable()
      .meta({ description: 'Its place when money is short; null: after those that have one.' }),
    ordered_at: instantOutput,
    activated_at: instantOutput.nullable(),
    release_cause: z
      .enum(['asked', 'grace_ended', 'lacks_capability', 'not_delivered', 'operator'])
      .nullable(),
    released_at: instantOutput.nullable(),
    failure_reason: z.string().nullable(),
    operator_note: z.string().nullable(),
    ...lifecycleFields,
  })
  .meta({ id: 'PhoneNumber' });
