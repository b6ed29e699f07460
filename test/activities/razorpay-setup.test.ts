/** A mandate at Razorpay from the setup to the kept method, over its adapter and a server that speaks as Razorpay. */
import { createSetupActivities } from '../../activities/payment-method/setup.activities';
import type { ActivityDependencies } from '../../activities/dependencies';
import { saveBillingAddress } from '../../db/repositories/billing-address.repository';
import { findDefaultMethod } from '../../db/repositories/payment-method.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import { connectRazorpay } from '../support/razorpay/connect';
import { startRazorpayServer, type RazorpayServer } from '../support/razorpay-server';
import { createBillingUnderTest, RECORDED_AT, type BillingUnderTest } from './billing-under-test';

jest.setTimeout(20_000);

const AT = '2027-03-02T10:00:00.000Z';
let billing: BillingUnderTest;
let razorpay: RazorpayServer;

beforeAll(async () => {
  billing = await createBillingUnderTest();
  razorpay = await startRazorpayServer();
});
afterAll(async () => {
  await razorpay?.stop();
  await billing?.close();
});

test('R2.11 is asked for in the name of the billing address, and kept as the default', async () => {
  const accountId = await billing.makeAccount('0.00');
  await withTransaction(billing.database, SYSTEM, (trx) =>
    saveBillingAddress(trx, {
      accountId,
      businessName: 'Şeker Gıda',
      addressLine1: 'MG Road 1',
      addressLine2: null,
      city: 'Bengaluru',
      state: 'KA',
      postalCode: '560001',
      country: 'IN',
      taxId: null,
      taxIdType: null,
      taxOffice: null,
      isInSez: false,
      email: 'accounts@seker.example',
      phone: '+919876543210',
      updatedAt: AT,
    }),
  );
  // What these activities do not touch is not there: to use it would fail the test.
  const activities = createSetupActivities({
    database: billing.database,
    gateways: new Map([['razorpay', connectRazorpay(razorpay)]]),
    checkoutReturnUrl: 'http://127.0.0.1/back',
    now: () => RECORDED_AT,
  } as unknown as ActivityDependencies);
  const id = 'pms_razorpay';
  const target = (step: string) => ({
    id,
    accountId,
    now: AT,
    operationKey: `setup/${id}/${step}`,
  });
  const wish = { gateway: 'razorpay', mode: 'upi', currency: 'INR', maxAmount: '500.00' } as const;
  await activities.recordSetup({ ...target('begin'), command: { kind: 'begin', ...wish } });
  await activities.openSetupPage(target('open'));
  const asked = razorpay.calls.find(({ path }) => path.endsWith('/auth_links'));
  expect(asked?.body).toMatchObject({
    customer: { name: 'Seker G da', email: 'accounts@seker.example', contact: '+919876543210' },
    subscription_registration: { method: 'upi', max_amount: 50_000 },
  });

  for (const setupId of razorpay.books.invoices.keys()) razorpay.register(setupId);
  await activities.settleSetup(target('settle'));
  const method = await billing.read((trx) => findDefaultMethod(trx, accountId));
  expect(method).toMatchObject({
    gateway: 'razorpay',
    kind: 'upi',
    mandate: { ceiling: { amountMicros: 500_000_000n, currency: 'INR' }, status: 'active' },
  });
});
