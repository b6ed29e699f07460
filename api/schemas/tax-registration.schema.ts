import { z } from 'zod';
import { findIndianState } from '../../domain/tax/indian-state';
import { TAX_POINTS } from '../../domain/tax/taxation';
import { country, email, instantInput, instantOutput, text, timeZone } from './common.schema';
import { checkTaxId, TAX_ID_MAX } from './tax-id.schema';

const POSTAL_CODE_MAX = 20;

export const newTaxRegistrationSchema = z
  .strictObject({
    country,
    state: text()
      .nullable()
      .optional()
      .meta({ description: 'Required in India: its name, its GST code or its two letters.' }),
    tax_id: text(TAX_ID_MAX),
    tax_id_type: text(TAX_ID_MAX).nullable().optional(),
    tax_office: text().nullable().optional(),
    legal_name: text(),
    address_line1: text(),
    address_line2: text().nullable().optional(),
    city: text(),
    postal_code: text(POSTAL_CODE_MAX),
    email: email.optional(),
    tax_point: z
      .enum(TAX_POINTS)
      .optional()
      .meta({ description: 'When wallet money is taxed. In India `top_up` unless said.' }),
    prices_include_tax: z.boolean().default(false),
    time_zone: timeZone,
    is_home: z.boolean().default(true).meta({
      description:
        'Where the seller is established; false: only registered there. One begins at an instant.',
    }),
    has_lut: z
      .boolean()
      .default(true)
      .meta({
        description:
          'India: exports and supplies to special economic zones bear no tax, under a letter of ' +
          'undertaking; false: they bear IGST.',
      }),
    is_telecom_operator: z.boolean().default(false).meta({
      description: 'Turkey: minutes and phone numbers bear ÖİV beside KDV.',
    }),
    valid_from: instantInput,
  })
  .superRefine((registration, context) => {
    checkTaxId(registration, context);
    const { country: code, state } = registration;
    if (registration.is_telecom_operator && registration.tax_point === 'top_up') {
      const message = 'What telecom tax is due depends on what the balance is used for.';
      const params = { code: 'invalid_tax_point' };
      context.addIssue({ code: 'custom', path: ['tax_point'], message, params });
    }
    if (code !== 'IN' || findIndianState(state ?? '') !== null) return;
    const message = 'An Indian registration names its state: a name, a GST code or two letters.';
    context.addIssue({
      code: 'custom',
      path: ['state'],
      message,
      params: { code: 'invalid_state_name' },
    });
  })
  .meta({ id: 'NewTaxRegistration' });

export const taxRegistrationSchema = z
  .strictObject({
    id: z.string(),
    country: z.string(),
    state: z.string().nullable(),
    tax_id: z.string(),
    tax_id_type: z.string().nullable(),
    tax_office: z.string().nullable(),
    legal_name: z.string(),
    address_line1: z.string(),
    address_line2: z.string().nullable(),
    city: z.string(),
    postal_code: z.string(),
    email: z.string().nullable(),
    tax_point: z.enum(TAX_POINTS),
    prices_include_tax: z.boolean(),
    time_zone: z.string(),
    is_home: z.boolean(),
    has_lut: z.boolean(),
    is_telecom_operator: z.boolean(),
    valid_from: instantOutput,
    created_at: instantOutput,
  })
  .meta({
    id: 'TaxRegistration',
    description: 'Never changed: a later one of the same tax id takes its place.',
  });
