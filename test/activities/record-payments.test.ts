import { withLockedOrder } from '../../activities/order/purchase-unit';
import { recordPayments } from '../../activities/order/record-payments';
import { listEvents } from '../../db/repositories/event.repository';
import { orders } from '../../db/repositories/order.repository';
import { insertPlan } from '../../db/repositories/plan.repository';
import { subscriptions } from '../../db/repositories/subscription.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import type { EventType } from '../../domain/event';
import { DEFAULT_CHANGE_POLICY } from '../../domain/change-policy';
import { DEFAULT_DUNNING_POLICY } from '../../domain/dunning';
import { NOTHING_COLLECTED } from '../../domain/collection/collection';
import { type Order } from '../../domain/order/order';
import { buildTopUpTerms } from '../../domain/payment/top-up-terms';
import { UNTAXED } from '../../domain/tax/taxation';
import { noGrants, type Subscription } from '../../domain/subscription/subscription';
import type { GatewayPayment } from '../../gateways/payment-gateway';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { makeAccount } from '../support/ledger-accounts';

const ORDERED_AT = '2027-03-02T10:00:00.000Z';
const PAID_AT = '2027-03-02T10:05:00.000Z';
const EXPIRES_AT = '2027-03-03T10:00:00.000Z';
const MONEY = { amountMicros: 500_000_000n, currency: 'INR' } as const;

let test: TestDatabase;
let accounts = 0;

beforeAll(async () => {
  test = await createTestDatabase();
  await withTransaction(test.database, SYSTEM, (trx) =>
    insertPlan(
      trx,
      {
        code: 'growth',
        version: 1,
        kind: 'plan',
        name: 'Growth',
        tier: 'growth',
        prices: [{ cycle: 'monthly', price: MONEY }],
        allowances: {},
        limits: {},
        features: [],
        support: null,
        unitPrices: {},
        onExhausted: {},
        bearsTax: true,
        dunning: DEFAULT_DUNNING_POLICY,
        changes: DEFAULT_CHANGE_POLICY,
      },
      ORDERED_AT,
    ),
  );
});
afterAll(async () => {
  await test?.drop();
});

interface Waiting {
  readonly accountId: string;
  readonly orderId: string;
  readonly subscriptionId: string;
}

/** An account whose subscription is past due since 1 March and whose top-up waits for its payment. */
async function makeWaiting(): Promise<Waiting> {
  accounts += 1;
  const accountId = `acct_${accounts}`;
  const names = { accountId, orderId: `top_${accounts}`, subscriptionId: `sub_${accounts}` };
  await makeAccount(test.database, {
    accountId,
    timeZone: 'Asia/Kolkata',
    currency: 'INR',
    at: ORDERED_AT,
  });
  await withTransaction(test.database, SYSTEM, async (trx) => {
    await orders.insert(trx, buildOrder(names), ORDERED_AT);
    await subscriptions.insert(trx, buildPastDue(names), ORDERED_AT);
  });
  return names;
}

function buildOrder({ orderId, accountId }: Waiting): Order {
  return {
    id: orderId,
    accountId,
    kind: 'top_up',
    target: 'wallet',
    visitors: null,
    paysFor: null,
    note: null,
    ...buildTopUpTerms(UNTAXED, MONEY),
    gateway: 'sandbox',
    mode: null,
    status: 'awaiting_payment',
    placedAt: ORDERED_AT,
    payAskedAt: ORDERED_AT,
    expiresAt: EXPIRES_AT,
    checkoutId: `cs_${orderId}`,
    checkoutUrl: 'https://pay.example/1',
    checkoutAttempts: 0,
    checksMade: 11, // As often as it ever is: next it expires.
    asksUnanswered: 0,
    paidAt: null,
    failureReason: null,
  };
}

function buildPastDue({ subscriptionId, accountId }: Waiting): Subscription {
  return {
    id: subscriptionId,
    accountId,
    servesAccountId: accountId,
    track: 'plan',
    planCode: 'growth',
    planName: 'Growth',
    planVersion: 1,
    cycle: 'monthly',
    price: MONEY,
    timeZone: 'Asia/Kolkata',
    anchorAt: '2027-02-01T10:00:00.000Z',
    period: {
      number: 0,
      startsAt: '2027-02-01T10:00:00.000Z',
      endsAt: '2027-03-01T10:00:00.000Z',
    },
    periodsBefore: 0,
    paid: MONEY,
    paidFrom: '2027-02-01T10:00:00.000Z',
    changesMade: 0,
    scheduledChange: null,
    allowanceMonth: 0,
    allowanceDebts: { call_second: 0n, message: 0n },
    feeGrants: noGrants('2026-01'),
    status: 'past_due',
    cancelsAtPeriodEnd: false,
    cancelReason: null,
    pausesAtPeriodEnd: false,
    pausedAt: null,
    resumesAt: null,
    bearsTax: true,
    dunning: DEFAULT_DUNNING_POLICY,
    dueSince: '2027-03-01T10:00:00.000Z',
    retriesMade: 0,
    moneyArrivedAt: null,
    suspendedAt: null,
    endedAt: null,
    endReason: null,
    collection: NOTHING_COLLECTED,
  };
}

function buildPayment({ orderId, accountId }: Waiting): GatewayPayment {
  return {
    gatewayPaymentId: `pay_${orderId}`,
    checkoutId: `cs_${orderId}`,
    reference: `order/${orderId}`,
    customerReference: accountId,
    status: 'succeeded',
    money: MONEY,
    refunded: { amountMicros: 0n, currency: 'INR' },
    mode: 'upi',
    declineCode: null,
    declineClass: null,
    method: { reference: null, kind: 'upi', brand: 'upi', lastFour: null },
    idempotencyKey: null,
    fee: null,
    createdAt: PAID_AT,
  };
}

/** What one run of the activity does; a worker that dies after the commit makes Temporal run it again. */
function settle(waiting: Waiting, action: 'payment_reported' | 'expire', isPaid = true) {
  const request = {
    id: waiting.orderId,
    accountId: waiting.accountId,
    now: action === 'expire' ? EXPIRES_AT : PAID_AT,
    operationKey: `order/${waiting.orderId}/${action}/1`,
  };
  const payments = isPaid ? [buildPayment(waiting)] : [];
  const dependencies = { database: test.database, now: () => PAID_AT, gateways: new Map() };
  return withLockedOrder(dependencies, request, action, (locked) =>
    recordPayments(locked, { action, payments }),
  );
}

async function countEvents(waiting: Waiting, type: EventType): Promise<number> {
  const events = await withTransaction(test.database, SYSTEM, (trx) =>
    listEvents(trx, { limit: 100, beforePosition: null, accountId: waiting.accountId, type }),
  );
  return events.length;
}

describe('recording what a gateway reports, a second time', () => {
  it('R1.07 grants once and keeps the instant the money came first', async () => {
    const waiting = await makeWaiting();
    await settle(waiting, 'payment_reported');
    await settle(waiting, 'payment_reported');
    const { rows } = await withTransaction(test.database, SYSTEM, (trx) =>
      trx.raw<{ rows: { posted: bigint }[] }>(
        `select b.posted from buckets b join ledgers l on l.id = b.ledger_id
          where l.account_id = ? and b.code = 'wallet/additional'`,
        [waiting.accountId],
      ),
    );
    const subscription = await withTransaction(test.database, SYSTEM, (trx) =>
      subscriptions.find(trx, waiting.subscriptionId),
    );
    expect(rows).toEqual([{ posted: 500_000_000n }]);
    expect(subscription?.state.moneyArrivedAt).toBe(PAID_AT);
    expect(await countEvents(waiting, 'top_up.paid')).toBe(1);
  });

  it('tells once that an order expired', async () => {
    const waiting = await makeWaiting();
    await settle(waiting, 'expire', false);
    await settle(waiting, 'expire', false);
    expect(await countEvents(waiting, 'top_up.expired')).toBe(1);
  });
});
