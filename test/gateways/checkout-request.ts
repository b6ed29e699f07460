/** Values of the port for tests of the sandbox: an order of 600.00 INR, changed where a test says so. */
import { parseMoney } from '../../domain/money';
import type {
  ChargeRequest,
  CheckoutRequest,
  OpenedCheckout,
} from '../../gateways/payment-gateway';
import { payCheckout, type RunningSandbox } from '../support/sandbox-gateway';

export function inr(amount: string): ReturnType<typeof parseMoney> {
  return parseMoney({ amount, currency: 'INR' });
}

/** A checkout request of its own reference and key for each `name`. */
export function buildCheckoutRequest(
  name: string,
  changed: Partial<CheckoutRequest> = {},
): CheckoutRequest {
  return {
    idempotencyKey: `order/ord_${name}/checkout`,
    reference: `ord_${name}`,
    customerReference: 'acct_1',
    money: inr('600.00'),
    modes: ['upi', 'card'],
    orderDetails: {
      merchant: 'Meridian Messaging',
      lines: [
        { description: 'Number rental', amount: inr('500.00') },
        { description: 'Up-front fee', amount: inr('100.00') },
      ],
    },
    returnUrl: 'https://shop.example/back?from=billing',
    ...changed,
  };
}

export function buildChargeRequest(
  name: string,
  methodReference: string,
  changed: Partial<ChargeRequest> = {},
): ChargeRequest {
  return {
    idempotencyKey: `subscription/sub_${name}/charge/1/attempt/1`,
    reference: `sub_${name}/1`,
    customerReference: 'acct_1',
    money: inr('250.00'),
    methodReference,
    ...changed,
  };
}

/** Opens a checkout of 600.00 INR. */
export function openCheckout(
  sandbox: RunningSandbox,
  name: string,
  changed: Partial<CheckoutRequest> = {},
): Promise<OpenedCheckout> {
  return sandbox.gateway.createCheckout(buildCheckoutRequest(name, changed));
}

/** The reference of a method a customer kept by paying with it on a hosted page. */
export async function keepMethod(
  sandbox: RunningSandbox,
  name: string,
  fields: Readonly<Record<string, string>>,
): Promise<string> {
  const { checkoutId, url } = await openCheckout(sandbox, name);
  await payCheckout(url, { ...fields, save: 'on' });
  await sandbox.settle();
  const { payments } = await sandbox.gateway.getCheckout(checkoutId);
  const reference = payments.at(-1)?.method.reference ?? null;
  if (reference === null) throw new Error('the payment kept no method');
  return reference;
}
