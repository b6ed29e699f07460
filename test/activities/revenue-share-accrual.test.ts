import fc from 'fast-check';
import { listDocuments } from '../../db/repositories/document.repository';
import { subscriptions } from '../../db/repositories/subscription.repository';
import { invariant } from '../../domain/invariant';
import { formatAmount, parseAmount } from '../../domain/money';
import { isDueAction } from '../../domain/next-action';
import { startSandboxGateway, type RunningSandbox } from '../support/sandbox-gateway';
import { makeReseller, makeSharedPlan } from '../support/reseller';
import {
  createBillingUnderTest,
  startSubscription,
  subscriptionActivities,
  type BillingUnderTest,
} from './billing-under-test';
import { breakWrites, mendWrites } from './broken-writes';
import { liveIn, registerInIndia } from './india';
import { openDisputeDesk } from './dispute-desk';
import { openRefundDesk, PAID_AT, type RefundDesk } from './refund-desk';

jest.setTimeout(60_000);

const START = '2027-02-01T00:00:00.000Z';
const MID_FEBRUARY = '2027-02-15T00:00:00.000Z';
const TAXED_FROM = '2028-01-01T00:00:00.000Z';
const TAXED_START = '2028-04-01T00:00:00.000Z';
const PAUSE = { kind: 'pause', at: 'now', resumesAt: null } as const;
const toPlan = (planCode: string) =>
  ({ kind: 'change', planCode, cycle: 'monthly', isForced: false }) as const;

let billing: BillingUnderTest;
let sandbox: RunningSandbox;
let desk: RefundDesk;
let partnersMade = 0;

beforeAll(async () => {
  billing = await createBillingUnderTest();
  sandbox = await startSandboxGateway({ timeoutMs: 500 });
  desk = openRefundDesk(billing, sandbox);
  await registerInIndia(billing, { taxPoint: 'consumption', validFrom: TAXED_FROM });
  const { database } = billing;
  await makeSharedPlan(database, { code: 'pplan_fifth', price: '999.00', shareBps: 2_000 });
  await makeSharedPlan(database, { code: 'pplan_third', price: '4999.00', shareBps: 3_000 });
  await makeSharedPlan(database, {
    code: 'pplan_usage',
    price: '999.00',
    shareBps: 2_000,
    type: 'usage_based',
  });
});
afterAll(async () => {
  await sandbox?.stop();
  await billing?.close();
});

async function newReseller(): Promise<{ partnerId: string; houseAccountId: string }> {
  partnersMade += 1;
  const partnerId = `prt_${partnersMade}`;
  const houseAccountId = await billing.makeAccount('100000.00');
  await makeReseller(billing.database, { partnerId, houseAccountId });
  return { partnerId, houseAccountId };
}

async function newCustomer(partnerId: string): Promise<string> {
  const accountId = await billing.makeAccount('100000.00');
  await billing.read((trx) =>
    trx('accounts').where({ id: accountId }).update({ partner_id: partnerId }),
  );
  await liveIn(billing, accountId, 'KA');
  return accountId;
}

async function subscribe(planCode: string, at = START) {
  const { partnerId } = await newReseller();
  const accountId = await newCustomer(partnerId);
  const subscription = await startSubscription(billing, { accountId, planCode, at });
  return { ...subscription, partnerId };
}

/** Oldest first: "accrual 2000: 999.00 tax 179.82 fee 0.00 share 199.80". */
async function entriesOf(accountId: string): Promise<string[]> {
  const rows: Record<string, string>[] = await billing.read((trx) =>
    trx('revenue_share_entries').where({ account_id: accountId }).orderBy('position'),
  );
  const say = (micros: string | undefined) =>
    formatAmount({ amountMicros: BigInt(micros ?? 0), currency: 'INR' });
  return rows.map(
    (row) =>
      `${row['kind']} ${row['share_bps']}: ${say(row['collected_micros'])} tax ${say(row['tax_micros'])}` +
      ` fee ${say(row['fee_micros'])} share ${say(row['share_micros'])}`,
  );
}

/** Oldest first: "charge revenue/INR > partner_payable/INR 199800000". */
async function movedShares(accountId: string): Promise<string[]> {
  return (await billing.transfers(accountId)).filter((line) => line.includes('partner_payable'));
}

async function dueOf(id: string) {
  const record = await billing.subscription(id);
  invariant(record !== null, `${id} has a row`);
  const { next } = subscriptions.stepOf(record);
  invariant(isDueAction(next), `${id} has something due`);
  return next;
}

async function invoicesOf(accountId: string): Promise<string[]> {
  const query = { accountId, limit: 100, beforePosition: null, kind: 'invoice' } as const;
  return (await billing.read((trx) => listDocuments(trx, query))).map(({ id }) => id);
}

describe('a share of what a customer paid (R4.10)', () => {
  it('accrues with the charge, net of tax, in the customer’s own ledger', async () => {
    const { accountId } = await subscribe('pplan_fifth', TAXED_START);
    expect(await entriesOf(accountId)).toEqual([
      'accrual 2000: 999.00 tax 179.82 fee 0.00 share 199.80',
    ]);
    expect((await billing.transfers(accountId)).slice(1)).toEqual([
      'charge wallet/additional > revenue/INR 1179000000',
      'charge revenue/INR > tax_payable/INR 179820000',
      'charge revenue/INR > partner_payable/INR 199800000',
    ]);
  });

  it('accrues with each renewal', async () => {
    const { id, accountId } = await subscribe('pplan_fifth');
    const { performSubscriptionAction } = subscriptionActivities(billing.database);
    // Two reminders come before the renewal; each action is sent twice.
    for (const kind of ['remind', 'remind', 'renew']) {
      const action = await dueOf(id);
      expect(action.kind).toBe(kind);
      const request = { id, accountId, operationKey: `subscription/${id}/${action.at}`, action };
      await performSubscriptionAction(request);
      await performSubscriptionAction(request);
    }
    expect(await entriesOf(accountId)).toEqual([
      'accrual 2000: 999.00 tax 0.00 fee 0.00 share 199.80',
      'accrual 2000: 999.00 tax 0.00 fee 0.00 share 199.80',
    ]);
  });

  it('is taken of what the gateway leaves, where the partner’s terms say so', async () => {
    const { partnerId } = await newReseller();
    await billing.read((trx) =>
      trx('revenue_share_terms').insert({
        partner_id: partnerId,
        reserve_bps: 0,
        reserve_days: 0,
        gateway_fee_bps: 200,
        currency: 'INR',
        payout_minimum_micros: '0',
        updated_at: START,
      }),
    );
    const accountId = await newCustomer(partnerId);
    await startSubscription(billing, { accountId, planCode: 'pplan_fifth', at: START });
    expect(await entriesOf(accountId)).toEqual([
      'accrual 2000: 999.00 tax 0.00 fee 19.98 share 195.80',
    ]);
  });

  it('accrues nothing of a usage-based plan, nor of the reseller’s own plan', async () => {
    const usage = await subscribe('pplan_usage');
    const { houseAccountId } = await newReseller();
    await startSubscription(billing, {
      accountId: houseAccountId,
      planCode: 'pplan_fifth',
      at: START,
    });
    for (const accountId of [usage.accountId, houseAccountId]) {
      expect(await entriesOf(accountId)).toEqual([]);
      expect(await movedShares(accountId)).toEqual([]);
    }
  });

  it('is written with the charge or not at all', async () => {
    const { partnerId } = await newReseller();
    const accountId = await newCustomer(partnerId);
    await breakWrites(billing, 'revenue_share_entries', 'insert');
    const starting = startSubscription(billing, { accountId, planCode: 'pplan_fifth', at: START });
    await expect(starting).rejects.toThrow();
    await mendWrites(billing, 'revenue_share_entries');
    expect((await billing.transfers(accountId)).slice(1)).toEqual([]);
    expect(await invoicesOf(accountId)).toEqual([]);
  });
});

describe('a share goes back at the rate at which it was earned (R4.10)', () => {
  it('with the credit note of a pause, which goes to the wallet', async () => {
    const { accountId, answer } = await subscribe('pplan_fifth');
    await answer(PAUSE, MID_FEBRUARY);
    expect(await entriesOf(accountId)).toEqual([
      'accrual 2000: 999.00 tax 0.00 fee 0.00 share 199.80',
      'clawback 2000: 499.50 tax 0.00 fee 0.00 share 99.90',
    ]);
    expect(await movedShares(accountId)).toEqual([
      'charge revenue/INR > partner_payable/INR 199800000',
      'clawback partner_payable/INR > revenue/INR 99900000',
    ]);
  });

  it('with an upgrade: what is credited of the old plan at its rate, the new plan at its own', async () => {
    const { accountId, answer } = await subscribe('pplan_fifth');
    await answer(toPlan('pplan_third'), MID_FEBRUARY);
    expect(await entriesOf(accountId)).toEqual([
      'accrual 2000: 999.00 tax 0.00 fee 0.00 share 199.80',
      'clawback 2000: 499.50 tax 0.00 fee 0.00 share 99.90',
      'accrual 3000: 2499.50 tax 0.00 fee 0.00 share 749.85',
    ]);
  });

  it('with a downgrade: what came back of the old plan, not what was kept for the new one', async () => {
    const { accountId, answer } = await subscribe('pplan_third');
    await answer(toPlan('pplan_fifth'), MID_FEBRUARY);
    expect(await entriesOf(accountId)).toEqual([
      'accrual 3000: 4999.00 tax 0.00 fee 0.00 share 1499.70',
      'clawback 3000: 2000.00 tax 0.00 fee 0.00 share 600.00',
    ]);
  });

  it('with refunds, part by part, never more than it earned', async () => {
    const { accountId } = await subscribe('pplan_fifth', '2027-03-02T10:00:00.000Z');
    const [invoiceId = ''] = await invoicesOf(accountId);
    const subject = { kind: 'invoice', id: invoiceId } as const;
    for (const amount of ['333.33', '333.33', null]) {
      await desk.request(desk.newRefund(accountId), subject, amount === null ? {} : { amount });
    }
    expect(await entriesOf(accountId)).toEqual([
      'accrual 2000: 999.00 tax 0.00 fee 0.00 share 199.80',
      'clawback 2000: 333.33 tax 0.00 fee 0.00 share 66.67',
      'clawback 2000: 333.33 tax 0.00 fee 0.00 share 66.66',
      'clawback 2000: 332.34 tax 0.00 fee 0.00 share 66.47',
    ]);
    const moved = await movedShares(accountId);
    const sum = moved
      .map((line) => BigInt(line.split(' ').at(-1) ?? 0) * (line.startsWith('charge') ? 1n : -1n))
      .reduce((left, right) => left + right, 0n);
    expect(sum).toBe(parseAmount('0.00'));
  });

  it('with a refund to the source only once its gateway has given the money back', async () => {
    const { partnerId } = await newReseller();
    const accountId = await newCustomer(partnerId);
    await desk.pay(accountId, '2000.00');
    await startSubscription(billing, {
      accountId,
      planCode: 'pplan_fifth',
      at: '2027-03-02T10:30:00.000Z',
    });
    const [invoiceId = ''] = await invoicesOf(accountId);
    const refund = desk.newRefund(accountId);
    await desk.request(refund, { kind: 'invoice', id: invoiceId }, { to: 'source' });
    expect(await entriesOf(accountId)).toHaveLength(1);
    await desk.settle(refund);
    await desk.settle(refund);
    expect(await entriesOf(accountId)).toEqual([
      'accrual 2000: 999.00 tax 0.00 fee 0.00 share 199.80',
      'clawback 2000: 999.00 tax 0.00 fee 0.00 share 199.80',
    ]);
  });
});

describe('over random histories of changes and refunds', () => {
  const deed = fc.oneof(
    fc.record({
      kind: fc.constant('refund' as const),
      paise: fc.integer({ min: 1, max: 300_000 }),
    }),
    fc.constant({ kind: 'change' as const }),
    fc.constant({ kind: 'pause' as const }),
  );

  /** Refused or done, as it comes: what was given back is in the documents. */
  async function live(deeds: readonly { readonly kind: string; readonly paise?: number }[]) {
    const { accountId, answer } = await subscribe('pplan_fifth', '2027-03-02T10:00:00.000Z');
    let plan = 'pplan_fifth';
    for (const [index, { kind, paise = 0 }] of deeds.entries()) {
      const now = `2027-03-${String(5 + index).padStart(2, '0')}T10:00:00.000Z`;
      if (kind === 'pause') await answer(PAUSE, now);
      if (kind === 'change') {
        plan = plan === 'pplan_fifth' ? 'pplan_third' : 'pplan_fifth';
        await answer(toPlan(plan), now);
      }
      if (kind !== 'refund') continue;
      const invoices = await invoicesOf(accountId);
      const id = invoices[paise % invoices.length] ?? '';
      const amount = `${Math.floor(paise / 100)}.${String(paise % 100).padStart(2, '0')}`;
      // Every third gives back all that is left.
      const asked = paise % 3 === 0 ? {} : { amount };
      await desk.request(desk.newRefund(accountId), { kind: 'invoice', id }, asked);
    }
    return accountId;
  }

  it('what goes back of a charge never exceeds what it earned, and the ledger says the same (R4.10)', async () => {
    const histories = fc.array(deed, { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(histories, async (deeds) => {
        const accountId = await live(deeds);
        const { rows } = await billing.owner.raw<{
          rows: { left: string; taken_back: string; collected: string }[];
        }>(
          `select sum(case kind when 'accrual' then share_micros else -share_micros end)::text as left,
                  coalesce(sum(total_micros) filter (where kind = 'clawback'), 0)::text as taken_back,
                  sum(total_micros) filter (where kind = 'accrual')::text as collected
             from revenue_share_entries where account_id = ? group by invoice_id`,
          [accountId],
        );
        let owed = 0n;
        for (const { left, taken_back: takenBack, collected } of rows) {
          expect(BigInt(left) >= 0n).toBe(true);
          expect(BigInt(takenBack) <= BigInt(collected)).toBe(true);
          if (takenBack === collected) expect(left).toBe('0');
          owed += BigInt(left);
        }
        const moved = (await movedShares(accountId)).map(
          (line) => BigInt(line.split(' ').at(-1) ?? 0) * (line.startsWith('charge') ? 1n : -1n),
        );
        expect(moved.reduce((sum, amount) => sum + amount, 0n)).toBe(owed);
      }),
      { numRuns: 20 },
    );
  });
});

describe('a share of money that a bank took back (R4.10)', () => {
  /** A customer paid 1 000.00 and its plan of 999.00 with it, and `others` besides; the payment is lost. */
  async function losePayment(others: readonly string[]): Promise<string> {
    const { partnerId } = await newReseller();
    const accountId = await billing.makeAccount('0.00');
    await billing.read((trx) =>
      trx('accounts').where({ id: accountId }).update({ partner_id: partnerId }),
    );
    const paymentId = await desk.pay(accountId, '1000.00');
    for (const amount of others) await desk.pay(accountId, amount);
    await startSubscription(billing, { accountId, planCode: 'pplan_fifth', at: PAID_AT });
    const disputes = openDisputeDesk(billing, sandbox);
    const dispute = await disputes.open(paymentId);
    await disputes.look(dispute);
    expect(await entriesOf(accountId)).toHaveLength(1);
    await sandbox.closeDispute(dispute.gatewayDisputeId, 'lost');
    await disputes.look(dispute);
    await disputes.look(dispute);
    return accountId;
  }

  it('goes back with all of a charge that the wallet now owes, once', async () => {
    const accountId = await losePayment([]);
    expect(await desk.wallet(accountId)).toBe('-999.00');
    expect(await entriesOf(accountId)).toEqual([
      'accrual 2000: 999.00 tax 0.00 fee 0.00 share 199.80',
      'clawback 2000: 999.00 tax 0.00 fee 0.00 share 199.80',
    ]);
    expect(await movedShares(accountId)).toEqual([
      'charge revenue/INR > partner_payable/INR 199800000',
      'clawback partner_payable/INR > revenue/INR 199800000',
    ]);
  });

  it('goes back in part where other money paid for the rest', async () => {
    const accountId = await losePayment(['500.00']);
    expect(await desk.wallet(accountId)).toBe('-499.00');
    expect((await entriesOf(accountId))[1]).toBe(
      'clawback 2000: 499.00 tax 0.00 fee 0.00 share 99.80',
    );
  });

  it('stays where other money paid for all of it', async () => {
    const accountId = await losePayment(['999.00']);
    expect(await desk.wallet(accountId)).toBe('0.00');
    expect(await entriesOf(accountId)).toHaveLength(1);
  });
});
