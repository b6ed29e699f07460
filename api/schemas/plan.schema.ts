import { z } from 'zod';
import {
  ALLOWANCE_MODES,
  DEFAULT_CHANGE_POLICY,
  OVER_LIMIT_MODES,
  PRORATION_MODES,
  UNPAID_SCHEDULE_MODES,
} from '../../domain/change-policy';
import { COLLECTION_MODES, DEFAULT_DUNNING_POLICY, FINAL_STEPS } from '../../domain/dunning';
import { SUPPORT_PRIORITIES } from '../../domain/plan';
import {
  allowances,
  allowancesInput,
  FIGURE_MAX,
  limits,
  onExhausted,
} from './plan-figures.schema';
import {
  amountInput,
  billingCycle as cycle,
  currency,
  idText,
  instantOutput,
  moneyOutput,
  text,
  word,
} from './common.schema';

const KINDS = ['plan', 'support_package'] as const;
/** Beyond these a plan is a mistake, and a page of them is too large to read. */
const PRICES_MAX = 100;
const WORDS_MAX = 50;
const DAYS_MAX = 3_650;
const RUNGS_MAX = 20;
/** Within the shortest cycle, a month. */
const NOTICE_DAYS_MAX = 27;
const NOTICES_MAX = 5;

/** `compare` is an address of its own. */
const RESERVED_CODE = 'compare';

/** As the database spells it: small letters, so that two codes never differ by case alone. */
const planCode = word
  .refine((code) => code !== RESERVED_CODE, { error: 'This word is reserved.' })
  .meta({ not: { const: RESERVED_CODE } });

const RATE = /^(0|[1-9][0-9]{0,9})(\.[0-9]{1,10})?$/;
/** The price of one unit, finer than money that is paid. */
export const rateInput = z
  .string()
  .refine((rate) => RATE.test(rate), {
    error: 'This is not a decimal text like "0.0034".',
    params: { code: 'invalid_amount' },
  })
  .meta({ pattern: RATE.source, examples: ['0.0034'] });

const priceInput = z.strictObject({ cycle, amount: amountInput, currency });
const priceChangeInput = z.strictObject({ cycle, amount: amountInput.nullable(), currency });

/** One price per cycle and currency: of two nobody could say which one counts. */
function unique<Price extends { readonly cycle: string; readonly currency: string }>(
  price: z.ZodType<Price>,
) {
  return z
    .array(price)
    .max(PRICES_MAX)
    .superRefine((prices, context) => {
      const seen = new Set<string>();
      for (const [index, offered] of prices.entries()) {
        const offer = `${offered.cycle} ${offered.currency}`;
        if (seen.has(offer)) {
          const message = `There is a ${offered.cycle} price in ${offered.currency} already.`;
          context.addIssue({
            code: 'custom',
            path: [index],
            message,
            params: { code: 'duplicate' },
          });
        }
        seen.add(offer);
      }
    });
}

const support = z
  .strictObject({
    response_time_minutes: z.int().min(1).max(FIGURE_MAX),
    priority: z.enum(SUPPORT_PRIORITIES),
    hours: text(),
    guidance: z
      .array(text())
      .max(WORDS_MAX)
      .meta({ examples: [['setup', 'integration', 'troubleshooting']] }),
    suits_high_usage: z.boolean().default(false),
    dedicated_assistance: z.boolean(),
  })
  .meta({ id: 'SupportTerms', description: 'What help is promised (R1.19).' });

const unitPrice = z.union([
  z.array(z.strictObject({ amount: rateInput, currency })).max(PRICES_MAX),
  z.strictObject({ amount: rateInput, currency }),
  rateInput,
]);
const unitPrices = z
  .strictObject({
    message: unitPrice.optional(),
    call_minute: unitPrice.optional(),
    wa_conversation: unitPrice.optional(),
    unique_visitor: unitPrice.optional(),
  })
  .meta({
    id: 'UnitPricesInput',
    description:
      'The price of one unit beyond the allowance: one money per currency, or a decimal text alone ' +
      'when the plan is sold in one currency.',
  });

/** What an unpaid renewal comes to, besides its final step. */
const retrySchedule = {
  retry_after_days: z
    .array(z.int().min(1).max(DAYS_MAX))
    .max(RUNGS_MAX)
    .refine((days) => days.every((day, index) => index === 0 || day > (days[index - 1] ?? 0)), {
      error: 'Each day must be later than the one before.',
    }),
  stops_on_hard_decline: z
    .boolean()
    .default(DEFAULT_DUNNING_POLICY.stopsOnHardDecline)
    .meta({ description: 'A saved method that will never pay suspends at once.' }),
  collection: z
    .enum(COLLECTION_MODES)
    .default(DEFAULT_DUNNING_POLICY.collection)
    .meta({ description: 'What the saved method pays when the wallet falls short.' }),
  notice_days_before: z
    .array(z.int().min(1).max(NOTICE_DAYS_MAX))
    .max(NOTICES_MAX)
    .refine((days) => days.every((day, index) => index === 0 || day < (days[index - 1] ?? 0)), {
      error: 'Each notice must be nearer to the renewal than the one before.',
    })
    .default([])
    .meta({
      description: 'Days before a renewal on which a balance that does not cover it is told.',
    }),
};
const endsAfterDays = z
  .int()
  .min(0)
  .max(DAYS_MAX)
  .meta({ description: 'Days from the suspension to the final step.' });
const noPlan = z.null({ error: 'Only the final step `downgrade` names a plan.' }).default(null);

const dunningInput = z
  .discriminatedUnion('final', [
    z
      .strictObject({
        ...retrySchedule,
        final: z.literal('end'),
        ends_after_days: endsAfterDays,
        downgrades_to: noPlan,
      })
      .meta({ id: 'DunningThatEnds' }),
    z
      .strictObject({
        ...retrySchedule,
        final: z.literal('keep'),
        ends_after_days: endsAfterDays.default(0).meta({ description: 'Not read.' }),
        downgrades_to: noPlan,
      })
      .meta({ id: 'DunningThatKeeps' }),
    z
      .strictObject({
        ...retrySchedule,
        final: z.literal('downgrade'),
        ends_after_days: endsAfterDays,
        downgrades_to: planCode.meta({ description: 'The free plan.' }),
      })
      .meta({ id: 'DunningThatDowngrades' }),
  ])
  .meta({
    id: 'DunningInput',
    description:
      'Days after an unpaid renewal on which it is tried again; the last one failing suspends. ' +
      '`ends_after_days` later the subscription ends, falls to a free plan, or is kept. A top-up is ' +
      'tried at once on any day.',
  });

const dunning = z
  .strictObject({
    ...retrySchedule,
    final: z.enum(FINAL_STEPS),
    ends_after_days: endsAfterDays,
    downgrades_to: z.string().nullable(),
  })
  .meta({ id: 'Dunning', description: 'As in `DunningInput`.' });

const changes = z
  .strictObject({
    proration: z.enum(PRORATION_MODES).default(DEFAULT_CHANGE_POLICY.proration),
    allowances: z.enum(ALLOWANCE_MODES).default(DEFAULT_CHANGE_POLICY.allowances),
    unpaid_schedule: z.enum(UNPAID_SCHEDULE_MODES).default(DEFAULT_CHANGE_POLICY.unpaidSchedule),
    over_limit: z.enum(OVER_LIMIT_MODES).default(DEFAULT_CHANGE_POLICY.overLimit),
  })
  .meta({
    id: 'ChangePolicy',
    description:
      'How a change to this plan is settled: what is left of a period by days, by seconds or not at ' +
      'all; a month’s allowances by days or in full; whether a scheduled change that cannot be paid ' +
      'keeps the old plan or owes the new one; and whether who uses more than this plan allows may ' +
      'change to it.',
  });

const features = z
  .array(word)
  .max(WORDS_MAX)
  .meta({ description: 'What the plan switches on.', examples: [['sso', 'on_premise']] });

export const newPlanSchema = z
  .strictObject({
    kind: z.enum(KINDS),
    code: planCode,
    name: text(),
    tier: word.optional().meta({ description: 'Left out: the code.' }),
    prices: unique(priceInput),
    allowances: allowancesInput.optional(),
    limits: limits.optional(),
    features: features.optional(),
    support: support.nullable().optional(),
    unit_prices: unitPrices.optional(),
    on_exhausted: onExhausted.optional(),
    dunning: dunningInput.optional(),
    changes: changes.optional(),
  })
  .superRefine(({ kind, support: terms, allowances: granted }, context) => {
    if (kind === 'plan') return;
    if (!terms) {
      const message = 'A support package says what support it promises.';
      context.addIssue({
        code: 'custom',
        path: ['support'],
        message,
        params: { code: 'required' },
      });
    }
    if (granted !== undefined && Object.keys(granted).length > 0) {
      const message = 'Allowances belong to a plan; a support package grants none.';
      context.addIssue({ code: 'custom', path: ['allowances'], message });
    }
  })
  .meta({ id: 'NewPlan' });

export const planChangeSchema = z
  .strictObject({
    name: text().optional(),
    tier: word.optional(),
    prices: unique(priceChangeInput).optional(),
    allowances: allowancesInput.optional(),
    limits: limits.optional(),
    features: features.optional(),
    support: support.nullable().optional(),
    unit_prices: unitPrices.optional(),
    on_exhausted: onExhausted.optional(),
    dunning: dunningInput.optional(),
    changes: changes.optional(),
  })
  .meta({
    id: 'PlanChange',
    description:
      'What is left out stays, also within `prices`, `allowances`, `limits`, `unit_prices` and ' +
      '`on_exhausted`: a price replaces the one of its cycle and currency, and an amount of null takes that one off sale.',
  });

export const planSchema = z
  .strictObject({
    code: z.string(),
    version: z.int(),
    kind: z.enum(KINDS),
    name: z.string(),
    tier: z.string(),
    prices: z.array(z.strictObject({ cycle, ...moneyOutput.shape })),
    allowances,
    limits,
    features: z.array(z.string()),
    support: support.nullable(),
    unit_prices: z
      .strictObject({
        message: z.array(moneyOutput).optional(),
        call_minute: z.array(moneyOutput).optional(),
        wa_conversation: z.array(moneyOutput).optional(),
        unique_visitor: z.array(moneyOutput).optional(),
      })
      .meta({ id: 'UnitPrices' }),
    on_exhausted: onExhausted,
    dunning,
    changes,
    created_at: instantOutput,
    archived_at: instantOutput.nullable(),
  })
  .meta({ id: 'Plan', description: 'The version of the plan that is sold now.' });

export const planParams = z.strictObject({ plan_code: idText });

const COMPARED_MAX = 10;
const CODE = ' *[A-Za-z0-9_.-]{1,80} *';

const CODES = new RegExp(`^${CODE}(,${CODE}){0,${COMPARED_MAX - 1}}$`);

export const comparisonQuery = z.strictObject({
  codes: z
    .string()
    .max(1_000)
    .regex(CODES, { error: 'These are not codes with commas between them.' })
    .transform((codes) => [...new Set(codes.split(',').map((code) => code.trim()))])
    .meta({ description: `Codes with commas between them, at most ${COMPARED_MAX}.` }),
});

export const comparisonSchema = z
  .strictObject({
    items: z.array(
      z.strictObject({
        code: z.string(),
        name: z.string(),
        kind: z.enum(KINDS),
        tier: z.string(),
        team_size: z.int().meta({ description: 'Members of the team; -1: without limit.' }),
        message_volume: z.int().meta({ description: 'Messages a month without extra charge.' }),
        support_level: z.enum(['none', ...SUPPORT_PRIORITIES, 'dedicated']),
        prices: planSchema.shape.prices,
      }),
    ),
  })
  .meta({ id: 'PlanComparison', description: 'In the order asked for.' });

export const agreementParams = z.strictObject({ account_id: idText, plan_code: idText });

export const agreementInput = z
  .strictObject({ allowances: allowancesInput.optional(), limits: limits.optional() })
  .meta({
    id: 'AgreementInput',
    description: 'Replaces the agreement as a whole. A figure left out is the plan’s.',
  });

export const agreementSchema = z
  .strictObject({
    account_id: z.string(),
    plan_code: z.string(),
    allowances,
    limits,
    updated_at: instantOutput,
  })
  .meta({ id: 'Agreement', description: 'What one account gets in place of the plan’s figures.' });
