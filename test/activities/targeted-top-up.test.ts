import type { ActivityDependencies } from '../../activities/dependencies';
import {
  createOrderActivities,
  type OrderActivities,
} from '../../activities/order/order.activities';
import type { SettleRequest } from '../../activities/order/record-payments';
import { createRefundActivities } from '../../activities/refund/refund.activities';
import { saveBillingAddress } from '../../db/repositories/billing-address.repository';
import { listDocuments } from '../../db/repositories/document.repository';
import { orders } from '../../db/repositories/order.repository';
import { insertTaxRegistration } from '../../db/repositories/tax-registration.repository';
import { addSeconds } from '../../domain/instant';
import { grantMoney } from '../../domain/ledger/grant';
import { clawBackMoney } from '../../domain/ledger/payback';
import { turnMonth } from '../../domain/ledger/month';
import { formatAmount } from '../../domain/money';
import type { TopUp } from '../../domain/order/order';
import { changeLedger } from '../support/ledger-accounts';
import {
  LATE_UPI,
  payCheckout,
  startSandboxGateway,
  SUCCESS_UPI,
  type RunningSandbox,
} from '../support/sandbox-gateway';
import { createBillingUnderTest, RECORDED_AT, type BillingUnderTest } from './billing-under-test';

jest.setTimeout(30_000);

const PLACED_AT = '2027-03-02T10:00:00.000Z';
const PAID_AT = '2027-03-02T10:05:00.000Z';
/** When the gateway is asked before the order expires. */
const CHECKED_AFTER_SECONDS = [15, 45, 120, 300, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 57_600];
const BUCKET = 'quota_top_up/unique_visitor/2027-03';

let billing: BillingUnderTest;
let sandbox: RunningSandbox;
let dependencies: ActivityDependencies;
let activities: OrderActivities;
let made = 0;
// The wall shows the instant that is asked for.
let wall = PLACED_AT;

beforeAll(async () => {
  billing = await createBillingUnderTest();
  sandbox = await startSandboxGateway({ timeoutMs: 500 });
  // What these activities do not touch is not there: to use it would fail the test.
  dependencies = {
    database: billing.database,
    gateways: new Map([[sandbox.gateway.name, sandbox.gateway]]),
    checkoutReturnUrl: 'http://127.0.0.1/checkout/return',
    now: () => wall,
  } as unknown as ActivityDependencies;
  activities = createOrderActivities(dependencies);
});
afterAll(async () => {
  await sandbox?.stop();
  await billing?.close();
});

const register = (taxPoint: 'top_up' | 'consumption', validFrom: string) =>
  billing.read((trx) =>
    insertTaxRegistration(trx, {
      country: 'IN',
      state: '29',
      taxId: '29AABCT1234F1ZM',
      taxIdType: 'gstin',
      taxOffice: null,
      legalName: 'Tollgate Test Private Limited',
      addressLine1: '1 MG Road',
      addressLine2: null,
      city: 'Bengaluru',
      postalCode: '560001',
      email: null,
      pricesIncludeTax: false,
      timeZone: 'Asia/Kolkata',
      isHome: true,
      hasLut: true,
      isTelecomOperator: false,
      createdAt: RECORDED_AT,
      taxPoint,
      validFrom,
    }),
  );

interface Wish {
  readonly target: TopUp['target'];
  readonly visitors?: number;
  readonly amount: string;
}

async function place(wish: Wish, at: string, accountId: string): Promise<TopUp> {
  made += 1;
  const target = { id: `top_${made}`, accountId };
  const command = { kind: 'place', currency: 'INR', gateway: 'sandbox', mode: null } as const;
  await activities.recordOrder({
    ...target,
    now: at,
    operationKey: `order/${target.id}/place/1`,
    command: { ...command, ...wish },
  });
  await activities.openCheckout({ ...target, now: at, operationKey: `order/${target.id}/open` });
  return orderOf(target.id);
}

async function makeAccount(): Promise<string> {
  const accountId = await billing.makeAccount('0.00');
  await billing.read((trx) =>
    saveBillingAddress(trx, {
      accountId,
      businessName: 'Asha Textiles',
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
      updatedAt: PLACED_AT,
    }),
  );
  return accountId;
}

async function orderOf(id: string): Promise<TopUp> {
  const found = await billing.read((trx) => orders.find(trx, id));
  if (found?.state.kind !== 'top_up') throw new Error(`${id} is no top-up`);
  return found.state;
}

function settle(
  { id, accountId }: TopUp,
  now = PAID_AT,
  action: SettleRequest['action'] = 'payment_reported',
) {
  wall = now;
  const operationKey = `order/${id}/${action}/${now}`;
  return activities.settlePayments({ id, accountId, now, action, operationKey });
}

const VISITORS = { target: 'unique_visitors', visitors: 500, amount: '300.00' } as const;

async function bought(at = PLACED_AT, now = PAID_AT): Promise<TopUp> {
  const order = await place(VISITORS, at, await makeAccount());
  await payCheckout(order.checkoutUrl ?? 'no page', SUCCESS_UPI);
  await settle(order, now);
  return orderOf(order.id);
}

const documentsOf = ({ accountId }: TopUp) =>
  billing.read((trx) => listDocuments(trx, { accountId, limit: 10, beforePosition: null }));

/** Oldest first. */
async function papers(order: TopUp): Promise<string[]> {
  return (await documentsOf(order))
    .map(
      ({ kind, sale }) =>
        `${kind} ${formatAmount(sale.subtotal)} + ${formatAmount(sale.taxTotal)} = ${formatAmount(sale.total)}`,
    )
    .reverse();
}

describe('a top-up of unique visitors', () => {
  it('R3.05 R3.10 is a sale: paid, spent, invoiced, and the visitors are there, once', async () => {
    const order = await bought();
    await settle(order);
    expect(await billing.transfers(order.accountId)).toEqual([
      'grant clearing/INR > wallet/additional 300000000',
      'charge wallet/additional > revenue/INR 300000000',
      `grant issuance/unique_visitor > ${BUCKET} 500`,
    ]);
    expect(await papers(order)).toEqual([
      'receipt_voucher 300.00 + 0.00 = 300.00',
      'invoice 300.00 + 0.00 = 300.00',
    ]);
    expect(await billing.events(order.accountId)).toEqual(['top_up.created', 'top_up.paid']);
  });

  it('R3.07 adds to the others of its month, and is gone with it', async () => {
    const { accountId } = await bought();
    const again = await place(VISITORS, PLACED_AT, accountId);
    await payCheckout(again.checkoutUrl ?? 'no page', SUCCESS_UPI);
    await settle(again);
    const at = '2027-03-31T18:30:00.000Z';
    const turn = { month: '2027-04', at };
    await changeLedger(billing.database, { accountId, reference: 'turn', at }, (plan, ledger) =>
      turnMonth(plan, ledger, turn),
    );
    expect((await billing.transfers(accountId)).at(-1)).toBe(
      `expiry ${BUCKET} > breakage/unique_visitor 1000`,
    );
  });

  it('paid after it expired, in another month, counts for the month of the payment', async () => {
    const order = await place(VISITORS, '2027-03-31T17:00:00.000Z', await makeAccount());
    await payCheckout(order.checkoutUrl ?? 'no page', LATE_UPI);
    for (const seconds of CHECKED_AFTER_SECONDS) {
      await settle(order, addSeconds('2027-03-31T17:00:00.000Z', seconds), 'check_payment');
    }
    await settle(order, '2027-04-01T17:00:00.000Z', 'expire');
    expect((await orderOf(order.id)).status).toBe('expired');
    await sandbox.settle();
    await settle(order, '2027-04-01T18:00:00.000Z', 'check_late_payment');
    expect((await orderOf(order.id)).status).toBe('paid');
    expect((await billing.transfers(order.accountId)).at(-1)).toBe(
      'grant issuance/unique_visitor > quota_top_up/unique_visitor/2027-04 500',
    );
    expect(await papers(order)).toHaveLength(2);
    expect((await billing.events(order.accountId)).at(-1)).toBe('top_up.paid_late');
  });

  it('R3.05 taxed as it comes in bears the tax on its receipt, and none on its invoice', async () => {
    await register('top_up', '2027-03-03T00:00:00.000Z');
    const order = await bought('2027-03-03T10:00:00.000Z', '2027-03-03T10:05:00.000Z');
    expect(formatAmount(order.total)).toBe('354.00');
    expect(await billing.transfers(order.accountId)).toEqual([
      'grant clearing/INR > wallet/additional 300000000',
      'charge clearing/INR > tax_payable/INR 54000000',
      'charge wallet/additional > revenue/INR 300000000',
      `grant issuance/unique_visitor > ${BUCKET} 500`,
    ]);
    expect(await papers(order)).toEqual([
      'receipt_voucher 300.00 + 54.00 = 354.00',
      'invoice 300.00 + 0.00 = 300.00',
    ]);
  });

  it('R3.05 taxed as it is used bears the tax on its invoice; a refund takes both back', async () => {
    await register('consumption', '2027-03-04T00:00:00.000Z');
    const order = await bought('2027-03-04T10:00:00.000Z', '2027-03-04T10:05:00.000Z');
    const { accountId } = order;
    expect(await billing.transfers(accountId)).toEqual([
      'grant clearing/INR > wallet/additional 354000000',
      'charge wallet/additional > revenue/INR 354000000',
      'charge revenue/INR > tax_payable/INR 54000000',
      `grant issuance/unique_visitor > ${BUCKET} 500`,
    ]);
    const [invoice] = await documentsOf(order);
    await createRefundActivities(dependencies).recordRefund({
      id: 'ref_1',
      accountId,
      now: '2027-03-05T10:00:00.000Z',
      operationKey: 'refund/ref_1/request',
      command: {
        kind: 'request',
        subject: { kind: 'invoice', id: invoice?.id ?? '' },
        to: 'wallet',
        amount: null,
        noteId: null,
      },
    });
    expect((await billing.transfers(accountId)).slice(4)).toEqual([
      'refund revenue/INR > wallet/additional 354000000',
      'refund tax_payable/INR > revenue/INR 54000000',
    ]);
    expect(await papers(order)).toEqual([
      'receipt_voucher 354.00 + 0.00 = 354.00',
      'invoice 300.00 + 54.00 = 354.00',
      'credit_note -300.00 + -54.00 = -354.00',
    ]);
  });
});

describe('a top-up of the WhatsApp balance', () => {
  it('R3.05 pays what is owed first: 5,000 owed and 1,000,000 paid leave 995,000', async () => {
    const accountId = await billing.makeAccount('0.00');
    const debt = { amountMicros: 5_000_000_000n, at: '2027-03-01T00:00:00.000Z' };
    await changeLedger(
      billing.database,
      { accountId, reference: 'charge_back', at: debt.at },
      (plan, ledger) => clawBackMoney(plan, ledger, { ...debt, reference: 'charge_back' }),
    );
    await changeLedger(
      billing.database,
      { accountId, reference: 'payment/pay_idr', at: PAID_AT },
      (plan, ledger) =>
        grantMoney(plan, ledger, {
          source: 'wallet_additional',
          amountMicros: 1_000_000_000_000n,
          at: PAID_AT,
          kind: 'grant',
          reference: 'payment/pay_idr',
          from: 'clearing',
        }),
    );
    const { rows } = await billing.owner.raw<{ rows: unknown[] }>(
      `select b.code, b.posted::text from buckets b join ledgers l on l.id = b.ledger_id
        where l.account_id = ? order by b.code`,
      [accountId],
    );
    expect(rows).toEqual([
      { code: 'wallet/additional', posted: '995000000000' },
      { code: 'wallet/initial', posted: '0' },
    ]);
  });

  it('R3.05 is money of its own name, and keeps what was made of the wish', async () => {
    const accountId = await makeAccount();
    const note = 'A WhatsApp top-up is at least 1000.00 INR, so 5.00 INR was raised to that.';
    const wish = { target: 'whatsapp_balance', amount: '1000.00', note } as const;
    const order = await place(wish, PLACED_AT, accountId);
    expect(order).toMatchObject({ target: 'whatsapp_balance', visitors: null, note });
    expect(order.sale.lines.map(({ description }) => description)).toEqual([
      'WhatsApp balance top-up',
    ]);
    await payCheckout(order.checkoutUrl ?? 'no page', SUCCESS_UPI);
    await settle(order);
    expect(await billing.transfers(accountId)).toEqual([
      'grant clearing/INR > wallet/additional 1000000000',
    ]);
  });
});
