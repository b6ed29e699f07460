import { z } from 'zod';
import { DISPUTE_STATUSES } from '../../domain/dispute/dispute';
import { instantOutput, moneyOutput } from './common.schema';
import { lifecycleFields } from './lifecycle.schema';

export const disputeSchema = z
  .strictObject({
    id: z.string(),
    account_id: z.string(),
    payment_id: z.string(),
    gateway: z.string(),
    gateway_dispute_id: z.string(),
    status: z.enum(DISPUTE_STATUSES).meta({
      description:
        '`reported`: the gateway is being asked. `mismatched`: what it says does not fit our payment. ' +
        '`warning`: the bank asks, no money is taken yet. `won` and `lost` are final.',
    }),
    amount: moneyOutput
      .nullable()
      .meta({ description: 'What is disputed, with tax; null: the gateway has not said.' }),
    taken: moneyOutput.nullable().meta({
      description: 'What is out of the wallet because of it, without the tax of the payment.',
    }),
    fee: moneyOutput.nullable().meta({
      description: 'What the gateway asks for the dispute. It is not charged to the account.',
    }),
    reason: z.string().nullable().meta({ description: "The gateway's own word." }),
    mismatch: z
      .string()
      .nullable()
      .meta({ description: "Why the gateway's last answer was not believed." }),
    evidence_due_at: instantOutput.nullable(),
    service_held_since: instantOutput
      .nullable()
      .meta({ description: 'null: the service of the account is not on hold because of it.' }),
    document_id: z.string().nullable().meta({
      description: 'The refund voucher of a lost dispute: `GET /v1/invoices/{document_id}`.',
    }),
    reported_at: instantOutput,
    opened_at: instantOutput.nullable(),
    settled_at: instantOutput.nullable(),
    ...lifecycleFields,
  })
  .meta({ id: 'Dispute', description: "A payment that the customer's bank takes back." });
