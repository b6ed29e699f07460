import { z } from 'zod';
import { newId } from '../../db/new-id';
import { getAccount, type Account } from '../../db/repositories/account.repository';
import { findTaxation } from '../../db/repositories/tax-registration.repository';
import { getPartner } from '../../db/repositories/partner.repository';
import { moveBalance } from '../../db/transfer-balance';
import { withTransaction, type Transaction } from '../../db/transaction';
import { BillingError } from '../../domain/billing-error';
import { describeShortfall } from '../../domain/ledger/shortfall';
import { parseAmount, toWireMoney, type Money } from '../../domain/money';
import type { Instant } from '../../domain/instant';
import { parseCurrency } from '../../domain/currency';
import { assertSameTime, findAccountNow } from '../account-time';
import { created } from '../answer';
import { writeRoute, type Route } from '../route';
import {
  balanceTransferSchema,
  newBalanceTransferSchema,
} from '../schemas/balance-transfer.schema';
import { idText } from '../schemas/common.schema';
import { wakeWaiting } from '../wake-waiting';

const transferRoute = writeRoute({
  method: 'post',
  path: '/v1/partners/{partner_id}/transfers',
  operation: 'transferBalance',
  summary: 'Move money between a reseller’s wallet and a customer’s',
  description:
    'What was paid in moves, no promotional money and nothing that is held. What the receiving account owes is paid ' +
    'from it at once.',
  tag: 'Partners',
  roles: ['operator', 'partner'],
  params: z.strictObject({ partner_id: idText }),
  body: newBalanceTransferSchema,
  responses: { 201: { description: 'It has moved.', schema: balanceTransferSchema } },
  refusals: ['not_found', 'insufficient_balance', 'currency_mismatch', 'unprocessable'],
  async handler({ params, body, receivedAt }, trx) {
    const { house, customer } = await getParties(trx, { partnerId: params.partner_id, ...body });
    const amount = {
      amountMicros: parseAmount(body.amount),
      currency: parseCurrency(body.currency),
    };
    if (amount.amountMicros <= 0n) {
      const message = 'A transfer moves an amount above zero.';
      throw new BillingError('invalid_amount', message, { field: 'amount' });
    }
    for (const { currency, id } of [house, customer]) {
      if (currency === amount.currency) continue;
      const message = `The wallet of ${id} is in ${currency}.`;
      throw new BillingError('currency_mismatch', message, { field: 'currency' });
    }
    const [from, to] = body.direction === 'to_account' ? [house, customer] : [customer, house];
    assertSameTime(from, to);
    const at = await findAccountNow(to, { trx, receivedAt });
    await assertSameTaxPoint(trx, { from, to, at });
    const id = newId('balance_transfer');
    const move = { id, from: from.id, to: to.id, amount, at, recordedAt: receivedAt };
    const outcome = await moveBalance(trx, move);
    if (outcome.kind === 'short') throw refuseShort(from, amount, outcome.freeMicros);
    const transferred = {
      id,
      partner_id: params.partner_id,
      account_id: customer.id,
      direction: body.direction,
      ...toWireMoney(amount),
      transferred_at: at,
    };
    return created(transferred, `/v1/accounts/${to.id}/ledger`);
  },
  async hint({ body, params, tenant }, dependencies) {
    const parties = await withTransaction(dependencies.database, tenant, (trx) =>
      getParties(trx, { partnerId: params.partner_id, ...body }),
    );
    const { id } = body.direction === 'to_account' ? parties.customer : parties.house;
    await wakeWaiting(dependencies, { accountId: id, from: params.partner_id });
  },
});

interface Parties {
  readonly house: Account;
  readonly customer: Account;
}

/** The reseller's own account and its customer. Throws `not_found` for what the caller cannot see. */
async function getParties(
  trx: Transaction,
  { partnerId, account_id: accountId }: { readonly partnerId: string; readonly account_id: string },
): Promise<Parties> {
  const { houseAccountId } = await getPartner(trx, partnerId);
  const customer = await getAccount(trx, accountId);
  if (customer.partnerId !== partnerId || customer.id === houseAccountId) {
    const message = 'The account is no customer of this partner.';
    throw new BillingError('unprocessable', message, { field: 'account_id' });
  }
  if (houseAccountId === null) {
    throw new BillingError('unprocessable', 'The partner has no account of its own.');
  }
  return { house: await getAccount(trx, houseAccountId), customer };
}

/** Money of a wallet is taxed once, when it comes in or when it is used: moved, it would be taxed twice or never. */
async function assertSameTaxPoint(
  trx: Transaction,
  { from, to, at }: { readonly from: Account; readonly to: Account; readonly at: Instant },
): Promise<void> {
  const left = await findTaxation(trx, { accountId: from.id, at });
  const right = await findTaxation(trx, { accountId: to.id, at });
  if (left.taxPoint === right.taxPoint) return;
  const message =
    'The money of one account was taxed as it came in, that of the other is taxed as it is used.';
  throw new BillingError('unprocessable', message);
}

function refuseShort(from: Account, required: Money, freeMicros: bigint): BillingError {
  const message = `The wallet of ${from.id} does not hold that much paid-in money.`;
  return new BillingError('insufficient_balance', message, describeShortfall(required, freeMicros));
}

export const balanceTransferRoutes: readonly Route[] = [transferRoute];
