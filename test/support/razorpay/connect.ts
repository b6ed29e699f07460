import { parseMoney } from '../../../domain/money';
import type { PaymentMode } from '../../../domain/payment/payment';
import {
  createRazorpayGateway,
  type RazorpayGateway,
  type RazorpayGatewayOptions,
} from '../../../gateways/razorpay/razorpay-gateway';
import { KEY_ID, KEY_SECRET, WEBHOOK_SECRET, type RazorpayServer } from '../razorpay-server';

/** Our adapter before the server for tests. */
export function connectRazorpay(
  { origin }: Pick<RazorpayServer, 'origin'>,
  changed: Partial<RazorpayGatewayOptions> = {},
): RazorpayGateway {
  return createRazorpayGateway({
    keyId: KEY_ID,
    keySecret: KEY_SECRET,
    webhookSecrets: [WEBHOOK_SECRET],
    timeoutMs: 5_000,
    origin,
    ...changed,
  });
}

/** Who a method is kept for; made up, at an address nobody has. */
export const CONTACT = {
  name: 'Gaurav Kumar',
  email: 'gaurav.kumar@example.com',
  phone: '+919876543210',
} as const;

/** A method of `acct_1` (or another) that may be charged up to 5 000.00 INR; resolves to its reference. */
export async function keepMethod(
  razorpay: RazorpayServer,
  gateway: RazorpayGateway,
  { mode = 'card', customerReference = 'acct_1' }: KeptFor = {},
): Promise<string> {
  const reference = `setup/pms_${razorpay.books.newId('x')}`;
  const setup = await gateway.createSetup({
    idempotencyKey: reference,
    reference,
    customerReference,
    mode,
    currency: 'INR',
    ceiling: parseMoney({ amount: '5000.00', currency: 'INR' }),
    merchant: 'Meridian Messaging',
    returnUrl: 'https://shop.example/back',
    contact: CONTACT,
  });
  razorpay.register(setup.setupId);
  const { method } = await gateway.getSetup(setup.setupId);
  if (method === null) throw new Error('the setup kept no method');
  return method.reference;
}

interface KeptFor {
  readonly mode?: PaymentMode;
  readonly customerReference?: string;
}
