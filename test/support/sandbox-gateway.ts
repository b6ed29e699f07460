/**
 * A sandbox payment gateway for one test file: the real server on a free port, the real adapter in
 * front of it, and what a customer and a test do with it over HTTP.
 * Example: `const sandbox = await startSandboxGateway(); await payCheckout(url, SUCCESS_UPI);`
 */
import type { z } from 'zod';
import type { PaymentGateway } from '../../gateways/payment-gateway';
import type { PayoutBank } from '../../gateways/payouts/payout-bank';
import { createSandboxPayouts } from '../../gateways/sandbox/sandbox-payouts';
import type { SandboxRules } from '../../gateways/sandbox/sandbox-capabilities';
import type { Fault } from '../../gateways/sandbox/server/faults';
import type { settlementKnobSchema } from '../../gateways/sandbox/server/settlements';
import { createSandboxGateway } from '../../gateways/sandbox/sandbox-gateway';
import {
  startSandboxServer,
  type SandboxOptions,
} from '../../gateways/sandbox/server/sandbox-server';

export interface RunningSandbox {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly webhookSecret: string;
  readonly gateway: PaymentGateway;
  readonly payoutBank: PayoutBank;
  /** Sets a fault for the next calls or webhooks. */
  readonly addFault: (fault: FaultRequest) => Promise<void>;
  /** Makes its settlement report differ from its books. */
  readonly turnSettlement: (knob: z.input<typeof settlementKnobSchema>) => Promise<void>;
  /** The sandbox's books, for comparison with ours. */
  readonly readState: (reference?: string) => Promise<SandboxState>;
  /** Lets pending payments succeed now: all of them, or the one that is named. */
  readonly settle: (paymentId?: string) => Promise<void>;
  /** Expires a checkout as the gateway does when its time is up. */
  readonly expire: (checkoutId: string) => Promise<void>;
  /** What a kept method's owner or a bank does to it: its mandate, or its expiry like `09/30`. */
  readonly changeMethod: (
    methodReference: string,
    changed: { readonly mandate?: 'active' | 'paused' | 'revoked'; readonly expiry?: string },
  ) => Promise<void>;
  /** Sends waiting webhooks now, or one that is named whatever became of it. */
  readonly deliver: (eventId?: string) => Promise<void>;
  readonly setWebhookUrl: (url: string | null) => Promise<void>;
  /** Lets a bank dispute a payment; answers the dispute’s id. */
  readonly openDispute: (asked: DisputeRequest) => Promise<string>;
  readonly updateDispute: (id: string, change: Readonly<Record<string, unknown>>) => Promise<void>;
  readonly closeDispute: (id: string, outcome: 'won' | 'lost') => Promise<void>;
  readonly stop: () => Promise<void>;
}

/** As it is posted: what has a default may be left out. */
export type FaultRequest = Pick<Fault, 'kind'> & Readonly<Record<string, unknown>>;

export interface DisputeRequest {
  readonly payment_id: string;
  readonly amount?: string;
  readonly currency?: string;
  readonly fee?: string;
  readonly reason?: string;
  readonly status?: 'warning' | 'needs_response';
  readonly evidence_due_at?: string;
}

export interface SandboxState {
  readonly payments: readonly {
    readonly id: string;
    readonly checkout_id: string | null;
    readonly reference: string;
    readonly status: string;
    readonly amount: string;
    readonly currency: string;
    readonly amount_refunded: string;
    readonly decline_code: string | null;
  }[];
  readonly checkouts: readonly { readonly id: string; readonly status: string }[];
  readonly setups: readonly { readonly id: string; readonly status: string }[];
  readonly payment_methods: readonly { readonly id: string; readonly status: string }[];
  readonly refunds: readonly { readonly id: string; readonly amount: string }[];
  readonly payouts: readonly {
    readonly id: string;
    readonly reference: string;
    readonly beneficiary: string;
    readonly status: string;
    readonly amount: string;
  }[];
  readonly webhooks: readonly {
    readonly id: string;
    readonly type: string;
    readonly status: string;
    readonly attempts: number;
    readonly deliveries: readonly {
      readonly http_status: number | null;
      readonly forgery: string | null;
    }[];
  }[];
  readonly faults: readonly Fault[];
}

const API_KEY = 'sandbox-key-of-tests';
const WEBHOOK_SECRET = 'sandbox-webhook-secret-of-tests';
const CALL_TIMEOUT_MS = 5_000;

/** Starts on a free port of this machine; stop it in `afterAll`. Pending payments settle when told to. */
export async function startSandboxGateway(
  options: Partial<Omit<SandboxOptions, 'host' | 'onError'>> & {
    readonly timeoutMs?: number;
    readonly rules?: SandboxRules;
  } = {},
): Promise<RunningSandbox> {
  const { timeoutMs = CALL_TIMEOUT_MS, rules = 'none', ...given } = options;
  const errors: unknown[] = [];
  const settings: SandboxOptions = {
    host: '127.0.0.1',
    port: 0,
    publicUrl: null,
    apiKey: API_KEY,
    webhookSecret: WEBHOOK_SECRET,
    webhookUrl: null,
    storePath: null,
    slowSeconds: 3_600,
    lateSeconds: 3_600,
    retryFirstSeconds: 0.02,
    ...given,
    onError: (error) => errors.push(error),
  };
  const server = await startSandboxServer(settings);
  const { apiKey, webhookSecret } = settings;
  const gateway = createSandboxGateway({
    baseUrl: server.url,
    apiKey,
    webhookSecrets: [webhookSecret],
    timeoutMs,
    rules,
  });
  return {
    baseUrl: server.url,
    apiKey,
    webhookSecret,
    gateway,
    payoutBank: createSandboxPayouts({ baseUrl: server.url, apiKey, timeoutMs }),
    ...createControls(server.url),
    stop: async () => {
      await server.stop();
      if (errors.length > 0) throw new AggregateError(errors, 'the sandbox failed');
    },
  };
}

type Controls = Pick<
  RunningSandbox,
  | 'addFault'
  | 'turnSettlement'
  | 'readState'
  | 'settle'
  | 'expire'
  | 'changeMethod'
  | 'deliver'
  | 'setWebhookUrl'
  | 'openDispute'
  | 'updateDispute'
  | 'closeDispute'
>;

/** The knobs of any running sandbox, one that `npm start` started included. */
export function createControls(baseUrl: string): Controls {
  async function control(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(`${baseUrl}/_control/${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`_control/${path}: ${await response.text()}`);
    return response.json();
  }
  return {
    turnSettlement: async (knob) => void (await control('POST', 'settlements', knob)),
    addFault: async (fault) => void (await control('POST', 'faults', fault)),
    readState: async (reference) => {
      const query = reference === undefined ? '' : `?reference=${encodeURIComponent(reference)}`;
      return fromApiState(await control('GET', `state${query}`));
    },
    settle: async (paymentId) => void (await control('POST', 'settle', { payment_id: paymentId })),
    expire: async (checkoutId) =>
      void (await control('POST', 'expire', { checkout_id: checkoutId })),
    changeMethod: async (methodReference, changed) =>
      void (await control('POST', `payment_methods/${methodReference}`, changed)),
    deliver: async (eventId) => void (await control('POST', 'deliver', { event_id: eventId })),
    openDispute: async (asked) =>
      ((await control('POST', 'disputes', asked)) as { readonly id: string }).id,
    updateDispute: async (id, change) =>
      void (await control('POST', `disputes/${id}/update`, change)),
    closeDispute: async (id, outcome) =>
      void (await control('POST', `disputes/${id}/close`, { outcome })),
    setWebhookUrl: async (url) => void (await control('PUT', 'webhook_endpoint', { url })),
  };
}

function fromApiState(state: unknown): SandboxState {
  return state as SandboxState;
}

export const SUCCESS_UPI = { mode: 'upi', upi_id: 'success@sandbox' } as const;
export const FAILURE_UPI = { mode: 'upi', upi_id: 'failure@sandbox' } as const;
export const SLOW_UPI = { mode: 'upi', upi_id: 'slow@sandbox' } as const;
export const LATE_UPI = { mode: 'upi', upi_id: 'late@sandbox' } as const;

/** Every test card of the contract; no other number is taken. */
export const TEST_CARD_NUMBERS = [
  '4242424242424242',
  '4000000000000002',
  '4000000000009995',
  '4000000000000341',
  '4000000000009979',
] as const;

/** The fields of a card form with everything right but, if need be, the number. */
export function cardForm(number = '4242424242424242'): Readonly<Record<string, string>> {
  return { mode: 'card', card_number: number, expiry: '12/34', cvc: '123', name: 'A. Customer' };
}

export interface PagePosted {
  readonly status: number;
  /** Where the customer is sent; null when the page came back. */
  readonly location: string | null;
  readonly html: string;
}

/** Posts the form of a hosted page, as the customer's browser does, and does not follow the way back. */
export function payCheckout(
  checkoutUrl: string,
  fields: Readonly<Record<string, string>>,
): Promise<PagePosted> {
  return postForm(`${checkoutUrl}/pay`, fields);
}

/** The same on the page of a setup. */
export function saveMethod(
  setupUrl: string,
  fields: Readonly<Record<string, string>>,
): Promise<PagePosted> {
  return postForm(`${setupUrl}/save`, fields);
}

async function postForm(
  url: string,
  fields: Readonly<Record<string, string>>,
): Promise<PagePosted> {
  const response = await fetch(url, {
    method: 'POST',
    body: new URLSearchParams(fields),
    redirect: 'manual',
  });
  return {
    status: response.status,
    location: response.headers.get('location'),
    html: await response.text(),
  };
}
