import { z } from 'zod';
import { OPERATOR_TASK_KINDS } from '../../domain/operator-task';
import { SETTLED_KINDS, VERDICTS } from '../../domain/settlement/compare-settlement';
import { idText, instantOutput, moneyOutput, text } from './common.schema';
import { localDate } from './usage-report.schema';

export const newReportSchema = z
  .strictObject({
    gateway: idText.meta({ examples: ['stripe'] }),
    date: localDate.describe('A day of UTC, today at the latest.'),
  })
  .meta({ id: 'NewSettlementReport' });

const verdict = z.enum(VERDICTS).meta({
  description:
    '`missing_here`: the gateway settled what our books do not have. `missing_there`: it has not settled in a week ' +
    'what they have. `not_compared`: fees, payouts and corrections of its own.',
});

export const settlementReportSchema = z
  .strictObject({
    id: z.string(),
    gateway: z.string(),
    date: z.string().meta({ format: 'date', description: 'A day of UTC.' }),
    status: z
      .enum(['requested', 'complete'])
      .meta({ description: '`requested`: it is being compared, for the first time or again.' }),
    matched: z.int(),
    missing_here: z.int(),
    missing_there: z.int(),
    amount_differs: z.int(),
    not_compared: z.int(),
    totals: z
      .array(
        z
          .strictObject({
            settled: moneyOutput.meta({ description: 'Before fees.' }),
            fees: moneyOutput,
            net: moneyOutput,
          })
          .meta({ id: 'SettlementTotal' }),
      )
      .meta({ description: 'One of each currency.' }),
    completed_at: instantOutput.nullable().meta({ description: 'Of the last comparison.' }),
    created_at: instantOutput,
    workflow_id: z.string().meta({ description: 'Of a comparison that was asked for.' }),
  })
  .meta({ id: 'SettlementReport' });

export const settlementLineSchema = z
  .strictObject({
    position: z.int(),
    verdict,
    kind: z.enum(SETTLED_KINDS),
    entry_id: z.string().nullable().meta({ description: 'The gateway’s own id of the movement.' }),
    gateway_payment_id: z.string().nullable(),
    booked_id: z.string().nullable().meta({ description: 'Our payment or refund.' }),
    account_id: z.string().nullable(),
    settled: moneyOutput.nullable().meta({ description: 'Below zero: from us.' }),
    fee: moneyOutput.nullable(),
    booked: moneyOutput.nullable(),
    settled_at: instantOutput.nullable(),
    reason: z.string().nullable().meta({ description: 'What differs; null: nothing.' }),
  })
  .meta({ id: 'SettlementLine' });

export const linesQuery = { verdict: verdict.optional() };

export const tasksQuery = {
  status: z.enum(['open', 'closed']).optional(),
  kind: z.enum(OPERATOR_TASK_KINDS).optional(),
};

export const closeTaskSchema = z
  .strictObject({ note: text(500).meta({ description: 'What was done about it.' }) })
  .meta({ id: 'CloseOperatorTask' });

export const operatorTaskSchema = z
  .strictObject({
    id: z.string(),
    kind: z.enum(OPERATOR_TASK_KINDS),
    subject: z.string().meta({ description: 'What it is about, like `refund/rfd_…`.' }),
    account_id: z.string().nullable(),
    reason: z.string(),
    opened_at: instantOutput,
    closed_at: instantOutput.nullable(),
    closed_by_key_id: z
      .string()
      .nullable()
      .meta({ description: 'The operator’s key; null: it closed itself, or is open.' }),
    note: z.string().nullable(),
  })
  .meta({ id: 'OperatorTask' });
