import { z } from 'zod';
import { instantOutput, moneyOutput } from './common.schema';
import { balancesSchema } from './ledger.schema';
import { subscriptionSchema } from './subscription.schema';

export const billingOverviewSchema = z
  .strictObject({
    account_id: z.string(),
    as_of: instantOutput,
    available: moneyOutput.meta({ description: 'What the wallet can pay now.' }),
    balances: balancesSchema.shape.items,
    plan: subscriptionSchema.nullable(),
    support_package: subscriptionSchema.nullable(),
    next_charges: z.array(
      z.strictObject({
        subscription_id: z.string(),
        plan_code: z.string(),
        amount: moneyOutput.meta({ description: 'With tax.' }),
        at: instantOutput,
        owed: z.boolean().meta({ description: 'It fell due and was not paid.' }),
      }),
    ),
    warnings: z.array(
      z.strictObject({
        code: z.enum(['payment_owed', 'renewal_not_covered']),
        subscription_id: z.string(),
        missing: moneyOutput,
        at: instantOutput,
        message: z.string(),
      }),
    ),
  })
  .meta({ id: 'BillingOverview', description: 'Everything the billing page shows, in one read.' });
