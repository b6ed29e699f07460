import { z } from 'zod';
import { pageFields } from '../page';
import {
  amountInput,
  currency,
  idText,
  instantOutput,
  moneyOutput,
  text,
  word,
} from './common.schema';

/** Beyond these a package is a mistake. */
const UNITS_MAX = 1_000_000_000;
const DAYS_MAX = 3_650;
const CHANNELS_MAX = 20;

const moneyInput = z
  .strictObject({ amount: amountInput, currency })
  .meta({ id: 'MoneyInput', description: 'A decimal text and its currency.' });
const units = z.int().min(1).max(UNITS_MAX);
const days = z.int().min(1).max(DAYS_MAX);

const ifNotCheaper = z.enum(['warn', 'refuse']).default('warn').meta({
  description:
    'What to do when a unit costs as much as a plan on sale in this currency asks for it, or more.',
});

export const newMessagePackageSchema = z
  .strictObject({
    code: word,
    name: text(),
    messages: units,
    price: moneyInput,
    validity_days: days.meta({
      description: 'It ends when the last of these days is over in the account’s zone.',
    }),
    channels: z
      .array(word)
      .min(1)
      .max(CHANNELS_MAX)
      .optional()
      .meta({ description: 'Whose messages it pays for. Left out: those of every channel.' }),
    if_not_cheaper: ifNotCheaper,
  })
  .meta({ id: 'NewMessagePackage', description: 'One offer per code and currency.' });

export const newMinuteBundleSchema = z
  .strictObject({
    code: word,
    name: text(),
    minutes: units,
    price: moneyInput,
    up_front_fee: moneyInput.optional(),
    validity_days: days.optional().meta({
      description:
        'Left out: it ends with the paid period of the account’s plan, or without a plan after a month.',
    }),
    if_not_cheaper: ifNotCheaper,
  })
  .meta({ id: 'NewMinuteBundle', description: 'One offer per code and currency.' });

/** What every offer shows besides its own units. */
const offerFields = {
  code: z.string(),
  name: z.string(),
  price: moneyOutput,
  effective_unit_price: z
    .string()
    .meta({ description: 'Price by units, a decimal text (R0.01).', examples: ['0.45'] }),
  saving_vs_plan: z
    .strictObject({
      plan_code: z.string(),
      plan_unit_price: z.string(),
      per_unit: z.string().meta({ description: 'Below zero when the plan is cheaper.' }),
      percent: z.string(),
    })
    .nullable()
    .meta({ description: 'Against the account’s plan; null without an account, plan or price.' }),
  warning: z
    .strictObject({
      code: z.literal('not_cheaper_than_plan'),
      message: z.string(),
      plan_codes: z.array(z.string()),
    })
    .nullable(),
  created_at: instantOutput,
  archived_at: instantOutput.nullable(),
};

export const messagePackageSchema = z
  .strictObject({
    ...offerFields,
    messages: z.int(),
    validity_days: z.int(),
    channels: z.array(z.string()).nullable().meta({ description: 'null: every channel.' }),
  })
  .meta({ id: 'MessagePackage', description: 'Prepaid messages on sale, in one currency.' });

export const minuteBundleSchema = z
  .strictObject({
    ...offerFields,
    minutes: z.int(),
    up_front_fee: moneyOutput,
    validity_days: z.int().nullable().meta({ description: 'null: with the plan’s paid period.' }),
  })
  .meta({ id: 'MinuteBundle', description: 'Add-on call minutes on sale, in one currency.' });

export const offersQuery = z.strictObject({
  ...pageFields,
  account_id: idText.optional().meta({
    description:
      'Shows what this account may buy, with what it saves against its plan. An account’s own key ' +
      'need not say it.',
  }),
  code: word.optional(),
  currency: currency.optional(),
});

export const offerParams = z.strictObject({ offer_code: idText });

export const archiveOfferSchema = z.strictObject({ currency }).meta({ id: 'ArchiveOffer' });
