/** Owns: the accounts, money and plan that the measured renewals are made of. */
import type { Database } from '../../../db/connection';
import { newId } from '../../../db/new-id';
import { insertAccount } from '../../../db/repositories/account.repository';
import {
  applyLedgerPlan,
  createLedger,
  lockLedgers,
} from '../../../db/repositories/ledger.repository';
import { insertPlan } from '../../../db/repositories/plan.repository';
import { SYSTEM } from '../../../db/tenant';
import { withTransaction, type Transaction } from '../../../db/transaction';
import { DEFAULT_CHANGE_POLICY } from '../../../domain/change-policy';
import { DEFAULT_DUNNING_POLICY } from '../../../domain/dunning';
import { invariant } from '../../../domain/invariant';
import { grantMoney } from '../../../domain/ledger/grant';
import { createLedgerPlan } from '../../../domain/ledger/ledger-plan';
import type { PlanVersion } from '../../../domain/plan';

export const STARTS_AT = '2026-01-31T10:00:00.000Z';
export const PLAN_CODE = 'bench';

const PLAN: PlanVersion = {
  code: PLAN_CODE,
  version: 1,
  kind: 'plan',
  name: 'Bench',
  tier: 'bench',
  prices: [{ cycle: 'monthly', price: { amountMicros: 999_000_000n, currency: 'TRY' } }],
  allowances: { minutes: 500, messages: 10_000 },
  limits: {},
  features: [],
  support: null,
  unitPrices: {},
  onExhausted: {},
  bearsTax: true,
  dunning: DEFAULT_DUNNING_POLICY,
  changes: DEFAULT_CHANGE_POLICY,
};
const WALLET_MICROS = 1_000_000_000_000n;

export async function preparePlan(database: Database): Promise<void> {
  await withTransaction(database, SYSTEM, (trx) => insertPlan(trx, PLAN, STARTS_AT));
}

/** An account in Istanbul with money for a thousand periods. Answers its id. */
export async function prepareAccount(database: Database): Promise<string> {
  return withTransaction(database, SYSTEM, async (trx) => {
    const account = await insertAccount(trx, {
      id: newId('account'),
      partnerId: null,
      testClockId: null,
      externalId: null,
      name: 'Bench',
      country: 'TR',
      currency: 'TRY',
      timeZone: 'Europe/Istanbul',
      createdAt: STARTS_AT,
    });
    await createLedger(trx, {
      accountId: account.id,
      timeZone: account.timeZone,
      currency: account.currency,
      at: STARTS_AT,
    });
    await fillWallet(trx, account.id);
    return account.id;
  });
}

async function fillWallet(trx: Transaction, accountId: string): Promise<void> {
  const ledger = (await lockLedgers(trx, [accountId])).get(accountId);
  invariant(ledger !== undefined, 'the account has a ledger');
  const plan = createLedgerPlan([ledger], { reference: newId('payment'), postedAt: STARTS_AT });
  grantMoney(plan, ledger, {
    source: 'wallet_additional',
    amountMicros: WALLET_MICROS,
    at: STARTS_AT,
    kind: 'grant',
    reference: plan.reference,
    from: 'clearing',
  });
  await applyLedgerPlan(trx, plan);
}
