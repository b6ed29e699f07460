import { z } from 'zod';
import { DOCUMENT_KINDS } from '../../domain/document/document';
import { LIFECYCLE_KINDS } from '../../domain/lifecycle';
import { instantOutput, moneyOutput } from './common.schema';

const partySchema = z
  .strictObject({
    name: z.string(),
    address_lines: z.array(z.string()),
    country: z.string(),
    state: z.string().nullable(),
    tax_id: z.string().nullable(),
    tax_id_type: z.string().nullable(),
    tax_office: z.string().nullable(),
    email: z.string().nullable(),
  })
  .meta({ id: 'Party', description: 'As they were when the document was issued.' });

export const taxLineSchema = z
  .strictObject({
    component: z.string().meta({ examples: ['CGST', 'IGST', 'KDV', 'PPN'] }),
    rate: z.string().meta({ description: 'Percent, decimal text.', examples: ['9'] }),
    taxable: moneyOutput,
    amount: moneyOutput,
  })
  .meta({ id: 'TaxLine' });

export const documentKind = z.enum(DOCUMENT_KINDS);

export const documentSchema = z
  .strictObject({
    id: z.string(),
    account_id: z.string(),
    kind: documentKind,
    number: z.string(),
    issued_at: instantOutput,
    is_test: z.boolean().meta({ description: 'Of an account on a test clock: of no effect.' }),
    seller: partySchema.nullable(),
    buyer: partySchema.nullable(),
    lines: z.array(
      z.strictObject({
        description: z.string(),
        quantity: z.int(),
        unit_amount: moneyOutput,
        amount: moneyOutput,
        sac: z.string().nullable(),
      }),
    ),
    tax_lines: z.array(taxLineSchema),
    subtotal: moneyOutput,
    tax_total: moneyOutput,
    round_off: moneyOutput,
    total: moneyOutput,
    prices_include_tax: z.boolean(),
    place_of_supply: z.string().nullable(),
    statement: z.string().nullable(),
    subject: z.strictObject({
      kind: z.enum([...LIFECYCLE_KINDS, 'usage']),
      id: z.string().meta({ description: 'Of usage, its month: `2026-11`.' }),
    }),
    references: z
      .array(
        z.strictObject({
          id: z.string(),
          number: z.string(),
          issued_at: instantOutput,
          amount: moneyOutput,
        }),
      )
      .meta({
        description:
          'What it takes back, and how much of each: a credit note, a refund voucher, or an invoice with a credit in it.',
      }),
    e_invoice: z
      .strictObject({ irn: z.string(), ack_no: z.string(), signed_qr: z.string() })
      .nullable()
      .meta({ description: 'What the tax office answered, where it must be told.' }),
    pdf_url: z.string(),
  })
  .meta({ id: 'Document', description: 'Written once and never changed.' });
