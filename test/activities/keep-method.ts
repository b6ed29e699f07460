import { savePaymentMethod } from '../../db/repositories/payment-method.repository';
import { payCheckout, type RunningSandbox } from '../support/sandbox-gateway';
import type { BillingUnderTest } from './billing-under-test';

let kept = 0;

/** The account's owner pays a small top-up on the hosted page and keeps the method. Answers our id of it. */
export async function keepMethod(
  billing: BillingUnderTest,
  sandbox: RunningSandbox,
  owner: { readonly accountId: string; readonly form: Readonly<Record<string, string>> },
): Promise<string> {
  kept += 1;
  const { accountId, form } = owner;
  const money = { amountMicros: 1_000_000n, currency: 'INR' } as const;
  const { checkoutId, url } = await sandbox.gateway.createCheckout({
    idempotencyKey: `checkout ${kept}`,
    reference: `ord_${kept}`,
    customerReference: accountId,
    money,
    modes: ['card', 'upi'],
    orderDetails: { merchant: 'Tollgate', lines: [{ description: 'Top-up', amount: money }] },
    returnUrl: 'http://127.0.0.1/back',
  });
  await payCheckout(url, { ...form, save: 'on' });
  await sandbox.settle();
  const [payment] = (await sandbox.gateway.getCheckout(checkoutId)).payments;
  const methodReference = payment?.method.reference;
  if (!payment || !methodReference) throw new Error('the method was not kept');
  const id = `pm_${kept}`;
  const { kind, brand, lastFour } = payment.method;
  const createdAt = `2027-01-01T00:00:00.${String(kept).padStart(3, '0')}Z`;
  await billing.read((trx) =>
    savePaymentMethod(trx, {
      id,
      accountId,
      gateway: 'sandbox',
      methodReference,
      kind,
      brand,
      lastFour,
      createdAt,
    }),
  );
  return id;
}
