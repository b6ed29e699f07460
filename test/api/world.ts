import { grantPackage } from '../../activities/package/grant-package';
import { insertAccount, type Account } from '../../db/repositories/account.repository';
import { saveBillingAddress } from '../../db/repositories/billing-address.repository';
import { issueDocument } from '../../db/repositories/document.repository';
import { insertEvents } from '../../db/repositories/event.repository';
import {
  applyLedgerPlan,
  createLedger,
  lockLedgers,
} from '../../db/repositories/ledger.repository';
import { saveMember } from '../../db/repositories/member.repository';
import { insertPackageOffer } from '../../db/repositories/package-offer.repository';
import { insertPartnerPlan } from '../../db/repositories/partner-plan.repository';
import {
  insertPartner,
  saveHouseAccount,
  type Partner,
} from '../../db/repositories/partner.repository';
import { savePaymentMethod } from '../../db/repositories/payment-method.repository';
import { insertPlan } from '../../db/repositories/plan.repository';
import { insertTestClock } from '../../db/repositories/test-clock.repository';
import { newId } from '../../db/new-id';
import { SYSTEM } from '../../db/tenant';
import { withTransaction, type Transaction } from '../../db/transaction';
import { DEFAULT_CHANGE_POLICY } from '../../domain/change-policy';
import { DEFAULT_DUNNING_POLICY } from '../../domain/dunning';
import { grantMoney, grantUnits } from '../../domain/ledger/grant';
import { buildTopUpTerms } from '../../domain/payment/top-up-terms';
import { UNTAXED } from '../../domain/tax/taxation';
import { createLedgerPlan } from '../../domain/ledger/ledger-plan';
import { placeTopUp } from '../support/place-top-up';
import { makeRateCard, publish } from '../support/rate-cards';
import { rentNumber } from '../support/rented-number';
import { BULK, NEXUS } from '../support/give-package';
import type { ApiUnderTest } from './api-under-test';
import { insertRerating } from '../../db/repositories/rerating.repository';
import { createAutoRecharge } from './auto-recharge-in-world';
import { createHold } from './hold-in-world';
import { createPurchase } from './purchase-in-world';
import { createSubscription } from './subscription-in-world';
import { requestReport } from '../../db/repositories/settlement.repository';
import { createDispute, createRefund } from './refund-in-world';
import { setups } from '../../db/repositories/setup.repository';
import { beginSetup } from '../../domain/payment-method/setup';
import { createRevenueShare } from './revenue-share-in-world';
import { createWebhooks } from './webhooks-in-world';

/** One partner with an account and one of everything an account can have. */
export interface Tenant {
  readonly partnerId: string;
  readonly accountId: string;
  readonly testClockId: string;
  readonly subscriptionId: string;
  readonly topUpId: string;
  readonly packageId: string;
  readonly orderId: string;
  readonly phoneNumberId: string;
  readonly paymentMethodId: string;
  readonly setupId: string;
  /** An admin of the team. */
  readonly memberId: string;
  readonly invoiceId: string;
  readonly creditNoteId: string;
  readonly paymentId: string;
  readonly refundId: string;
  readonly disputeId: string;
  readonly payoutId: string;
  /** A minute that is held for a call. */
  readonly holdId: string;
  /** A preview that would change nothing. */
  readonly reratingId: string;
  readonly reportId: string;
  readonly taskId: string;
  /** A message from a customer, which cost nothing. */
  readonly usageEventId: string;
  /** Another one, which is cancelled by whoever asks. */
  readonly cancelledEventId: string;
  /** The partner's own, */
  readonly houseAccountId: string;
  /** and one whose partner plan it pays. */
  readonly customerId: string;
  readonly customerKey: string;
  readonly partnerKey: string;
  readonly partnerKeyId: string;
  readonly accountKey: string;
  readonly accountKeyId: string;
  /** A key nobody uses, to be revoked. */
  readonly spareKeyId: string;
  readonly webhookEndpointId: string;
  /** One that nobody else uses, to be deleted. */
  readonly spareEndpointId: string;
  readonly webhookDeliveryId: string;
  /** All ids above: none of them may ever be read by the other tenant. */
  readonly ids: readonly string[];
}

export interface World {
  readonly ours: Tenant;
  readonly theirs: Tenant;
  /** Of the catalogue: nothing is done to this one. */
  readonly partnerPlanId: string;
  /** Nor to this one. */
  readonly largerPartnerPlanId: string;
  /** And everything to this one. */
  readonly changedPartnerPlanId: string;
}

export const PLAN_CODE = 'growth';
export const CARD_CODE = 'wa-india';
const AT = '2026-11-01T00:00:00.000Z';
const PERIOD_END = '2099-12-01T00:00:00.000Z';

/** Two tenants alike, so that each can try to reach the other. */
export async function createWorld(api: ApiUnderTest): Promise<World> {
  await withTransaction(api.database, SYSTEM, (trx) =>
    insertPlan(
      trx,
      {
        code: PLAN_CODE,
        version: 1,
        kind: 'plan',
        name: 'Growth',
        tier: 'growth',
        prices: [
          { cycle: 'monthly', price: { amountMicros: 4_999_000_000n, currency: 'INR' } },
          { cycle: 'yearly', price: { amountMicros: 4_999_000_000n, currency: 'INR' } },
        ],
        allowances: { messages: 10_000 },
        limits: { team_members: 5, phone_numbers: 3 },
        features: [],
        support: null,
        unitPrices: {},
        onExhausted: {},
        bearsTax: true,
        dunning: DEFAULT_DUNNING_POLICY,
        changes: DEFAULT_CHANGE_POLICY,
      },
      AT,
    ),
  );
  await withTransaction(api.database, SYSTEM, async (trx) => {
    await insertPackageOffer(trx, { offer: BULK }, AT);
    await insertPackageOffer(trx, { offer: NEXUS }, AT);
  });
  const card = await makeRateCard(api.database, { code: CARD_CODE, currency: 'INR' });
  await publish(api.database, card);
  const partnerPlanId = await createPartnerPlan(api, INTERNAL_NAME);
  return {
    ours: await createTenant(api, { name: 'Ours', partnerPlanId }),
    theirs: await createTenant(api, { name: 'Theirs', partnerPlanId }),
    partnerPlanId,
    largerPartnerPlanId: await createPartnerPlan(api, `${INTERNAL_NAME}, larger`),
    changedPartnerPlanId: await createPartnerPlan(api, `${INTERNAL_NAME} 2`),
  };
}

/** What no partner and no account may ever read. */
export const INTERNAL_NAME = 'Internal: gold for resellers';

async function createPartnerPlan(api: ApiUnderTest, planName: string): Promise<string> {
  const id = newId('partner_plan');
  const terms = {
    type: 'usage_based',
    planName,
    displayName: 'Gold',
    currency: 'INR',
    prices: { monthly: 999_000_000n },
    hasGst: false,
    benefits: { messages: 10_000, wa_conversations: 1_000, team_members: 5 },
    revenueShareBps: null,
    onExhausted: 'block',
    unitPrices: {},
  } as const;
  await withTransaction(api.database, SYSTEM, (trx) =>
    insertPartnerPlan(trx, { id, terms, isEnabled: true, isVisible: true }, AT),
  );
  return id;
}

/** A partner's own account, and a customer whose plan it pays. */
async function createReseller(
  trx: Transaction,
  made: {
    readonly partner: Partner;
    readonly partnerPlanId: string;
    readonly testClockId: string;
    readonly name: string;
  },
): Promise<{ readonly houseAccountId: string; readonly customerId: string }> {
  const { partner, partnerPlanId: planCode, testClockId, name } = made;
  const own = { partnerId: partner.id, testClockId };
  const { id: accountId } = await createAccount(trx, { ...own, name: `${name} house` });
  await saveHouseAccount(trx, { partner, accountId });
  const { id: customerId } = await createAccount(trx, { ...own, name: `${name} customer` });
  const plan = { accountId, planCode, planName: 'Gold', at: AT, endsAt: PERIOD_END };
  await createSubscription(trx, plan);
  await createSubscription(trx, { ...plan, servesAccountId: customerId });
  return { houseAccountId: accountId, customerId };
}

async function createTenant(
  api: ApiUnderTest,
  { name, partnerPlanId }: { readonly name: string; readonly partnerPlanId: string },
): Promise<Tenant> {
  const rows = await withTransaction(api.database, SYSTEM, async (trx) => {
    const partner = await insertPartner(trx, { name, createdAt: AT });
    const testClockId = newId('test_clock');
    await insertTestClock(trx, {
      id: testClockId,
      partnerId: partner.id,
      name: `${name} clock`,
      now: AT,
      status: 'ready',
      advancingTo: null,
      failure: null,
      createdAt: AT,
    });
    const account = await createAccount(trx, { partnerId: partner.id, testClockId, name });
    const subscriptionId = await createSubscription(trx, {
      accountId: account.id,
      planCode: PLAN_CODE,
      planName: 'Growth',
      endsAt: PERIOD_END,
      at: AT,
    });
    const topUpId = await placeTopUp(trx, { accountId: account.id, at: AT });
    const packageId = await createPackage(trx, { accountId: account.id, orderId: topUpId });
    const phoneNumberId = newId('phone_number');
    const number = name === 'Ours' ? '+918000000901' : '+918000000902';
    const rented = { id: phoneNumberId, accountId: account.id, orderId: topUpId, number, at: AT };
    await rentNumber(trx, rented);
    const orderId = await createPurchase(trx, { accountId: account.id, at: AT });
    const paymentMethodId = await keepMethod(trx, account.id);
    const setupId = await askForSetup(trx, account.id);
    await createAutoRecharge(trx, { accountId: account.id, at: AT });
    const memberId = `person_of_${name.toLowerCase()}`;
    await saveMember(trx, {
      accountId: account.id,
      id: memberId,
      role: 'admin',
      createdAt: AT,
      updatedAt: AT,
    });
    const documents = await issueDocuments(trx, account.id, subscriptionId);
    const refund = await createRefund(trx, {
      accountId: account.id,
      orderId: topUpId,
      at: AT,
    });
    const disputeId = await createDispute(trx, { accountId: account.id, ...refund, at: AT });
    const holdId = await createHold(trx, { accountId: account.id, at: AT });
    const made = { partner, partnerPlanId, testClockId, name };
    const reratingId = newId('rerating');
    await insertRerating(trx, {
      id: reratingId,
      accountId: account.id,
      from: '2026-11-01',
      to: '2026-11-02',
      cardCode: null,
      reason: 'The price was wrong',
      status: 'draft',
      parts: [],
      partsApplied: 0,
      unchanged: 0,
      leftOut: {},
      createdAt: AT,
      appliedAt: null,
    });
    const ofDay = { gateway: 'sandbox', day: name === 'Ours' ? '2026-11-20' : '2026-11-21' };
    const { id: reportId } = await requestReport(trx, ofDay, AT);
    const taskId = newId('operator_task');
    await trx('operator_tasks').insert({
      id: taskId,
      kind: 'payment_mismatched',
      subject: `payment/${refund.paymentId}`,
      account_id: account.id,
      reason: 'the payment has another amount',
      created_at: AT,
    });
    const reseller = await createReseller(trx, made);
    const { houseAccountId } = reseller;
    const ofPartner = { partnerId: partner.id, houseAccountId, at: AT };
    const share = await createRevenueShare(trx, ofPartner);
    const webhooks = await createWebhooks(trx, { accountId: account.id, at: AT });
    return {
      ...reseller,
      holdId,
      reratingId,
      reportId,
      taskId,
      partnerId: partner.id,
      testClockId,
      accountId: account.id,
      subscriptionId,
      topUpId,
      packageId,
      orderId,
      phoneNumberId,
      paymentMethodId,
      setupId,
      memberId,
      ...documents,
      ...refund,
      disputeId,
      ...share,
      ...webhooks,
    };
  });
  const partnerKey = await api.makeKey({ role: 'partner', partnerId: rows.partnerId });
  const accountKey = await api.makeKey({
    role: 'account',
    partnerId: rows.partnerId,
    accountId: rows.accountId,
  });
  const customerKey = await api.makeKey({
    role: 'account',
    partnerId: rows.partnerId,
    accountId: rows.customerId,
  });
  const spareKey = await api.makeKey({ role: 'partner', partnerId: rows.partnerId });
  const { accountId } = rows;
  const usageEventId = await tellUsage(api, accountId, `wamid.of.${accountId}`);
  const cancelledEventId = await tellUsage(api, accountId, `wamid.wrong.${accountId}`);
  const keyIds = [partnerKey, accountKey, customerKey, spareKey].map(({ key }) => key.id);
  return {
    ...rows,
    partnerKey: partnerKey.secret,
    partnerKeyId: partnerKey.key.id,
    accountKey: accountKey.secret,
    customerKey: customerKey.secret,
    accountKeyId: accountKey.key.id,
    spareKeyId: spareKey.key.id,
    usageEventId,
    cancelledEventId,
    ids: [...Object.values(rows), ...keyIds, usageEventId, cancelledEventId],
  };
}

async function tellUsage(api: ApiUnderTest, accountId: string, id: string): Promise<string> {
  const event = { id, account_id: accountId, type: 'wa_inbound', from: '628912345678' };
  const { status, text } = await api.call('POST', '/v1/usage', {
    key: api.operatorKey,
    body: { events: [{ ...event, occurred_at: AT }] },
  });
  if (status !== 200 || !text.includes('charged')) throw new Error(`usage was answered ${text}`);
  return id;
}

async function createAccount(
  trx: Transaction,
  { partnerId, testClockId, name }: { partnerId: string; testClockId: string; name: string },
): Promise<Account> {
  const account = await insertAccount(trx, {
    id: newId('account'),
    partnerId,
    testClockId,
    externalId: `${name}-1`,
    name: `${name} account`,
    country: 'IN',
    currency: 'INR',
    timeZone: 'Asia/Kolkata',
    createdAt: AT,
  });
  const { id: accountId, timeZone, currency } = account;
  await createLedger(trx, { accountId, timeZone, currency, at: AT });
  await fillLedger(trx, accountId);
  await saveBillingAddress(trx, {
    accountId,
    businessName: name,
    addressLine1: '1 MG Road',
    addressLine2: null,
    city: 'Mumbai',
    state: 'MH',
    postalCode: '400001',
    country: 'IN',
    taxId: null,
    taxIdType: null,
    taxOffice: null,
    isInSez: false,
    email: 'billing@example.com',
    phone: null,
    updatedAt: AT,
  });
  await insertEvents(
    trx,
    [
      {
        accountId,
        type: 'phone_number.triaged',
        subjectId: accountId,
        reason: 'a test made it',
        data: { kept: '', not_kept: '', caused_by: 'pay_00000001' },
        occurredAt: AT,
      },
    ],
    AT,
  );
  return account;
}

/** 1 000.00 INR in the wallet and a package of 500 messages. */
async function fillLedger(trx: Transaction, accountId: string): Promise<void> {
  const reference = `top_up/${accountId}`;
  const ledger = (await lockLedgers(trx, [accountId])).get(accountId);
  if (ledger === undefined) throw new Error('the account was made with a ledger');
  const plan = createLedgerPlan([ledger], { reference, postedAt: AT });
  grantMoney(plan, ledger, {
    source: 'wallet_additional',
    amountMicros: 1_000_000_000n,
    at: AT,
    kind: 'grant',
    reference,
    from: 'clearing',
  });
  grantUnits(plan, ledger, {
    code: `package/${accountId}`,
    asset: 'message',
    source: 'package',
    quantity: 500n,
    startsAt: AT,
    expiresAt: PERIOD_END,
    at: AT,
    reference,
  });
  await applyLedgerPlan(trx, plan);
}

/** An invoice, and a credit note that takes it back. */
async function issueDocuments(
  trx: Transaction,
  accountId: string,
  subscriptionId: string,
): Promise<{ readonly invoiceId: string; readonly creditNoteId: string }> {
  const price = { amountMicros: 4_999_000_000n, currency: 'INR' } as const;
  const terms = buildTopUpTerms(UNTAXED, price);
  const subject = { kind: 'subscription', id: subscriptionId } as const;
  const common = { accountId, ...terms, issuedAt: AT, subject };
  const invoice = await issueDocument(trx, {
    ...common,
    kind: 'invoice',
    references: [],
    operationKey: `${subscriptionId}/invoice`,
  });
  const creditNote = await issueDocument(trx, {
    ...common,
    kind: 'credit_note',
    references: [{ id: invoice.id, amountMicros: price.amountMicros }],
    operationKey: `${subscriptionId}/credit_note`,
  });
  return { invoiceId: invoice.id, creditNoteId: creditNote.id };
}

/** A package of 10,000 messages, bought with an order that is there. */
async function createPackage(
  trx: Transaction,
  bought: { readonly accountId: string; readonly orderId: string },
): Promise<string> {
  const { accountId } = bought;
  const ledger = (await lockLedgers(trx, [accountId])).get(accountId);
  if (ledger === undefined) throw new Error('the account was made with a ledger');
  const id = newId('message_package');
  const terms = { offer: BULK, timeZone: 'Asia/Kolkata', at: AT, recordedAt: AT };
  await grantPackage(trx, { ...bought, ...terms, id, ledger });
  return id;
}

async function askForSetup(trx: Transaction, accountId: string): Promise<string> {
  const id = newId('payment_method_setup');
  const asked = { id, accountId, gateway: 'sandbox', askedAt: AT, ceiling: null } as const;
  await setups.insert(trx, beginSetup({ ...asked, mode: 'upi', currency: 'INR' }), AT);
  return id;
}

async function keepMethod(trx: Transaction, accountId: string): Promise<string> {
  const id = newId('payment_method');
  await savePaymentMethod(trx, {
    id,
    accountId,
    gateway: 'sandbox',
    methodReference: `reference of ${accountId}`,
    kind: 'card',
    brand: 'visa',
    lastFour: '4242',
    createdAt: AT,
  });
  return id;
}
