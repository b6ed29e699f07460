import { z } from 'zod';
import { HOLD_KINDS, HOLD_STATUSES } from '../../domain/usage/hold-terms';
import { amountInput, idText, instantInput, instantOutput } from './common.schema';
import { nextActionSchema } from './lifecycle.schema';
import { usageChargeSchema } from './usage.schema';

const QUANTITY_MAX = 1_000_000_000;
const EXTENSION_MAX_SECONDS = 86_400;

export const holdParams = z.strictObject({ hold_id: idText });

export const holdSchema = z
  .strictObject({
    id: z.string(),
    account_id: z.string(),
    kind: z.enum(HOLD_KINDS),
    status: z.enum(HOLD_STATUSES),
    category: z.string().nullable(),
    quantity: z.int().meta({ description: 'Unique recipients, members, or seconds of a call.' }),
    reserved: z.array(usageChargeSchema),
    captured: z.array(usageChargeSchema).meta({ description: 'Paid from it so far.' }),
    remaining: z.array(usageChargeSchema).meta({ description: 'Still held.' }),
    placed_at: instantOutput,
    deadline_at: instantOutput,
    closed_at: instantOutput.nullable(),
    next_action: nextActionSchema.nullable(),
  })
  .meta({ id: 'Hold', description: 'Units and money set aside for something under way.' });

export const captureBody = z
  .strictObject({
    amount: amountInput.optional().describe('Money that is held, with the tax in it.'),
    quantity: z.int().min(1).max(QUANTITY_MAX).optional().describe('Units that are held.'),
    final: z.boolean().default(false).describe('It was the last: the rest is free again.'),
  })
  .refine(({ amount, quantity }) => amount === undefined || quantity === undefined, {
    path: ['quantity'],
    error: 'Say an amount of money or a quantity of units, not both.',
  })
  .refine(
    ({ amount, quantity, final }) => amount !== undefined || quantity !== undefined || final,
    { path: ['amount'], error: 'Say an amount of money or a quantity of units.' },
  )
  .meta({ id: 'HoldCapture' });

export const extendBody = z
  .strictObject({
    by: z.int().min(1).max(EXTENSION_MAX_SECONDS).describe('Further seconds of the call.'),
    deadline_at: instantInput.optional().describe('A later deadline.'),
  })
  .meta({ id: 'HoldExtension' });
