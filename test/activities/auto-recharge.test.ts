import { detachPaymentMethod } from '../../db/repositories/payment-method.repository';
import { listDocuments } from '../../db/repositories/document.repository';
import { listPaymentsOf } from '../../db/repositories/payment.repository';
import {
  cardForm,
  LATE_UPI,
  SLOW_UPI,
  startSandboxGateway,
  type RunningSandbox,
} from '../support/sandbox-gateway';
import { createBillingUnderTest, type BillingUnderTest } from './billing-under-test';
import { keepMethod } from './keep-method';
import { AT, LATER, openRechargeDesk } from './recharge-desk';

jest.setTimeout(60_000);

let billing: BillingUnderTest;
let sandbox: RunningSandbox;

beforeAll(async () => {
  billing = await createBillingUnderTest();
  sandbox = await startSandboxGateway({ timeoutMs: 500 });
});
afterAll(async () => {
  await sandbox?.stop();
  await billing?.close();
});

type DeskOptions = Parameters<typeof openRechargeDesk>[2];
const open = (options?: DeskOptions) => openRechargeDesk(billing, sandbox, options);

async function openSet(options?: DeskOptions) {
  const desk = await open(options);
  expect(await desk.set()).toBe('done');
  return desk;
}

describe('a balance that falls', () => {
  it('R1.08 exactly to the threshold charges nothing and writes nothing down', async () => {
    const desk = await openSet();
    await desk.spend('100.00');
    expect(await desk.row()).toMatchObject({ status: 'armed', crossedAt: null });
    expect(desk.heard).toEqual([]);
    expect(await desk.watched()).toBe('500000000');
  });

  it('R1.08 below it is noted with what took the money, told once that is committed, and charged once', async () => {
    const desk = await openSet();
    await desk.spend('100.01');
    expect(await desk.row()).toMatchObject({ status: 'charging', crossedAt: AT });
    expect(desk.heard).toEqual([desk.id]);
    expect(await desk.watched()).toBe(null);
    await desk.advanceTo(AT);
    expect(await desk.charges()).toEqual(['succeeded 1000.00 1']);
    expect(await desk.balance()).toBe('1499.99');
    expect(await desk.row()).toMatchObject({ status: 'armed', crossedAt: null, chargeNumber: 2 });
    expect(await desk.watched()).toBe('500000000');
    expect(await desk.story()).toEqual(['armed', 'charged']);
    expect((await desk.lastEvent()).data).toMatchObject({
      status: 'armed',
      charge_amount: '1000.00',
      charge_key: `auto-recharge/${desk.id}/charge/1/attempt/1`,
      payment_method_id: desk.methodId,
      charged_this_month: '1000.00',
      balance: '1499.99',
    });
  });

  it('R1.08 is charged as a top-up is: a payment of its own, with its receipt voucher', async () => {
    const desk = await openSet();
    await desk.spend('200.00');
    await desk.advanceTo(AT);
    const payer = { kind: 'auto_recharge', id: desk.id } as const;
    const [payment, ...others] = await billing.read((trx) => listPaymentsOf(trx, payer));
    expect(others).toEqual([]);
    expect(payment).toMatchObject({ status: 'succeeded', mode: 'card', payer });
    const documents = await billing.read((trx) =>
      listDocuments(trx, { accountId: desk.id, limit: 10, beforePosition: null }),
    );
    expect(documents).toMatchObject([
      { kind: 'receipt_voucher', subject: { kind: 'auto_recharge', id: desk.id } },
    ]);
  });

  it('R1.08 in a transaction that rolls back is neither noted nor told', async () => {
    const desk = await openSet();
    await expect(desk.spend('100.01', 'no instant')).rejects.toThrow();
    expect(desk.heard).toEqual([]);
    expect(await desk.row()).toMatchObject({ status: 'armed' });
  });

  it('R1.08 twice at the same time is one crossing and one charge', async () => {
    const desk = await openSet();
    await Promise.all([desk.spend('200.00'), desk.spend('150.00'), desk.spend('10.00')]);
    expect(desk.heard).toEqual([desk.id]);
    await Promise.all([desk.collect(), desk.collect()].map((one) => one.catch(() => undefined)));
    await desk.advanceTo(AT);
    expect(await desk.charges()).toEqual(['succeeded 1000.00 1']);
    expect(await desk.balance()).toBe('1240.00');
  });

  it('R1.08 waits for a charge that takes a day: 50 uses meanwhile make no second one', async () => {
    const desk = await openSet({ form: SLOW_UPI });
    await desk.spend('200.00');
    await desk.collect();
    expect(await desk.row()).toMatchObject({ status: 'charging' });
    for (let uses = 0; uses < 50; uses += 1) await desk.spend('5.00');
    await desk.advanceTo('2027-03-02T22:00:00.000Z');
    expect(await desk.charges()).toEqual(['processing 1000.00 1']);
    expect(desk.heard).toEqual([desk.id]);
    await sandbox.settle();
    const { payments } = await sandbox.readState(`auto-recharge/${desk.id}/charge/1`);
    await desk.report(payments[0]?.id ?? 'none');
    expect(await desk.charges()).toEqual(['succeeded 1000.00 1']);
    expect(await desk.balance()).toBe('1150.00');
    expect(await desk.row()).toMatchObject({ status: 'armed' });
  });

  it('R1.08 further than the cap goes is filled as far as it goes, until the local 1st', async () => {
    const desk = await open();
    await desk.set({ monthlyCap: '1999.99' });
    await desk.spend('600.00');
    await desk.advanceTo(AT);
    await desk.spend('900.00');
    await desk.advanceTo(AT);
    expect(await desk.charges()).toEqual(['succeeded 1000.00 1']);
    expect(await desk.row()).toMatchObject({ status: 'cap_reached' });
    expect((await desk.due()).action).toMatchObject({ at: '2027-03-31T18:30:00.000Z' });
    expect(await desk.story()).toEqual(['armed', 'charged', 'cap_reached']);
    expect((await desk.lastEvent()).data).toMatchObject({ resumes_at: '2027-03-31T18:30:00.000Z' });
    await desk.spend('50.00');
    expect(desk.heard).toHaveLength(2);
    await desk.advanceTo('2027-03-31T18:30:00.000Z');
    expect(await desk.charges()).toEqual(['succeeded 1000.00 1', 'succeeded 1000.00 2']);
  });
});

describe('a charge that is declined', () => {
  it('R1.08 for good stops it: the method is refused, and no other is charged instead', async () => {
    const desk = await openSet();
    await keepMethod(billing, sandbox, { accountId: desk.id, form: cardForm() });
    await sandbox.addFault({ kind: 'decline', code: 'stolen_card' });
    await desk.spend('200.00');
    await desk.advanceTo(LATER);
    expect(await desk.row()).toMatchObject({ status: 'stopped' });
    expect(await desk.story()).toEqual(['armed', 'declined', 'stopped']);
    expect(await desk.charges()).toEqual(['failed 1000.00 1']);
    // Set again, it is the other card that is charged.
    await desk.set();
    await desk.advanceTo(LATER);
    expect(await desk.charges()).toEqual(['failed 1000.00 1', 'succeeded 1000.00 2']);
  });

  it('R1.08 for want of money is tried again an hour later, under another key', async () => {
    const desk = await openSet();
    await sandbox.addFault({ kind: 'decline', code: 'insufficient_funds' });
    await desk.spend('200.00');
    await desk.advanceTo(AT);
    expect(await desk.row()).toMatchObject({ status: 'backing_off' });
    expect((await desk.lastEvent()).data).toMatchObject({ retries_at: '2027-03-02T11:00:00.000Z' });
    await desk.advanceTo('2027-03-02T11:00:00.000Z');
    expect(await desk.charges()).toEqual(['failed 1000.00 1', 'succeeded 1000.00 1']);
    expect(await desk.story()).toEqual(['armed', 'declined', 'backing_off', 'charged']);
  });

  it('R1.08 and authorised late counts against the cap, and is not charged again', async () => {
    const desk = await openSet({ form: LATE_UPI });
    await desk.spend('200.00');
    await desk.advanceTo(AT);
    const { payments } = await sandbox.readState(`auto-recharge/${desk.id}/charge/1`);
    await sandbox.settle(payments[0]?.id);
    await desk.advanceTo(LATER);
    expect(await desk.charges()).toEqual(['succeeded 1000.00 1']);
    expect(await desk.row()).toMatchObject({
      status: 'armed',
      charged: { month: '2027-03', money: { amountMicros: 1_000_000_000n } },
    });
    expect(await desk.balance()).toBe('1400.00');
  });
});

describe('a worker that dies', () => {
  it('R1.08 before the gateway heard of the charge: the next attempt makes it, once', async () => {
    const desk = await openSet();
    await desk.spend('200.00');
    await sandbox.addFault({ kind: 'timeout_before', operation: 'charge.create' });
    await expect(desk.collect()).rejects.toThrow();
    await desk.advanceTo(AT);
    expect(await desk.charges()).toEqual(['succeeded 1000.00 1']);
    expect(await desk.balance()).toBe('1400.00');
  });

  it('R1.08 after the gateway made it: the next attempt finds it by its key', async () => {
    const desk = await openSet();
    await desk.spend('200.00');
    await sandbox.addFault({ kind: 'timeout_after', operation: 'charge.create' });
    await expect(desk.collect()).rejects.toThrow();
    await desk.advanceTo(AT);
    expect(await desk.charges()).toEqual(['succeeded 1000.00 1']);
    expect(await desk.balance()).toBe('1400.00');
  });

  it('R1.08 after it recorded the answer, and the next charge is due at the same instant: neither is made twice', async () => {
    const desk = await openSet();
    await desk.spend('200.00');
    const first = await desk.due();
    await sandbox.addFault({ kind: 'timeout_after', operation: 'charge.create' });
    await expect(desk.collect()).rejects.toThrow();
    await desk.repeat(first);
    // At the very instant of the first charge.
    await desk.spend('1000.00');
    const second = await desk.due();
    expect(second.action.at).toBe(first.action.at);
    await desk.repeat(first);
    expect(await desk.charges()).toEqual(['succeeded 1000.00 1']);
    await desk.repeat(second);
    expect(await desk.charges()).toEqual(['succeeded 1000.00 1', 'succeeded 1000.00 2']);
    expect(await desk.balance()).toBe('1400.00');
  });

  it('R1.08 and a gateway that is silent for days is asked about the same charge', async () => {
    const desk = await openSet();
    await desk.spend('200.00');
    await sandbox.addFault({ kind: 'timeout_after', operation: 'charge.create' });
    await expect(desk.collect()).rejects.toThrow();
    await desk.noteUncollected();
    expect((await desk.due()).action).toMatchObject({ at: '2027-03-02T10:01:00.000Z' });
    await desk.advanceTo(LATER);
    expect(await desk.charges()).toEqual(['succeeded 1000.00 1']);
  });
});

describe('what it charges', () => {
  it('R1.08 is the method it names, though another is the default', async () => {
    const desk = await open();
    const named = desk.methodId;
    const other = await openRechargeDesk(billing, sandbox);
    expect(await desk.set({ paymentMethodId: other.methodId })).toBe(
      'unprocessable payment_method_id',
    );
    expect(await desk.set({ paymentMethodId: named })).toBe('done');
  });

  it('R1.08 is nothing once the method it names is detached: it stops and says so', async () => {
    const desk = await open();
    await desk.set({ paymentMethodId: desk.methodId });
    await billing.read((trx) => detachPaymentMethod(trx, { id: desk.methodId ?? '', at: AT }));
    await desk.spend('200.00');
    await desk.advanceTo(AT);
    expect(await desk.charges()).toEqual([]);
    expect(await desk.row()).toMatchObject({ status: 'stopped' });
    expect((await desk.lastEvent()).reason).toBe(
      'the payment method it charges is not there any more; name another and turn it on again',
    );
  });

  it('R1.08 needs a method, and a cap of one increment at least', async () => {
    const none = await open({ form: null });
    expect(await none.set()).toBe('unprocessable payment_method_id');
    const desk = await open();
    expect(await desk.set({ monthlyCap: '999.99' })).toBe('unprocessable monthly_cap');
    expect(await desk.set({ monthlyCap: '1000.00' })).toBe('done');
  });

  it('R1.08 is charged at once where it is set below the threshold', async () => {
    const desk = await openSet({ wallet: '0.00' });
    expect(desk.heard).toEqual([]);
    await desk.advanceTo(AT);
    expect(await desk.charges()).toEqual(['succeeded 1000.00 1']);
  });

  it('R1.08 turned off while a charge is under way is still taken in', async () => {
    const desk = await openSet({ form: SLOW_UPI });
    await desk.spend('200.00');
    await desk.collect();
    await desk.turnOff();
    expect(await desk.row()).toMatchObject({ status: 'stopped', isEnabled: false });
    expect((await desk.due()).action.kind).toBe('check_payment');
    await sandbox.settle();
    await desk.advanceTo(LATER);
    expect(await desk.balance()).toBe('1400.00');
    await desk.spend('1000.00');
    expect(desk.heard).toEqual([desk.id]);
    expect(await desk.story()).toEqual(['armed', 'stopped', 'charged']);
  });
});
