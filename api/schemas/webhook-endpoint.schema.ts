import { z } from 'zod';
import { EVENT_TYPES } from '../../domain/event';
import { EVERY_TYPE, TEST_TYPE } from '../../domain/webhook/webhook-message';
import { idText, instantOutput } from './common.schema';

const URL_MAX = 2_000;
const DELIVERY_STATUSES = ['pending', 'delivered', 'failed'] as const;

const url = z
  .string()
  .min(1)
  .max(URL_MAX)
  .regex(/^[!-~]+$/, { error: 'A URL has no blanks, and only ASCII characters.' })
  .meta({
    description: 'Where webhooks are sent: https, at a public address.',
    examples: ['https://hooks.example.com/tollgate'],
  });

const listened = z.enum([EVERY_TYPE, ...EVENT_TYPES]);
const eventTypes = z
  .array(listened)
  .min(1)
  .max(EVENT_TYPES.length + 1)
  .transform((listed) => [...new Set(listed)])
  .meta({ description: 'The types it is told; `*`: every one, also those that come later.' });

const status = z.enum(['enabled', 'disabled']);

export const newWebhookEndpointSchema = z
  .strictObject({
    url,
    event_types: eventTypes.default([EVERY_TYPE]),
    partner_id: idText.optional().meta({
      description: 'The partner whose it shall be. Else the owner is the caller.',
    }),
    account_id: idText.optional().meta({
      description: 'The account whose it shall be. Else the owner is the caller.',
    }),
  })
  .refine(({ partner_id, account_id }) => partner_id === undefined || account_id === undefined, {
    error: 'An endpoint is a partner’s or an account’s, not both.',
    path: ['account_id'],
    params: { code: 'invalid' },
  })
  .meta({ id: 'NewWebhookEndpoint' });

export const webhookEndpointChangeSchema = z
  .strictObject({
    url: url.optional(),
    event_types: eventTypes.optional(),
    status: status.optional(),
  })
  .meta({ id: 'WebhookEndpointChange' });

const shown = {
  id: z.string(),
  url: z.string(),
  event_types: z.array(listened),
  partner_id: z
    .string()
    .nullable()
    .meta({ description: 'It is told events of this partner’s accounts.' }),
  account_id: z.string().nullable().meta({
    description: 'It is told events of this account. Without partner and account: of all.',
  }),
  status,
  disabled_reason: z.string().nullable(),
  created_at: instantOutput,
  updated_at: instantOutput,
};

export const webhookEndpointSchema = z.strictObject(shown).meta({ id: 'WebhookEndpoint' });

export const webhookEndpointWithSecretSchema = z
  .strictObject({
    ...shown,
    secret: z.string().meta({
      description: 'What its webhooks are signed with: `whsec_…`. Shown here and never again.',
    }),
  })
  .meta({ id: 'WebhookEndpointWithSecret' });

export const deliveryStatus = z.enum(DELIVERY_STATUSES);

export const webhookDeliverySchema = z
  .strictObject({
    id: z.string(),
    endpoint_id: z.string(),
    webhook_id: z.string().meta({
      description:
        'The header `webhook-id`: the event’s id, the same on every try and at every endpoint.',
    }),
    event_type: z.enum([...EVENT_TYPES, TEST_TYPE]),
    status: deliveryStatus,
    attempts: z
      .array(
        z.strictObject({
          at: instantOutput,
          status: z.int().nullable().meta({ description: 'Of the answer; null: there was none.' }),
          error: z.string().optional().meta({ description: 'Why it does not count as accepted.' }),
        }),
      )
      .meta({ description: 'The latest 50, oldest first.' }),
    next_attempt_at: instantOutput.nullable().meta({
      description: 'When it is due, unless an earlier one of the same subject waits; null: never.',
    }),
    created_at: instantOutput,
  })
  .meta({ id: 'WebhookDelivery' });

export const endpointParams = z.strictObject({ endpoint_id: idText });
export const deliveryParams = z.strictObject({ delivery_id: idText });
