import { z } from 'zod';
import { CATALOGUE_ACTIONS } from '../../domain/catalogue-change';
import { PLAN_NAME_MAX } from '../../domain/partner-plan/copy-name';
import {
  ON_EXHAUSTED,
  PARTNER_PLAN_TYPES,
  SHARE_BPS_MAX,
} from '../../domain/partner-plan/partner-plan';
import { ROLES } from '../caller';
import { pageFields } from '../page';
import { amountInput, currency, idText, instantOutput, text } from './common.schema';
import { FIGURE_MAX } from './plan-figures.schema';
import { rateInput } from './plan.schema';

export const partnerPlanParams = z.strictObject({ partner_plan_id: idText });

const decimal = z.string().regex(/^[0-9]+(\.[0-9]+)?$/);

const type = z.enum(PARTNER_PLAN_TYPES).meta({
  id: 'PartnerPlanType',
  description:
    '`usage_based`: the reseller pays for the plan and for what it hands out, and sells it as it likes. ' +
    '`revenue_sharing`: the customer pays you, and the reseller gets its share of what was collected.',
});
const planName = text(PLAN_NAME_MAX).meta({
  description:
    'For you alone: no reseller or customer ever reads it. Unique whatever the case, archived plans included.',
});
const displayName = text().meta({ description: 'What resellers and their customers see.' });
const gst = z.boolean().meta({ description: 'Whether GST is added to its prices.' });
const share = z
  .int()
  .min(1)
  .max(SHARE_BPS_MAX)
  .meta({
    description:
      'The reseller’s part of what was collected net of tax, in basis points: 2500 is 25 %.',
    examples: [2500],
  });
const onExhausted = z.enum(ON_EXHAUSTED).meta({
  description:
    'What becomes of use beyond a benefit: refused, or charged at the account’s rate card or `unit_prices`.',
});

const figure = z.int().min(0).max(FIGURE_MAX).nullable();
const benefits = z
  .strictObject({
    messages: figure.meta({ description: 'A month, over all channels but WhatsApp.' }),
    wa_conversations: figure.meta({ description: 'A month, also in a yearly plan.' }),
    team_members: figure.meta({ description: 'Seats.' }),
  })
  .meta({ id: 'PartnerPlanBenefits', description: 'null: without limit.' });

const PRICES =
  'One for each cycle the plan is offered in, and none for the others. It may be 0.00.';
const pricesInput = z
  .strictObject({
    monthly: amountInput.optional(),
    quarterly: amountInput.optional(),
    yearly: amountInput.optional(),
  })
  .meta({ id: 'PartnerPlanPricesInput', description: PRICES });
const unitPricesInput = z
  .strictObject({ message: rateInput.optional(), wa_conversation: rateInput.optional() })
  .meta({ id: 'PartnerPlanUnitPricesInput', description: 'Of one unit beyond the benefit.' });

const basics = {
  plan_name: planName,
  display_name: displayName,
  currency,
  prices: pricesInput,
  gst: gst.default(false),
  benefits,
  on_exhausted: onExhausted.default('block'),
  unit_prices: unitPricesInput.optional(),
};

/** Which of the two it is decides whether there is a share. */
export const newPartnerPlanSchema = z
  .discriminatedUnion('type', [
    z
      .strictObject({
        type: z.literal('usage_based'),
        ...basics,
        revenue_share_bps: z.null({ error: 'A usage-based plan shares no revenue.' }).default(null),
      })
      .meta({ id: 'NewUsageBasedPlan' }),
    z
      .strictObject({ type: z.literal('revenue_sharing'), ...basics, revenue_share_bps: share })
      .meta({ id: 'NewRevenueSharingPlan' }),
  ])
  .meta({ id: 'NewPartnerPlan' });

const priceChange = amountInput.nullable().optional();
const rateChange = rateInput.nullable().optional();
export const partnerPlanChangeSchema = z
  .strictObject({
    type: type.optional(),
    plan_name: planName.optional(),
    display_name: displayName.optional(),
    currency: currency.optional(),
    prices: z
      .strictObject({ monthly: priceChange, quarterly: priceChange, yearly: priceChange })
      .optional(),
    gst: gst.optional(),
    benefits: benefits.partial().optional(),
    revenue_share_bps: share.nullable().optional(),
    on_exhausted: onExhausted.optional(),
    unit_prices: z.strictObject({ message: rateChange, wa_conversation: rateChange }).optional(),
  })
  .meta({
    id: 'PartnerPlanChange',
    description:
      'What is left out stays, also within `prices`, `benefits` and `unit_prices`; a price of null goes. ' +
      'With another currency all prices are stated anew.',
  });

const terms = {
  display_name: displayName,
  currency: z.string().length(3),
  prices: z
    .strictObject({
      monthly: decimal.optional(),
      quarterly: decimal.optional(),
      yearly: decimal.optional(),
    })
    .meta({ id: 'PartnerPlanPrices', description: PRICES }),
  gst,
  benefits,
  revenue_share_bps: share.nullable().meta({ description: 'null: no revenue is shared.' }),
  on_exhausted: onExhausted,
  unit_prices: z
    .strictObject({ message: decimal.optional(), wa_conversation: decimal.optional() })
    .meta({ id: 'PartnerPlanUnitPrices', description: 'Of one unit beyond the benefit.' }),
};
const status = z.enum(['enabled', 'disabled']).meta({
  description: 'A plan that is disabled is assigned to nobody new.',
});
const visibility = z.enum(['visible', 'hidden']).meta({
  description: 'A hidden plan is not shown to resellers; you may assign it all the same.',
});
const archivedAt = instantOutput.nullable().meta({
  description: 'Since when it is assigned to nobody new. Who has it keeps it at its price.',
});

export const partnerPlanSchema = z
  .strictObject({
    id: z.string(),
    version: z.int().meta({
      description:
        'Of the terms as they are assigned now. Whoever has an earlier version keeps it.',
    }),
    type,
    plan_name: planName,
    ...terms,
    status,
    visibility,
    archived_at: archivedAt,
    assignments: z.int().meta({ description: 'Accounts that have it now, in whatever version.' }),
    created_at: instantOutput,
    updated_at: instantOutput,
  })
  .meta({ id: 'PartnerPlan', description: 'As its owner sees it.' });

export const offeredPartnerPlanSchema = z
  .strictObject({
    id: z.string(),
    version: z.int(),
    type,
    ...terms,
    status,
    archived_at: archivedAt,
  })
  .meta({ id: 'OfferedPartnerPlan', description: 'A partner plan as a reseller sees it.' });

export const shownPartnerPlanSchema = z.union([partnerPlanSchema, offeredPartnerPlanSchema]).meta({
  id: 'ShownPartnerPlan',
  description: 'The whole to its owner, the offer to a reseller.',
});

export const partnerPlansQuery = z.strictObject({
  ...pageFields,
  search: text().optional().meta({ description: 'Part of either name, whatever the case.' }),
  type: type.optional(),
  status: status.optional(),
  visibility: visibility.optional(),
  archived: z
    .enum(['true', 'false'])
    .optional()
    .meta({ description: 'Left out: archived plans and others.' }),
});

export const partnerPlanHistoryQuery = z.strictObject(pageFields);

const changed = z
  .strictObject({
    version: z.int(),
    type,
    plan_name: planName,
    ...terms,
    status,
    visibility,
    archived_at: archivedAt,
    copied_from: z.string().meta({ description: 'Of a copy: the plan it was made of.' }),
  })
  .partial()
  .meta({ id: 'PartnerPlanFields' });

export const partnerPlanHistorySchema = z
  .strictObject({
    action: z.enum(CATALOGUE_ACTIONS),
    changed_at: instantOutput,
    changed_by: z.strictObject({
      role: z.enum(ROLES),
      api_key_id: z.string().meta({ description: 'The API key it was done with.' }),
    }),
    before: changed.nullable().meta({
      description: 'The fields that changed, as they were; null: the plan was made.',
    }),
    after: changed,
  })
  .meta({
    id: 'PartnerPlanHistoryEntry',
    description: 'What was done to a plan, when, with which key.',
  });
