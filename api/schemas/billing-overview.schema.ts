import { z } from 'zod';
import { instantOutput, moneyOutput } from './common.schema';
import { balancesSchema } from './ledger.schema';
import { minutesSchema, packageSchema } from './package.schema';
import { numberWarningSchema, phoneNumberSchema } from './phone-number.schema';
import { subscriptionSchema } from './subscription.schema';

export const billingOverviewSchema = z
  .strictObject({
    account_id: z.string(),
    as_of: instantOutput,
    available: moneyOutput.meta({ description: 'What the wallet can pay now.' }),
    balances: balancesSchema.shape.items,
    plan: subscriptionSchema.nullable(),
    support_package: subscriptionSchema.nullable(),
    service_hold: z
      .strictObject({ dispute_id: z.string(), since: instantOutput, reason: z.string() })
      .nullable()
      .meta({ description: 'Why service is on hold, whatever the plan says; null: it is not.' }),
    minutes: minutesSchema,
    extra_packages: z.array(packageSchema).meta({ description: 'Messages, not used up.' }),
    phone_numbers: z
      .array(phoneNumberSchema)
      .meta({ description: 'Those not given back, in the order in which money goes to them.' }),
    next_charges: z.array(
      z.strictObject({
        subscription_id: z.string().nullable(),
        plan_code: z.string().nullable(),
        phone_number_id: z.string().nullable(),
        amount: moneyOutput.meta({ description: 'With tax.' }),
        at: instantOutput,
        owed: z.boolean().meta({ description: 'It fell due and was not paid.' }),
      }),
    ),
    warnings: z.array(
      z.strictObject({
        code: z.enum([
          'payment_owed',
          'renewal_not_covered',
          ...numberWarningSchema.shape.code.options,
        ]),
        subscription_id: z.string().nullable(),
        phone_number_id: z.string().nullable(),
        missing: moneyOutput.nullable(),
        at: instantOutput,
        message: z.string(),
      }),
    ),
  })
  .meta({ id: 'BillingOverview', description: 'Everything the billing page shows, in one read.' });
