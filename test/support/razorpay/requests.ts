/**
 * What Razorpay takes, field by field as its documentation lists them. A field it does not list is refused, as
 * Razorpay does: "… is/are not required and should not be sent".
 */
import { z } from 'zod';

const subunits = z.number().int().min(100);
const currency = z.string().length(3);
const notes = z
  .record(z.string(), z.string().max(255))
  .refine((all) => Object.keys(all).length <= 15);
const name40 = z.string().min(1).max(40);
const soon = () => Math.floor(Date.now() / 1_000) + 15 * 60;
const expireBy = z
  .number()
  .int()
  .refine((at) => at >= soon(), {
    error: 'timestamp must be atleast 15 minutes in future',
  });

const instrument = z.strictObject({ method: z.enum(['upi', 'card', 'netbanking', 'wallet']) });

export const linkRequest = z.strictObject({
  amount: subunits,
  currency,
  accept_partial: z.boolean().optional(),
  reference_id: name40,
  description: z.string().max(2_048),
  expire_by: expireBy,
  notify: z.strictObject({ sms: z.boolean(), email: z.boolean() }),
  reminder_enable: z.boolean(),
  notes,
  callback_url: z.url(),
  callback_method: z.literal('get'),
  options: z.strictObject({
    checkout: z.strictObject({
      name: z.string(),
      config: z.strictObject({
        display: z.strictObject({
          blocks: z.record(
            z.string(),
            z.strictObject({ name: z.string(), instruments: z.array(instrument).min(1) }),
          ),
          sequence: z.array(z.string()),
          preferences: z.strictObject({ show_default_blocks: z.boolean() }),
        }),
      }),
    }),
  }),
});

export const orderRequest = z.strictObject({
  amount: subunits,
  currency,
  receipt: name40,
  payment_capture: z.boolean(),
  notification: z
    .strictObject({ token_id: z.string(), payment_after: z.number().int().optional() })
    .optional(),
  notes,
});

export const orderChange = z.strictObject({ notes });

export const recurringRequest = z.strictObject({
  email: z.string().nullable(),
  contact: z.string().nullable(),
  amount: subunits,
  currency,
  order_id: z.string(),
  customer_id: z.string(),
  token: z.string(),
  recurring: z.literal(true),
  description: z.string(),
  notes,
});

export const registrationRequest = z.strictObject({
  customer: z.strictObject({
    name: z.string().regex(/^[A-Za-z0-9 .'/@()]{3,50}$/),
    email: z.email().max(64),
    contact: z.string().regex(/^\+?\d{8,14}$/),
  }),
  type: z.literal('link'),
  amount: z.literal(100),
  currency: z.literal('INR'),
  description: z.string(),
  subscription_registration: z
    .strictObject({
      method: z.enum(['upi', 'card']),
      max_amount: subunits.max(9_999_900),
      expire_at: z.number().int().optional(),
      frequency: z.enum(['weekly', 'monthly', 'yearly', 'as_presented']),
    })
    .refine(({ method, max_amount: max }) => method === 'upi' || max <= 1_500_000),
  receipt: name40,
  sms_notify: z.boolean(),
  email_notify: z.boolean(),
  expire_by: expireBy,
  notes,
});

export const refundRequest = z.strictObject({ amount: subunits, notes: notes.optional() });

export const captureRequest = z.strictObject({ amount: subunits, currency });
