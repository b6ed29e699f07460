/**
 * Owns: the stage that every story plays on, so that it comes to the same figures whatever else its
 * platform has seen: plans of its own, a year of its own, and sandboxes without faults for everybody.
 * Does not own: the seller (seller.ts), the customers (scene.ts), the stories themselves (tell-*.ts).
 */
import { createApiClient, type ApiClient } from './api-client';
import { createUnlessThere } from './billing-calls';
import type { Checklist } from './checklist';
import type { Platform } from './find-platform';
import type { PageLayout } from './page-layout';
import { registerSeller } from './seller';

export interface Stage {
  readonly platform: Platform;
  readonly client: ApiClient;
  readonly page: PageLayout;
  readonly checks: Checklist;
  /** The year in which the stories begin; its February has 28 days. */
  readonly year: number;
}

/** Tells the story and notes its assertions. Rejects when it cannot go on. */
export interface Story {
  readonly title: string;
  readonly facts: readonly string[];
  readonly tell: (stage: Stage) => Promise<void>;
}

/** As the catalogue sells them; what an operator changes there does not reach the stories. */
const PLANS = [
  {
    kind: 'plan',
    code: 'demo_growth',
    name: 'Growth',
    prices: priced('999.00', '499.00'),
    allowances: { minutes: 500, messages: 10_000 },
  },
  {
    kind: 'plan',
    code: 'demo_enterprise',
    name: 'Enterprise',
    prices: priced('9999.00', '4999.00'),
    allowances: { minutes: 10_000, messages: 200_000 },
  },
  {
    kind: 'plan',
    code: 'demo_engage',
    name: 'Engage',
    prices: [{ cycle: 'yearly', amount: '590000.00', currency: 'IDR' }],
    allowances: {
      wa_conversations: 100,
      unique_visitors: 100,
      whatsapp_balance: { amount: '60000.00', currency: 'IDR' },
    },
    on_exhausted: { wa_conversation: 'charge' },
  },
  {
    kind: 'support_package',
    code: 'demo_priority',
    name: 'Priority support',
    prices: priced('1499.00', '749.00'),
    support: {
      response_time_minutes: 60,
      priority: 'high',
      hours: 'every day, 08:00-22:00',
      guidance: ['setup', 'integration'],
      dedicated_assistance: false,
    },
  },
] as const;

/** Makes ready what a story needs and tells about the seller. Safe to repeat, also at the same time. */
export async function openStage(
  platform: Platform,
  { page, checks }: Pick<Stage, 'page' | 'checks'>,
): Promise<Stage> {
  const client = createApiClient({ baseUrl: platform.apiUrl, apiKey: platform.operatorKey });
  await clearFaults(platform);
  for (const plan of PLANS) await createUnlessThere(client, '/v1/plans', plan);
  const year = await registerSeller(client, page);
  return { platform, client, page, checks, year };
}

/** Faults that name somebody are left alone: they are part of another story. */
async function clearFaults({ sandboxGatewayUrl, sandboxCarrierUrl }: Platform): Promise<void> {
  for (const url of [sandboxGatewayUrl, sandboxCarrierUrl]) {
    if (url !== null) await fetch(`${url}/_control/faults?aimed=false`, { method: 'DELETE' });
  }
}

function priced(inr: string, turkishLira: string) {
  return [
    { cycle: 'monthly', amount: inr, currency: 'INR' },
    { cycle: 'monthly', amount: turkishLira, currency: 'TRY' },
  ];
}
