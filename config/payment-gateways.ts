/**
 * Owns: what a process reads of the gateways that take payments: which there are, what each needs, and who is
 * asked first for whom.
 * Does not own: which one a payment goes to (domain/payment/route-payment.ts), the adapters (gateways/).
 * Only the gateways that are listed are asked for their settings.
 * Example: `BILLING_PAYMENT_GATEWAYS=stripe,razorpay` with `BILLING_PAYMENT_ROUTES=INR/upi=razorpay` sends rupees
 * by UPI to Razorpay and all else to Stripe.
 */
import { z } from 'zod';
import { isCurrencyCode } from '../domain/currency';
import { GATEWAY_NAMES, PAYMENT_MODES, type GatewayName } from '../domain/payment/payment';
import { ANYTHING, type PaymentRoute } from '../domain/payment/route-payment';
import { commaList, httpUrl, required, secret } from './variables';

const WEBHOOK_SECRET_LENGTH_MIN = 16;

const webhookSecrets = required(
  'the secrets webhooks may be signed with, newest first, with commas between',
)
  .transform(commaList)
  .pipe(
    z
      .array(
        z.string().min(WEBHOOK_SECRET_LENGTH_MIN, {
          error: `needs at least ${WEBHOOK_SECRET_LENGTH_MIN} characters in each secret`,
        }),
      )
      .min(1),
  );

const SETTINGS = {
  sandbox: z
    .object({
      BILLING_SANDBOX_GATEWAY_URL: httpUrl(
        'the address of the sandbox gateway, like http://127.0.0.1:4010',
      ),
      BILLING_SANDBOX_GATEWAY_KEY: secret('the key both sides share: any random text'),
      BILLING_SANDBOX_WEBHOOK_SECRETS: webhookSecrets,
      BILLING_SANDBOX_RULES: z
        .enum(['none', 'india'], { error: 'must be none or india' })
        .default('none'),
    })
    .transform((read) => ({
      kind: 'sandbox' as const,
      baseUrl: read.BILLING_SANDBOX_GATEWAY_URL,
      apiKey: read.BILLING_SANDBOX_GATEWAY_KEY,
      webhookSecrets: read.BILLING_SANDBOX_WEBHOOK_SECRETS,
      rules: read.BILLING_SANDBOX_RULES,
    })),
  stripe: z
    .object({
      BILLING_STRIPE_SECRET_KEY: required(
        'the secret or restricted key, sk_… or rk_…, of the Stripe account',
      ).regex(/^(sk|rk)_/, { error: 'is no secret key: it begins with sk_ or rk_' }),
      BILLING_STRIPE_WEBHOOK_SECRETS: webhookSecrets,
    })
    .transform((read) => ({
      kind: 'stripe' as const,
      secretKey: read.BILLING_STRIPE_SECRET_KEY,
      webhookSecrets: read.BILLING_STRIPE_WEBHOOK_SECRETS,
    })),
  razorpay: z
    .object({
      BILLING_RAZORPAY_KEY_ID: required('the key id, rzp_…, of the Razorpay account').regex(
        /^rzp_/,
        { error: 'is no key id: it begins with rzp_' },
      ),
      BILLING_RAZORPAY_KEY_SECRET: secret('the secret that belongs to the key id'),
      BILLING_RAZORPAY_WEBHOOK_SECRETS: webhookSecrets,
    })
    .transform((read) => ({
      kind: 'razorpay' as const,
      keyId: read.BILLING_RAZORPAY_KEY_ID,
      keySecret: read.BILLING_RAZORPAY_KEY_SECRET,
      webhookSecrets: read.BILLING_RAZORPAY_WEBHOOK_SECRETS,
    })),
} as const;

const WHICH = z.object({
  BILLING_PAYMENT_GATEWAYS: z.string().default('sandbox').transform(commaList),
  BILLING_PAYMENT_ROUTES: z.string().default('').transform(commaList),
});

/** Who takes payments for us; gateways/create-payment-gateways.ts makes the adapters. */
export type PaymentGatewayConfig = Readonly<z.output<(typeof SETTINGS)[GatewayName]>>;
export type GatewayConfigOf<Kind extends GatewayName> = Extract<
  PaymentGatewayConfig,
  { kind: Kind }
>;

/** A name that is wrong, and how it is put right. */
interface Problem {
  readonly variable: string;
  readonly message: string;
}

/** The gateways that are listed, the first one by default, and the routes to them. */
export const paymentGateways = z
  .record(z.string(), z.string())
  .transform((environment, { issues }) => {
    const problems: Problem[] = [];
    const which = WHICH.parse(environment);
    const names = readNames(which.BILLING_PAYMENT_GATEWAYS, problems);
    const configs = names.flatMap((name) => readSettings(name, environment, problems));
    const routes = readRoutes(which.BILLING_PAYMENT_ROUTES, { names, problems });
    for (const { variable, message } of problems) {
      issues.push({ code: 'custom', path: [variable], message, input: undefined });
    }
    return {
      paymentGateways: Object.freeze(configs.map((config) => Object.freeze(config))),
      paymentRoutes: Object.freeze(routes),
    };
  });

function readNames(listed: readonly string[], problems: Problem[]): readonly GatewayName[] {
  const names = listed.flatMap((text) => GATEWAY_NAMES.filter((name) => name === text));
  if (names.length < listed.length || new Set(names).size < names.length || names.length === 0) {
    const message = `must be some of ${GATEWAY_NAMES.join(', ')}, each once, with commas between`;
    problems.push({ variable: 'BILLING_PAYMENT_GATEWAYS', message });
  }
  return names;
}

function readSettings(
  name: GatewayName,
  environment: Readonly<Record<string, string>>,
  problems: Problem[],
): PaymentGatewayConfig[] {
  const result = SETTINGS[name].safeParse(environment);
  if (result.success) return [result.data];
  problems.push(
    ...result.error.issues.map(({ path, message }) => ({ variable: String(path[0]), message })),
  );
  return [];
}

function readRoutes(
  texts: readonly string[],
  { names, problems }: { readonly names: readonly GatewayName[]; readonly problems: Problem[] },
): PaymentRoute[] {
  return texts.flatMap((text) => {
    const route = parseRoute(text, names);
    if (route !== null) return [route];
    const message = `has "${text}": a route is like INR/upi=razorpay, INR=stripe or prt_1/card=stripe, to a gateway that is listed`;
    problems.push({ variable: 'BILLING_PAYMENT_ROUTES', message });
    return [];
  });
}

/** `prt_1/INR/upi=razorpay`: parts in any order, each at most once; `*` for whatever comes. */
function parseRoute(text: string, names: readonly GatewayName[]): PaymentRoute | null {
  const [selector = '', target, ...others] = text.split('=').map((part) => part.trim());
  const gateway = names.find((name) => name === target);
  if (gateway === undefined || others.length > 0 || selector === '') return null;
  let route: PaymentRoute = { ...ANYTHING, gateway };
  for (const part of selector === '*' ? [] : selector.split('/')) {
    const narrowed = narrow(route, part);
    if (narrowed === null) return null;
    route = narrowed;
  }
  return route;
}

function narrow(route: PaymentRoute, part: string): PaymentRoute | null {
  const mode = PAYMENT_MODES.find((known) => known === part);
  if (mode !== undefined) return route.mode === null ? { ...route, mode } : null;
  if (isCurrencyCode(part)) return route.currency === null ? { ...route, currency: part } : null;
  if (!/^(acct|prt)_\w+$/.test(part)) return null;
  return route.payerId === null ? { ...route, payerId: part } : null;
}
