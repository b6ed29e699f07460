import type { z } from 'zod';
import { getAccount, type Account } from '../../db/repositories/account.repository';
import { autoRecharges } from '../../db/repositories/auto-recharge.repository';
import { findPaymentMethod } from '../../db/repositories/payment-method.repository';
import type { Transaction } from '../../db/transaction';
import { BillingError } from '../../domain/billing-error';
import type { CurrencyCode } from '../../domain/currency';
import type { Instant } from '../../domain/instant';
import { parseMoney, roundToChargeStep } from '../../domain/money';
import {
  setAutoRecharge,
  turnOffAutoRecharge,
  type SetAutoRecharge,
} from '../../workflows/auto-recharge.messages';
import type { CommandAnswer } from '../../workflows/lifecycle.messages';
import { findAccountNow } from '../account-time';
import { accepted, ok } from '../answer';
import { assertAddressed } from '../assert-addressed';
import { assertDone } from '../command-answer';
import { runCommand } from '../commands/run-command';
import { sendToLifecycle } from '../commands/send-to-lifecycle';
import { startWith } from '../commands/start-lifecycle';
import { getRecord } from '../get-record';
import { getLifecycleOwner } from '../lifecycle-owner';
import { toApiAutoRecharge } from '../presenters/auto-recharge.presenter';
import { commandRoute, readRoute, type Route } from '../route';
import { accountParams } from '../schemas/account.schema';
import { autoRechargeSchema, newAutoRechargeSchema } from '../schemas/auto-recharge.schema';
import { startedSchema } from '../schemas/lifecycle.schema';

const tag = 'Auto-recharge';
const path = '/v1/accounts/{account_id}/auto_recharge';
const ANYONE = ['operator', 'partner', 'account'] as const;

const setRoute = commandRoute({
  method: 'put',
  path,
  operation: 'setAutoRecharge',
  summary: 'Let a saved payment method fill the wallet when it runs low',
  description:
    'Replaces what was set before as a whole. Below the threshold already, the method is charged at once: whole ' +
    'increments that bring the balance up to the threshold, as far as the month’s cap allows. One charge at a ' +
    'time. Usage never waits for it. One that has stopped goes on once it is set again.',
  tag,
  roles: ANYONE,
  params: accountParams,
  body: newAutoRechargeSchema,
  responses: {
    200: { description: 'As it is now.', schema: autoRechargeSchema },
    202: { description: 'Accepted; ask for it until it is there.', schema: startedSchema },
  },
  refusals: ['amount_out_of_range', 'billing_address_required', 'invalid_amount', 'unprocessable'],
  handler: (request, dependencies) =>
    runCommand<CommandAnswer>(request, dependencies, {
      resourceKind: null,
      build: async (_, trx) => {
        const { body, params } = request;
        const { account, owner } = await getLifecycleOwner(trx, params.account_id);
        const asked = readAsked(body, account.currency);
        if (asked.enabled) await assertAddressed(trx, account.id);
        await assertOwn(trx, account, asked.paymentMethodId);
        const update = { update: setAutoRecharge.name, args: [asked] };
        const beginning = {
          kind: 'auto_recharge',
          id: account.id,
          owner,
          startsAgain: true,
        } as const;
        return startWith(update, beginning);
      },
      present: async (answer, { trx }) => {
        assertDone(answer);
        return ok(await show(trx, request.params.account_id, request.receivedAt));
      },
      presentAccepted: async () => accepted({ id: request.params.account_id, status: 'pending' }),
    }),
});

const turnOffRoute = commandRoute({
  method: 'delete',
  path,
  operation: 'turnOffAutoRecharge',
  summary: 'Charge nothing by itself any more',
  description:
    'From the answer on nothing new is charged. A charge that is under way may still succeed; its money comes into ' +
    'the wallet. Asked again, the answer is the same.',
  tag,
  roles: ANYONE,
  params: accountParams,
  responses: {
    200: { description: 'Turned off.', schema: autoRechargeSchema },
    202: { description: 'Accepted, as it is now.', schema: autoRechargeSchema },
  },
  handler: (request, dependencies) => {
    const { account_id: accountId } = request.params;
    return sendToLifecycle(request, dependencies, {
      kind: 'auto_recharge',
      get: (trx) => get(trx, accountId),
      say: async () => ({ update: turnOffAutoRecharge.name, args: [] }),
      show: (trx) => show(trx, accountId, request.receivedAt),
    });
  },
});

const showRoute = readRoute({
  method: 'get',
  path,
  operation: 'getAutoRecharge',
  summary: 'Show an account’s auto-recharge: how it stands, why, and what happens next',
  tag,
  roles: ANYONE,
  params: accountParams,
  responses: { 200: { description: 'As it is now.', schema: autoRechargeSchema } },
  handler: async ({ params, receivedAt }, trx) =>
    ok(await show(trx, params.account_id, receivedAt)),
});

export const autoRechargeRoutes: readonly Route[] = [setRoute, showRoute, turnOffRoute];

/** Throws `not_found` for an account that never set one. */
async function get(trx: Transaction, accountId: string) {
  const { id } = await getAccount(trx, accountId);
  return getRecord(autoRecharges, id, trx);
}

async function show(trx: Transaction, accountId: string, receivedAt: Instant) {
  const account = await getAccount(trx, accountId);
  const at = await findAccountNow(account, { trx, receivedAt });
  return toApiAutoRecharge(await get(trx, account.id), at);
}

/** Throws `not_found` for a method of another account: that one does not exist here. */
async function assertOwn(trx: Transaction, account: Account, id: string | null): Promise<void> {
  if (id === null || (await findPaymentMethod(trx, id))?.accountId === account.id) return;
  throw new BillingError('not_found', 'There is no such payment method.');
}

function readAsked(
  body: z.output<typeof newAutoRechargeSchema>,
  currency: CurrencyCode,
): SetAutoRecharge {
  const { enabled, threshold, amount, monthly_cap: monthlyCap, payment_method_id: id } = body;
  const money = parseMoney({ amount, currency });
  const isPayable = roundToChargeStep(money, 'down').amountMicros === money.amountMicros;
  if (money.amountMicros <= 0n || !isPayable) {
    const message = `The amount must be above zero, in steps that ${currency} can be paid in.`;
    throw new BillingError('invalid_amount', message, { field: 'amount' });
  }
  return { enabled, threshold, amount, monthlyCap, paymentMethodId: id ?? null };
}
