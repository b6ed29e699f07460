/** A month of a partner is closed, approved and paid out: each step once, whatever dies in between. */
import { createServer } from 'node:http';
import type { ActivityDependencies } from '../../activities/dependencies';
import { createPayoutActivities } from '../../activities/revenue-share/payout.activities';
import { createRevenueShareActivities } from '../../activities/revenue-share/revenue-share.activities';
import { listDocuments } from '../../db/repositories/document.repository';
import { listPayouts } from '../../db/repositories/payout.repository';
import { revenueShares, saveTerms } from '../../db/repositories/revenue-share.repository';
import { findStatement } from '../../db/repositories/revenue-share-statement.repository';
import { formatAmount, parseAmount } from '../../domain/money';
import { isDueAction } from '../../domain/next-action';
import type { PayoutTarget } from '../../domain/revenue-share/decide-payout';
import type { RevenueShareCommand } from '../../workflows/revenue-share.messages';
import { makeReseller, makeSharedPlan } from '../support/reseller';
import { startSandboxGateway, type RunningSandbox } from '../support/sandbox-gateway';
import {
  createBillingUnderTest,
  RECORDED_AT,
  startSubscription,
  type BillingUnderTest,
} from './billing-under-test';
import { breakWrites, mendWrites } from './broken-writes';
import { liveIn, registerInIndia } from './india';
import { createSignalRecorder } from './signal-recorder';
import { createSandboxPayouts } from '../../gateways/sandbox/sandbox-payouts';

jest.setTimeout(60_000);

/** In Kolkata February begins at 18:30 UTC on 31 January. */
const FEBRUARY = '2027-02-01T04:00:00.000Z';
const FEBRUARY_ENDS = '2027-02-28T18:30:00.000Z';
const MARCH = '2027-03-10T04:00:00.000Z';
const MARCH_ENDS = '2027-03-31T18:30:00.000Z';
const APRIL = '2027-04-02T04:00:00.000Z';
const PAUSE = { kind: 'pause', at: 'now', resumesAt: null } as const;
const DONE = { kind: 'done' };

let billing: BillingUnderTest;
let sandbox: RunningSandbox;
let partnersMade = 0;

beforeAll(async () => {
  billing = await createBillingUnderTest();
  sandbox = await startSandboxGateway({ timeoutMs: 500 });
  const { database } = billing;
  await makeSharedPlan(database, { code: 'pplan_fifth', price: '999.00', shareBps: 2_000 });
  await makeSharedPlan(database, { code: 'pplan_tenth', price: '1000.00', shareBps: 1_000 });
});
afterAll(async () => {
  await sandbox?.stop();
  await billing?.close();
});

async function openReseller(payoutBank = sandbox.payoutBank) {
  partnersMade += 1;
  const partnerId = `prt_${partnersMade}`;
  const houseAccountId = await billing.makeAccount('0.00');
  await makeReseller(billing.database, { partnerId, houseAccountId });
  const signalled: string[] = [];
  const dependencies = {
    database: billing.database,
    client: createSignalRecorder(signalled),
    payoutBank,
    now: () => RECORDED_AT,
  } as unknown as ActivityDependencies;
  const activities = {
    ...createRevenueShareActivities(dependencies),
    ...createPayoutActivities(dependencies),
  };
  const target = { id: partnerId, accountId: houseAccountId };
  let asked = 0;

  async function record() {
    const found = await billing.read((trx) => revenueShares.find(trx, partnerId));
    if (found === null) throw new Error(`${partnerId} has no share`);
    return found;
  }
  const keyOf = (what: string) => `revenue-share/${partnerId}/${what}`;

  return {
    partnerId,
    houseAccountId,
    signalled,
    async subscribe(planCode: string, at = FEBRUARY) {
      const accountId = await billing.makeAccount('100000.00');
      await billing.read((trx) =>
        trx('accounts').where({ id: accountId }).update({ partner_id: partnerId }),
      );
      await liveIn(billing, accountId, 'KA');
      return startSubscription(billing, { accountId, planCode, at });
    },
    /** The step that the row says is next. */
    async next() {
      return revenueShares.stepOf(await record()).next;
    },
    async status() {
      return (await record()).state.status;
    },
    async close() {
      const { next, revision } = revenueShares.stepOf(await record());
      if (!isDueAction(next)) throw new Error('nothing is due');
      const operationKey = keyOf(`close_month/${next.at}/${revision}`);
      return activities.closeMonth({ ...target, action: next, operationKey });
    },
    closeAgain(at: string) {
      const action = { kind: 'close_month', at, reason: 'a repeat' } as const;
      const operationKey = keyOf(`close_month/${at}/1`);
      return activities.closeMonth({ ...target, action, operationKey });
    },
    command(command: RevenueShareCommand, now = MARCH, key?: string) {
      asked += 1;
      const operationKey = keyOf(key ?? `${command.kind}/${asked}`);
      return activities.answerRevenueShareCommand({ ...target, command, now, operationKey });
    },
    approve(month: string) {
      return this.command({ kind: 'approve', month, keyId: 'key_1' });
    },
    payOut(payoutId: string, month: string, to: PayoutTarget, key?: string) {
      return this.command({ kind: 'pay_out', payoutId, month, to }, MARCH, key);
    },
    send(now = MARCH) {
      return activities.sendPayout({ ...target, now, operationKey: keyOf(`send/${now}`) });
    },
    noteUnanswered(dueAt: string) {
      const operationKey = keyOf(`send/${dueAt}`);
      return activities.notePayoutUnanswered({ ...target, now: MARCH, dueAt, operationKey });
    },
    agree(terms: { reserveBps?: number; reserveDays?: number; payoutMinimum?: string }) {
      return billing.read((trx) =>
        saveTerms(trx, {
          partnerId,
          reserveBps: terms.reserveBps ?? 0,
          reserveDays: terms.reserveDays ?? 0,
          gatewayFeeBps: 0,
          currency: 'INR',
          payoutMinimumMicros: parseAmount(terms.payoutMinimum ?? '0'),
          updatedAt: FEBRUARY,
        }),
      );
    },
    /** "999.00 - 0.00 at 2000: 199.80 - 0.00 - 0.00 + 0.00 + 0.00 = 199.80 / 0.00; paid 0.00". */
    async statement(month: string) {
      const found = await billing.read((trx) => findStatement(trx, { partnerId, month }));
      if (found === null) return 'none';
      const say = (amountMicros: bigint) => formatAmount({ amountMicros, currency: 'INR' });
      return (
        `${say(found.collectedMicros)} - ${say(found.refundsMicros)} at ${found.shareBps}: ` +
        `${say(found.accruedMicros)} - ${say(found.clawedBackMicros)} - ${say(found.heldMicros)} + ` +
        `${say(found.releasedMicros)} + ${say(found.broughtForwardMicros)} = ` +
        `${say(found.payableMicros)} / ${say(found.carriedForwardMicros)}; paid ${say(found.paidMicros)}`
      );
    },
    async payouts() {
      const query = { partnerId, limit: 100, before: null };
      const all = await billing.read((trx) => listPayouts(trx, query));
      return all
        .map(
          ({ id, status, months, amountMicros }) =>
            `${id} ${status} ${formatAmount({ amountMicros, currency: 'INR' })} of ${months.join(' ')}`,
        )
        .toReversed();
    },
    /** What is owed to the partner, over the ledgers of its customers and its own. */
    async owed() {
      const { rows } = await billing.owner.raw<{ rows: { owed: string }[] }>(
        `select coalesce(sum(case when t.credit = 'partner_payable/INR' then t.amount else -t.amount end), 0)::text as owed
           from transfers t join ledgers l on l.id = t.ledger_id join accounts a on a.id = l.account_id
          where a.partner_id = ? and 'partner_payable/INR' in (t.debit, t.credit)`,
        [partnerId],
      );
      return formatAmount({ amountMicros: BigInt(rows[0]?.owed ?? 0), currency: 'INR' });
    },
    async wallet() {
      const { rows } = await billing.owner.raw<{ rows: { posted: bigint }[] }>(
        `select posted from buckets b join ledgers l on l.id = b.ledger_id
          where l.account_id = ? and b.code = 'wallet/additional'`,
        [houseAccountId],
      );
      return formatAmount({ amountMicros: rows[0]?.posted ?? 0n, currency: 'INR' });
    },
    told: () => billing.events(houseAccountId),
    async sentToBank() {
      const { payouts } = await sandbox.readState();
      return payouts
        .filter(({ beneficiary }) => beneficiary === partnerId)
        .map(({ status, amount }) => `${status} ${amount}`);
    },
  };
}

type Reseller = Awaited<ReturnType<typeof openReseller>>;

/** February: 999.00 at 20 %, closed and approved. */
/** A bank over HTTP that knows of no payout and takes none. */
async function startRefusingBank(httpStatus: number, code: string) {
  const server = createServer((request, response) => {
    const isLookUp = request.method === 'GET';
    const body = isLookUp ? { items: [] } : { error: { code, message: 'No.', type: 'api_error' } };
    response.writeHead(isLookUp ? 200 : httpStatus, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('it listens on a port');
  const baseUrl = `http://127.0.0.1:${address.port}`;
  return {
    payoutBank: createSandboxPayouts({ baseUrl, apiKey: 'key', timeoutMs: 500 }),
    stop: () => new Promise((resolve) => server.close(resolve)),
  };
}

async function withApprovedFebruary(payoutBank = sandbox.payoutBank): Promise<Reseller> {
  const reseller = await openReseller(payoutBank);
  await reseller.subscribe('pplan_fifth');
  await reseller.close();
  await reseller.approve('2027-02');
  return reseller;
}

describe('the close of a month (R4.10)', () => {
  it('is what comes next from the first shared charge on, at midnight of the partner’s zone', async () => {
    const reseller = await openReseller();
    await reseller.subscribe('pplan_fifth');
    expect(await reseller.next()).toEqual({
      kind: 'close_month',
      at: FEBRUARY_ENDS,
      reason: '2027-02 ends',
    });
    expect(await reseller.status()).toBe('accruing');
  });

  it('writes one statement, and says what it waits for', async () => {
    const reseller = await openReseller();
    await reseller.subscribe('pplan_fifth');
    await reseller.subscribe('pplan_tenth');
    await reseller.close();
    expect(await reseller.statement('2027-02')).toBe(
      '1999.00 - 0.00 at null: 299.80 - 0.00 - 0.00 + 0.00 + 0.00 = 299.80 / 0.00; paid 0.00',
    );
    expect(await reseller.next()).toEqual({
      kind: 'close_month',
      at: MARCH_ENDS,
      reason: '2027-03 ends; 1 statement waits for approval',
    });
    expect(await reseller.status()).toBe('awaiting_approval');
    expect(await reseller.told()).toEqual(['revenue_share.statement_ready']);
  });

  it('happens once, though it is asked for again', async () => {
    const reseller = await openReseller();
    await reseller.subscribe('pplan_fifth');
    const closed = await reseller.close();
    expect(await reseller.closeAgain(FEBRUARY_ENDS)).toEqual(closed);
    expect(await reseller.statement('2027-03')).toBe('none');
    expect(await reseller.told()).toHaveLength(1);
  });

  it.each(['revenue_share_statements', 'revenue_shares', 'events', 'operations'] as const)(
    'leaves nothing behind when %s cannot be written, and is made up for',
    async (table) => {
      const reseller = await openReseller();
      await reseller.subscribe('pplan_fifth');
      const verb = table === 'revenue_shares' ? 'update' : 'insert';
      await breakWrites(billing, table, verb);
      await expect(reseller.close()).rejects.toThrow('broken by a test');
      await mendWrites(billing, table);
      expect(await reseller.statement('2027-02')).toBe('none');
      await reseller.close();
      expect(await reseller.statement('2027-02')).toContain('= 199.80 / 0.00');
    },
  );

  it('a statement never changes: what is recorded late stands in the next one', async () => {
    const reseller = await openReseller();
    await reseller.subscribe('pplan_fifth');
    await reseller.close();
    await reseller.subscribe('pplan_fifth', '2027-02-28T18:00:00.000Z');
    expect(await reseller.statement('2027-02')).toContain('999.00 - 0.00 at 2000: 199.80');
    await reseller.close();
    expect(await reseller.statement('2027-03')).toContain('999.00 - 0.00 at 2000: 199.80');
    const change = billing.read((trx) =>
      trx('revenue_share_statements').update({ payable_micros: '1' }),
    );
    await expect(change).rejects.toThrow('permission denied');
  });
});

describe('a negative month (R4.10)', () => {
  it('stands as a debt in the month that caused it, and the next one earns it back', async () => {
    const reseller = await openReseller();
    const { answer } = await reseller.subscribe('pplan_fifth', '2027-02-28T17:00:00.000Z');
    await reseller.close();
    await answer(PAUSE, '2027-03-01T04:00:00.000Z');
    await reseller.close();
    const march = await reseller.statement('2027-03');
    expect(march).toContain('= 0.00 / -');
    await reseller.subscribe('pplan_tenth', APRIL);
    await reseller.close();
    expect(march).toBe(
      '0.00 - 963.32 at 2000: 0.00 - 192.66 - 0.00 + 0.00 + 0.00 = 0.00 / -192.66; paid 0.00',
    );
    expect(await reseller.statement('2027-04')).toBe(
      '1000.00 - 0.00 at 1000: 100.00 - 0.00 - 0.00 + 0.00 + -192.66 = 0.00 / -92.66; paid 0.00',
    );
  });
});

describe('a reserve (R4.10)', () => {
  it('is held of what a month earned and released with the month in which its days end', async () => {
    const reseller = await openReseller();
    await reseller.agree({ reserveBps: 1_000, reserveDays: 45 });
    await reseller.subscribe('pplan_fifth');
    await reseller.close();
    await reseller.close();
    await reseller.close();
    expect(await reseller.statement('2027-02')).toContain(
      '199.80 - 0.00 - 19.98 + 0.00 + 0.00 = 179.82',
    );
    expect(await reseller.statement('2027-03')).toContain(
      '0.00 - 0.00 - 0.00 + 0.00 + 0.00 = 0.00',
    );
    expect(await reseller.statement('2027-04')).toContain(
      '0.00 - 0.00 - 0.00 + 19.98 + 0.00 = 19.98',
    );
  });
});

describe('an approval (R4.10)', () => {
  it('makes a statement payable, once', async () => {
    const reseller = await openReseller();
    await reseller.subscribe('pplan_fifth');
    await reseller.close();
    expect((await reseller.approve('2027-02')).answer).toEqual(DONE);
    expect((await reseller.approve('2027-02')).answer).toEqual(DONE);
    expect(await reseller.status()).toBe('payable');
    expect(await reseller.next()).toMatchObject({
      reason: '2027-03 ends; 199.80 INR wait to be paid out',
    });
    expect(await reseller.told()).toEqual([
      'revenue_share.statement_ready',
      'revenue_share.statement_approved',
    ]);
  });

  it('is refused while the month is open', async () => {
    const reseller = await openReseller();
    await reseller.subscribe('pplan_fifth');
    expect((await reseller.approve('2027-02')).answer).toMatchObject({ code: 'invalid_state' });
  });
});

describe('the invoice of a share (R4.10)', () => {
  const TAXED_FROM = '2031-01-01T00:00:00.000Z';
  const TAXED_START = '2031-04-02T04:00:00.000Z';
  const TAXED_APPROVAL = '2031-05-05T04:00:00.000Z';

  it('is written in the reseller’s name at the approval, and its GST is paid beside the share', async () => {
    await registerInIndia(billing, { taxPoint: 'consumption', validFrom: TAXED_FROM });
    const reseller = await openReseller();
    await liveIn(billing, reseller.houseAccountId, 'MH');
    await billing.read((trx) =>
      trx('billing_addresses')
        .where({ account_id: reseller.houseAccountId })
        .update({ tax_id: '27AAPFU0939F1ZV', tax_id_type: 'gstin' }),
    );
    await reseller.subscribe('pplan_fifth', TAXED_START);
    await reseller.close();
    await reseller.command({ kind: 'approve', month: '2031-04', keyId: 'key_1' }, TAXED_APPROVAL);
    const query = { accountId: reseller.houseAccountId, limit: 10, beforePosition: null };
    const [invoice] = await billing.read((trx) => listDocuments(trx, query));
    expect(invoice).toMatchObject({
      kind: 'self_billed_invoice',
      number: 'SBI/31-32/000001',
      seller: { name: 'Deniz Travel', taxId: '27AAPFU0939F1ZV' },
      buyer: { name: 'Tollgate Test Private Limited', taxId: '29AABCT1234F1ZM' },
      taxation: { placeOfSupply: '29 Karnataka' },
      subject: { kind: 'revenue_share', id: reseller.partnerId },
      sale: { taxLines: [{ component: 'IGST', amount: { amountMicros: 35_960_000n } }] },
    });
    const closed = { partnerId: reseller.partnerId, month: '2031-04' };
    expect(await billing.read((trx) => findStatement(trx, closed))).toMatchObject({
      documentId: invoice?.id,
      commissionTaxMicros: 35_960_000n,
    });
    const paying = {
      kind: 'pay_out',
      payoutId: 'pout_tax',
      month: '2031-04',
      to: 'wallet',
    } as const;
    await reseller.command(paying, TAXED_APPROVAL);
    expect(await reseller.wallet()).toBe('235.76');
    expect(await billing.transfers(reseller.houseAccountId)).toEqual([
      'grant partner_payable/INR > wallet/additional 199800000',
      'grant tax_payable/INR > wallet/additional 35960000',
    ]);
    expect(await reseller.owed()).toBe('0.00');
  });

  it('is not written for a month that pays nothing', async () => {
    const reseller = await openReseller();
    await reseller.subscribe('pplan_fifth');
    await reseller.close();
    await reseller.close();
    await reseller.approve('2027-03');
    const query = { accountId: reseller.houseAccountId, limit: 10, beforePosition: null };
    expect(await billing.read((trx) => listDocuments(trx, query))).toEqual([]);
  });
});

describe('a payout to the wallet (R4.10)', () => {
  it('moves what is approved and unpaid, once, and wakes what waits for money', async () => {
    const reseller = await withApprovedFebruary();
    const paid = await reseller.payOut('pout_w1', '2027-02', 'wallet', 'pay/1');
    expect(paid.answer).toEqual(DONE);
    expect(await reseller.payOut('pout_w1', '2027-02', 'wallet', 'pay/1')).toEqual(paid);
    expect(await reseller.wallet()).toBe('199.80');
    expect(await reseller.owed()).toBe('0.00');
    expect(await reseller.payouts()).toEqual(['pout_w1 paid 199.80 of 2027-02']);
    expect(await reseller.statement('2027-02')).toContain('paid 199.80');
    expect(await reseller.status()).toBe('accruing');
    expect(await billing.transfers(reseller.houseAccountId)).toEqual([
      'grant partner_payable/INR > wallet/additional 199800000',
    ]);
  });

  it('is refused below the minimum, without anything approved, and for months that are not', async () => {
    const reseller = await openReseller();
    await reseller.agree({ payoutMinimum: '500.00' });
    await reseller.subscribe('pplan_fifth');
    await reseller.close();
    const early = await reseller.payOut('pout_w2', '2027-02', 'wallet');
    expect(early.answer).toMatchObject({ code: 'nothing_to_pay_out' });
    await reseller.approve('2027-02');
    const small = await reseller.payOut('pout_w3', '2027-02', 'wallet');
    expect(small.answer).toMatchObject({
      code: 'payout_below_minimum',
      details: { payable: '199.80', minimum: '500.00', currency: 'INR' },
    });
    expect(await reseller.payouts()).toEqual([]);
    expect(await reseller.owed()).toBe('199.80');
  });
});

describe('a payout to the bank (R4.10)', () => {
  it('leaves the books, is sent once under its reference, and is told', async () => {
    const reseller = await withApprovedFebruary();
    await reseller.payOut('pout_b1', '2027-02', 'bank');
    expect(await reseller.status()).toBe('paying');
    expect(await reseller.owed()).toBe('0.00');
    expect(await reseller.statement('2027-02')).toContain('paid 0.00');
    await reseller.send();
    await reseller.send();
    expect(await reseller.sentToBank()).toEqual(['paid 199.80']);
    expect(await reseller.statement('2027-02')).toContain('paid 199.80');
    expect(await reseller.told()).toEqual([
      'revenue_share.statement_ready',
      'revenue_share.statement_approved',
      'revenue_share.payout_requested',
      'revenue_share.payout_paid',
    ]);
  });

  it('is looked up after a lost answer, and not sent again', async () => {
    const reseller = await withApprovedFebruary();
    await reseller.payOut('pout_b2', '2027-02', 'bank');
    await sandbox.addFault({ kind: 'timeout_after', reference: 'payout/pout_b2' });
    await expect(reseller.send()).rejects.toThrow('gave no answer');
    await reseller.noteUnanswered(MARCH);
    await reseller.noteUnanswered(MARCH);
    expect(await reseller.next()).toMatchObject({
      kind: 'send_payout',
      at: '2027-03-10T04:00:15.000Z',
      outside: 'awaited',
    });
    await reseller.send('2027-03-10T04:00:15.000Z');
    expect(await reseller.sentToBank()).toEqual(['paid 199.80']);
    expect(await reseller.payouts()).toEqual(['pout_b2 paid 199.80 of 2027-02']);
  });

  it('waits for a bank that takes its time, and sends no other one meanwhile', async () => {
    const reseller = await withApprovedFebruary();
    await reseller.payOut('pout_b3', '2027-02', 'bank');
    await sandbox.addFault({
      kind: 'delay',
      on: 'payout',
      delay_ms: 60_000,
      reference: 'payout/pout_b3',
    });
    await reseller.send();
    expect(await reseller.status()).toBe('paying');
    expect(await reseller.payouts()).toEqual(['pout_b3 sending 199.80 of 2027-02']);
    const second = await reseller.payOut('pout_b4', '2027-02', 'bank');
    expect(second.answer).toMatchObject({ code: 'invalid_state' });
  });

  it('that the bank refuses is payable again, and is told', async () => {
    const reseller = await withApprovedFebruary();
    await reseller.payOut('pout_b5', '2027-02', 'bank');
    await sandbox.addFault({ kind: 'fail', code: 'account_closed', reference: 'payout/pout_b5' });
    await reseller.send();
    await reseller.send();
    expect(await reseller.owed()).toBe('199.80');
    expect(await reseller.status()).toBe('payable');
    expect((await reseller.told()).at(-1)).toBe('revenue_share.payout_failed');
    await reseller.payOut('pout_b6', '2027-02', 'bank');
    await reseller.send();
    expect(await reseller.payouts()).toEqual([
      'pout_b5 failed 199.80 of 2027-02',
      'pout_b6 paid 199.80 of 2027-02',
    ]);
    expect(await reseller.sentToBank()).toEqual(['failed 199.80', 'paid 199.80']);
    expect(await reseller.owed()).toBe('0.00');
  });

  it.each([
    [400, 'beneficiary_unknown', 'payable', '199.80'],
    [401, 'invalid_api_key', 'paying', '0.00'],
  ] as const)(
    'that the bank answers with an error of its own, %d %s, leaves the share %s',
    async (httpStatus, code, status, owed) => {
      const bank = await startRefusingBank(httpStatus, code);
      try {
        const reseller = await withApprovedFebruary(bank.payoutBank);
        await reseller.payOut(`pout_${code}`, '2027-02', 'bank');
        await reseller.send().catch(() => undefined);
        expect(await reseller.status()).toBe(status);
        expect(await reseller.owed()).toBe(owed);
      } finally {
        await bank.stop();
      }
    },
  );

  it.each(['payouts', 'revenue_shares', 'transfers'] as const)(
    'is recorded once, though %s could not be written when the bank had paid',
    async (table) => {
      const reseller = await withApprovedFebruary();
      const id = `pout_broken_${table}`;
      await reseller.payOut(id, '2027-02', 'bank');
      const fails = table === 'transfers';
      if (fails) await sandbox.addFault({ kind: 'fail', reference: `payout/${id}` });
      await breakWrites(billing, table, fails ? 'insert' : 'update');
      await expect(reseller.send()).rejects.toThrow('broken by a test');
      await mendWrites(billing, table);
      await reseller.send();
      expect(await reseller.sentToBank()).toEqual([fails ? 'failed 199.80' : 'paid 199.80']);
      expect(await reseller.owed()).toBe(fails ? '199.80' : '0.00');
    },
  );
});
