/** What is credited in mid-period bears the tax of the invoice it takes back, whatever has changed since. */
import { previewChange } from '../../api/commands/preview-change';
import { saveBillingAddress } from '../../db/repositories/billing-address.repository';
import { listDocuments } from '../../db/repositories/document.repository';
import { insertPlan } from '../../db/repositories/plan.repository';
import { insertTaxRegistration } from '../../db/repositories/tax-registration.repository';
import { formatAmount } from '../../domain/money';
import type { PlanVersion } from '../../domain/plan';
import type { SubscriptionCommand } from '../../workflows/subscription.messages';
import {
  createBillingUnderTest,
  GROWTH,
  subscriptionActivities,
  type BillingUnderTest,
} from './billing-under-test';

jest.setTimeout(60_000);

const FEBRUARY = '2027-02-01T00:00:00.000Z';
const REGISTERED_AT = '2027-02-10T00:00:00.000Z';
const MID_FEBRUARY = '2027-02-15T00:00:00.000Z';
/** Of 30 days 15 are left at the second. */
const APRIL = '2027-04-01T00:00:00.000Z';
const MID_APRIL = '2027-04-16T00:00:00.000Z';

const LARGER: PlanVersion = {
  ...GROWTH,
  code: 'larger',
  name: 'Larger',
  prices: [{ cycle: 'monthly', price: { amountMicros: 4_999_000_000n, currency: 'INR' } }],
};
const PAUSE = { kind: 'pause', at: 'now', resumesAt: null } as const;

let billing: BillingUnderTest;
let made = 0;

beforeAll(async () => {
  billing = await createBillingUnderTest();
  await billing.read(async (trx) => {
    await insertPlan(trx, LARGER, FEBRUARY);
    await insertTaxRegistration(trx, KARNATAKA);
  });
});
afterAll(async () => {
  await billing?.close();
});

async function start(planCode: string, at: string) {
  const accountId = await billing.makeAccount('20000.00');
  await live(accountId, 'KA');
  made += 1;
  const id = `sub_${made}`;
  let asked = 0;
  const answer = async (command: SubscriptionCommand, now: string) => {
    asked += 1;
    const operationKey = `subscription/${id}/${command.kind}/${asked}`;
    const request = { id, accountId, command, now, operationKey };
    const activities = subscriptionActivities(billing.database);
    const answered = await activities.answerSubscriptionCommand(request);
    expect(answered.answer.kind).toBe('done');
    return answered.answer;
  };
  await answer({ kind: 'start', planCode, cycle: 'monthly' }, at);
  return { id, accountId, answer };
}

async function live(accountId: string, state: string): Promise<void> {
  const isKarnataka = state === 'KA';
  await billing.read((trx) =>
    saveBillingAddress(trx, {
      accountId,
      businessName: 'Deniz Travel',
      addressLine1: '12 Church Street',
      addressLine2: null,
      city: isKarnataka ? 'Bengaluru' : 'Mumbai',
      state,
      postalCode: isKarnataka ? '560001' : '400001',
      country: 'IN',
      taxId: null,
      taxIdType: null,
      taxOffice: null,
      isInSez: false,
      email: 'billing@deniz.example',
      updatedAt: FEBRUARY,
    }),
  );
}

/** Newest first: "credit_note -589.00: CGST -44.96, SGST -44.96; 29 Karnataka". */
async function documentsOf(accountId: string): Promise<string[]> {
  const query = { accountId, limit: 100, beforePosition: null };
  return (await billing.read((trx) => listDocuments(trx, query))).map(
    ({ kind, sale, taxation }) =>
      `${kind} ${formatAmount(sale.total)}: ${sale.taxLines.map((tax) => `${tax.component} ${formatAmount(tax.amount)}`).join(', ')}; ${taxation.placeOfSupply ?? 'nowhere'}`,
  );
}

async function movedOf(accountId: string): Promise<string[]> {
  return (await billing.transfers(accountId)).filter((row) => row.startsWith('refund'));
}

describe('the seller registers in mid-period', () => {
  it('a credit for what was invoiced without tax has none', async () => {
    const { id, accountId, answer } = await start('larger', FEBRUARY);
    const subscription = await billing.subscription(id);
    if (subscription === null) throw new Error('it has started');
    const wanted = { planCode: 'growth', cycle: 'monthly', isForced: false } as const;
    const preview = await billing.read((trx) =>
      previewChange(trx, subscription.state, { wanted, receivedAt: MID_FEBRUARY }),
    );
    const { lines } = await answer({ kind: 'change', ...wanted }, MID_FEBRUARY);
    expect(formatAmount(preview.total)).toBe('-2000.00');
    expect(preview.lines).toEqual(lines);
    expect(await documentsOf(accountId)).toEqual([
      'credit_note -2000.00: ; nowhere',
      'invoice 4999.00: ; nowhere',
    ]);
    expect(await movedOf(accountId)).toEqual(['refund revenue/INR > wallet/additional 2000000000']);
  });

  it('what is charged on balance bears the tax of its day', async () => {
    const { accountId, answer } = await start('growth', FEBRUARY);
    await answer(
      { kind: 'change', planCode: 'larger', cycle: 'monthly', isForced: false },
      MID_FEBRUARY,
    );
    expect(await documentsOf(accountId)).toEqual([
      'invoice 2360.00: CGST 180.00, SGST 180.00; 29 Karnataka',
      'invoice 999.00: ; nowhere',
    ]);
  });
});

it('the buyer moves to another state: a pause takes back what was invoiced within the first', async () => {
  const { accountId, answer } = await start('growth', APRIL);
  await live(accountId, 'MH');
  await answer(PAUSE, MID_APRIL);
  expect(await documentsOf(accountId)).toEqual([
    'credit_note -589.00: CGST -44.96, SGST -44.96; 29 Karnataka',
    'invoice 1179.00: CGST 89.91, SGST 89.91; 29 Karnataka',
  ]);
  expect(await movedOf(accountId)).toEqual([
    'refund revenue/INR > wallet/additional 589000000',
    'refund tax_payable/INR > revenue/INR 89920000',
  ]);
});

it('a scheduled change that credits does so as it was invoiced', async () => {
  const { id, accountId, answer } = await start('larger', APRIL);
  await answer(
    { kind: 'schedule', planCode: 'growth', cycle: 'monthly', effectiveAt: MID_APRIL },
    APRIL,
  );
  await live(accountId, 'MH');
  const action = { kind: 'apply_scheduled_change', at: MID_APRIL, reason: 'due' } as const;
  const operationKey = `subscription/${id}/${action.kind}/${MID_APRIL}`;
  const activities = subscriptionActivities(billing.database);
  await activities.performSubscriptionAction({ id, accountId, action, operationKey });
  expect(await documentsOf(accountId)).toEqual([
    'credit_note -2360.00: CGST -180.00, SGST -180.00; 29 Karnataka',
    'invoice 5899.00: CGST 449.91, SGST 449.91; 29 Karnataka',
  ]);
});

const KARNATAKA = {
  country: 'IN',
  state: '29',
  taxId: '29AAGCB7383J1Z4',
  taxIdType: 'gstin',
  taxOffice: null,
  legalName: 'Tollgate Demo Private Limited',
  addressLine1: '1 MG Road',
  addressLine2: null,
  city: 'Bengaluru',
  postalCode: '560001',
  email: null,
  taxPoint: 'consumption',
  pricesIncludeTax: false,
  timeZone: 'Asia/Kolkata',
  isHome: true,
  hasLut: true,
  isTelecomOperator: false,
  validFrom: REGISTERED_AT,
  createdAt: FEBRUARY,
} as const;
