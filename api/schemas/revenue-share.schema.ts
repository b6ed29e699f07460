import { z } from 'zod';
import { isMonthKey } from '../../domain/calendar';
import { PAYOUT_TARGETS } from '../../domain/revenue-share/decide-payout';
import { REVENUE_SHARE_STATUSES } from '../../domain/revenue-share/revenue-share';
import { SHARE_BPS_MAX } from '../../domain/partner-plan/partner-plan';
import { amountInput, idText, instantOutput, moneyOutput } from './common.schema';
import { lifecycleFields } from './lifecycle.schema';

const RESERVE_DAYS_MAX = 366;

const MONTH = '^2[01][0-9]{2}-(0[1-9]|1[0-2])$';
const month = z
  .string()
  .regex(new RegExp(MONTH), { error: 'This is not a month like 2026-11.' })
  .refine(isMonthKey)
  .meta({
    description: 'A month in the partner’s time zone.',
    pattern: MONTH,
    examples: ['2026-11'],
  });

const basisPoints = z.int().min(0).max(SHARE_BPS_MAX);

export const partnerParams = z.strictObject({ partner_id: idText });
export const statementParams = z.strictObject({ partner_id: idText, month });
export const payoutParams = z.strictObject({ partner_id: idText, payout_id: idText });

export const termsInputSchema = z
  .strictObject({
    reserve_bps: basisPoints.default(0).meta({
      description: 'This part of what a month earned is held, in basis points.',
    }),
    reserve_days: z.int().min(0).max(RESERVE_DAYS_MAX).default(0).meta({
      description: 'For so many days from the end of the month; 0: nothing is held.',
    }),
    gateway_fee_bps: basisPoints.default(0).meta({
      description: 'What the gateway costs is taken off what was collected before it is shared.',
    }),
    payout_minimum: amountInput.default('0').meta({
      description: 'Less is not paid out at once. Decimal text in the partner’s currency.',
      examples: ['500.00'],
    }),
  })
  .meta({ id: 'NewRevenueShareTerms' });

export const termsSchema = z
  .strictObject({
    partner_id: z.string(),
    reserve_bps: z.int(),
    reserve_days: z.int(),
    gateway_fee_bps: z.int(),
    payout_minimum: moneyOutput,
  })
  .meta({ id: 'RevenueShareTerms' });

export const revenueShareSchema = z
  .strictObject({
    partner_id: z.string(),
    account_id: z.string().meta({ description: 'The partner’s own account.' }),
    status: z.enum(REVENUE_SHARE_STATUSES),
    open_month: z.string().meta({ description: 'Every month before has its statement.' }),
    awaiting_approval: z.int().meta({ description: 'Statements with something to pay.' }),
    payable: moneyOutput.meta({ description: 'Approved and not on its way to be paid.' }),
    ...lifecycleFields,
  })
  .meta({ id: 'RevenueShare', description: 'What a partner earns, and what happens next to it.' });

export const LINE_COLUMNS = {
  effective_at: instantOutput,
  kind: z.enum(['accrual', 'clawback']),
  account_id: z.string(),
  account_name: z.string(),
  subscription_id: z.string(),
  invoice_id: z.string().meta({ description: 'The charge.' }),
  document_id: z.string().meta({ description: 'The invoice that collected, or what credited it.' }),
  collected: z.string().meta({
    description: 'Net of tax; of a clawback what was given back. Decimal text, never below zero.',
  }),
  tax: z.string(),
  fee: z.string(),
  base: z.string(),
  share_bps: z.int().meta({ description: 'As it was earned.' }),
  share: z.string(),
  currency: z.string(),
};

const lineSchema = z.strictObject(LINE_COLUMNS).meta({ id: 'RevenueShareLine' });

const statementFields = {
  partner_id: z.string(),
  month: z.string(),
  status: z.enum(['open', 'awaiting_approval', 'approved', 'paid']).meta({
    description: '`open`: the month has not ended; what is shown is what it comes to so far.',
  }),
  collected: moneyOutput.meta({
    description: 'Taken from customers’ wallets for their plans, net of tax.',
  }),
  tax: moneyOutput.meta({ description: 'Taken beside it, owed to the state.' }),
  refunds: moneyOutput.meta({ description: 'Given back by credit notes, net of tax.' }),
  fees: moneyOutput.meta({ description: 'Of the gateway, by the partner’s terms.' }),
  base: moneyOutput.meta({ description: 'Collected less refunds and fees.' }),
  share_bps: z.int().nullable().meta({
    description: 'Null: plans with different shares, or nothing; the lines say each.',
  }),
  accrued: moneyOutput.meta({ description: 'The partner’s part of what was collected.' }),
  clawed_back: moneyOutput.meta({
    description: 'What of it goes back with the refunds, at the rate it was earned. Above zero.',
  }),
  held: moneyOutput.meta({ description: 'The reserve that is held of what was accrued.' }),
  held_until: instantOutput.nullable(),
  released: moneyOutput.meta({ description: 'Held of earlier months and free now.' }),
  brought_forward: moneyOutput.meta({ description: 'The debt of the month before: zero or less.' }),
  payable: moneyOutput.meta({
    description: 'Accrued less clawed back and held, with what was released and brought forward.',
  }),
  commission_tax: moneyOutput.meta({
    description: 'On what is payable, paid beside it; known once it is approved.',
  }),
  paid: moneyOutput.meta({ description: 'Of what is payable.' }),
  carried_forward: moneyOutput.meta({
    description: 'A debt that the next month takes over: zero or less.',
  }),
  closed_at: instantOutput.nullable(),
  approved_at: instantOutput.nullable(),
  document_id: z.string().nullable().meta({ description: 'The self-billed invoice.' }),
  payout_id: z.string().nullable(),
};

export const statementSummarySchema = z
  .strictObject(statementFields)
  .meta({ id: 'RevenueShareStatementSummary' });

export const statementSchema = z
  .strictObject({
    ...statementFields,
    lines: z.array(lineSchema).meta({
      description: 'The oldest thousand in the order they were recorded; the CSV has all of them.',
    }),
  })
  .meta({ id: 'RevenueShareStatement' });

export const newPayoutSchema = z
  .strictObject({
    month: month.meta({ description: 'All approved and unpaid statements up to it are paid.' }),
    to: z.enum(PAYOUT_TARGETS),
  })
  .meta({ id: 'NewPayout' });

export const payoutSchema = z
  .strictObject({
    id: z.string(),
    partner_id: z.string(),
    status: z.enum(['sending', 'paid', 'failed']),
    to: z.enum(PAYOUT_TARGETS),
    month: z.string(),
    months: z.array(z.string()).meta({ description: 'The statements it pays.' }),
    amount: moneyOutput,
    tax: moneyOutput.meta({ description: 'On the commission, paid beside the amount.' }),
    total: moneyOutput,
    requested_at: instantOutput,
    settled_at: instantOutput.nullable(),
    bank_reference: z.string().nullable().meta({ description: 'The bank’s own id of it.' }),
    failure_reason: z.string().nullable(),
  })
  .meta({ id: 'Payout' });
