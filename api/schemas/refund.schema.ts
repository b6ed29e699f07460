import { z } from 'zod';
import { REFUND_TARGETS } from '../../domain/refund/refund';
import { amountInput, idText, instantOutput, moneyOutput, text } from './common.schema';
import { lifecycleFields } from './lifecycle.schema';

const REASON_MAX = 500;

const amount = amountInput.optional().meta({
  description: 'Decimal text, with tax. Left out: all that has not been given back.',
  examples: ['200.00'],
});
const reason = text(REASON_MAX)
  .optional()
  .meta({ description: 'Why, for the account and its events.' });

export const paymentRefundSchema = z
  .strictObject({ amount, to: z.enum(REFUND_TARGETS).default('source'), reason })
  .meta({ id: 'NewPaymentRefund' });

export const invoiceRefundSchema = z
  .strictObject({ amount, to: z.enum(REFUND_TARGETS).default('wallet'), reason })
  .meta({ id: 'NewInvoiceRefund' });

const operatorReason = text(REASON_MAX).meta({
  description: 'What was seen at the gateway, and where: for the event and the books.',
});

export const confirmRefundSchema = z
  .strictObject({
    gateway_refund_id: idText.meta({ description: 'The gateway’s own id of the refund.' }),
    reason: operatorReason,
  })
  .meta({ id: 'ConfirmRefund' });

export const rejectRefundSchema = z
  .strictObject({ reason: operatorReason })
  .meta({ id: 'RejectRefund' });

export const refundSchema = z
  .strictObject({
    id: z.string(),
    account_id: z.string(),
    status: z.enum(['requested', 'succeeded', 'failed']),
    to: z.enum(REFUND_TARGETS),
    payment_id: z
      .string()
      .nullable()
      .meta({ description: 'Whose money goes back; null when it goes to the wallet.' }),
    invoice_id: z
      .string()
      .nullable()
      .meta({ description: 'What is credited; null when the payment itself is refunded.' }),
    amount: moneyOutput,
    subtotal: moneyOutput,
    tax_total: moneyOutput,
    document_id: z.string().nullable().meta({
      description: 'The refund voucher or credit note: `GET /v1/invoices/{document_id}`.',
    }),
    reason: z.string().nullable(),
    failure_reason: z.string().nullable(),
    requested_at: instantOutput,
    settled_at: instantOutput.nullable(),
    ...lifecycleFields,
  })
  .meta({ id: 'Refund' });
