import { z } from 'zod';
import { amountInput, currency, idText, instantOutput, moneyOutput } from './common.schema';

const direction = z
  .enum(['to_account', 'to_partner'])
  .meta({ description: 'From the reseller’s own account to the customer’s, or back.' });

export const newBalanceTransferSchema = z
  .strictObject({
    account_id: idText.meta({ description: 'The customer.' }),
    amount: amountInput,
    currency,
    direction: direction.default('to_account'),
  })
  .meta({ id: 'NewBalanceTransfer' });

export const balanceTransferSchema = z
  .strictObject({
    id: z.string().meta({ description: 'The ledgers of both accounts name it.' }),
    partner_id: z.string(),
    account_id: z.string(),
    direction,
    ...moneyOutput.shape,
    transferred_at: instantOutput,
  })
  .meta({ id: 'BalanceTransfer', description: 'Money moved between a reseller and its customer.' });
