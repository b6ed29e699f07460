import { z } from 'zod';
import { isLocalDate } from '../../domain/calendar';
import {
  CARD_CHANNELS,
  WHATSAPP_CATEGORIES,
  type WhatsAppCategory,
} from '../../domain/rating/rate-card';
import { FEE_PERCENT_PATTERN, MARKET_PATTERN, RATE_PATTERN } from '../../domain/rating/spelling';
import { pageFields } from '../page';
import { currency, idText, instantOutput, text, timeZone, word } from './common.schema';

/** Beyond these a card is a mistake. */
const ROWS_MAX = 5_000;
const MARKETS_MAX = 1_000;
const TIERS_MAX = 20;
const QUANTITY_MAX = 1_000_000_000_000;
const HOURS_MAX = 168;
const MEMBERS_MAX = 1_024;
const SECONDS_MAX = 9_999;
const NOTE_MAX = 500;
const VERSION_MAX = 1_000_000;
const CATEGORIES_MAX = 10;

const channel = z.enum(CARD_CHANNELS).meta({ id: 'CardChannel' });
const charging = z.enum(['charge', 'free']).meta({ id: 'Charging' });
const whatsAppCategory = z.enum(WHATSAPP_CATEGORIES).meta({ id: 'WhatsAppCategory' });

const DATE = /^2[01][0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$/;
const effectiveFrom = z
  .string()
  .refine((date) => DATE.test(date) && isLocalDate(date), {
    error: 'This is not a date like 2025-07-01.',
    params: { code: 'invalid_format' },
  })
  .meta({
    format: 'date',
    pattern: DATE.source,
    description: 'It counts from 00:00 of this day in the card’s zone.',
    examples: ['2025-07-01'],
  });

const rate = z
  .string()
  .regex(RATE_PATTERN, { error: 'This is not a price like "597.32".' })
  .meta({
    description: 'Per unit, decimal text, at most ten decimals.',
    examples: ['597.32', '0.115'],
  });
const feePercent = z
  .string()
  .regex(FEE_PERCENT_PATTERN, { error: 'This is not a percentage like "10", below 1000.' })
  .meta({ description: '"10" adds a tenth of the price.', examples: ['10'] });
const market = z
  .string()
  .regex(MARKET_PATTERN, { error: 'This is no market: a name, or * for all others.' })
  .meta({ examples: ['ID', '*'] });
const category = word.meta({
  description: 'One of WhatsApp’s, or the name of the card’s channel.',
  examples: ['marketing', 'call'],
});

const marketPrefix = z
  .strictObject({
    prefix: z
      .string()
      .regex(/^([1-9][0-9]{0,11}|[A-Z]{2}\.)$/, {
        error: 'A prefix has digits only, without "+", or is a country and a dot, like "MY.".',
      })
      .meta({ examples: ['62', 'MY.'] }),
    market: market.refine((name) => name !== '*', { error: 'What no prefix names is `*`.' }),
  })
  .meta({
    id: 'MarketPrefix',
    description:
      'Numbers that begin so are of that market; the longest prefix counts. `MY.` is for user ids of WhatsApp, which ' +
      'begin with their country; without it they are of the market that is called like the country.',
  });
const markets = z.array(marketPrefix).max(MARKETS_MAX);

const quantity = z.int().min(0).max(QUANTITY_MAX);
const seconds = z.int().min(1).max(SECONDS_MAX);

const freeAllowance = z
  .strictObject({ category, quantity, per: z.enum(['account', 'number']) })
  .meta({
    id: 'FreeAllowance',
    description: 'So many are free, per account or business number and local month.',
  });

const rounding = z.strictObject({ initial_seconds: seconds, increment_seconds: seconds }).meta({
  id: 'CallRounding',
  description: 'Of calls: the least that counts, and the steps after it.',
});

const UNITS = ['conversation', 'message', 'minute'] as const;
const CHARGE_ON = ['opened', 'sent', 'delivered'] as const;
const TIER_MODES = ['graduated', 'volume'] as const;

const chargedUnlessSaid = charging.default('charge');
const serviceWindow = z
  .strictObject({
    marketing: chargedUnlessSaid,
    utility: chargedUnlessSaid,
    authentication: chargedUnlessSaid,
    authentication_international: chargedUnlessSaid,
    service: chargedUnlessSaid,
  } satisfies Record<WhatsAppCategory, typeof chargedUnlessSaid>)
  .meta({
    id: 'ServiceWindow',
    description: 'Whether a message within 24 hours of the customer’s last one is charged.',
  });

const group = z
  .strictObject({
    members_max: z.int().min(1).max(MEMBERS_MAX).default(8),
    priced_as: whatsAppCategory.nullable().meta({
      description: 'The category whose price a group message has. Null: its own.',
    }),
    in_window: chargedUnlessSaid,
  })
  .meta({ id: 'GroupRule' });

const groupInput = group
  .extend({
    priced_as: whatsAppCategory.nullable().optional().meta({
      description:
        'The category whose price a group message has. Null: its own. Left out: utility, where the version has a price for it.',
    }),
  })
  .meta({ id: 'GroupRuleInput' });

const ruleInput = z
  .strictObject({
    unit: z.enum(UNITS),
    charge_on: z.enum(CHARGE_ON).optional().meta({
      description: 'Left out: a conversation when it is opened, a message when it is delivered.',
    }),
    conversation_hours: z.int().min(1).max(HOURS_MAX).default(24),
    service_window: serviceWindow.prefault({}),
    free_entry_point: charging.default('charge').meta({
      description: 'Within 72 hours of the first reply to a customer who came by an ad or a page.',
    }),
    group: groupInput.prefault({}),
    free_allowance: freeAllowance.nullable().default(null),
    covered_by_quota: z.array(category).max(CATEGORIES_MAX).default([]).meta({
      description: 'Categories that the WhatsApp conversation quota pays for before money does.',
    }),
    tier_mode: z.enum(TIER_MODES).nullable().default(null).meta({
      description: 'graduated: each unit at its own tier’s rate; volume: all at that of the last.',
    }),
    rounding: rounding
      .nullable()
      .default(null)
      .meta({ description: 'Left out on a call card: 60/60.' }),
  })
  .meta({
    id: 'RatingRuleInput',
    description: 'What is left out is charged. Cards for messages and calls need `unit` only.',
  });

const tier = z
  .strictObject({ from_quantity: quantity, rate })
  .meta({ id: 'RateTier', description: 'Counts once so many units of the month have been used.' });

const rowInput = z
  .strictObject({
    category,
    market,
    rate,
    fee: z
      .strictObject({ fixed: rate.default('0'), percent: feePercent.default('0') })
      .optional()
      .meta({ description: 'The management fee, per unit and of the price.' }),
    tiers: z
      .array(tier)
      .max(TIERS_MAX)
      .optional()
      .meta({
        description:
          'By the month’s quantity. From 0, `from_quantity` counts the units before: 0 and 1000 change ' +
          'with the 1001st. A list that begins at 1 counts the units themselves: 1 and 1001 are the same. ' +
          'Below the first tier `rate` counts.',
      }),
  })
  .meta({ id: 'RateRowInput' });

export const newRateCardSchema = z
  .strictObject({
    code: word,
    name: text(),
    channel,
    currency,
    time_zone: timeZone,
    markets: markets
      .optional()
      .meta({ description: 'Of its first version, unless that brings its own.' }),
    is_default: z.boolean().default(false).meta({
      description: 'The card of every account of its currency that names no other.',
    }),
  })
  .meta({ id: 'NewRateCard', description: 'Whose prices are its versions’.' });

export const rateCardChangeSchema = z
  .strictObject({
    name: text().optional(),
    is_default: z.boolean().optional().meta({
      description:
        'True: in the same moment the card that was the default of its channel and currency is none any more.',
    }),
  })
  .meta({ id: 'RateCardChange', description: 'What is left out stays as it is.' });

const CORRECTS =
  'The version whose wrong prices it corrects, with its rule and markets. It may then begin on a day whose usage ' +
  'was rated: a re-rating of each account does the rest.';
const corrects = z.int().min(1).max(VERSION_MAX).optional().meta({ description: CORRECTS });

export const newVersionSchema = z
  .strictObject({
    effective_from: effectiveFrom,
    corrects,
    note: text(NOTE_MAX).optional(),
    rule: ruleInput,
    markets: markets.optional().meta({ description: 'Left out: those of the version before it.' }),
    rows: z.array(rowInput).min(1).max(ROWS_MAX),
  })
  .meta({ id: 'NewRateCardVersion' });

const versionNumber = z.coerce.number<string>().int().min(1).max(VERSION_MAX);

/** What goes with a CSV file. */
const csvFields = {
  corrects: versionNumber.optional().meta({ description: CORRECTS }),
  note: text(NOTE_MAX).optional(),
  rule_from: versionNumber.optional().meta({
    description: 'The version whose rule and markets it takes. Left out: the one it follows.',
  }),
};
export const csvVersionQuery = z.strictObject({ effective_from: effectiveFrom, ...csvFields });
export const csvPreviewQuery = z.strictObject({
  effective_from: effectiveFrom.optional().meta({ description: 'Left out: today.' }),
  ...csvFields,
});

export const cardParams = z.strictObject({ card_code: idText });
export const versionParams = z.strictObject({
  card_code: idText,
  version: z
    .string()
    .regex(/^[1-9][0-9]{0,6}$/)
    .transform(Number),
});

export const cardsQuery = z.strictObject({
  ...pageFields,
  channel: channel.optional(),
  currency: currency.optional(),
});
export const versionsQuery = z.strictObject(pageFields);

const civilDate = z.string().regex(DATE).meta({ format: 'date' });

export const rateCardSchema = z
  .strictObject({
    code: z.string(),
    name: z.string(),
    channel,
    currency: z.string(),
    time_zone: z.string(),
    markets: z.array(marketPrefix),
    is_default: z.boolean(),
    rated_until: civilDate.nullable().meta({
      description:
        'The newest day whose usage was rated with it: a version begins after it, unless it `corrects` another one.',
    }),
    created_at: instantOutput,
  })
  .meta({ id: 'RateCard' });

export const ruleSchema = z
  .strictObject({
    unit: z.enum(UNITS),
    charge_on: z.enum(CHARGE_ON),
    conversation_hours: z.int(),
    service_window: serviceWindow,
    free_entry_point: charging,
    group,
    free_allowance: freeAllowance.nullable(),
    covered_by_quota: z.array(z.string()),
    tier_mode: z.enum(TIER_MODES).nullable(),
    rounding: rounding.nullable(),
  })
  .meta({ id: 'RatingRule' });

const rowSchema = z
  .strictObject({
    category: z.string(),
    market: z.string(),
    rate: z.string(),
    fee: z.strictObject({ fixed: z.string(), percent: z.string() }),
    tiers: z.array(tier),
  })
  .meta({ id: 'RateRow', description: 'Tiers count the units before: the first has 0 or more.' });

const unreachable = z.array(z.string()).meta({
  description: 'Markets with a price that no prefix leads to: most often a spelling mistake.',
});

export const versionSchema = z
  .strictObject({
    card_code: z.string(),
    version: z.int(),
    effective_from: civilDate,
    starts_at: instantOutput,
    corrects: z.int().nullable().meta({
      description: 'The version whose prices it corrects; null: it corrects none.',
    }),
    note: z.string().nullable(),
    rule: ruleSchema,
    markets: z.array(marketPrefix),
    rows: z.array(rowSchema),
    unreachable_markets: unreachable,
    created_at: instantOutput,
  })
  .meta({ id: 'RateCardVersion', description: 'It never changes.' });

const changeText = z.string().regex(/^-?[0-9]+(\.[0-9]+)?$/);

export const previewSchema = z
  .strictObject({
    effective_from: civilDate,
    starts_at: instantOutput,
    compared_with: z
      .strictObject({ version: z.int(), effective_from: civilDate })
      .nullable()
      .meta({ description: 'The version in force on that day. Null: the card has none then.' }),
    added: z.array(rowSchema),
    removed: z.array(rowSchema),
    changed: z.array(
      z.strictObject({
        category: z.string(),
        market: z.string(),
        before: rowSchema,
        after: rowSchema,
        changed_by: z
          .strictObject({
            rate: changeText,
            rate_percent: changeText.nullable(),
            fee: z.strictObject({ fixed: changeText, percent: changeText }),
          })
          .meta({
            description:
              'After less before, exact. `rate_percent` has two decimals; null: it was free.',
          }),
      }),
    ),
    unchanged: z.int(),
    rule_changes: z.array(
      z.strictObject({
        field: z.string(),
        before: z.string().nullable(),
        after: z.string().nullable(),
      }),
    ),
    market_changes: z.strictObject({
      added: z.array(marketPrefix),
      removed: z.array(marketPrefix),
    }),
    unreachable_markets: unreachable,
    refusal: z
      .strictObject({ code: z.string(), detail: z.string() })
      .nullable()
      .meta({ description: 'Why publishing it would be refused now.' }),
  })
  .meta({ id: 'RateCardPreview', description: 'What publishing would change; nothing is stored.' });

export const accountCardsParams = z.strictObject({ account_id: idText });
