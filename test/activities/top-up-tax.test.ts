import type { ActivityDependencies } from '../../activities/dependencies';
import { findReceiptOfPayment } from '../../activities/payment/issue-receipt';
import {
  createOrderActivities,
  type OrderActivities,
} from '../../activities/order/order.activities';
import { saveBillingAddress } from '../../db/repositories/billing-address.repository';
import { listDocuments } from '../../db/repositories/document.repository';
import { orders } from '../../db/repositories/order.repository';
import { listPayments } from '../../db/repositories/payment.repository';
import { formatAmount } from '../../domain/money';
import type { Order } from '../../domain/order/order';
import {
  payCheckout,
  startSandboxGateway,
  SUCCESS_UPI,
  type RunningSandbox,
} from '../support/sandbox-gateway';
import { createBillingUnderTest, type BillingUnderTest } from './billing-under-test';
import { registerInIndia } from './india';

jest.setTimeout(20_000);

const PLACED_AT = '2027-03-02T10:00:00.000Z';
const PAID_AT = '2027-03-02T10:05:00.000Z';
const EXPIRES_AT = '2027-03-03T10:00:00.000Z';
const LATE_AT = '2027-03-03T11:00:00.000Z';

let billing: BillingUnderTest;
let sandbox: RunningSandbox;
let activities: OrderActivities;
let made = 0;
// The wall shows the instant that is asked for.
let wall = PLACED_AT;

beforeAll(async () => {
  billing = await createBillingUnderTest();
  sandbox = await startSandboxGateway({ timeoutMs: 500 });
  const dependencies = {
    database: billing.database,
    gateways: new Map([[sandbox.gateway.name, sandbox.gateway]]),
    checkoutReturnUrl: 'http://127.0.0.1/checkout/return',
    now: () => wall,
  };
  // What these activities do not touch is not there: to use it would fail the test.
  activities = createOrderActivities(dependencies as unknown as ActivityDependencies);
});
afterAll(async () => {
  await sandbox?.stop();
  await billing?.close();
});

async function place(amount: string, at = PLACED_AT): Promise<Order> {
  made += 1;
  const target = { id: `top_${made}`, accountId: await billing.makeAccount('0.00') };
  await billing.read((trx) =>
    saveBillingAddress(trx, {
      accountId: target.accountId,
      businessName: 'Şeker Gıda Private Limited',
      addressLine1: '12 Marine Drive',
      addressLine2: null,
      city: 'Bengaluru',
      state: 'Karnataka',
      postalCode: '560002',
      country: 'IN',
      taxId: null,
      taxIdType: null,
      taxOffice: null,
      isInSez: false,
      email: 'accounts@example.com',
      phone: null,
      updatedAt: at,
    }),
  );
  const operationKey = `order/${target.id}/place/1`;
  const command = {
    kind: 'place',
    target: 'wallet',
    amount,
    currency: 'INR',
    gateway: 'sandbox',
    mode: null,
  } as const;
  await activities.recordOrder({ ...target, now: at, operationKey, command });
  await activities.openCheckout({ ...target, now: at, operationKey: `order/${target.id}/open` });
  return orderOf(target.id);
}

async function orderOf(id: string): Promise<Order> {
  const found = await billing.read((trx) => orders.find(trx, id));
  if (!found) throw new Error(`${id} has no row`);
  return found.state;
}

function settle(
  { id, accountId }: Order,
  action: 'payment_reported' | 'expire' | 'check_late_payment' = 'payment_reported',
  now = PAID_AT,
) {
  wall = now;
  return activities.settlePayments({
    id,
    accountId,
    now,
    action,
    operationKey: `order/${id}/${action}/${now}`,
  });
}

async function vouchers({ accountId }: Order): Promise<string[]> {
  const query = { accountId, limit: 10, beforePosition: null };
  const documents = await billing.read((trx) => listDocuments(trx, query));
  return documents.map(
    ({ kind, number, sale }) =>
      `${kind} ${number} ${formatAmount(sale.subtotal)} + ${formatAmount(sale.taxTotal)} = ${formatAmount(sale.total)}`,
  );
}

async function paid(amount: string, at?: string): Promise<Order> {
  const order = await place(amount, at);
  await payCheckout(order.checkoutUrl ?? 'no page', SUCCESS_UPI);
  await settle(order);
  return orderOf(order.id);
}

describe('a top-up before the seller is registered', () => {
  it('R1.07 bears no tax and has a receipt voucher without any', async () => {
    const order = await paid('1000.00');
    expect(await billing.transfers(order.accountId)).toEqual([
      'grant clearing/INR > wallet/additional 1000000000',
    ]);
    expect(await vouchers(order)).toEqual([
      'receipt_voucher RCV-2027-0000001 1000.00 + 0.00 = 1000.00',
    ]);
  });
});

describe('a top-up that is taxed as it comes in', () => {
  const at = '2027-03-02T12:00:00.000Z';
  beforeAll(() =>
    registerInIndia(billing, { taxPoint: 'top_up', validFrom: '2027-03-02T11:00:00.000Z' }),
  );

  it('R2.09 is paid with its tax, the wallet gets the amount and the tax is owed', async () => {
    const order = await paid('1000.00', at);
    expect(formatAmount(order.total)).toBe('1180.00');
    expect(await billing.transfers(order.accountId)).toEqual([
      'grant clearing/INR > wallet/additional 1000000000',
      'charge clearing/INR > tax_payable/INR 180000000',
    ]);
    expect(await vouchers(order)).toEqual([
      'receipt_voucher RCV/26-27/000001 1000.00 + 180.00 = 1180.00',
    ]);
  });

  it('is brought to whole rupees, and the round-off is ours', async () => {
    const order = await paid('999.50', at);
    expect(formatAmount(order.total)).toBe('1179.00');
    expect(await billing.transfers(order.accountId)).toEqual([
      'grant clearing/INR > wallet/additional 999500000',
      'charge clearing/INR > tax_payable/INR 179920000',
      'charge revenue/INR > clearing/INR 420000',
    ]);
  });

  it('shows its lines on the page: amount, each tax, round-off', async () => {
    const order = await place('999.50', at);
    const page = await (await fetch(order.checkoutUrl ?? 'no page')).text();
    for (const words of ['Balance top-up', 'CGST 9%', 'SGST 9%', '89.96', 'Round-off', '1179.00']) {
      expect(page).toContain(words);
    }
  });

  it('I2 grants a payment once, with one voucher, however often it is reported', async () => {
    const order = await paid('500.00', at);
    await settle(order);
    await settle(order);
    expect(await vouchers(order)).toHaveLength(1);
    expect(await billing.transfers(order.accountId)).toHaveLength(2);
  });

  it('that is paid after it expired has its voucher, taxed as it was ordered', async () => {
    const order = await place('1000.00', at);
    await payCheckout(order.checkoutUrl ?? 'no page', SUCCESS_UPI);
    await settle(order, 'expire', EXPIRES_AT);
    await settle(order, 'check_late_payment', LATE_AT);
    expect((await orderOf(order.id)).status).toBe('paid');
    expect(await vouchers(order)).toEqual([
      expect.stringMatching(/^receipt_voucher RCV\/26-27\/\d{6} 1000\.00 \+ 180\.00 = 1180\.00$/),
    ]);
  });

  it('tells a refund which tax was taken with the payment', async () => {
    const order = await paid('1000.00', at);
    const query = { limit: 1, before: null, accountId: order.accountId };
    const [payment] = await billing.read((trx) => listPayments(trx, query));
    const receipt = await billing.read((trx) => findReceiptOfPayment(trx, payment?.id ?? ''));
    expect(receipt?.sale.taxLines.map(({ component, rate }) => `${component} ${rate}`)).toEqual([
      'CGST 9',
      'SGST 9',
    ]);
    expect(receipt?.taxation).toEqual(order.taxation);
    expect(receipt?.sale.total).toEqual(payment?.money);
    expect(await billing.read((trx) => findReceiptOfPayment(trx, 'pay_none'))).toBeNull();
  });
});

describe('a top-up whose price includes the tax', () => {
  it('is paid as it was chosen, and the wallet gets the net', async () => {
    const from = '2027-03-02T13:00:00.000Z';
    await registerInIndia(billing, { taxPoint: 'top_up', pricesIncludeTax: true, validFrom: from });
    const order = await paid('1000.00', '2027-03-02T13:30:00.000Z');
    expect(formatAmount(order.total)).toBe('1000.00');
    expect(await billing.transfers(order.accountId)).toEqual([
      'grant clearing/INR > wallet/additional 847460000',
      'charge clearing/INR > tax_payable/INR 152540000',
    ]);
  });
});

describe('a top-up whose money is taxed as it is used', () => {
  it('bears no tax, and its voucher says when the tax comes', async () => {
    await registerInIndia(billing, {
      taxPoint: 'consumption',
      validFrom: '2027-03-02T14:00:00.000Z',
    });
    const order = await paid('1000.00', '2027-03-02T14:30:00.000Z');
    expect(await billing.transfers(order.accountId)).toEqual([
      'grant clearing/INR > wallet/additional 1000000000',
    ]);
    expect(order.taxation).toMatchObject({
      kind: 'none',
      statement: 'Tax is charged when the balance is used.',
    });
  });
});
