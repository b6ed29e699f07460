import { createDatabase, type Database } from '../../db/connection';
import { saveBillingAddress } from '../../db/repositories/billing-address.repository';
import { insertTaxRegistration } from '../../db/repositories/tax-registration.repository';
import {
  createBillingUnderTest,
  subscriptionActivities,
  type BillingUnderTest,
} from './billing-under-test';

jest.setTimeout(30_000);

const ANCHOR = '2027-01-31T10:00:00.000Z';
const PERIOD_2 = '2027-02-28T10:00:00.000Z';
const PLACE = {
  addressLine1: '12 Church Street',
  addressLine2: null,
  city: 'Bengaluru',
  state: 'KA',
  postalCode: '560001',
  country: 'IN',
  taxIdType: null,
  taxOffice: null,
};

let billing: BillingUnderTest;
/** As the worker's: its connections begin as the system's. */
let database: Database;

beforeAll(async () => {
  billing = await createBillingUnderTest();
  const { appUrl: url } = billing;
  database = createDatabase({ url, applicationName: 'tollgate-test', isSystem: true });
});
afterAll(async () => {
  await database?.destroy();
  await billing?.close();
});

/** What a renewal that issues an invoice sends to PostgreSQL, from BEGIN to COMMIT. */
async function renew(id: string): Promise<string[]> {
  const accountId = await billing.makeAccount('5000.00');
  await billing.read((trx) =>
    saveBillingAddress(trx, {
      ...PLACE,
      accountId,
      businessName: 'Deniz Travel',
      isInSez: false,
      taxId: null,
      email: 'billing@deniz.example',
      phone: null,
      updatedAt: ANCHOR,
    }),
  );
  const activities = subscriptionActivities(database);
  const target = { id, accountId };
  await activities.answerSubscriptionCommand({
    ...target,
    command: { kind: 'start', planCode: 'growth', cycle: 'monthly' },
    now: ANCHOR,
    operationKey: `subscription/${id}/start`,
  });
  const statements: string[] = [];
  const note = ({ sql }: { readonly sql: string }) => void statements.push(sql);
  database.on('query', note);
  try {
    await activities.performSubscriptionAction({
      ...target,
      action: { kind: 'renew', at: PERIOD_2, reason: 'due' },
      operationKey: `subscription/${id}/renew/${PERIOD_2}`,
    });
  } finally {
    database.removeListener('query', note);
  }
  return statements;
}

// Each statement is a round trip while the account's ledger is locked.
test('a renewal with its invoice is fifteen statements, taxed or not', async () => {
  const untaxed = await renew('sub_untaxed');
  expect([untaxed[0], untaxed.at(-1)]).toEqual(['BEGIN;', 'COMMIT;']);
  expect(untaxed).toHaveLength(15);
  await billing.read((trx) =>
    insertTaxRegistration(trx, {
      ...PLACE,
      taxId: '29AABCT1332L1ZD',
      legalName: 'Tollgate Sandbox',
      email: null,
      taxPoint: 'consumption',
      pricesIncludeTax: false,
      timeZone: 'Asia/Kolkata',
      isHome: true,
      hasLut: true,
      isTelecomOperator: false,
      validFrom: '2020-01-01T00:00:00.000Z',
      createdAt: ANCHOR,
    }),
  );
  expect(await renew('sub_taxed')).toHaveLength(15);
});
