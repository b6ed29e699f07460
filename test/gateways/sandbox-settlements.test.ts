/** What the sandbox settled, over HTTP and through the port that our code uses, with every knob. */
import { formatAmount, parseMoney } from '../../domain/money';
import { buildCheckoutRequest } from './checkout-request';
import {
  payCheckout,
  startSandboxGateway,
  SUCCESS_UPI,
  type RunningSandbox,
} from '../support/sandbox-gateway';

let sandbox: RunningSandbox;
let made = 0;

beforeEach(async () => {
  sandbox = await startSandboxGateway();
});
afterEach(() => sandbox?.stop());

/** Pays 600.00 INR on a hosted page; answers the gateway's id of the payment. */
async function pay(): Promise<string> {
  made += 1;
  const request = buildCheckoutRequest(`settled_${made}`);
  const { checkoutId, url } = await sandbox.gateway.createCheckout(request);
  await payCheckout(url, SUCCESS_UPI);
  const { payments } = await sandbox.gateway.getCheckout(checkoutId);
  return payments[0]?.gatewayPaymentId ?? 'none';
}

const around = () => ({
  from: new Date(Date.now() - 60_000).toISOString(),
  to: new Date(Date.now() + 60_000).toISOString(),
});

/** "payment 600.00 less 12.00", oldest first. */
async function report(range = around()): Promise<string[]> {
  const { entries } = await sandbox.gateway.listSettled({ ...range, cursor: null });
  return entries.map(
    ({ kind, money, fee }) => `${kind} ${formatAmount(money)} less ${formatAmount(fee)}`,
  );
}

it('settles payments less a fee of two per cent, and refunds; each once', async () => {
  const gatewayPaymentId = await pay();
  const money = parseMoney({ amount: '200.00', currency: 'INR' });
  await sandbox.gateway.refund({ idempotencyKey: 'refund/1', gatewayPaymentId, money });
  expect((await report()).toSorted()).toEqual([
    'payment 600.00 less 12.00',
    'refund -200.00 less 0.00',
  ]);
  const payment = await sandbox.gateway.getPayment(gatewayPaymentId);
  expect(payment?.fee).toEqual(parseMoney({ amount: '12.00', currency: 'INR' }));
});

it('settles on the day of the payment and on no other', async () => {
  await pay();
  expect(
    await report({ from: '2020-01-01T00:00:00.000Z', to: '2020-01-02T00:00:00.000Z' }),
  ).toEqual([]);
});

it('leaves one out, says another amount and adds a stranger when it is told to', async () => {
  const first = await pay();
  const second = await pay();
  await sandbox.turnSettlement({ kind: 'leave_out', id: first });
  await sandbox.turnSettlement({ kind: 'amount', id: second, amount: '599.00' });
  await sandbox.turnSettlement({
    kind: 'stranger',
    payment_id: 'sbx_pay_stranger',
    amount: '77.00',
    currency: 'INR',
  });
  expect(await report()).toEqual(['payment 599.00 less 12.00', 'payment 77.00 less 0.00']);
  await sandbox.turnSettlement({ kind: 'reset' });
  expect(await report()).toHaveLength(2);
});

it('answers in pages, each movement in one of them', async () => {
  const stranger = { kind: 'stranger', payment_id: null, amount: '1.00', currency: 'INR' } as const;
  for (let count = 0; count < 60; count += 1) await sandbox.turnSettlement(stranger);
  const range = around();
  const first = await sandbox.gateway.listSettled({ ...range, cursor: null });
  const second = await sandbox.gateway.listSettled({ ...range, cursor: first.nextCursor });
  expect([first.entries.length, second.entries.length, second.nextCursor]).toEqual([50, 10, null]);
  const ids = [...first.entries, ...second.entries].map(({ entryId }) => entryId);
  expect(new Set(ids).size).toBe(60);
});
