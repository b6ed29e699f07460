import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { Client } from 'pg';
import {
  createQuotaResetActivities,
  type QuotaResetActivities,
} from '../../activities/month/quota-reset.activities';
import { turnMonthOf } from '../../activities/month/turn-accounts';
import { loadRefundable } from '../../activities/refund/load-refundable';
import { cancelUsage } from '../../db/correct-usage';
import type { UsageRecorder } from '../../db/record-usage';
import { saveBillingAddress } from '../../db/repositories/billing-address.repository';
import {
  issueDocument,
  listDocuments,
  type DocumentRecord,
} from '../../db/repositories/document.repository';
import { listEvents } from '../../db/repositories/event.repository';
import { listTransfers } from '../../db/repositories/transfer.repository';
import {
  insertTaxRegistration,
  type TaxRegistration,
} from '../../db/repositories/tax-registration.repository';
import { insertTestClock } from '../../db/repositories/test-clock.repository';
import { createRateCardCache } from '../../db/rate-card-cache';
import { newId } from '../../db/new-id';
import { createUsageReratings } from '../../db/rerate-usage';
import { SYSTEM } from '../../db/tenant';
import { withTransaction, type Transaction } from '../../db/transaction';
import { grantMoney } from '../../domain/ledger/grant';
import { formatAmount } from '../../domain/money';
import { mirrorSale, takePart } from '../../domain/refund/split-refund';
import { buildEvent, MESSAGE, rowOf, uuidOf } from '../support/build-usage';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { changeLedger, makeAccount } from '../support/ledger-accounts';
import { findViolations } from '../support/ledger-invariants';
import { JAKARTA_CARD, MESSAGE_RULE, publish } from '../support/rate-cards';
import { publishPrices, recorderOf } from '../support/usage-prices';

// A busy machine is slow, not wrong.
jest.setTimeout(120_000);

const NOVEMBER = '2026-11-10T09:00:00.000Z';
const CLOSED_AT = '2026-11-30T18:35:00.000Z';
const KOLKATA = 'Asia/Kolkata';
/** 00:00 on 1 December in Kolkata. */
const DECEMBER = { timeZone: KOLKATA, month: '2026-12', at: '2026-11-30T18:30:00.000Z' };
const JANUARY = { timeZone: KOLKATA, month: '2027-01' };
const SILENT = new DefaultLogger('ERROR');

const KARNATAKA: Omit<TaxRegistration, 'id'> = {
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
  taxPoint: 'consumption',
  pricesIncludeTax: false,
  timeZone: KOLKATA,
  isHome: true,
  hasLut: true,
  isTelecomOperator: false,
  validFrom: '2026-01-01T00:00:00.000Z',
  createdAt: NOVEMBER,
};

let test_: TestDatabase;
let owner: Client;
let recorder: UsageRecorder;
let activities: QuotaResetActivities;
let now = CLOSED_AT;
let accountId: string;
let made = 0;
let sent = 0;

/** A database per story: what the seller is registered for counts for everybody. */
beforeEach(async () => {
  test_ = await createTestDatabase();
  owner = new Client({ connectionString: test_.ownerUrl });
  await owner.connect();
  await owner.query(`select create_usage_partitions('2026-10-01', 6)`);
  await publishPrices(test_.database, 'INR', { 1: 8_631_000_000n });
  recorder = recorderOf(test_.database);
  now = CLOSED_AT;
  const dependencies = { database: test_.database, now: () => now };
  activities = createQuotaResetActivities(dependencies);
  accountId = await openAccount();
});
afterEach(async () => {
  const accounts = await owner.query<{ id: string }>('select id from accounts');
  expect(
    await findViolations(
      owner,
      accounts.rows.map(({ id }) => id),
    ),
  ).toEqual([]);
  await owner.end();
  await test_.drop();
});

function asSystem<T>(work: (trx: Transaction) => Promise<T>): Promise<T> {
  return withTransaction(test_.database, SYSTEM, work);
}

/** With 10.00 INR, in Maharashtra. */
async function openAccount(): Promise<string> {
  made += 1;
  const id = `acct_documents${made}`;
  const at = NOVEMBER;
  await makeAccount(test_.database, { accountId: id, timeZone: KOLKATA, currency: 'INR', at });
  await moveTo(id, 'Maharashtra');
  await changeLedger(test_.database, { accountId: id, reference: 'start', at }, (plan, ledger) =>
    grantMoney(plan, ledger, {
      source: 'wallet_additional',
      amountMicros: 10_000_000n,
      at,
      kind: 'grant',
      reference: 'top_1',
      from: 'clearing',
    }),
  );
  return id;
}

function moveTo(id: string, state: string): Promise<void> {
  return asSystem((trx) =>
    saveBillingAddress(trx, {
      accountId: id,
      businessName: 'Şeker Gıda Private Limited',
      addressLine1: '12 Marine Drive',
      addressLine2: null,
      city: 'Somewhere',
      state,
      postalCode: '400001',
      country: 'IN',
      taxId: null,
      taxIdType: null,
      taxOffice: null,
      isInSez: false,
      email: 'accounts@example.com',
      phone: null,
      updatedAt: NOVEMBER,
    }),
  );
}

function register(changes: Partial<TaxRegistration> = {}): Promise<TaxRegistration> {
  return asSystem((trx) => insertTaxRegistration(trx, { ...KARNATAKA, ...changes }));
}

/** Messages of 0.8631 INR each, in one event; answers what it was charged. */
async function send(quantity: bigint, occurredAt = NOVEMBER, receivedAt = occurredAt) {
  sent += 1;
  const facts = { ...MESSAGE, quantity, to: '1' };
  const key = uuidOf(sent);
  const event = buildEvent({ accountId, id: `evt_${sent}`, key, facts, occurredAt, receivedAt });
  const batch = { events: [event], reference: `batch_${sent}`, recordedAt: receivedAt };
  const [outcome] = await recorder.recordUsage(batch);
  return outcome?.kind === 'charged' ? outcome.rating : outcome;
}

function close(closing: { readonly timeZone: string; readonly month: string } = DECEMBER) {
  return new MockActivityEnvironment({}, { logger: SILENT }).run(() =>
    activities.issueUsageDocuments(closing),
  );
}

async function documents(): Promise<DocumentRecord[]> {
  const newest = await asSystem((trx) =>
    listDocuments(trx, { accountId, limit: 10, beforePosition: null }),
  );
  return newest.toReversed();
}

/** A document in figures. */
function figures({ kind, number, sale, taxation, subject, references }: DocumentRecord): object {
  return {
    kind,
    number,
    about: `${subject.kind} ${subject.id}`,
    lines: sale.lines.map(
      (line) => `${line.description}: ${line.quantity}, ${formatAmount(line.amount)}`,
    ),
    taxes: sale.taxLines.map((tax) => `${tax.component} ${formatAmount(tax.amount)}`),
    names: references.map((named) => `${named.number} ${formatAmount(named.amount)}`),
    roundOff: formatAmount(sale.roundOff),
    total: formatAmount(sale.total),
    place: taxation.placeOfSupply,
  };
}

/** What stands under each counter and wallet, in micros. */
async function books(): Promise<Record<string, bigint>> {
  const { items } = await asSystem((trx) =>
    listTransfers(trx, { accountId, limit: 100, cursor: null }),
  );
  const sums: Record<string, bigint> = {};
  for (const { debit, credit, amount } of items) {
    sums[debit] = (sums[debit] ?? 0n) - amount;
    sums[credit] = (sums[credit] ?? 0n) + amount;
  }
  return sums;
}

describe('the document of a month', () => {
  it('R3.28 taxes usage as it is charged, and says the same as the books: 2.59, IGST 0.47, total 3.05', async () => {
    await register();
    expect(await send(3n)).toMatchObject({ amountMicros: 2_589_300n, taxMicros: 466_074n });
    expect(await books()).toMatchObject({
      'wallet/additional': 6_944_626n,
      'revenue/INR': 2_589_300n,
      'tax_payable/INR': 466_074n,
    });
    expect(await close()).toEqual({ issued: 1, setAside: 0 });
    expect((await documents()).map(figures)).toEqual([
      {
        kind: 'invoice',
        number: 'INV/26-27/000001',
        about: 'usage 2026-11',
        lines: ['Messages, 2026-11: 3, 2.59'],
        taxes: ['IGST 0.47'],
        names: [],
        roundOff: '-0.01',
        total: '3.05',
        place: '27 Maharashtra',
      },
    ]);
    expect(await books()).toEqual({
      'clearing/INR': -10_000_000n,
      'wallet/additional': 6_950_000n,
      'revenue/INR': 2_580_000n,
      'tax_payable/INR': 470_000n,
    });
    const [told] = await asSystem((trx) =>
      listEvents(trx, { limit: 1, beforePosition: null, accountId }),
    );
    expect(told).toMatchObject({
      type: 'usage_document.issued',
      reason:
        'usage of 2026-11 for 3.05 INR is on invoice INV/26-27/000001; the balance has paid it',
      data: { kind: 'invoice', month: '2026-11', total: '3.05', currency: 'INR' },
    });
  });

  it('is a statement without tax where the money was taxed when it was topped up', async () => {
    await register({ taxPoint: 'top_up' });
    expect(await send(3n)).toMatchObject({ amountMicros: 2_589_300n, taxMicros: 0n });
    await close();
    const [statement] = await documents();
    expect(statement && figures(statement)).toMatchObject({
      kind: 'statement',
      number: 'STM/26-27/000001',
      lines: ['Messages, 2026-11: 3, 2.59'],
      taxes: [],
      total: '2.58',
    });
    expect(statement?.taxation.statement).toBe('Tax was paid when the balance was topped up.');
    expect(await books()).toMatchObject({
      'wallet/additional': 7_420_000n,
      'revenue/INR': 2_580_000n,
    });
  });

  it('I5 is issued once, however often the month is closed; an account without paid usage has none', async () => {
    const idle = accountId;
    accountId = await openAccount();
    await send(1n);
    expect(await close()).toEqual({ issued: 1, setAside: 0 });
    const before = await books();
    expect(await close()).toEqual({ issued: 0, setAside: 0 });
    expect(await documents()).toHaveLength(1);
    expect(await books()).toEqual(before);
    accountId = idle;
    expect(await documents()).toEqual([]);
  });

  it('a late event of a closed month goes on the next document, with its own month', async () => {
    await send(1n);
    const late = '2026-12-02T09:00:00.000Z';
    await send(1n, late);
    await close();
    await send(2n, NOVEMBER, late);
    // Closing the month again adds nothing to what was issued.
    expect(await close()).toEqual({ issued: 0, setAside: 0 });
    now = '2026-12-31T18:35:00.000Z';
    expect(await close(JANUARY)).toEqual({ issued: 1, setAside: 0 });
    expect((await documents()).map(figures)).toMatchObject([
      { about: 'usage 2026-11', lines: ['Messages, 2026-11: 1, 0.86'], total: '0.86' },
      {
        about: 'usage 2026-12',
        lines: ['Messages, 2026-11: 2, 1.73', 'Messages, 2026-12: 1, 0.86'],
        total: '2.58',
      },
    ]);
  });

  it('a new address counts with the next use, and its usage has a document of its own', async () => {
    await register();
    await send(1n);
    await moveTo(accountId, 'Karnataka');
    await send(1n);
    expect(await close()).toEqual({ issued: 2, setAside: 0 });
    expect((await documents()).map(figures)).toMatchObject([
      { number: 'INV/26-27/000001', taxes: ['IGST 0.15'], place: '27 Maharashtra', total: '1.01' },
      {
        number: 'INV/26-27/000002',
        taxes: ['CGST 0.08', 'SGST 0.08'],
        place: '29 Karnataka',
        total: '1.01',
      },
    ]);
  });

  it('a registration counts with the next use, from its instant, for every process that rates', async () => {
    expect(await send(1n)).toMatchObject({ taxMicros: 0n });
    await register({ validFrom: '2026-11-15T00:00:00.000Z' });
    expect(await send(1n, '2026-11-14T23:59:59.999Z')).toMatchObject({ taxMicros: 0n });
    expect(await send(1n, '2026-11-15T00:00:00.000Z')).toMatchObject({ taxMicros: 155_358n });
  });

  it('enforce never passes the limit: 10 messages cost 8.63, and with tax more than the 10.00 there are', async () => {
    await register();
    expect(await send(10n)).toEqual({ kind: 'refused', reason: 'insufficient_balance' });
    expect(await send(9n)).toMatchObject({ amountMicros: 7_767_900n, taxMicros: 1_398_222n });
  });

  it('an account on a test clock has its document as the clock passes the month, marked as a test', async () => {
    await asSystem(async (trx) => {
      await insertTestClock(trx, {
        id: 'clk_1',
        partnerId: null,
        name: 'clock',
        now: NOVEMBER,
        status: 'ready',
        advancingTo: null,
        failure: null,
        createdAt: NOVEMBER,
      });
      await trx('accounts').where({ id: accountId }).update({ test_clock_id: 'clk_1' });
    });
    await send(3n);
    expect(await close()).toEqual({ issued: 0, setAside: 0 });
    const dependencies = { database: test_.database, now: () => now };
    const walk = (to: string) => turnMonthOf(dependencies, { accountId, to });
    expect(await walk('2026-11-30T18:29:59.999Z')).toBe(false);
    expect(await documents()).toEqual([]);
    expect(await walk('2027-02-01T00:00:00.000Z')).toBe(true);
    expect(await walk('2027-02-01T00:00:00.000Z')).toBe(true);
    const [document, ...others] = await documents();
    expect(others).toEqual([]);
    expect(document).toMatchObject({ isTest: true, issuedAt: DECEMBER.at, kind: 'invoice' });
    expect(document && figures(document)).toMatchObject({ total: '2.58', taxes: [] });
  });

  it('one that cannot be documented is set aside, keeps nobody waiting, and is tried again', async () => {
    await send(1n);
    const poisoned = accountId;
    await owner.query(`update usage_charges set quantity = -1, amount = 9000000000000000000`);
    accountId = await openAccount();
    await send(1n);
    expect(await close()).toEqual({ issued: 1, setAside: 1 });
    await owner.query(`update usage_charges set quantity = 1, amount = 863100`);
    const left = await new MockActivityEnvironment({}, { logger: SILENT }).run(() =>
      activities.turnSetAside(DECEMBER),
    );
    expect(left).toBe(0);
    accountId = poisoned;
    expect((await documents()).map(figures)).toMatchObject([{ total: '0.86' }]);
  });
});

/** Cancels the n-th event of this file that was sent, in December. */
function cancel(number: number, at = '2026-12-05T09:00:00.000Z') {
  const key = uuidOf(number);
  const asked = { accountId, key, reason: 'told by mistake', at, recordedAt: at };
  return asSystem((trx) => cancelUsage(trx, asked));
}

/** Gives messages another price than the version had that came before, and rates November again, in December. */
async function correctPrice(rate: bigint, corrects: number) {
  const card = { ...JAKARTA_CARD, code: 'message-inr', timeZone: 'UTC' };
  const at = '2026-12-05T09:00:00.000Z';
  const rows = [rowOf({ category: 'message', market: 'M1', rate })];
  const version = { effectiveFrom: '2020-01-01', markets: [{ prefix: '1', market: 'M1' }] };
  await publish(test_.database, card, { ...version, rule: MESSAGE_RULE, rows, corrects });
  const account = { id: accountId, currency: 'INR', timeZone: KOLKATA } as const;
  const asked = { account, id: newId('rerating'), at, recordedAt: at };
  const days = { from: '2026-11-01', to: '2026-11-30', cardCode: null, reason: 'a wrong price' };
  const reratings = createUsageReratings(createRateCardCache());
  await asSystem((trx) => reratings.preview(trx, { ...asked, ...days }));
  await asSystem((trx) => reratings.apply(trx, asked));
}

/** The close of December. */
function closeDecember() {
  now = '2026-12-31T18:35:00.000Z';
  return close(JANUARY);
}

describe('a correction of a month that is documented', () => {
  it('gets a credit note to its invoice with the next close, taxed as the invoice was', async () => {
    await register();
    await send(1n);
    await send(2n);
    await close();
    await moveTo(accountId, 'Karnataka');
    await cancel(sent - 1);
    // The money is back at once, and the document waits.
    expect(await books()).toMatchObject({ 'wallet/additional': 7_968_458n });
    expect(await documents()).toHaveLength(1);
    expect(await closeDecember()).toEqual({ issued: 1, setAside: 0 });
    const [, note] = await documents();
    expect(note && figures(note)).toEqual({
      kind: 'credit_note',
      number: 'CRN/26-27/000001',
      about: 'usage 2026-11',
      lines: ['Messages, 2026-11: 1, -0.86'],
      taxes: ['IGST -0.16'],
      names: ['INV/26-27/000001 1.02'],
      roundOff: '0.00',
      total: '-1.02',
      place: '27 Maharashtra',
    });
    expect(await books()).toEqual({
      'clearing/INR': -10_000_000n,
      'wallet/additional': 7_970_000n,
      'revenue/INR': 1_720_000n,
      'tax_payable/INR': 310_000n,
    });
    const [told] = await asSystem((trx) =>
      listEvents(trx, { limit: 1, beforePosition: null, accountId }),
    );
    expect(told).toMatchObject({
      type: 'usage_document.issued',
      reason:
        'usage of 2026-11 that is on INV/26-27/000001 was corrected by -1.02 INR, which credit note CRN/26-27/000001 says',
      data: { kind: 'credit_note', month: '2026-11', total: '-1.02' },
    });
    expect(await close(JANUARY)).toEqual({ issued: 0, setAside: 0 });
  });

  it('R3.27 gets a credit note for what costs less once rated again, a debit note for what costs more', async () => {
    await register();
    await send(1n);
    await send(2n);
    await close();
    // 3 at 0.50 are 1.50 and 0.27 tax, 1.28 less than the 3.05 of the invoice.
    await correctPrice(5_000_000_000n, 1);
    expect(await closeDecember()).toEqual({ issued: 1, setAside: 0 });
    const [, credit] = await documents();
    expect(credit && figures(credit)).toMatchObject({
      kind: 'credit_note',
      about: 'usage 2026-11',
      taxes: ['IGST -0.20'],
      names: ['INV/26-27/000001 1.28'],
      total: '-1.28',
    });
    expect(await books()).toMatchObject({
      'wallet/additional': 8_230_000n,
      'tax_payable/INR': 270_000n,
    });
    // 3 at 1.00 are 3.00 and 0.54 tax.
    await correctPrice(10_000_000_000n, 2);
    expect(await closeDecember()).toEqual({ issued: 1, setAside: 0 });
    const [, , debit] = await documents();
    expect(debit && figures(debit)).toMatchObject({
      kind: 'debit_note',
      taxes: ['IGST 0.27'],
      names: ['INV/26-27/000001 1.77'],
      total: '1.77',
    });
    expect(await books()).toMatchObject({
      'wallet/additional': 6_460_000n,
      'tax_payable/INR': 540_000n,
    });
  });

  it('is one note for all corrections up to it, and all that is taken back leaves nothing', async () => {
    await register();
    await send(1n);
    await send(2n);
    await close();
    await cancel(sent - 1);
    await cancel(sent);
    expect(await closeDecember()).toEqual({ issued: 1, setAside: 0 });
    const [, note] = await documents();
    expect(note && figures(note)).toMatchObject({
      taxes: ['IGST -0.47'],
      names: ['INV/26-27/000001 3.05'],
      total: '-3.05',
    });
    expect(await books()).toEqual({
      'clearing/INR': -10_000_000n,
      'wallet/additional': 10_000_000n,
      'revenue/INR': 0n,
      'tax_payable/INR': 0n,
    });
  });

  it('gets a statement below zero where the money was taxed when it was topped up', async () => {
    await register({ taxPoint: 'top_up' });
    await send(1n);
    await send(2n);
    await close();
    await cancel(sent - 1);
    await closeDecember();
    const [, note] = await documents();
    expect(note && figures(note)).toMatchObject({
      kind: 'statement',
      number: 'STM/26-27/000002',
      names: ['STM/26-27/000001 0.86'],
      taxes: [],
      total: '-0.86',
    });
  });

  it('is told apart from late usage of that month, which is on no document yet', async () => {
    await send(1n);
    await close();
    const late = '2026-12-02T09:00:00.000Z';
    await send(3n, NOVEMBER, late);
    await cancel(sent - 1);
    await closeDecember();
    expect((await documents()).map(figures)).toMatchObject([
      { total: '0.86' },
      { kind: 'invoice', lines: ['Messages, 2026-11: 3, 2.59'], total: '2.58' },
      { kind: 'credit_note', names: ['INV-2026-0000001 0.86'], total: '-0.86' },
    ]);
  });

  it('goes to the document of its own taxation, should the month have two', async () => {
    await register();
    await send(1n);
    await moveTo(accountId, 'Karnataka');
    await send(1n);
    await close();
    await cancel(sent);
    await closeDecember();
    const [, , note] = await documents();
    expect(note && figures(note)).toMatchObject({
      taxes: ['CGST -0.08', 'SGST -0.08'],
      names: ['INV/26-27/000002 1.01'],
    });
  });

  it('is refused for what was refunded with the invoice, and taken off what can be refunded', async () => {
    await send(1n);
    await send(2n);
    await close();
    const [invoice] = await documents();
    if (invoice === undefined) throw new Error('the invoice was issued');
    const left = () => asSystem((trx) => loadRefundable(trx, { kind: 'invoice', id: invoice.id }));
    expect(await left()).toMatchObject({ taken: [] });
    await cancel(sent - 1);
    expect(await left()).toMatchObject({ taken: [{ total: { amountMicros: 860_000n } }] });
    const part = takePart(invoice.sale, 1_000_000n);
    await asSystem((trx) =>
      issueDocument(trx, {
        kind: 'credit_note',
        accountId,
        sale: mirrorSale(part),
        taxation: invoice.taxation,
        issuedAt: now,
        subject: { kind: 'refund', id: 'rfd_1' },
        references: [{ id: invoice.id, amountMicros: 1_000_000n }],
        operationKey: 'rfd_1',
      }),
    );
    await expect(cancel(sent)).rejects.toMatchObject({ code: 'invalid_state' });
  });
});
