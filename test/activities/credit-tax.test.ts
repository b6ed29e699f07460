/**
 * What is credited in mid-period bears the tax of the invoice it takes back, what is charged that of its day:
 * where these differ, a change is a credit note and an invoice.
 */
import fc from 'fast-check';
import { previewChange } from '../../api/commands/preview-change';
import { listCreditable } from '../../db/repositories/credit-note.repository';
import { listDocuments, type DocumentRecord } from '../../db/repositories/document.repository';
import { listEvents } from '../../db/repositories/event.repository';
import { insertPlan } from '../../db/repositories/plan.repository';
import { findSold } from '../../domain/document/taken-back';
import { formatAmount } from '../../domain/money';
import type { PlanVersion } from '../../domain/plan';
import {
  createBillingUnderTest,
  GROWTH,
  startSubscription,
  subscriptionActivities,
  type BillingUnderTest,
} from './billing-under-test';
import { liveIn, registerInIndia } from './india';

jest.setTimeout(120_000);

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
const TO_LARGER = { planCode: 'larger', cycle: 'monthly', isForced: false } as const;
const TO_GROWTH = { ...TO_LARGER, planCode: 'growth' } as const;

let billing: BillingUnderTest;

beforeAll(async () => {
  billing = await createBillingUnderTest();
  await billing.read((trx) => insertPlan(trx, LARGER, FEBRUARY));
  await registerInIndia(billing, { taxPoint: 'consumption', validFrom: REGISTERED_AT });
});
afterAll(async () => {
  await billing?.close();
});

async function start(planCode: string, at: string) {
  const accountId = await billing.makeAccount('200000.00');
  await liveIn(billing, accountId, 'KA');
  return startSubscription(billing, { accountId, planCode, at });
}

function previewOf(id: string, wanted: typeof TO_LARGER | typeof TO_GROWTH, receivedAt: string) {
  return billing.read(async (trx) => {
    const record = await billing.subscription(id);
    if (record === null) throw new Error(`${id} has started`);
    return previewChange(trx, record.state, { wanted, receivedAt });
  });
}

function listAll(accountId: string): Promise<DocumentRecord[]> {
  const query = { accountId, limit: 100, beforePosition: null };
  return billing.read((trx) => listDocuments(trx, query));
}

/** Newest first: "credit_note -589.00: CGST -44.96, SGST -44.96; 29 Karnataka; of 1179.00". */
async function documentsOf(accountId: string): Promise<string[]> {
  const all = await listAll(accountId);
  const totals = new Map(all.map(({ id, sale }) => [id, formatAmount(sale.total)]));
  return all.map(({ kind, sale, taxation, references }) => {
    const taxes = sale.taxLines.map((tax) => `${tax.component} ${formatAmount(tax.amount)}`);
    const of = references.map(({ id }) => `; of ${totals.get(id)}`).join('');
    const place = taxation.placeOfSupply ?? 'nowhere';
    return `${kind} ${formatAmount(sale.total)}: ${taxes.join(', ')}; ${place}${of}`;
  });
}

/** Money that the last operation moved. */
async function movedOf(accountId: string, transfers: number): Promise<string[]> {
  const all = await billing.transfers(accountId);
  return all.filter((row) => row.includes('/INR')).slice(-transfers);
}

describe('the seller registers in mid-period', () => {
  it('a smaller plan: the untaxed days come back untaxed, those of the new plan are taxed', async () => {
    const { id, accountId, answer } = await start('larger', FEBRUARY);
    const preview = await previewOf(id, TO_GROWTH, MID_FEBRUARY);
    const { answer: changed } = await answer({ kind: 'change', ...TO_GROWTH }, MID_FEBRUARY);
    expect(formatAmount(preview.total)).toBe('-1910.50');
    expect(preview.lines.map(({ kind, amount }) => `${kind} ${amount}`)).toEqual([
      'proration_credit -2499.50',
      'proration_charge 499.50',
      'tax 44.96',
      'tax 44.96',
      'round_off -0.42',
    ]);
    expect(changed).toEqual({ kind: 'done', lines: preview.lines });
    expect(await documentsOf(accountId)).toEqual([
      'invoice 589.00: CGST 44.96, SGST 44.96; 29 Karnataka',
      'credit_note -2499.50: ; nowhere; of 4999.00',
      'invoice 4999.00: ; nowhere',
    ]);
    expect(await movedOf(accountId, 2)).toEqual([
      'refund revenue/INR > wallet/additional 1910500000',
      'charge revenue/INR > tax_payable/INR 89920000',
    ]);
    const [invoice, note] = await listAll(accountId);
    const query = {
      accountId,
      limit: 1,
      beforePosition: null,
      type: 'subscription.changed',
    } as const;
    const [told] = await billing.read((trx) => listEvents(trx, query));
    expect(told?.reason).toContain('1910.50 INR credited to the wallet');
    expect(told?.data).toMatchObject({
      charged: '-1910.50',
      document_id: invoice?.id,
      credit_note_id: note?.id,
    });
  });

  it('a larger plan: the rest of the month is taxed in full, and credited so by a pause', async () => {
    const { id, accountId, answer } = await start('growth', FEBRUARY);
    await answer({ kind: 'change', ...TO_LARGER }, MID_FEBRUARY);
    const changed = [
      'invoice 2949.00: CGST 224.96, SGST 224.96; 29 Karnataka',
      'credit_note -499.50: ; nowhere; of 999.00',
      'invoice 999.00: ; nowhere',
    ];
    expect(await documentsOf(accountId)).toEqual(changed);
    expect(await movedOf(accountId, 2)).toEqual([
      'charge wallet/additional > revenue/INR 2449500000',
      'charge revenue/INR > tax_payable/INR 449920000',
    ]);
    await answer(PAUSE, MID_FEBRUARY);
    expect(await documentsOf(accountId)).toEqual([
      'credit_note -2949.00: CGST -224.96, SGST -224.96; 29 Karnataka; of 2949.00',
      ...changed,
    ]);
    const left = await billing.read((trx) => listCreditable(trx, { kind: 'subscription', id }));
    expect(left.map(({ leftMicros }) => leftMicros)).toEqual([0n, 499_500_000n]);
  });

  it('a change after it nets again, on one invoice', async () => {
    const { accountId, answer } = await start('larger', FEBRUARY);
    await answer({ kind: 'change', ...TO_GROWTH }, MID_FEBRUARY);
    await answer({ kind: 'change', ...TO_LARGER }, MID_FEBRUARY);
    expect((await documentsOf(accountId))[0]).toBe(
      'invoice 2360.00: CGST 180.00, SGST 180.00; 29 Karnataka; of 589.00',
    );
  });
});

describe('the buyer moves to another state', () => {
  it.each([
    ['a pause', PAUSE],
    ['a cancellation', { kind: 'cancel', at: 'now', noteId: null }],
  ] as const)('%s takes back what was invoiced within the first', async (_, command) => {
    const { accountId, answer } = await start('growth', APRIL);
    await liveIn(billing, accountId, 'MH');
    await answer(command, MID_APRIL);
    expect(await documentsOf(accountId)).toEqual([
      'credit_note -589.00: CGST -44.96, SGST -44.96; 29 Karnataka; of 1179.00',
      'invoice 1179.00: CGST 89.91, SGST 89.91; 29 Karnataka',
    ]);
    expect(await movedOf(accountId, 2)).toEqual([
      'refund revenue/INR > wallet/additional 589000000',
      'refund tax_payable/INR > revenue/INR 89920000',
    ]);
  });

  it('a change, now or by schedule, credits within the first and charges across the border', async () => {
    const documents = [
      'invoice 589.00: IGST 89.91; 27 Maharashtra',
      'credit_note -2949.00: CGST -224.96, SGST -224.96; 29 Karnataka; of 5899.00',
      'invoice 5899.00: CGST 449.91, SGST 449.91; 29 Karnataka',
    ];
    const moved = [
      'refund revenue/INR > wallet/additional 2360000000',
      'refund tax_payable/INR > revenue/INR 360010000',
    ];
    const now = await start('larger', APRIL);
    await liveIn(billing, now.accountId, 'MH');
    await now.answer({ kind: 'change', ...TO_GROWTH }, MID_APRIL);
    expect(await documentsOf(now.accountId)).toEqual(documents);
    expect(await movedOf(now.accountId, 2)).toEqual(moved);

    const { id, accountId, answer } = await start('larger', APRIL);
    const { planCode, cycle } = TO_GROWTH;
    await answer({ kind: 'schedule', planCode, cycle, effectiveAt: MID_APRIL }, APRIL);
    await liveIn(billing, accountId, 'MH');
    const action = { kind: 'apply_scheduled_change', at: MID_APRIL, reason: 'due' } as const;
    const operationKey = `subscription/${id}/${action.kind}/${MID_APRIL}`;
    const activities = subscriptionActivities(billing.database);
    await activities.performSubscriptionAction({ id, accountId, action, operationKey });
    expect(await documentsOf(accountId)).toEqual(documents);
    expect(await movedOf(accountId, 2)).toEqual(moved);
  });
});

/** What the transfers left on each ledger account, "wallet/additional" for one. */
async function balancesOf(accountId: string): Promise<Map<string, bigint>> {
  const balances = new Map<string, bigint>();
  for (const row of await billing.transfers(accountId)) {
    const [, debit = '', , credit = '', amount = '0'] = row.split(' ');
    balances.set(debit, (balances.get(debit) ?? 0n) - BigInt(amount));
    balances.set(credit, (balances.get(credit) ?? 0n) + BigInt(amount));
  }
  return balances;
}

it('whatever changes when, the books say what the documents say, and no invoice is taken back twice', async () => {
  const step = fc.record({
    afterDays: fc.integer({ min: 0, max: 4 }),
    what: fc.constantFrom('change', 'change', 'pause', 'move'),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('growth', 'larger'),
      fc.array(step, { minLength: 2, maxLength: 7 }),
      async (planCode, steps) => {
        const { id, accountId, answer } = await start(planCode, FEBRUARY);
        let wanted = planCode === 'growth' ? TO_LARGER : TO_GROWTH;
        let state: 'KA' | 'MH' = 'KA';
        let day = 1;
        for (const { afterDays, what } of steps) {
          day = Math.min(day + afterDays, 28);
          const at = `2027-02-${String(day).padStart(2, '0')}T00:00:00.000Z`;
          if (what === 'move') {
            state = state === 'KA' ? 'MH' : 'KA';
            await liveIn(billing, accountId, state);
          } else if (what === 'pause') {
            await answer(PAUSE, at);
            await answer({ kind: 'resume' }, at);
          } else {
            const preview = await previewOf(id, wanted, at);
            const { answer: changed } = await answer({ kind: 'change', ...wanted }, at);
            expect(changed).toEqual({ kind: 'done', lines: preview.lines });
            wanted = wanted === TO_LARGER ? TO_GROWTH : TO_LARGER;
          }
          await expectAgreement(accountId, id);
        }
      },
    ),
    { numRuns: 25 },
  );
});

async function expectAgreement(accountId: string, id: string): Promise<void> {
  const documents = await listAll(accountId);
  const sumOf = (amountOf: (document: DocumentRecord) => bigint) =>
    documents.reduce((sum, document) => sum + amountOf(document), 0n);
  const total = sumOf(({ sale }) => sale.total.amountMicros);
  const tax = sumOf(({ sale }) => sale.taxTotal.amountMicros);
  const balances = await balancesOf(accountId);
  expect(balances.get('wallet/additional')).toBe(200_000_000_000n - total);
  expect(balances.get('tax_payable/INR') ?? 0n).toBe(tax);
  expect(balances.get('revenue/INR')).toBe(total - tax);
  const left = await billing.read((trx) => listCreditable(trx, { kind: 'subscription', id }));
  expect(left.reduce((sum, { leftMicros }) => sum + leftMicros, 0n)).toBe(total);
  for (const { id: invoiceId, leftMicros } of left) {
    const invoice = documents.find((document) => document.id === invoiceId);
    const soldMicros = invoice === undefined ? 0n : findSold(invoice).total.amountMicros;
    expect(leftMicros >= 0n && leftMicros <= soldMicros).toBe(true);
  }
  for (const { kind, sale, references } of documents) {
    if (kind !== 'credit_note') continue;
    const named = references.reduce((sum, { amount }) => sum + amount.amountMicros, 0n);
    expect(named).toBe(-sale.total.amountMicros);
  }
}
