import { z } from 'zod';
import { BUCKET_SOURCES, TRANSFER_KINDS } from '../../domain/ledger/ledger-state';
import { instantOutput, moneyOutput } from './common.schema';

/** Money of a currency, or whole units of a meter. */
const value = z.union([moneyOutput, z.int()]).meta({
  id: 'AssetValue',
  description: 'Money when the asset is a currency, else a whole number of units.',
});

const asset = z.string().meta({ description: 'A currency, or a meter such as `message`.' });

export const balancesSchema = z
  .strictObject({
    as_of: instantOutput,
    items: z.array(
      z
        .strictObject({
          code: z.string(),
          asset,
          source: z.enum(BUCKET_SOURCES),
          granted: value.meta({ description: 'All that was ever granted into it.' }),
          posted: value,
          held: value,
          available: value,
          starts_at: instantOutput.nullable(),
          expires_at: instantOutput.nullable(),
          burn_order: z.int().meta({ description: '1 burns first, among those of its asset.' }),
        })
        .meta({ id: 'Bucket' }),
    ),
  })
  .meta({ id: 'Balances' });

export const transferSchema = z
  .strictObject({
    id: z.string(),
    kind: z.enum([...TRANSFER_KINDS, 'hold']),
    debit: z.string(),
    credit: z.string(),
    asset,
    amount: moneyOutput.optional().meta({ description: 'Of a currency.' }),
    quantity: z.int().optional().meta({ description: 'Of a meter.' }),
    state: z.enum(['pending', 'posted', 'voided']),
    effective_at: instantOutput.meta({ description: 'Business time.' }),
    posted_at: instantOutput.meta({ description: 'When it was written down.' }),
    reference: z.string(),
    reason: z.string().nullable(),
  })
  .meta({ id: 'Transfer' });

export const ledgerCheckSchema = z
  .strictObject({
    assets: z.array(
      z.strictObject({
        asset,
        sum_of_transfers: z.string().meta({ description: 'Credits less debits: "0".' }),
        cached_equals_posted: z.boolean(),
      }),
    ),
    chain_intact: z.boolean(),
    first_broken: z
      .string()
      .nullable()
      .meta({ description: 'Number of the first wrong transfer.' }),
    transfer_count: z.string(),
  })
  .meta({ id: 'LedgerCheck' });
