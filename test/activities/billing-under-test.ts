/**
 * A database with a plan, accounts with money, and the activities on it, for one test file. Nothing
 * stands in for anything: what activities write is read back from PostgreSQL.
 */
import { createSubscriptionActivities } from '../../activities/subscription/subscription.activities';
import type { ActivityDependencies } from '../../activities/dependencies';
import { createDatabase, type Database } from '../../db/connection';
import { listEvents } from '../../db/repositories/event.repository';
import { checkLedger } from '../../db/repositories/ledger.repository';
import { listTransfers } from '../../db/repositories/transfer.repository';
import { insertPlan } from '../../db/repositories/plan.repository';
import {
  type SubscriptionRecord,
  subscriptions,
} from '../../db/repositories/subscription.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction, type Transaction } from '../../db/transaction';
import type { BillingCycle } from '../../domain/billing-period';
import { DEFAULT_CHANGE_POLICY } from '../../domain/change-policy';
import { DEFAULT_DUNNING_POLICY } from '../../domain/dunning';
import { grantMoney } from '../../domain/ledger/grant';
import { parseAmount } from '../../domain/money';
import type { PlanVersion } from '../../domain/plan';
import type { SubscriptionCommand } from '../../workflows/subscription.messages';
import { createTestDatabase } from '../support/database';
import { changeLedger, makeAccount } from '../support/ledger-accounts';

/** Record time of everything: it is none of the instants a test speaks of. */
export const RECORDED_AT = '2030-01-01T00:00:00.000Z';
const CREATED_AT = '2027-01-01T00:00:00.000Z';

/** 999.00 INR a month: 1,000 messages and 10 minutes, 50 conversations of the calendar month. */
export const GROWTH: PlanVersion = {
  code: 'growth',
  version: 1,
  kind: 'plan',
  name: 'Growth',
  tier: 'growth',
  prices: [
    { cycle: 'monthly', price: { amountMicros: 999_000_000n, currency: 'INR' } },
    { cycle: 'yearly', price: { amountMicros: 9_990_000_000n, currency: 'INR' } },
  ],
  allowances: { messages: 1_000, minutes: 10, wa_conversations: 50 },
  limits: {},
  features: [],
  support: null,
  unitPrices: {},
  onExhausted: {},
  bearsTax: true,
  dunning: DEFAULT_DUNNING_POLICY,
  changes: DEFAULT_CHANGE_POLICY,
};

/** 99.00 INR a month for help, beside the plan. */
const CARE: PlanVersion = {
  ...GROWTH,
  code: 'care',
  kind: 'support_package',
  name: 'Care',
  prices: [{ cycle: 'monthly', price: { amountMicros: 99_000_000n, currency: 'INR' } }],
  allowances: {},
};

export interface BillingUnderTest {
  readonly database: Database;
  readonly appUrl: string;
  readonly ownerUrl: string;
  /** As the owner, for looking at everything and for breaking things. */
  readonly owner: Database;
  /** An account in Kolkata with that much in its wallet. */
  makeAccount(wallet: string): Promise<string>;
  topUp(accountId: string, amount: string): Promise<void>;
  read<T>(work: (trx: Transaction) => Promise<T>): Promise<T>;
  subscription(id: string): Promise<SubscriptionRecord | null>;
  /** Oldest first: "charge wallet/additional > revenue/INR 999000000". */
  transfers(accountId: string): Promise<string[]>;
  /** Oldest first: "subscription.started". */
  events(accountId: string): Promise<string[]>;
  operations(accountId: string): Promise<string[]>;
  close(): Promise<void>;
}

export async function createBillingUnderTest(): Promise<BillingUnderTest> {
  const test = await createTestDatabase();
  const { database } = test;
  const owner = createDatabase({ url: test.ownerUrl, applicationName: 'tollgate-test-owner' });
  const read = <T>(work: (trx: Transaction) => Promise<T>): Promise<T> =>
    withTransaction(database, SYSTEM, work);
  for (const plan of [GROWTH, CARE]) await read((trx) => insertPlan(trx, plan, CREATED_AT));
  let accountsMade = 0;
  let topUpsMade = 0;
  const accountIds: string[] = [];

  async function topUp(accountId: string, amount: string): Promise<void> {
    topUpsMade += 1;
    const reference = `payment/pay_${topUpsMade}`;
    await changeLedger(database, { accountId, reference, at: CREATED_AT }, (plan, ledger) =>
      grantMoney(plan, ledger, {
        source: 'wallet_additional',
        amountMicros: parseAmount(amount),
        at: CREATED_AT,
        kind: 'grant',
        reference,
        from: 'clearing',
      }),
    );
  }

  /** Whatever a test did, the books add up. */
  async function assertLedgersIntact(): Promise<void> {
    for (const accountId of accountIds) {
      const { chainIntact, assets } = await read((trx) => checkLedger(trx, accountId));
      const isBalanced = assets.every((a) => a.cachedEqualsPosted && a.sumOfTransfers === 0n);
      if (!chainIntact || !isBalanced) throw new Error(`the ledger of ${accountId} is broken`);
    }
  }

  return {
    database,
    appUrl: test.appUrl,
    ownerUrl: test.ownerUrl,
    owner,
    read,
    topUp,
    async makeAccount(wallet) {
      accountsMade += 1;
      const accountId = `acct_${accountsMade}`;
      accountIds.push(accountId);
      const place = { timeZone: 'Asia/Kolkata', currency: 'INR', at: CREATED_AT };
      await makeAccount(database, { accountId, ...place });
      if (parseAmount(wallet) > 0n) await topUp(accountId, wallet);
      return accountId;
    },
    subscription: (id) => read((trx) => subscriptions.find(trx, id)),
    async transfers(accountId) {
      const page = await read((trx) => listTransfers(trx, { accountId, limit: 100, cursor: null }));
      return page.items
        .map(({ kind, debit, credit, amount }) => `${kind} ${debit} > ${credit} ${amount}`)
        .reverse();
    },
    async events(accountId) {
      const query = { limit: 100, beforePosition: null, accountId };
      return (await read((trx) => listEvents(trx, query))).map(({ type }) => type).reverse();
    },
    operations: (accountId) =>
      read((trx) =>
        trx('operations').where({ account_id: accountId }).orderBy('key').pluck<string[]>('key'),
      ),
    async close() {
      try {
        await assertLedgersIntact();
      } finally {
        await owner.destroy();
        await test.drop();
      }
    },
  };
}

/** Activities on the database. What these do not touch is not there: to use it would fail the test. */
export function subscriptionActivities(
  database: Database,
  client: Partial<ActivityDependencies['client']> = {},
): ReturnType<typeof createSubscriptionActivities> {
  const commands = { restart: () => Promise.resolve() };
  const dependencies = { database, client, commands, now: () => RECORDED_AT };
  return createSubscriptionActivities(dependencies as unknown as ActivityDependencies);
}

/** The account's subscription, started, and how it is told more: each command under a key of its own. */
export async function startSubscription(
  { database }: BillingUnderTest,
  {
    accountId,
    at,
    planCode = 'growth',
    cycle = 'monthly',
  }: {
    readonly accountId: string;
    readonly at: string;
    readonly planCode?: string;
    readonly cycle?: BillingCycle;
  },
) {
  const id = `sub_of_${accountId}`;
  const activities = subscriptionActivities(database);
  let asked = 0;
  const answer = (command: SubscriptionCommand, now: string) => {
    asked += 1;
    const operationKey = `subscription/${id}/${command.kind}/${asked}`;
    return activities.answerSubscriptionCommand({ id, accountId, command, now, operationKey });
  };
  const started = await answer({ kind: 'start', planCode, cycle }, at);
  if (started.answer.kind === 'refused') throw new Error(started.answer.message);
  return { id, accountId, answer };
}
