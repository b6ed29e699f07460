import { insertPlan } from '../../db/repositories/plan.repository';
import { listEvents, type StoredEvent } from '../../db/repositories/event.repository';
import { listPaymentsOf } from '../../db/repositories/payment.repository';
import type { EventType } from '../../domain/event';
import { subscriptions } from '../../db/repositories/subscription.repository';
import { grantMoney } from '../../domain/ledger/grant';
import { clawBackMoney } from '../../domain/ledger/payback';
import type { Purchase } from '../../domain/order/order';
import { changeLedger } from '../support/ledger-accounts';
import {
  FAILURE_UPI,
  LATE_UPI,
  startSandboxGateway,
  type RunningSandbox,
} from '../support/sandbox-gateway';
import {
  createBillingUnderTest,
  GROWTH,
  subscriptionActivities,
  type BillingUnderTest,
} from './billing-under-test';
import { breakWrites, mendWrites, photograph } from './broken-writes';
import { registerInIndia } from './india';
import { openPurchaseDesk, PAID_AT, PLACED_AT, type PurchaseDesk } from './purchase-desk';

jest.setTimeout(30_000);

const EXPIRES_AT = '2027-03-03T10:00:00.000Z';
/** Sellers whose tax point differs; before these nobody is taxed. */
const CONSUMPTION_FROM = '2028-01-01T00:00:00.000Z';
const TOP_UP_FROM = '2029-01-01T00:00:00.000Z';
const INCLUDED_FROM = '2030-01-01T00:00:00.000Z';

let billing: BillingUnderTest;
let sandbox: RunningSandbox;
let desk: PurchaseDesk;

beforeAll(async () => {
  billing = await createBillingUnderTest();
  sandbox = await startSandboxGateway({ timeoutMs: 1_000 });
  desk = openPurchaseDesk(billing, sandbox);
  await registerInIndia(billing, { taxPoint: 'consumption', validFrom: CONSUMPTION_FROM });
  await registerInIndia(billing, { taxPoint: 'top_up', validFrom: TOP_UP_FROM });
  await registerInIndia(billing, {
    taxPoint: 'top_up',
    pricesIncludeTax: true,
    validFrom: INCLUDED_FROM,
  });
});
afterAll(async () => {
  await sandbox?.stop();
  await billing?.close();
});

/** Without the wallet's first top-up. */
async function transfers({ accountId }: Purchase): Promise<string[]> {
  const all = await billing.transfers(accountId);
  return all.filter((line) => line.includes('INR'));
}

async function eventsOf({ id, accountId }: Purchase): Promise<string[]> {
  const query = { limit: 100, beforePosition: null, accountId };
  const events = await billing.read((trx) => listEvents(trx, query));
  return events
    .filter(({ subjectId }) => subjectId === id)
    .map(({ type }) => type)
    .reverse();
}

/** What the events of a type carry, oldest first. */
async function factsOf({ accountId }: Purchase, type: EventType): Promise<StoredEvent['data'][]> {
  const query = { limit: 100, beforePosition: null, accountId, type };
  const events = await billing.read((trx) => listEvents(trx, query));
  return events.map(({ data }) => data).reverse();
}

async function reasonOf({ accountId }: Purchase, type: string): Promise<string | undefined> {
  const query = { limit: 100, beforePosition: null, accountId };
  const events = await billing.read((trx) => listEvents(trx, query));
  return events.find((event) => event.type === type)?.reason;
}

const refusal = (code: string) => ({ answer: { kind: 'refused', code } });

describe('paying a purchase from the wallet', () => {
  it('R2.09 R2.11 charges 600.00 for 500.00 and 100.00, once, with an invoice', async () => {
    const order = await desk.place(await desk.makeAccount('1000.00'), [desk.number()]);
    const paid = await desk.pay(order, 'wallet');
    expect(paid).toMatchObject({
      answer: { kind: 'done' },
      step: { status: 'paid', next: { kind: 'fulfil_item', at: PAID_AT } },
    });
    expect(await transfers(order)).toEqual([
      'grant clearing/INR > wallet/additional 1000000000',
      'charge wallet/additional > revenue/INR 600000000',
    ]);
    expect(await desk.documents(order)).toEqual(['invoice 600.00 tax 0.00']);
    expect(await eventsOf(order)).toEqual(['order.paid']);
    expect(await desk.show(order)).toMatchObject({ mode: 'wallet', paidAt: PAID_AT });
  });

  it('R2.09 charges 708.00 with GST of 18 % where consumption is taxed', async () => {
    const account = await desk.makeAccount('1000.00');
    const at = '2028-03-02T10:00:00.000Z';
    const order = await desk.place(account, [desk.number()], at);
    expect(order.sale.taxLines.map(({ component, rate }) => `${component} ${rate}`)).toEqual([
      'CGST 9',
      'SGST 9',
    ]);
    await desk.pay(order, 'wallet', { now: at });
    expect(await transfers(order)).toEqual([
      'grant clearing/INR > wallet/additional 1000000000',
      'charge wallet/additional > revenue/INR 708000000',
      'charge revenue/INR > tax_payable/INR 108000000',
    ]);
    expect(await desk.documents(order)).toEqual(['invoice 708.00 tax 108.00']);
  });

  it('charges 600.00 of money that was taxed as it came in', async () => {
    const at = '2029-03-02T10:00:00.000Z';
    const order = await desk.place(await desk.makeAccount('1000.00'), [desk.number()], at);
    expect(order.total.amountMicros).toBe(708_000_000n);
    await desk.pay(order, 'wallet', { now: at });
    expect(await desk.show(order)).toMatchObject({ total: { amountMicros: 600_000_000n } });
    expect((await transfers(order)).slice(1)).toEqual([
      'charge wallet/additional > revenue/INR 600000000',
    ]);
    expect(await desk.documents(order)).toEqual(['invoice 600.00 tax 0.00']);
  });

  it('is refused with what is missing, and the order stays a draft', async () => {
    const order = await desk.place(await desk.makeAccount('592.50'), [desk.number()]);
    expect(await desk.pay(order, 'wallet')).toMatchObject({
      answer: {
        kind: 'refused',
        code: 'insufficient_balance',
        details: { required: '600.00', available: '592.50', missing: '7.50', currency: 'INR' },
      },
      step: { status: 'draft', next: { kind: 'expire', at: EXPIRES_AT } },
    });
    await billing.topUp(order.accountId, '7.50');
    expect(await desk.pay(order, 'wallet', { request: '2' })).toMatchObject({
      answer: { kind: 'done' },
    });
  });

  it('charges once when it comes twice, eight times at once, and under another key', async () => {
    const order = await desk.place(await desk.makeAccount('5000.00'), [desk.bundle()]);
    const same = Array.from({ length: 8 }, () => desk.pay(order, 'wallet'));
    const answers = await Promise.all(same);
    expect(answers.every(({ answer }) => answer.kind === 'done')).toBe(true);
    expect(await desk.pay(order, 'wallet', { request: '2' })).toMatchObject(
      refusal('invalid_state'),
    );
    expect(await desk.wallet(order.accountId)).toBe('4600.00');
  });

  it('is refused when the price with its tax has grown since it was read', async () => {
    const placedAt = '2027-12-31T20:00:00.000Z';
    const order = await desk.place(await desk.makeAccount('1000.00'), [desk.number()], placedAt);
    const now = '2028-01-01T08:00:00.000Z';
    expect(await desk.pay(order, 'wallet', { now })).toMatchObject(refusal('conflict'));
  });

  it('needs an address for a tax invoice, and none without a registration', async () => {
    const untaxed = await desk.place(await desk.makeAccount('1000.00', false), [desk.bundle()]);
    expect(await desk.pay(untaxed, 'wallet')).toMatchObject({ answer: { kind: 'done' } });
    const at = '2028-03-02T10:00:00.000Z';
    const account = await desk.makeAccount('1000.00', false);
    const taxed = await desk.place(account, [desk.bundle()], at);
    expect(await desk.pay(taxed, 'wallet', { now: at })).toMatchObject(
      refusal('billing_address_required'),
    );
  });

  it('R2.10 is refused when a number lacks what the customer confirmed', async () => {
    const order = await desk.place(await desk.makeAccount('1000.00'), [desk.number()]);
    expect(await desk.pay(order, 'wallet', { confirmed: ['mms'] })).toMatchObject(
      refusal('missing_capability'),
    );
    expect(await desk.wallet(order.accountId)).toBe('1000.00');
  });

  it('R2.12 is refused above the plan’s limit of numbers, which is named', async () => {
    const account = await desk.makeAccount('5000.00');
    await subscribeTo(account, 1);
    const order = await desk.place(account, [desk.number(), desk.number()]);
    expect(await desk.pay(order, 'wallet')).toMatchObject({
      answer: {
        kind: 'refused',
        code: 'limit_reached',
        message: 'the plan limited_1 allows 1 phone numbers, 0 in use; 2 requested',
      },
    });
  });

  it('leaves nothing of a payment when any of its rows cannot be written', async () => {
    const order = await desk.place(await desk.makeAccount('1000.00'), [desk.bundle()]);
    for (const [table, verb] of [
      ['transfers', 'insert'],
      ['orders', 'update'],
      ['documents', 'insert'],
      ['operations', 'insert'],
      ['events', 'insert'],
    ] as const) {
      const before = await photograph(billing);
      await breakWrites(billing, table, verb);
      await expect(desk.pay(order, 'wallet')).rejects.toThrow('broken by a test');
      await mendWrites(billing, table);
      expect(await photograph(billing)).toEqual(before);
    }
    expect(await desk.pay(order, 'wallet')).toMatchObject({ answer: { kind: 'done' } });
  });
});

/** A plan with so many numbers, taken by the account. */
async function subscribeTo(accountId: string, phoneNumbers: number): Promise<void> {
  const planCode = `limited_${phoneNumbers}`;
  const [first] = GROWTH.prices;
  if (first === undefined) throw new Error('Growth has prices');
  const price = { ...first.price, amountMicros: 1_000_000n };
  const plan = {
    ...GROWTH,
    code: planCode,
    name: 'Limited',
    prices: [{ ...first, price }],
    limits: { phone_numbers: phoneNumbers },
  };
  await billing.read((trx) => insertPlan(trx, plan, PLACED_AT));
  const id = `sub_${accountId}`;
  const command = { kind: 'start', planCode, cycle: 'monthly' } as const;
  const operationKey = `subscription/${id}/start`;
  const target = { id, accountId, now: PLACED_AT, operationKey };
  await subscriptionActivities(billing.database).answerSubscriptionCommand({ ...target, command });
  if ((await billing.read((trx) => subscriptions.find(trx, id))) === null)
    throw new Error('no plan');
}

describe('paying a purchase at the gateway', () => {
  it('R2.11 opens a page for a day, for the mode asked for', async () => {
    const order = await desk.place(await desk.makeAccount(), [desk.number()]);
    expect(await desk.pay(order, 'upi')).toMatchObject({
      answer: { kind: 'done' },
      step: { status: 'draft', next: { kind: 'open_checkout', at: PAID_AT } },
    });
    await desk.orders.openCheckout(desk.task(order, 'open', PAID_AT));
    const shown = await desk.show(order);
    expect(shown).toMatchObject({
      status: 'awaiting_payment',
      mode: 'upi',
      expiresAt: '2027-03-03T10:05:00.000Z',
    });
    expect(await desk.pay(order, 'upi', { request: '2' })).toMatchObject({
      answer: { kind: 'done' },
      step: { status: 'awaiting_payment' },
    });
    expect(await desk.pay(order, 'wallet', { request: '3' })).toMatchObject(
      refusal('invalid_state'),
    );
  });

  it('takes exactly what the payment granted, and no other money of the account', async () => {
    const account = await desk.makeAccount('50.00');
    await changeLedger(
      billing.database,
      { accountId: account, reference: 'gift', at: PLACED_AT },
      (plan, ledger) =>
        grantMoney(plan, ledger, {
          source: 'promotional',
          amountMicros: 70_000_000n,
          at: PLACED_AT,
          kind: 'grant',
          reference: 'gift',
          from: 'issuance',
        }),
    );
    const order = await desk.place(account, [desk.number()]);
    await desk.payOnPage(order);
    expect(await desk.settle(order)).toMatchObject({
      status: 'paid',
      next: { kind: 'fulfil_item' },
    });
    expect((await transfers(order)).slice(2)).toEqual([
      'grant clearing/INR > wallet/additional 600000000',
      'charge wallet/additional > revenue/INR 600000000',
    ]);
    expect(await desk.wallet(account)).toBe('50.00');
    expect(await desk.documents(order)).toEqual([
      'receipt_voucher 600.00 tax 0.00',
      'invoice 600.00 tax 0.00',
    ]);
    expect(await eventsOf(order)).toEqual(['order.paid']);
  });

  it('pays in full for an account in debt, and leaves the debt it found', async () => {
    const account = await desk.makeAccount();
    const charged = { accountId: account, reference: 'chargeback', at: PLACED_AT };
    await changeLedger(billing.database, charged, (plan, ledger) =>
      clawBackMoney(plan, ledger, {
        amountMicros: 100_000_000n,
        at: PLACED_AT,
        reference: 'chargeback',
      }),
    );
    const order = await desk.place(account, [desk.bundle()]);
    await desk.payOnPage(order);
    await desk.settle(order);
    expect(await desk.wallet(account)).toBe('-100.00');
    expect((await desk.show(order)).status).toBe('paid');
  });

  it('R2.09 where consumption is taxed, the invoice bears the tax of 708.00', async () => {
    const at = '2028-03-02T10:00:00.000Z';
    const order = await desk.place(await desk.makeAccount(), [desk.number()], at);
    await desk.payOnPage(order, at);
    await desk.settle(order, 'payment_reported', at);
    expect(await transfers(order)).toEqual([
      'grant clearing/INR > wallet/additional 708000000',
      'charge wallet/additional > revenue/INR 708000000',
      'charge revenue/INR > tax_payable/INR 108000000',
    ]);
    expect(await desk.documents(order)).toEqual([
      'receipt_voucher 708.00 tax 0.00',
      'invoice 708.00 tax 108.00',
    ]);
    expect(await desk.wallet(order.accountId)).toBe('0.00');
  });

  it('R2.09 where top-ups are taxed, the receipt bears the tax of 708.00', async () => {
    const at = '2029-03-02T10:00:00.000Z';
    const order = await desk.place(await desk.makeAccount(), [desk.number()], at);
    await desk.payOnPage(order, at);
    await desk.settle(order, 'payment_reported', at);
    expect(await transfers(order)).toEqual([
      'grant clearing/INR > wallet/additional 600000000',
      'charge clearing/INR > tax_payable/INR 108000000',
      'charge wallet/additional > revenue/INR 600000000',
    ]);
    expect(await desk.documents(order)).toEqual([
      'receipt_voucher 708.00 tax 108.00',
      'invoice 600.00 tax 0.00',
    ]);
    expect(await desk.wallet(order.accountId)).toBe('0.00');
  });

  it('leaves nothing in the wallet where prices include the tax', async () => {
    const at = '2030-03-02T10:00:00.000Z';
    const item = desk.number({ rent: 608_000_000n, fee: 100_000_000n });
    const order = await desk.place(await desk.makeAccount(), [item], at);
    expect(order.total.amountMicros).toBe(708_000_000n);
    await desk.payOnPage(order, at);
    await desk.settle(order, 'payment_reported', at);
    expect(await desk.wallet(order.accountId)).toBe('0.00');
    expect(await desk.documents(order)).toEqual([
      'receipt_voucher 708.00 tax 108.00',
      'invoice 600.00 tax 0.00',
    ]);
  });

  it('is paid once when it is settled twice, and eight times at once', async () => {
    const order = await desk.place(await desk.makeAccount(), [desk.bundle()]);
    await desk.payOnPage(order);
    await Promise.all(Array.from({ length: 8 }, () => desk.settle(order)));
    await desk.settle(order, 'check_payment', '2027-03-02T10:05:15.000Z');
    expect(await transfers(order)).toHaveLength(2);
    expect(await eventsOf(order)).toEqual(['order.paid']);
  });

  it('goes on after a declined try', async () => {
    const order = await desk.place(await desk.makeAccount(), [desk.bundle()]);
    await desk.payOnPage(order, PAID_AT, FAILURE_UPI);
    expect(await desk.settle(order)).toMatchObject({ status: 'failed' });
    expect(await transfers(order)).toEqual([]);
    expect(await eventsOf(order)).toEqual(['order.failed']);
    const payer = { kind: 'order', id: order.id } as const;
    const [declined] = await billing.read((trx) => listPaymentsOf(trx, payer));
    expect(await factsOf(order, 'order.failed')).toEqual([
      {
        status: 'failed',
        amount: '400.00',
        currency: 'INR',
        payment_id: declined?.id,
        gateway_payment_id: declined?.gatewayPaymentId,
      },
    ]);
  });

  it('R0.09 too late is money for the wallet: nothing is delivered', async () => {
    const order = await desk.place(await desk.makeAccount(), [desk.bundle()]);
    await desk.payOnPage(order, PAID_AT, LATE_UPI);
    await desk.waitUntilExpired(order);
    expect((await desk.show(order)).status).toBe('expired');
    await sandbox.settle();
    const late = await desk.settle(order, 'check_late_payment', '2027-03-03T11:05:00.000Z');
    expect(late).toMatchObject({ status: 'expired' });
    expect(await desk.wallet(order.accountId)).toBe('400.00');
    expect(await eventsOf(order)).toContain('order.paid_late');
    expect(await desk.fulfil(order)).toEqual([]);
  });

  it('needs an address, and an amount the gateway takes', async () => {
    const unknown = await desk.place(await desk.makeAccount('0.00', false), [desk.bundle()]);
    expect(await desk.pay(unknown, 'card')).toMatchObject(refusal('billing_address_required'));
    const tiny = desk.number({ rent: 1_000n, fee: 0n });
    const small = await desk.place(await desk.makeAccount(), [tiny]);
    expect(await desk.pay(small, 'card')).toMatchObject(refusal('amount_out_of_range'));
  });

  it('leaves nothing of a payment when any of its rows cannot be written', async () => {
    const order = await desk.place(await desk.makeAccount(), [desk.bundle()]);
    await desk.payOnPage(order);
    for (const [table, verb] of [
      ['transfers', 'insert'],
      ['payments', 'insert'],
      ['orders', 'update'],
      ['documents', 'insert'],
      ['events', 'insert'],
    ] as const) {
      const before = await photograph(billing);
      await breakWrites(billing, table, verb);
      await expect(desk.settle(order)).rejects.toThrow('broken by a test');
      await mendWrites(billing, table);
      expect(await photograph(billing)).toEqual(before);
    }
    expect(await desk.settle(order)).toMatchObject({ status: 'paid' });
  });
});

describe('a draft nobody pays', () => {
  it('expires after a day, and its event says so', async () => {
    const order = await desk.place(await desk.makeAccount('1000.00'), [desk.bundle()]);
    expect(await desk.settle(order, 'expire', EXPIRES_AT)).toMatchObject({
      status: 'expired',
      next: { kind: 'end' },
    });
    expect(await eventsOf(order)).toEqual(['order.expired']);
    expect(await desk.pay(order, 'wallet', { now: EXPIRES_AT })).toMatchObject(
      refusal('invalid_state'),
    );
  });

  it('cannot be paid at the instant it expires', async () => {
    const order = await desk.place(await desk.makeAccount('1000.00'), [desk.bundle()]);
    expect(await desk.pay(order, 'wallet', { now: EXPIRES_AT })).toMatchObject(
      refusal('invalid_state'),
    );
  });
});

describe('delivering', () => {
  async function buy(items: Purchase['items'], wallet = '5000.00'): Promise<Purchase> {
    const order = await desk.place(await desk.makeAccount(wallet), items);
    const { answer } = await desk.pay(order, 'wallet');
    if (answer.kind === 'refused') throw new Error(answer.message);
    return order;
  }

  it('R0.09 grants a package once, starts its life, and fulfils the order', async () => {
    const order = await buy([desk.bundle()]);
    expect(await desk.fulfil(order)).toEqual(['fulfil_item']);
    const shown = await desk.show(order);
    const [item] = shown.items;
    expect(shown).toMatchObject({
      status: 'fulfilled',
      items: [{ status: 'delivered', settledAt: PAID_AT }],
    });
    expect(desk.started).toContain(`package/${item?.deliveryId}`);
    expect(await billing.transfers(order.accountId)).toContain(
      `grant issuance/message > package/${item?.deliveryId} 1000`,
    );
    expect(await eventsOf(order)).toEqual([
      'order.paid',
      'order.item_delivered',
      'order.fulfilled',
    ]);
  });

  it('R0.09 a package whose payment was recorded weeks after the gateway was asked has its whole life', async () => {
    const order = await desk.place(await desk.makeAccount(), [desk.bundle()]);
    await desk.payOnPage(order);
    await desk.settle(order, 'check_payment', PAID_AT, '2027-04-20T10:00:00.000Z');
    await desk.fulfil(order);
    const { rows } = await billing.owner.raw<{ rows: { expires_at: string }[] }>(
      'select expires_at from packages where account_id = ?',
      [order.accountId],
    );
    // 30 days, and the last of them to its end in Kolkata.
    expect(rows).toEqual([{ expires_at: '2027-05-20T18:30:00.000Z' }]);
  });

  it('tells two equal bundles apart by their item and the package that each became', async () => {
    const order = await buy([desk.bundle(), desk.bundle()]);
    await desk.fulfil(order);
    const facts = { status: 'paid', amount: '800.00', currency: 'INR' };
    const [first, second] = (await desk.show(order)).items;
    expect(await factsOf(order, 'order.item_delivered')).toEqual([
      {
        ...facts,
        item_id: first?.id,
        item_kind: 'message_package',
        delivered_id: first?.deliveryId,
      },
      {
        ...facts,
        status: 'fulfilled',
        item_id: second?.id,
        item_kind: 'message_package',
        delivered_id: second?.deliveryId,
      },
    ]);
    expect(first?.deliveryId).not.toBe(second?.deliveryId);
  });

  it('does it once when the worker dies after the commit, and starts what it had begun', async () => {
    const order = await buy([desk.bundle(), desk.bundle()]);
    const { revision } = await desk.record(order);
    const request = desk.task(order, `fulfil_item/${revision}`, PAID_AT);
    desk.breakStarts(true);
    await expect(desk.purchases.fulfilItem(request)).rejects.toThrow('the worker died');
    desk.breakStarts(false);
    const [first, second] = (await desk.show(order)).items;
    expect([first?.status, second?.status]).toEqual(['delivered', 'pending']);
    const before = desk.started.length;
    await desk.purchases.fulfilItem(request);
    expect(desk.started.slice(before)).toEqual([`package/${first?.deliveryId}`]);
    expect((await desk.show(order)).items.map(({ status }) => status)).toEqual([
      'delivered',
      'pending',
    ]);
    await desk.fulfil(order);
    expect((await desk.show(order)).status).toBe('fulfilled');
  });

  it('R2.13 opens a number as pending with its first month paid, and waits for it', async () => {
    const order = await buy([desk.number(), desk.bundle()]);
    expect(await desk.fulfil(order)).toEqual(['fulfil_item', 'fulfil_item']);
    const shown = await desk.show(order);
    expect(shown).toMatchObject({
      status: 'paid',
      items: [{ status: 'ordered' }, { status: 'delivered' }],
    });
    const [item] = shown.items;
    const row = await billing.read((trx) =>
      trx('phone_numbers').where({ id: item?.deliveryId }).first('status', 'order_item_id'),
    );
    expect(row).toEqual({ status: 'pending', order_item_id: item?.id });
    expect(desk.started).toContain(`phone-number/${item?.deliveryId}`);
    const { next } = await desk.purchases.readOrder(order);
    expect(next).toMatchObject({ kind: 'check_items', at: '2027-03-02T10:05:15.000Z' });
  });

  it('is fulfilled when the number’s lifecycle says so, in its own transaction, once', async () => {
    const order = await buy([desk.number()]);
    await desk.fulfil(order);
    const [item] = order.items;
    expect(await desk.tell(order, item, 'delivered')).toEqual({ workflowId: `order/${order.id}` });
    const { revision } = await desk.record(order);
    await desk.tell(order, item, 'delivered');
    await desk.tell(order, item, 'failed');
    expect((await desk.record(order)).revision).toBe(revision);
    expect(await desk.show(order)).toMatchObject({ status: 'fulfilled' });
    expect((await eventsOf(order)).slice(1)).toEqual(['order.item_delivered', 'order.fulfilled']);
  });

  it('looks at its row on its retry schedule, once each time', async () => {
    const order = await buy([desk.number()]);
    await desk.fulfil(order);
    const looks: string[] = [];
    for (let look = 0; look < 8; look += 1) {
      const { next } = await desk.purchases.readOrder(order);
      looks.push('at' in next ? next.at : next.kind);
      await desk.perform(order);
    }
    expect(looks).toEqual([
      '2027-03-02T10:05:15.000Z',
      '2027-03-02T10:06:00.000Z',
      '2027-03-02T10:10:00.000Z',
      '2027-03-02T10:20:00.000Z',
      '2027-03-02T11:05:00.000Z',
      '2027-03-02T14:05:00.000Z',
      '2027-03-03T14:05:00.000Z',
      '2027-03-04T14:05:00.000Z',
    ]);
    const { revision } = await desk.record(order);
    await desk.purchases.checkItems(desk.task(order, 'check_items', '2027-03-02T10:05:15.000Z'));
    expect((await desk.record(order)).revision).toBe(revision);
  });

  it('leaves nothing of a delivery when any of its rows cannot be written', async () => {
    const order = await buy([desk.bundle()]);
    for (const [table, verb] of [
      ['transfers', 'insert'],
      ['packages', 'insert'],
      ['orders', 'update'],
      ['operations', 'insert'],
      ['events', 'insert'],
    ] as const) {
      const before = await photograph(billing);
      await breakWrites(billing, table, verb);
      await expect(desk.perform(order)).rejects.toThrow('broken by a test');
      await mendWrites(billing, table);
      expect(await photograph(billing)).toEqual(before);
    }
    await desk.fulfil(order);
    expect((await desk.show(order)).status).toBe('fulfilled');
  });

  it('R2.12 gives a number back when the limit was used up since it was paid', async () => {
    const account = await desk.makeAccount('5000.00');
    await subscribeTo(account, 2);
    const first = await desk.place(account, [desk.number(), desk.number()]);
    const second = await desk.place(account, [desk.number()]);
    await desk.pay(first, 'wallet');
    await desk.pay(second, 'wallet');
    await desk.fulfil(first);
    expect(await desk.fulfil(second)).toEqual(['fulfil_item', 'refund_item']);
    expect(await desk.show(second)).toMatchObject({
      status: 'refunded',
      items: [
        { failureReason: 'the plan limited_2 allows 2 phone numbers, 2 in use; 1 requested' },
      ],
    });
  });

  it('gives a number back that another order was faster with', async () => {
    const taken = '+918000004711';
    const first = await buy([desk.number({ number: taken })]);
    const second = await buy([desk.number({ number: taken })]);
    await desk.fulfil(first);
    await desk.fulfil(second);
    expect(await desk.show(second)).toMatchObject({
      status: 'refunded',
      items: [{ status: 'refunded', failureReason: 'it has been taken by someone else' }],
    });
    expect(await desk.wallet(second.accountId)).toBe('5000.00');
  });
});

describe('giving back what cannot be delivered', () => {
  it('R2.10 refunds the whole order to the wallet it was paid from, and tells why', async () => {
    const order = await desk.place(await desk.makeAccount('600.00'), [desk.number()]);
    await desk.pay(order, 'wallet');
    await desk.fulfil(order);
    await desk.tell(order, order.items[0], 'failed');
    expect(await desk.fulfil(order)).toEqual(['refund_item']);
    const shown = await desk.show(order);
    expect(shown).toMatchObject({ status: 'refunded', items: [{ status: 'refunded' }] });
    expect(await desk.wallet(order.accountId)).toBe('600.00');
    expect(await desk.documents(order)).toEqual([
      'invoice 600.00 tax 0.00',
      'credit_note -600.00 tax 0.00',
    ]);
    expect((await eventsOf(order)).slice(1)).toEqual([
      'order.item_failed',
      'order.item_refunded',
      'order.refunded',
    ]);
    expect(await reasonOf(order, 'order.item_refunded')).toBe(
      `${order.items[0]?.name}: the carrier has it no more; 600.00 INR is refunded to the wallet`,
    );
  });

  it('refunds the part of one item of several, with its share of the tax', async () => {
    const at = '2028-03-02T10:00:00.000Z';
    const account = await desk.makeAccount('2000.00');
    const order = await desk.place(account, [desk.number(), desk.bundle()], at);
    await desk.pay(order, 'wallet', { now: at });
    expect(await desk.wallet(account)).toBe('820.00');
    await desk.fulfil(order);
    await desk.tell(order, order.items[0], 'failed');
    await desk.fulfil(order);
    expect(await desk.show(order)).toMatchObject({
      status: 'fulfilled',
      items: [{ status: 'refunded' }, { status: 'delivered' }],
    });
    expect(await desk.wallet(account)).toBe('1528.00');
    expect(await desk.documents(order)).toEqual([
      'invoice 1180.00 tax 180.00',
      'credit_note -708.00 tax -108.00',
    ]);
  });

  it('refunds to what was paid with, by the gateway, in a lifecycle of its own', async () => {
    const account = await desk.makeAccount('30.00');
    const order = await desk.place(account, [desk.number(), desk.bundle()]);
    await desk.payOnPage(order);
    await desk.settle(order);
    await desk.fulfil(order);
    await desk.tell(order, order.items[0], 'failed');
    await desk.fulfil(order);
    const [item] = (await desk.show(order)).items;
    expect(item).toMatchObject({ status: 'refunded' });
    expect(desk.started).toContain(`refund/${item?.refundId}`);
    expect((await transfers(order)).at(-1)).toBe('refund revenue/INR > clearing/INR 600000000');
    expect(await desk.wallet(account)).toBe('30.00');
    expect(await reasonOf(order, 'order.item_refunded')).toContain(
      '600.00 INR is refunded to the original payment method',
    );
  });

  it('refunds to what was paid with, with its tax, where the payment bore the tax', async () => {
    const at = '2029-03-02T10:00:00.000Z';
    const order = await desk.place(await desk.makeAccount(), [desk.number()], at);
    await desk.payOnPage(order, at);
    await desk.settle(order, 'payment_reported', at);
    await desk.fulfil(order);
    await desk.tell(order, order.items[0], 'failed');
    await desk.fulfil(order);
    expect(await desk.show(order)).toMatchObject({ status: 'refunded' });
    expect(await desk.wallet(order.accountId)).toBe('0.00');
    expect((await transfers(order)).slice(3)).toEqual([
      'refund revenue/INR > wallet/additional 600000000',
      'refund wallet/additional > clearing/INR 600000000',
    ]);
    expect((await desk.documents(order)).slice(2)).toEqual(['credit_note -600.00 tax 0.00']);
    expect(await reasonOf(order, 'order.item_refunded')).toContain(
      '708.00 INR is refunded to the original payment method',
    );
    const [item] = (await desk.show(order)).items;
    expect(desk.started).toContain(`refund/${item?.refundId}`);
  });

  it('gives back a part and then the rest of a taxed payment, and leaves nothing in the wallet', async () => {
    const at = '2029-03-02T10:00:00.000Z';
    const items = [33_330_000n, 33_330_000n, 33_340_000n].map((rent) =>
      desk.number({ rent, fee: 0n }),
    );
    const order = await desk.place(await desk.makeAccount(), items, at);
    await desk.payOnPage(order, at);
    await desk.settle(order, 'payment_reported', at);
    await desk.fulfil(order);
    for (const item of items) {
      await desk.tell(order, item, 'failed');
      await desk.fulfil(order);
      expect(await desk.wallet(order.accountId)).toBe('0.00');
    }
    expect(await desk.show(order)).toMatchObject({ status: 'refunded' });
    const sent = await billing.read((trx) =>
      trx('refunds')
        .where({ account_id: order.accountId, target: 'source' })
        .sum<{ sum: bigint }[]>('total_micros as sum'),
    );
    expect(String(sent[0]?.sum)).toBe('118000000');
  });

  it('refunds to the wallet what a debt would keep from going further', async () => {
    const at = '2029-03-02T10:00:00.000Z';
    const account = await desk.makeAccount();
    const reference = 'chargeback/2029';
    await changeLedger(billing.database, { accountId: account, reference, at }, (plan, ledger) =>
      clawBackMoney(plan, ledger, { amountMicros: 100_000_000n, at, reference }),
    );
    const order = await desk.place(account, [desk.number()], at);
    await desk.payOnPage(order, at);
    await desk.settle(order, 'payment_reported', at);
    await desk.fulfil(order);
    await desk.tell(order, order.items[0], 'failed');
    await desk.fulfil(order);
    expect(await desk.wallet(account)).toBe('500.00');
  });

  it('gives back all that is left with the last of several that all failed', async () => {
    const at = '2028-03-02T10:00:00.000Z';
    const account = await desk.makeAccount('2000.00');
    const items = [33_330_000n, 33_330_000n, 33_340_000n].map((rent) =>
      desk.number({ rent, fee: 0n }),
    );
    const order = await desk.place(account, items, at);
    await desk.pay(order, 'wallet', { now: at });
    await desk.fulfil(order);
    for (const item of items) await desk.tell(order, item, 'failed');
    await desk.fulfil(order);
    expect(await desk.show(order)).toMatchObject({ status: 'refunded' });
    expect(await desk.wallet(account)).toBe('2000.00');
    expect((await desk.documents(order)).slice(1)).toHaveLength(3);
  });

  it('refunds an item that cost nothing with nothing', async () => {
    const account = await desk.makeAccount('600.00');
    const free = desk.number({ rent: 0n, fee: 0n });
    const order = await desk.place(account, [desk.bundle(), free]);
    await desk.pay(order, 'wallet');
    await desk.fulfil(order);
    await desk.tell(order, free, 'failed');
    await desk.fulfil(order);
    expect(await desk.show(order)).toMatchObject({
      status: 'fulfilled',
      items: [{ status: 'delivered' }, { status: 'refunded', refundId: null }],
    });
    expect(await desk.wallet(account)).toBe('200.00');
  });

  it('refunds once when the worker dies after the commit, and starts the refund then', async () => {
    const order = await desk.place(await desk.makeAccount(), [desk.number()]);
    await desk.payOnPage(order);
    await desk.settle(order);
    await desk.fulfil(order);
    await desk.tell(order, order.items[0], 'failed');
    const { revision } = await desk.record(order);
    const request = desk.task(order, `refund_item/${revision}`, '2027-03-02T10:06:00.000Z');
    desk.breakStarts(true);
    await expect(desk.purchases.refundItem(request)).rejects.toThrow('the worker died');
    desk.breakStarts(false);
    const [item] = (await desk.show(order)).items;
    await desk.purchases.refundItem(request);
    expect(desk.started.filter((id) => id === `refund/${item?.refundId}`)).toHaveLength(1);
    const refunds = await billing.read((trx) =>
      trx('refunds').where({ account_id: order.accountId }).pluck('id'),
    );
    expect(refunds).toEqual([item?.refundId]);
  });

  it('R2.10 tells whoever waits for money that some is back in the wallet', async () => {
    const account = await desk.makeAccount('699.00');
    const subscription = subscriptionActivities(billing.database);
    const target = { id: `sub_of_${account}`, accountId: account };
    await subscription.answerSubscriptionCommand({
      ...target,
      command: { kind: 'start', planCode: 'care', cycle: 'monthly' },
      now: '2027-02-02T10:00:00.000Z',
      operationKey: `${target.id}/start`,
    });
    const order = await desk.place(account, [desk.number()]);
    await desk.pay(order, 'wallet');
    await subscription.performSubscriptionAction({
      ...target,
      action: { kind: 'renew', at: '2027-03-02T10:00:00.000Z', reason: 'due' },
      operationKey: `${target.id}/renew`,
    });
    await desk.fulfil(order);
    await desk.tell(order, order.items[0], 'failed');
    expect(desk.signalled).toEqual([]);
    await desk.fulfil(order);
    expect(await desk.wallet(account)).toBe('600.00');
    expect(desk.signalled).toEqual([`subscription/${target.id} moneyArrived`]);
  });

  it('leaves nothing of a refund when any of its rows cannot be written', async () => {
    const order = await desk.place(await desk.makeAccount('600.00'), [desk.number()]);
    await desk.pay(order, 'wallet');
    await desk.fulfil(order);
    await desk.tell(order, order.items[0], 'failed');
    for (const [table, verb] of [
      ['transfers', 'insert'],
      ['refunds', 'insert'],
      ['documents', 'insert'],
      ['orders', 'update'],
      ['operations', 'insert'],
      ['events', 'insert'],
    ] as const) {
      const before = await photograph(billing);
      await breakWrites(billing, table, verb);
      await expect(desk.perform(order)).rejects.toThrow('broken by a test');
      await mendWrites(billing, table);
      expect(await photograph(billing)).toEqual(before);
    }
    await desk.fulfil(order);
    expect(await desk.wallet(order.accountId)).toBe('600.00');
  });
});
