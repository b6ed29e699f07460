/** A reseller with a house account and money, partner plans and customers, on top of a billing under test. */
import {
  insertPartnerPlan,
  savePartnerPlanTerms,
  findPartnerPlan,
} from '../../db/repositories/partner-plan.repository';
import { insertPartner, saveHouseAccount } from '../../db/repositories/partner.repository';
import { countUsed, findPool, listAssigned } from '../../db/repositories/assignment.repository';
import type { PartnerPlanTerms } from '../../domain/partner-plan/partner-plan';
import { freeIn, sumAllocated, type Benefits } from '../../domain/partner-plan/pool';
import { isDueAction } from '../../domain/next-action';
import { invariant } from '../../domain/invariant';
import type { SubscriptionCommand } from '../../workflows/subscription.messages';
import { subscriptions } from '../../db/repositories/subscription.repository';
import { subscriptionActivities, type BillingUnderTest } from './billing-under-test';

const CREATED_AT = '2027-01-01T00:00:00.000Z';

/** 999.00 INR a month for 3,000 messages, 300 conversations, 3 seats. */
export const THIRD: PartnerPlanTerms = {
  type: 'usage_based',
  planName: 'Third',
  displayName: 'A third',
  currency: 'INR',
  prices: { monthly: 999_000_000n, yearly: 9_990_000_000n },
  hasGst: true,
  benefits: { messages: 3_000, wa_conversations: 300, team_members: 3 },
  revenueShareBps: null,
  onExhausted: 'block',
  unitPrices: {},
};

/** 4,999.00 INR a month for a pool of 10,000 messages, 1,000 conversations, 10 seats. */
export const POOL: PartnerPlanTerms = {
  ...THIRD,
  planName: 'Pool',
  displayName: 'Reseller',
  prices: { monthly: 4_999_000_000n },
  benefits: { messages: 10_000, wa_conversations: 1_000, team_members: 10 },
};

let made = 0;

export interface Reseller {
  readonly partnerId: string;
  readonly houseId: string;
  /** A customer with that much in its own wallet. */
  makeCustomer(wallet?: string): Promise<string>;
  /** What the pool has left; null without a pool. */
  free(): Promise<Benefits | null>;
  used(at: string): ReturnType<typeof countUsed>;
}

export async function makeReseller(billing: BillingUnderTest, wallet: string): Promise<Reseller> {
  const houseId = await billing.makeAccount(wallet);
  const partner = await billing.read(async (trx) => {
    const inserted = await insertPartner(trx, { name: 'Reseller', createdAt: CREATED_AT });
    await trx('accounts').where({ id: houseId }).update({ partner_id: inserted.id });
    await saveHouseAccount(trx, { partner: inserted, accountId: houseId });
    return inserted;
  });
  const member = { partnerId: partner.id, houseAccountId: houseId };
  return {
    partnerId: partner.id,
    houseId,
    async makeCustomer(own = '0.00') {
      const id = await billing.makeAccount(own);
      await billing.read((trx) => trx('accounts').where({ id }).update({ partner_id: partner.id }));
      return id;
    },
    free: () =>
      billing.read(async (trx) => {
        const pool = await findPool(trx, member);
        return pool && freeIn(pool.benefits, sumAllocated(await listAssigned(trx, member)));
      }),
    used: (at) => billing.read((trx) => countUsed(trx, { ...member, at })),
  };
}

/** Makes a partner plan; answers its id. */
export async function makePartnerPlan(
  billing: BillingUnderTest,
  terms: PartnerPlanTerms,
): Promise<string> {
  made += 1;
  const id = `pplan_${made}`;
  const named = { ...terms, planName: `${terms.planName} ${made}` };
  await billing.read((trx) =>
    insertPartnerPlan(trx, { id, terms: named, isEnabled: true, isVisible: true }, CREATED_AT),
  );
  return id;
}

/** Changes a plan's terms, as its next version where somebody has it. */
export async function changePartnerPlan(
  billing: BillingUnderTest,
  id: string,
  change: Partial<PartnerPlanTerms>,
): Promise<void> {
  await billing.read(async (trx) => {
    const record = await findPartnerPlan(trx, id);
    invariant(record !== null, `there is no ${id}`);
    const terms = { ...record.terms, ...change };
    await savePartnerPlanTerms(trx, record, { terms, at: CREATED_AT });
  });
}

/** A partner plan of an account: how it is told something, and how time passes for it. */
export interface Assigned {
  readonly id: string;
  tell(command: SubscriptionCommand, now: string): Promise<'done' | Refused>;
  /** Carries out what is due next, and the reminders before it. */
  passTime(): Promise<void>;
  /** Looks whether the renewal will be covered, as the first reminder of it does. */
  remind(): Promise<void>;
}

interface Refused {
  readonly code: string;
  readonly details: Readonly<Record<string, string>>;
}

/** Gives an account a partner plan: `payerId` pays. Answers why not, where it is refused. */
export async function assign(
  billing: BillingUnderTest,
  asked: {
    readonly planId: string;
    readonly payerId: string;
    readonly accountId: string;
    readonly at: string;
    readonly cycle?: 'monthly' | 'yearly';
  },
): Promise<Assigned & { readonly outcome: 'done' | Refused }> {
  const { planId: planCode, payerId, accountId, at, cycle = 'monthly' } = asked;
  made += 1;
  const id = `sub_${made}`;
  const activities = subscriptionActivities(billing.database);
  const target = {
    id,
    accountId: payerId,
    ...(payerId !== accountId && { servesAccountId: accountId }),
  };
  let told = 0;
  const tell = async (command: SubscriptionCommand, now: string): Promise<'done' | Refused> => {
    told += 1;
    const operationKey = `subscription/${id}/${command.kind}/${told}`;
    const request = { ...target, command, now, operationKey };
    const { answer } = await activities.answerSubscriptionCommand(request);
    if (answer.kind === 'done') return 'done';
    return { code: answer.code, details: answer.details };
  };
  const outcome = await tell({ kind: 'start', planCode, cycle }, at);
  const perform = async (): Promise<string> => {
    const record = await billing.subscription(id);
    invariant(record !== null, `${id} has no row`);
    const { next } = subscriptions.stepOf(record);
    invariant(isDueAction(next), `${id} has nothing due`);
    told += 1;
    const operationKey = `subscription/${id}/${next.kind}/${next.at}/${told}`;
    await activities.performSubscriptionAction({ ...target, action: next, operationKey });
    return next.kind;
  };
  return {
    id,
    outcome,
    tell,
    async passTime() {
      let kind = await perform();
      while (kind === 'remind') kind = await perform();
    },
    async remind() {
      const kind = await perform();
      invariant(kind === 'remind', `${id} was not reminded: ${kind} came first`);
    },
  };
}
