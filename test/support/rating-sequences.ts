import fc from 'fast-check';
import type { RateRow } from '../../domain/rating/rate-card';
import type { UsageEvent, UsageFacts, UsageOutcome } from '../../domain/usage/usage-event';
import { buildEvent, buildRule, inWindow, rowOf, toWhatsApp, uuidOf } from './build-usage';
import type { ModelEra, ModelEvent, ModelTerms } from './rating-model';

const HOUR_MS = 3_600_000;
const E10 = 10_000_000_000;

/** Jakarta's midnights, where the rules change and the months turn. */
export const ERAS = [
  { from: '2025-06-01', startsAt: '2025-05-31T17:00:00.000Z' },
  { from: '2025-07-01', startsAt: '2025-06-30T17:00:00.000Z' },
  { from: '2026-10-01', startsAt: '2026-09-30T17:00:00.000Z' },
] as const;
const hourOf = (instant: string): number => Date.parse(instant) / HOUR_MS;

const RATES = { marketing: 3.3333, utility: 1.1111, service: 0.7777 };
/** Rates with fractions of a micro, so that rounding shows. */
const rates = Object.fromEntries(
  Object.entries(RATES).map(([category, rate]) => [
    category,
    Math.round((rate * E10) / 1e6) + 5_000,
  ]),
);

const MODEL_ERAS: readonly ModelEra[] = [
  {
    fromHour: hourOf(ERAS[0].startsAt),
    unit: 'conversation',
    free: [],
    covered: ['service'],
    rates,
    tiered: {},
    allowance: null,
  },
  {
    fromHour: hourOf(ERAS[1].startsAt),
    unit: 'message',
    free: ['utility', 'service'],
    covered: [],
    rates,
    tiered: { utility: 7_777 },
    allowance: null,
  },
  {
    fromHour: hourOf(ERAS[2].startsAt),
    unit: 'message',
    free: [],
    covered: [],
    rates,
    tiered: {},
    allowance: { category: 'service', quantity: 2 },
  },
];

const FEE = { fixed: 12_345, percent: 10 };

export const MODEL_TERMS: ModelTerms = {
  eras: MODEL_ERAS,
  feeFixed: FEE.fixed,
  feePercent: FEE.percent,
  messageRate: 15_000,
  zoneHours: 7,
  quotas: { wa_conversation: 2, unique_visitor: 2 },
  areVisitorsFree: false,
};

/** The same eras for the real side. */
export function versionsOfEras() {
  return MODEL_ERAS.map((era, index) => ({
    ...(ERAS[index] ?? ERAS[0]),
    rule: buildRule({
      unit: era.unit,
      chargeOn: era.unit === 'conversation' ? 'opened' : 'delivered',
      serviceWindow: inWindow(Object.fromEntries(era.free.map((category) => [category, 'free']))),
      coveredByQuota: era.covered,
      freeAllowance: era.allowance && {
        category: era.allowance.category,
        quantity: BigInt(era.allowance.quantity),
        per: 'number',
      },
      tierMode: 'graduated',
    }),
    rows: Object.entries(era.rates).map(([category, rate]) => rowOfEra(era, category, rate)),
  }));
}

function rowOfEra({ tiered }: ModelEra, category: string, rate: number): RateRow {
  const tier = tiered[category];
  return rowOf({
    category,
    market: '*',
    rate: BigInt(rate),
    fee: { fixed: BigInt(FEE.fixed), percent: BigInt(FEE.percent) * 10_000_000_000n },
    tiers: tier === undefined ? [] : [{ fromQuantity: 1n, rate: BigInt(tier) }],
  });
}

const told = fc.constantFrom(null, null, null, null, true, false);

/** Uses around one of the midnights. Ids are few, so that some come again with other facts. */
const eventsAround = (midnight: number) =>
  fc.record({
    id: fc.nat(60),
    hour: fc.integer({ min: midnight - 40, max: midnight + 30 }),
    delay: fc.constantFrom(0, 0, 0, 0, -20, 50),
    type: fc.constantFrom(
      ...(['wa_message', 'wa_message', 'wa_message', 'wa_inbound', 'message', 'visitor'] as const),
    ),
    mode: fc.constantFrom('enforce' as const, 'enforce' as const, 'record' as const),
    contact: fc.constantFrom(0, 0, 0, 1),
    number: fc.nat(1),
    category: fc.constantFrom('marketing', 'utility', 'service'),
    status: fc.constantFrom(
      ...(['delivered', 'delivered', 'delivered', 'delivered', 'sent'] as const),
    ),
    toldWindow: told,
    toldEntry: told,
    group: fc.constantFrom(0, 0, 0, 0, 3, 8, 9),
    isEntry: fc.boolean(),
    quantity: fc.integer({ min: 1, max: 4 }),
    visitor: fc.constantFrom(null, null, 1, 2, 3),
  });

export type Step =
  | { readonly kind: 'use'; readonly events: readonly ModelEvent[] }
  | { readonly kind: 'grant'; readonly wallet: 'initial' | 'additional'; readonly micros: number };

export const sequences: fc.Arbitrary<Step[]> = fc
  .constantFrom(hourOf(ERAS[1].startsAt), hourOf(ERAS[2].startsAt))
  .chain((midnight) =>
    fc
      .array(eventsAround(midnight).map(normalised), { minLength: 3, maxLength: 6 })
      .chain((book) =>
        fc.array(
          fc.oneof(
            { weight: 5, arbitrary: uses(midnight, book) },
            { weight: 1, arbitrary: grants },
          ),
          { minLength: 3, maxLength: 14, size: 'max' },
        ),
      ),
  );

/** Some of a call were sent before, to the letter. */
function uses(midnight: number, book: readonly ModelEvent[]): fc.Arbitrary<Step> {
  const fresh = eventsAround(midnight).map(normalised);
  const events = fc.oneof(
    { weight: 1, arbitrary: fc.constantFrom(...book) },
    { weight: 3, arbitrary: fresh },
  );
  return fc.record({
    kind: fc.constant('use' as const),
    events: fc.array(events, { minLength: 1, maxLength: 5 }),
  });
}

const grants: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant('grant' as const),
  wallet: fc.constantFrom('initial' as const, 'additional' as const),
  micros: fc.integer({ min: 1, max: 12 }),
});

/** A visit is somebody's; the customer of a business number is one at that number. */
function normalised(event: ModelEvent): ModelEvent {
  return { ...event, visitor: event.type === 'visitor' ? (event.visitor ?? 1) : event.visitor };
}

/** The real event of a model's, for one account. */
export function toUsage(event: ModelEvent, accountId = 'acct_1'): UsageEvent {
  const occurredAt = new Date(event.hour * HOUR_MS).toISOString();
  return buildEvent({
    id: `evt_${event.id}`,
    accountId,
    key: uuidOf(event.id + 1),
    occurredAt,
    receivedAt: new Date((event.hour + event.delay) * HOUR_MS).toISOString(),
    visitor: event.visitor === null ? null : uuidOf(900 + event.visitor),
    mode: event.mode,
    // What the model compares beside the facts of its type, so that a conflict is one for both.
    broadcast: { id: JSON.stringify({ ...event, mode: '', delay: 0 }), name: null },
    facts: toFacts(event),
  });
}

function toFacts(event: ModelEvent): UsageFacts {
  const contact = uuidOf(600 + event.contact);
  const number = uuidOf(700 + event.number);
  switch (event.type) {
    case 'wa_message':
      return {
        ...toWhatsApp({ contact, number, status: event.status }),
        category: event.category === 'marketing' ? 'marketing' : toCategory(event.category),
        isServiceWindowOpen: event.toldWindow,
        isFreeEntryPoint: event.toldEntry,
        group: event.group === 0 ? null : { quantity: BigInt(event.group), members: null },
      };
    case 'wa_inbound':
      return { type: 'wa_inbound', contact, number, entryPoint: event.isEntry ? 'ad' : null };
    case 'message':
      return { type: 'message', channel: 'sms', quantity: BigInt(event.quantity), to: '1' };
    case 'visitor':
      return { type: 'visitor' };
  }
}

function toCategory(category: string): 'utility' | 'service' {
  return category === 'utility' ? 'utility' : 'service';
}

/** What the model says of an outcome. */
export function describe(outcome: UsageOutcome): object {
  if (outcome.kind === 'refused') return { kind: 'refused', reason: outcome.reason };
  if (outcome.kind === 'conflict') return { kind: 'conflict' };
  const { rating, isNewVisitor } = outcome;
  return {
    kind: 'charged',
    reason: rating.zeroReason,
    micros: Number(rating.amountMicros),
    quantity: Number(rating.quantity),
    isNew: isNewVisitor,
  };
}
