import { savePayment, findPayment } from '../../db/repositories/payment.repository';
import { findServiceHold } from '../../db/repositories/dispute.repository';
import { loadEntitlements } from '../../db/repositories/entitlement.repository';
import { checkEntitlement } from '../../domain/entitlement';
import { openDisputeOnce } from '../../db/open-dispute';
import { GatewayUnavailable } from '../../gateways/payment-gateway';
import { startSandboxGateway, type RunningSandbox } from '../support/sandbox-gateway';
import { createBillingUnderTest, type BillingUnderTest } from './billing-under-test';
import { breakWrites, mendWrites } from './broken-writes';
import { DISPUTED_AT, openDisputeDesk, type DisputeDesk } from './dispute-desk';
import { registerInIndia } from './india';
import { openRefundDesk, type RefundDesk } from './refund-desk';

jest.setTimeout(30_000);

const TOP_UP_FROM = '2029-01-01T00:00:00.000Z';
const TAXED_AT = '2029-03-02T10:00:00.000Z';
const LATER = '2027-03-20T10:00:00.000Z';

let billing: BillingUnderTest;
let sandbox: RunningSandbox;
let refunds: RefundDesk;
let desk: DisputeDesk;

beforeAll(async () => {
  billing = await createBillingUnderTest();
  sandbox = await startSandboxGateway({ timeoutMs: 500 });
  refunds = openRefundDesk(billing, sandbox);
  desk = openDisputeDesk(billing, sandbox);
  await registerInIndia(billing, { taxPoint: 'top_up', validFrom: TOP_UP_FROM });
});
afterAll(async () => {
  await sandbox?.stop();
  await billing?.close();
});

async function payNew(amount: string, at?: string) {
  const accountId = await refunds.makeAccount();
  const paymentId = await refunds.pay(accountId, amount, at);
  return { accountId, paymentId };
}

const ofPayment = (id: string) => ({ kind: 'payment', id }) as const;

describe('a dispute that opens', () => {
  it('takes its money out of the wallet at once, and says what follows', async () => {
    const { accountId, paymentId } = await payNew('600.00');
    const dispute = await desk.open(paymentId, {
      amount: '400.00',
      fee: '1500.00',
      evidence_due_at: '2027-03-15T00:00:00.000Z',
    });
    expect((await desk.of(dispute)).status).toBe('reported');
    expect(await desk.look(dispute)).toMatchObject({
      status: 'open',
      next: { kind: 'look_up', at: '2027-03-06T10:00:00.000Z', outside: 'awaited' },
    });
    expect(await refunds.wallet(accountId)).toBe('200.00');
    expect(await desk.moved(accountId)).toEqual([
      'clawback wallet/additional > disputed/INR 400000000',
    ]);
    expect(await desk.of(dispute)).toMatchObject({
      money: { amountMicros: 400_000_000n, currency: 'INR' },
      fee: { amountMicros: 1_500_000_000n, currency: 'INR' },
      reason: 'fraudulent',
      takenMicros: 400_000_000n,
      evidenceDueAt: '2027-03-15T00:00:00.000Z',
    });
    expect(await desk.told(accountId)).toEqual([
      'dispute.opened: The customer’s bank disputes 400.00 INR of a payment (fraudulent); 400.00 INR were taken out of the wallet.',
    ]);
  });

  it('looked at again and again takes its money once', async () => {
    const { accountId, paymentId } = await payNew('600.00');
    const dispute = await desk.open(paymentId);
    await Promise.all([desk.look(dispute), desk.look(dispute), desk.look(dispute)]);
    await desk.look(dispute, LATER);
    expect(await desk.moved(accountId)).toHaveLength(1);
    expect(await desk.told(accountId)).toHaveLength(1);
    expect(await refunds.wallet(accountId)).toBe('0.00');
  });

  it('leaves a debt of what was spent, which the next money settles', async () => {
    const { accountId, paymentId } = await payNew('1000.00');
    await refunds.subscribe(accountId);
    await desk.look(await desk.open(paymentId));
    expect(await refunds.wallet(accountId)).toBe('-999.00');
  });

  it('sets aside what is left, and no more, where money is to be held', async () => {
    const { accountId, paymentId } = await payNew('1000.00');
    await refunds.subscribe(accountId);
    const holding = desk.activitiesOn({ money: 'hold' });
    const dispute = await desk.open(paymentId);
    await desk.look(dispute, DISPUTED_AT, holding);
    expect(await refunds.wallet(accountId)).toBe('0.00');
    await sandbox.closeDispute(dispute.gatewayDisputeId, 'lost');
    await desk.look(dispute, LATER, holding);
    expect(await refunds.wallet(accountId)).toBe('-999.00');
    expect(await desk.moved(accountId)).toEqual([
      'clawback wallet/additional > disputed/INR 1000000',
      'clawback wallet/additional > disputed/INR 999000000',
      'clawback disputed/INR > clearing/INR 1000000000',
    ]);
  });

  it('only asked about moves nothing until its bank takes the money', async () => {
    const { accountId, paymentId } = await payNew('600.00');
    const dispute = await desk.open(paymentId, { status: 'warning' });
    expect(await desk.look(dispute)).toMatchObject({ status: 'warning' });
    expect(await refunds.wallet(accountId)).toBe('600.00');
    await sandbox.updateDispute(dispute.gatewayDisputeId, { status: 'needs_response' });
    expect(await desk.look(dispute, LATER)).toMatchObject({ status: 'open' });
    expect(await refunds.wallet(accountId)).toBe('0.00');
    expect((await desk.told(accountId)).map((line) => line.split(':')[0])).toEqual([
      'dispute.warned',
      'dispute.opened',
    ]);
  });
});

describe('a dispute that ends', () => {
  it('won gives back what it took', async () => {
    const { accountId, paymentId } = await payNew('600.00');
    const dispute = await desk.open(paymentId);
    await desk.look(dispute);
    await sandbox.closeDispute(dispute.gatewayDisputeId, 'won');
    expect(await desk.look(dispute, LATER)).toMatchObject({ status: 'won', next: { kind: 'end' } });
    expect(await refunds.wallet(accountId)).toBe('600.00');
    expect(await desk.moved(accountId)).toEqual([
      'clawback wallet/additional > disputed/INR 600000000',
      'refund disputed/INR > wallet/additional 600000000',
    ]);
    expect(await refunds.documents(accountId)).toEqual(['receipt_voucher 600.00 = 600.00 + 0.00']);
  });

  it('won wakes whoever waits for its money', async () => {
    const { accountId, paymentId } = await payNew('2000.00');
    await refunds.subscribe(accountId);
    const dispute = await desk.open(paymentId);
    await desk.look(dispute);
    const subscriptionId = await refunds.failRenewal(accountId);
    await sandbox.closeDispute(dispute.gatewayDisputeId, 'won');
    await desk.look(dispute, '2027-04-03T10:00:00.000Z');
    expect(desk.signalled).toContain(`subscription/${subscriptionId} moneyArrived`);
  });

  it('lost takes the tax back with the money, by refund voucher', async () => {
    const { accountId, paymentId } = await payNew('1000.00', TAXED_AT);
    expect(await refunds.wallet(accountId)).toBe('1000.00');
    const dispute = await desk.open(paymentId, { amount: '590.00' });
    await desk.look(dispute, TAXED_AT);
    expect(await refunds.wallet(accountId)).toBe('500.00');
    await sandbox.closeDispute(dispute.gatewayDisputeId, 'lost');
    await desk.look(dispute, TAXED_AT);
    expect(await refunds.wallet(accountId)).toBe('500.00');
    expect(await refunds.documents(accountId)).toEqual([
      'receipt_voucher 1180.00 = 1000.00 + 180.00',
      'refund_voucher -590.00 = -500.00 + -90.00 of receipt_voucher',
    ]);
    expect((await desk.moved(accountId)).toSorted()).toEqual([
      'clawback disputed/INR > clearing/INR 500000000',
      'clawback wallet/additional > disputed/INR 500000000',
      'refund tax_payable/INR > clearing/INR 90000000',
    ]);
  });

  it.each(['won', 'lost'] as const)(
    'told only once it was %s, is settled in one step',
    async (how) => {
      const { accountId, paymentId } = await payNew('600.00');
      const dispute = await desk.open(paymentId);
      await sandbox.closeDispute(dispute.gatewayDisputeId, how);
      expect(await desk.look(dispute)).toMatchObject({ status: how });
      expect(await refunds.wallet(accountId)).toBe(how === 'won' ? '600.00' : '0.00');
    },
  );

  it('stays as it ended, whatever an old answer says that comes late', async () => {
    const { accountId, paymentId } = await payNew('600.00');
    const dispute = await desk.open(paymentId);
    const late = await sandbox.gateway.getDispute(dispute.gatewayDisputeId);
    await sandbox.closeDispute(dispute.gatewayDisputeId, 'won');
    await desk.look(dispute);
    const behind = { ...sandbox.gateway, getDispute: () => Promise.resolve(late) };
    await desk.look(dispute, LATER, desk.activitiesOn({}, behind));
    expect((await desk.of(dispute)).status).toBe('won');
    expect(await refunds.wallet(accountId)).toBe('600.00');
  });
});

describe('a dispute that does not fit our payment', () => {
  it.each([
    ['more than was paid', { amount: '600.01' }, 'the dispute is about more than was paid'],
    ['another currency', { currency: 'USD' }, 'the dispute is in another currency'],
    ['no money', { amount: '0.00' }, 'the dispute is about no money'],
  ])('%s moves nothing and is told once', async (_, asked, mismatch) => {
    const { accountId, paymentId } = await payNew('600.00');
    const dispute = await desk.open(paymentId, asked);
    expect(await desk.look(dispute)).toMatchObject({ status: 'mismatched' });
    await desk.look(dispute, LATER);
    expect(await desk.of(dispute)).toMatchObject({ mismatch, takenMicros: 0n });
    expect(await desk.moved(accountId)).toEqual([]);
    expect(await desk.told(accountId)).toEqual([
      `dispute.mismatched: A dispute was not believed, and nothing moved: ${mismatch}.`,
    ]);
  });

  it('unknown to its gateway, as a forged message makes it, moves nothing', async () => {
    const { accountId, paymentId } = await payNew('600.00');
    const dispute = await desk.open(paymentId);
    const forgetful = { ...sandbox.gateway, getDispute: () => Promise.resolve(null) };
    await desk.look(dispute, DISPUTED_AT, desk.activitiesOn({}, forgetful));
    expect(await desk.of(dispute)).toMatchObject({
      status: 'mismatched',
      mismatch: 'the gateway does not know the dispute',
    });
    expect(await refunds.wallet(accountId)).toBe('600.00');
  });
});

describe('disputes and refunds of one payment', () => {
  it('a refund is refused while it is disputed, and of what was lost', async () => {
    const { accountId, paymentId } = await payNew('600.00');
    const dispute = await desk.open(paymentId, { amount: '400.00' });
    await desk.look(dispute);
    const ask = (amount?: string) =>
      refunds.request(refunds.newRefund(accountId), ofPayment(paymentId), {
        ...(amount !== undefined && { amount }),
      });
    expect((await ask('100.00')).answer).toMatchObject({
      code: 'invalid_state',
      message: 'the payment is disputed: what becomes of its money is for the bank to decide',
    });
    await sandbox.closeDispute(dispute.gatewayDisputeId, 'lost');
    await desk.look(dispute, LATER);
    expect((await ask('200.01')).answer).toMatchObject({ code: 'amount_out_of_range' });
    expect((await ask('200.00')).answer).toEqual({ kind: 'done' });
  });

  it('no more is taken than refunds left', async () => {
    const { accountId, paymentId } = await payNew('600.00');
    await refunds.request(refunds.newRefund(accountId), ofPayment(paymentId), { amount: '450.00' });
    const dispute = await desk.open(paymentId);
    await desk.look(dispute);
    expect(await refunds.wallet(accountId)).toBe('0.00');
    await sandbox.closeDispute(dispute.gatewayDisputeId, 'lost');
    await desk.look(dispute, LATER);
    expect(await desk.of(dispute)).toMatchObject({
      money: { amountMicros: 600_000_000n },
      coveredMicros: 150_000_000n,
      takenMicros: 150_000_000n,
    });
  });

  it('two disputes of one payment never take more than it', async () => {
    const { accountId, paymentId } = await payNew('600.00');
    const first = await desk.open(paymentId, { amount: '400.00' });
    const second = await desk.open(paymentId, { amount: '400.00' });
    await Promise.all([desk.look(first), desk.look(second)]);
    expect(await refunds.wallet(accountId)).toBe('0.00');
  });
});

describe('evidence', () => {
  it('is reminded of three days ahead, once for each due date', async () => {
    const { accountId, paymentId } = await payNew('600.00');
    const dueAt = '2027-03-08T12:00:00.000Z';
    const dispute = await desk.open(paymentId, { evidence_due_at: dueAt });
    const { next } = await desk.look(dispute);
    expect(next).toEqual({
      kind: 'remind_evidence',
      at: '2027-03-05T12:00:00.000Z',
      reason: `evidence is due by ${dueAt}`,
    });
    const action = {
      kind: 'remind_evidence',
      at: '2027-03-05T12:00:00.000Z',
      reason: 'a test',
    } as const;
    const { id } = dispute;
    const request = { id, accountId, action, operationKey: `dispute/${id}/remind_evidence/1` };
    const reminded = await desk.activities.remindEvidence(request);
    expect(reminded.next).toMatchObject({ kind: 'look_up' });
    expect(await desk.activities.remindEvidence(request)).toEqual(reminded);
    expect((await desk.told(accountId)).at(-1)).toBe(
      `dispute.evidence_due: Evidence for the disputed payment is due by ${dueAt}: hand it in at the gateway, or the dispute is lost.`,
    );
    expect(await desk.told(accountId)).toHaveLength(2);
  });
});

describe('service on hold by policy', () => {
  const held = () => desk.activitiesOn({ service: 'hold' });
  const isHeld = async (accountId: string) =>
    (await billing.read((trx) => findServiceHold(trx, accountId))) !== null;
  const allows = async (accountId: string) =>
    checkEntitlement(await billing.read((trx) => loadEntitlements(trx, accountId)), {
      feature: 'team_members',
      amount: 1,
    });

  it('is on hold while it lasts and goes on once it is won', async () => {
    const { accountId, paymentId } = await payNew('600.00');
    const dispute = await desk.open(paymentId);
    await desk.look(dispute, DISPUTED_AT, held());
    expect(await allows(accountId)).toEqual({
      allowed: false,
      limit: null,
      used: 0,
      reason: `service is on hold while payment ${paymentId} is disputed`,
    });
    await sandbox.closeDispute(dispute.gatewayDisputeId, 'won');
    await desk.look(dispute, LATER, held());
    expect(await isHeld(accountId)).toBe(false);
    expect((await desk.told(accountId)).map((line) => line.split(':')[0])).toEqual([
      'dispute.opened',
      'dispute.service_held',
      'dispute.won',
      'dispute.service_released',
    ]);
  });

  it('lost, goes on once its debt is paid', async () => {
    const { accountId, paymentId } = await payNew('1000.00');
    await refunds.subscribe(accountId);
    const dispute = await desk.open(paymentId);
    await desk.look(dispute, DISPUTED_AT, held());
    await sandbox.closeDispute(dispute.gatewayDisputeId, 'lost');
    await desk.look(dispute, LATER, held());
    expect((await allows(accountId)).reason).toBe(
      `service is on hold until what the lost dispute of payment ${paymentId} took is paid`,
    );
    await refunds.pay(accountId, '998.00');
    expect(await isHeld(accountId)).toBe(true);
    await refunds.pay(accountId, '1.00');
    expect(await isHeld(accountId)).toBe(false);
    expect((await desk.told(accountId)).at(-1)).toBe(
      'dispute.service_released: What the dispute took is paid: service goes on.',
    );
  });

  it('lost without a debt, goes on at once', async () => {
    const { accountId, paymentId } = await payNew('600.00');
    const dispute = await desk.open(paymentId);
    await sandbox.closeDispute(dispute.gatewayDisputeId, 'lost');
    await desk.look(dispute, DISPUTED_AT, held());
    expect(await isHeld(accountId)).toBe(false);
  });
});

describe('what fails', () => {
  it('a silent gateway is asked again soon, then every hour', async () => {
    const { paymentId, accountId } = await payNew('600.00');
    const dispute = await desk.open(paymentId);
    await sandbox.addFault({
      kind: 'timeout_before',
      operation: 'dispute.get',
      customer_reference: accountId,
    });
    await expect(desk.look(dispute)).rejects.toThrow(GatewayUnavailable);
    const { id } = dispute;
    const note = (dueAt: string) =>
      desk.activities.noteDisputeUnanswered({
        id,
        accountId,
        now: dueAt,
        dueAt,
        operationKey: `dispute/${id}/look_up/${dueAt}`,
      });
    const first = await note(DISPUTED_AT);
    expect(first.next).toMatchObject({ kind: 'look_up', at: '2027-03-05T10:00:30.000Z' });
    expect(await note(DISPUTED_AT)).toEqual(first);
    await note('2027-03-05T10:00:30.000Z');
    await note('2027-03-05T10:02:30.000Z');
    await note('2027-03-05T10:12:30.000Z');
    const { next } = await note('2027-03-05T11:12:30.000Z');
    expect(next).toMatchObject({ kind: 'look_up', at: '2027-03-05T12:12:30.000Z' });
  });

  it('a transaction that breaks leaves nothing, and its repeat does all of it', async () => {
    const { accountId, paymentId } = await payNew('600.00');
    const dispute = await desk.open(paymentId);
    await breakWrites(billing, 'events', 'insert');
    await expect(desk.look(dispute)).rejects.toThrow();
    await mendWrites(billing, 'events');
    expect(await desk.moved(accountId)).toEqual([]);
    await desk.look(dispute);
    expect(await refunds.wallet(accountId)).toBe('0.00');
  });

  it('one of a payment that we do not know yet opens nothing', async () => {
    const { paymentId } = await payNew('600.00');
    const payment = await billing.read((trx) => findPayment(trx, paymentId));
    if (payment === null) throw new Error('no payment');
    const early = { ...payment, id: 'pay_early', gatewayPaymentId: 'sbx_pay_early' };
    const named = {
      gateway: 'sandbox',
      gatewayDisputeId: 'sbx_dp_early',
      gatewayPaymentId: early.gatewayPaymentId,
      receivedAt: DISPUTED_AT,
    };
    const open = () => billing.read((trx) => openDisputeOnce(trx, named));
    expect(await open()).toBeNull();
    await billing.read((trx) => savePayment(trx, early));
    const [one, other] = await Promise.all([open(), open()]);
    expect(one?.workflowId).toBe(other?.workflowId);
  });
});
