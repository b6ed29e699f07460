import { Client } from 'pg';
import { createDatabase, type Database } from '../../db/connection';
import { insertAccount } from '../../db/repositories/account.repository';
import { saveBillingAddress } from '../../db/repositories/billing-address.repository';
import { listCreditable, listTakenOf } from '../../db/repositories/credit-note.repository';
import {
  getDocument,
  issueDocument,
  listDocuments,
  type NewDocument,
} from '../../db/repositories/document.repository';
import {
  findTaxation,
  insertTaxRegistration,
  listTaxRegistrations,
  type TaxRegistration,
} from '../../db/repositories/tax-registration.repository';
import { insertTestClock } from '../../db/repositories/test-clock.repository';
import { SYSTEM, type Tenant } from '../../db/tenant';
import { withTransaction, type Transaction } from '../../db/transaction';
import { BillingError } from '../../domain/billing-error';
import type { DocumentReference } from '../../domain/document/document';
import { computeLeft, mirrorSale } from '../../domain/refund/split-refund';
import { computeTax, type TaxedSale } from '../../domain/tax/compute-tax';
import type { Taxation } from '../../domain/tax/taxation';
import { createTestDatabase, type TestDatabase } from '../support/database';

// A busy machine is slow, not wrong.
jest.setTimeout(120_000);

const AT = '2026-08-01T10:00:00.000Z';
const CONNECTIONS = 8;
const PER_CONNECTION = 25;

const REGISTRATION: Omit<TaxRegistration, 'id'> = {
  country: 'IN',
  state: '29',
  taxId: '29AABCT1234F1ZM',
  taxIdType: 'gstin',
  taxOffice: null,
  legalName: 'Tollgate Test Private Limited',
  addressLine1: '1 MG Road',
  addressLine2: 'Floor 3',
  city: 'Bengaluru',
  postalCode: '560001',
  email: 'billing@example.com',
  taxPoint: 'top_up',
  pricesIncludeTax: false,
  timeZone: 'Asia/Kolkata',
  isHome: true,
  hasLut: true,
  isTelecomOperator: false,
  validFrom: '2026-01-01T00:00:00.000Z',
  createdAt: AT,
};

let test_: TestDatabase;
let owner: Client;
let databases: Database[];
let taxation: Taxation;
let sale: TaxedSale;

beforeAll(async () => {
  test_ = await createTestDatabase();
  owner = new Client({ connectionString: test_.ownerUrl });
  await owner.connect();
  databases = Array.from({ length: CONNECTIONS }, () =>
    createDatabase({ url: test_.appUrl, applicationName: 'tollgate-test', poolMax: 1 }),
  );
  await asSystem(async (trx) => {
    await insertTestClock(trx, {
      id: 'clk_rehearsal',
      partnerId: null,
      name: 'a rehearsal',
      now: AT,
      status: 'ready',
      advancingTo: null,
      failure: null,
      createdAt: AT,
    });
    for (const id of ['acct_first', 'acct_second', 'acct_third']) await makeAccount(trx, id);
    await saveBillingAddress(trx, addressOf('acct_first'));
    await insertTaxRegistration(trx, REGISTRATION);
  });
  taxation = await asSystem((trx) => findTaxation(trx, { accountId: 'acct_first', at: AT }));
  sale = computeTax(taxation, [
    {
      description: 'Balance top-up',
      quantity: 1n,
      unitAmount: { amountMicros: 999_500_000n, currency: 'INR' },
      amount: { amountMicros: 999_500_000n, currency: 'INR' },
      sac: '998315',
    },
  ]);
});
afterAll(async () => {
  await Promise.all(databases.map((database) => database.destroy()));
  await owner.end();
  await test_.drop();
});

function asSystem<T>(work: (trx: Transaction) => Promise<T>, tenant: Tenant = SYSTEM): Promise<T> {
  return withTransaction(test_.database, tenant, work);
}

async function makeAccount(
  trx: Transaction,
  id: string,
  testClockId: string | null = null,
): Promise<void> {
  await insertAccount(trx, {
    id,
    partnerId: null,
    testClockId,
    externalId: null,
    name: 'Kadıköy Çiçek',
    country: 'IN',
    currency: 'INR',
    timeZone: 'Asia/Kolkata',
    createdAt: AT,
  });
}

function addressOf(accountId: string) {
  return {
    accountId,
    businessName: 'Şeker Gıda Private Limited',
    addressLine1: '12 Marine Drive',
    addressLine2: null,
    city: 'Mumbai',
    state: 'Maharashtra',
    postalCode: '400001',
    country: 'IN',
    taxId: '27AAPFU0939F1ZV',
    taxIdType: 'gstin',
    taxOffice: null,
    isInSez: false,
    email: 'accounts@example.com',
    phone: null,
    updatedAt: AT,
  };
}

function newDocument(operationKey: string, changes: Partial<NewDocument> = {}): NewDocument {
  return {
    kind: 'receipt_voucher',
    accountId: 'acct_first',
    sale,
    taxation,
    issuedAt: AT,
    subject: { kind: 'order', id: 'ord_1' },
    references: [],
    operationKey,
    ...changes,
  };
}

function issue(operationKey: string, changes: Partial<NewDocument> = {}) {
  return asSystem((trx) => issueDocument(trx, newDocument(operationKey, changes)));
}

describe('a document', () => {
  let issued: DocumentReference;
  beforeAll(async () => {
    issued = await issue('first', {
      kind: 'invoice',
      subject: { kind: 'subscription', id: 'sub_1' },
    });
  });

  it('is read as it was issued, to the last amount', async () => {
    const document = await asSystem((trx) => getDocument(trx, issued.id));
    expect(document).toMatchObject({
      kind: 'invoice',
      number: 'INV/26-27/000001',
      issuedAt: AT,
      timeZone: 'Asia/Kolkata',
      isTest: false,
      seller: {
        name: 'Tollgate Test Private Limited',
        addressLines: ['1 MG Road', 'Floor 3', 'Bengaluru 560001'],
        taxId: '29AABCT1234F1ZM',
      },
      buyer: { name: 'Şeker Gıda Private Limited', taxId: '27AAPFU0939F1ZV' },
      subject: { kind: 'subscription', id: 'sub_1' },
      references: [],
      eInvoice: null,
    });
    expect(document.sale).toEqual(sale);
    expect(document.taxation).toEqual(taxation);
    expect(document.sale).toMatchObject({
      subtotal: { amountMicros: 999_500_000n },
      taxLines: [{ component: 'IGST', rate: '18', amount: { amountMicros: 179_910_000n } }],
      roundOff: { amountMicros: -410_000n },
      total: { amountMicros: 1_179_000_000n, currency: 'INR' },
    });
  });

  it('keeps the buyer of its day when the address changes', async () => {
    await asSystem((trx) =>
      saveBillingAddress(trx, { ...addressOf('acct_first'), businessName: 'Renamed' }),
    );
    const document = await asSystem((trx) => getDocument(trx, issued.id));
    expect(document.buyer?.name).toBe('Şeker Gıda Private Limited');
  });

  it('is issued once under one operation key and kind', async () => {
    const again = await issue('first', { kind: 'invoice' });
    expect(again).toEqual(issued);
    const note = await issue('first', {
      kind: 'credit_note',
      sale: mirrorSale(sale),
      references: [{ id: issued.id, amountMicros: 1_179_000_000n }],
    });
    expect(note.number).toBe('CRN/26-27/000001');
    const { references } = await asSystem((trx) => getDocument(trx, note.id));
    expect(references).toEqual([
      { ...issued, amount: { amountMicros: 1_179_000_000n, currency: 'INR' } },
    ]);
    expect(
      await asSystem((trx) => listCreditable(trx, { kind: 'subscription', id: 'sub_1' })),
    ).toMatchObject([{ id: issued.id, leftMicros: 0n }]);
  });

  it('takes several back in parts that sum to it, tax by tax', async () => {
    const subject = { kind: 'subscription', id: 'sub_two' } as const;
    // A year of its own, so that the numbers of other tests stay.
    const issuedAt = '2028-08-01T10:00:00.000Z';
    const at = { accountId: 'acct_third', subject, issuedAt };
    const first = await issue('two/1', { kind: 'invoice', ...at });
    const second = await issue('two/2', { kind: 'invoice', ...at });
    const note = await issue('two/credit', {
      kind: 'credit_note',
      ...at,
      sale: mirrorSale(sale),
      references: [
        { id: second.id, amountMicros: 1_000_000_000n },
        { id: first.id, amountMicros: 179_000_000n },
      ],
    });
    const { references } = await asSystem((trx) => getDocument(trx, note.id));
    expect(references.map(({ id, amount }) => [id, amount.amountMicros])).toEqual([
      [second.id, 1_000_000_000n],
      [first.id, 179_000_000n],
    ]);
    const left = await asSystem((trx) => listCreditable(trx, subject));
    expect(left).toMatchObject([
      { id: second.id, leftMicros: 179_000_000n },
      { id: first.id, leftMicros: 1_000_000_000n },
    ]);
    const parts = await asSystem(async (trx) => [
      ...(await listTakenOf(trx, second.id)),
      ...(await listTakenOf(trx, first.id)),
    ]);
    expect(parts.map(({ total }) => total.amountMicros)).toEqual([1_000_000_000n, 179_000_000n]);
    expect(computeLeft(sale, parts)).toBeNull();
    const taxMicros = parts.reduce((sum, { taxTotal }) => sum + taxTotal.amountMicros, 0n);
    expect(taxMicros).toBe(179_910_000n);
  });

  it('belongs to the year it is issued in: the last moment of March and the first of April in India', async () => {
    const before = await issue('march', {
      kind: 'invoice',
      issuedAt: '2026-03-31T18:29:59.000Z',
    });
    const after = await issue('april', { kind: 'invoice', issuedAt: '2026-03-31T18:30:00.000Z' });
    expect([before.number, after.number]).toEqual(['INV/25-26/000001', 'INV/26-27/000002']);
  });

  it('counts on under the same tax id when the registration is replaced', async () => {
    await asSystem((trx) =>
      insertTaxRegistration(trx, {
        ...REGISTRATION,
        addressLine1: '2 MG Road',
        validFrom: '2026-09-01T00:00:00.000Z',
      }),
    );
    const at = '2026-09-02T00:00:00.000Z';
    const moved = await asSystem((trx) => findTaxation(trx, { accountId: 'acct_first', at }));
    expect(moved.registrationId).not.toBe(taxation.registrationId);
    const next = await issue('moved', { kind: 'invoice', taxation: moved, issuedAt: at });
    expect(next.number).toBe('INV/26-27/000003');
    const { seller } = await asSystem((trx) => getDocument(trx, next.id));
    expect(seller?.addressLines[0]).toBe('2 MG Road');
  });

  it('of an account on a test clock takes no number from the real series', async () => {
    await asSystem((trx) => makeAccount(trx, 'acct_on_clock', 'clk_rehearsal'));
    const rehearsed = await issue('rehearsal', { kind: 'invoice', accountId: 'acct_on_clock' });
    expect(rehearsed.number).toBe('INV/26-27/000001');
    const document = await asSystem((trx) => getDocument(trx, rehearsed.id));
    expect(document).toMatchObject({ isTest: true, buyer: null });
  });

  it('is refused when its sums do not add up', async () => {
    const broken = { ...sale, total: { amountMicros: 1n, currency: 'INR' as const } };
    await expect(issue('broken', { sale: broken })).rejects.toThrow('documents_adds_up');
  });
});

describe('numbers', () => {
  it('I7 have no gap and no double on eight connections of which a third roll back', async () => {
    let rolledBack = 0;
    await Promise.all(
      databases.map(async (database, connection) => {
        for (let turn = 0; turn < PER_CONNECTION; turn += 1) {
          const key = `race/${connection}/${turn}`;
          const fails = (connection * 7 + turn * 3) % 3 === 0;
          await withTransaction(database, SYSTEM, async (trx) => {
            await issueDocument(trx, newDocument(key, { accountId: 'acct_second' }));
            if (fails) throw new Error('rolled back on purpose');
          }).catch((error: unknown) => {
            if (!(error instanceof Error) || error.message !== 'rolled back on purpose')
              throw error;
            rolledBack += 1;
          });
        }
      }),
    );
    const { rows } = await owner.query<{ place: number; number: string }>(
      `select place, number from documents where account_id = 'acct_second' order by place`,
    );
    expect(rolledBack).toBeGreaterThan(50);
    expect(rows).toHaveLength(CONNECTIONS * PER_CONNECTION - rolledBack);
    expect(rows.map(({ place }) => place)).toEqual(rows.map((_, index) => index + 1));
    expect(rows[0]?.number).toBe('RCV/26-27/000001');
    expect(new Set(rows.map(({ number }) => number)).size).toBe(rows.length);
  });

  it('of one operation on eight connections are one number', async () => {
    const outcomes = await Promise.allSettled(
      databases.map((database) =>
        withTransaction(database, SYSTEM, (trx) =>
          issueDocument(
            trx,
            newDocument('same', { accountId: 'acct_third', kind: 'refund_voucher' }),
          ),
        ),
      ),
    );
    const numbers = outcomes.flatMap((outcome) =>
      outcome.status === 'fulfilled' ? [outcome.value.number] : [],
    );
    expect(new Set(numbers)).toEqual(new Set(['RFV/26-27/000001']));
    const next = await issue('after', { accountId: 'acct_third', kind: 'refund_voucher' });
    expect(next.number).toBe('RFV/26-27/000002');
  });
});

describe('the application', () => {
  it.each([
    `update documents set total_micros = 0`,
    `update documents set number = 'X'`,
    `delete from documents`,
    `truncate documents`,
    `update tax_registrations set tax_id = 'X'`,
    `delete from tax_registrations`,
    `delete from document_series`,
    `update e_invoices set irn = 'X'`,
  ])('may not: %s', async (statement) => {
    await expect(asSystem((trx) => trx.raw(statement))).rejects.toThrow('permission denied');
  });

  it('shows an account its own documents only, and lets it write none', async () => {
    const second: Tenant = { scope: 'account', accountId: 'acct_second' };
    const own = await asSystem(
      (trx) => listDocuments(trx, { accountId: 'acct_second', limit: 5, beforePosition: null }),
      second,
    );
    expect(own).toHaveLength(5);
    const others = await asSystem(
      (trx) => listDocuments(trx, { accountId: 'acct_first', limit: 5, beforePosition: null }),
      second,
    );
    expect(others).toEqual([]);
    await expect(
      asSystem(
        (trx) => issueDocument(trx, newDocument('forged', { accountId: 'acct_second' })),
        second,
      ),
    ).rejects.toThrow('row-level security');
    await expect(
      asSystem((trx) => insertTaxRegistration(trx, { ...REGISTRATION, taxId: 'X' }), second),
    ).rejects.toThrow('row-level security');
    expect(
      await asSystem((trx) => listTaxRegistrations(trx, { limit: 9, before: null }), second),
    ).toHaveLength(2);
  });

  it('pages by kind, newest first', async () => {
    const query = { accountId: 'acct_first', limit: 2, kind: 'invoice' } as const;
    const first = await asSystem((trx) => listDocuments(trx, { ...query, beforePosition: null }));
    const beforePosition = first.at(-1)?.position ?? null;
    const second = await asSystem((trx) => listDocuments(trx, { ...query, beforePosition }));
    expect([...first, ...second].map(({ number }) => number)).toEqual([
      'INV/26-27/000003',
      'INV/26-27/000002',
      'INV/25-26/000001',
      'INV/26-27/000001',
    ]);
  });

  it('says not_found of a document that is not the tenant’s', async () => {
    const missing = asSystem((trx) => getDocument(trx, 'inv_none'));
    await expect(missing).rejects.toBeInstanceOf(BillingError);
  });
});

describe('the taxation of an account', () => {
  it('goes by its address, and by its country while it has none', async () => {
    const [addressed, bare] = await asSystem((trx) =>
      Promise.all([
        findTaxation(trx, { accountId: 'acct_first', at: AT }),
        findTaxation(trx, { accountId: 'acct_second', at: AT }),
      ]),
    );
    expect(addressed?.placeOfSupply).toBe('27 Maharashtra');
    expect(bare).toMatchObject({ kind: 'taxed', placeOfSupply: null });
  });
});
