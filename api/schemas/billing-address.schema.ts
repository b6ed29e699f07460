import { z } from 'zod';
import { findIndianState } from '../../domain/tax/indian-state';
import { country, email, instantOutput, text } from './common.schema';
import { checkTaxId, TAX_ID_MAX } from './tax-id.schema';

const POSTAL_CODE_MAX = 20;

/** As E.164 has it. */
const PHONE = String.raw`^\+[1-9][0-9]{7,14}$`;
const phone = z
  .string()
  .regex(new RegExp(PHONE), 'A phone number is like +919876543210.')
  .meta({
    description: 'With its country code. Razorpay saves no payment method without it.',
    examples: ['+919876543210'],
  });

/** R1.05. A tax id has a type and a type has an id; which offices exist is the country's business. */
export const billingAddressInput = z
  .strictObject({
    business_name: text(),
    address_line1: text(),
    address_line2: text().nullable().optional(),
    city: text(),
    state: text().nullable().optional(),
    postal_code: text(POSTAL_CODE_MAX),
    country,
    tax_id: text(TAX_ID_MAX).nullable().optional(),
    tax_id_type: text(TAX_ID_MAX)
      .nullable()
      .optional()
      .meta({ description: '`gstin`, `vkn`, `tckn`, `npwp` and `eu_vat` are checked.' }),
    tax_office: text().nullable().optional(),
    is_in_sez: z.boolean().default(false).meta({
      description: 'India: a unit or developer of a special economic zone, with its GSTIN.',
    }),
    email,
    phone: phone.nullable().optional(),
  })
  .superRefine((address, context) => {
    checkTaxId(address, context);
    checkState(address, context);
    const { tax_id, tax_id_type, tax_office, is_in_sez } = address;
    if (is_in_sez && (address.country !== 'IN' || tax_id_type !== 'gstin')) {
      const message = 'A unit or developer of a special economic zone in India gives its gstin.';
      const params = { code: 'invalid_tax_id_type' };
      context.addIssue({ code: 'custom', path: ['is_in_sez'], message, params });
    }
    const isWithoutId = tax_id === undefined || tax_id === null;
    const needsId = (tax_id_type ?? tax_office ?? null) !== null;
    if (!isWithoutId || !needsId) return;
    const message = 'A tax_id_type or tax_office needs the tax_id it belongs to.';
    context.addIssue({ code: 'custom', path: ['tax_id'], message, params: { code: 'required' } });
  })
  .meta({ id: 'NewBillingAddress' });

/** In India the state decides which taxes are due: a GSTIN carries it, otherwise the address must. */
function checkState(
  { country: code, state, tax_id_type }: AddressPlace,
  context: z.RefinementCtx,
): void {
  if (code !== 'IN' || tax_id_type === 'gstin' || findIndianState(state ?? '') !== null) return;
  const message = 'An Indian address names its state: a name, a GST code or two letters.';
  const issueCode = (state ?? null) === null ? 'required' : 'invalid_state_name';
  context.addIssue({ code: 'custom', path: ['state'], message, params: { code: issueCode } });
}

interface AddressPlace {
  readonly country: string;
  readonly state?: string | null | undefined;
  readonly tax_id_type?: string | null | undefined;
}

export const billingAddressSchema = z
  .strictObject({
    business_name: z.string(),
    address_line1: z.string(),
    address_line2: z.string().nullable(),
    city: z.string(),
    state: z.string().nullable(),
    postal_code: z.string(),
    country: z.string(),
    tax_id: z.string().nullable(),
    tax_id_type: z.string().nullable(),
    tax_office: z.string().nullable(),
    is_in_sez: z.boolean(),
    email: z.string(),
    phone: z.string().nullable(),
    updated_at: instantOutput,
  })
  .meta({ id: 'BillingAddress' });
