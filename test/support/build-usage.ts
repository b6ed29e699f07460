import type { Contact } from '../../domain/rating/rate-event';
import type {
  DatedRateCard,
  RateCard,
  RateCardVersion,
  RateRow,
  RatingRule,
  WhatsAppCategory,
} from '../../domain/rating/rate-card';
import type { MeterTerms, RatingTerms } from '../../domain/rating/rating-terms';
import { type CardIndex, findTariff, indexCards } from '../../domain/rating/tariff';
import type { Hold } from '../../domain/ledger/hold';
import type { LedgerPlan } from '../../domain/ledger/ledger-plan';
import type { LedgerState } from '../../domain/ledger/ledger-state';
import {
  decideUsage,
  mergeCharges,
  type StoredUsage,
  type UsageReading,
} from '../../domain/usage/decide-usage';
import {
  type UsageEvent,
  type UsageFacts,
  type UsageOutcome,
  type WhatsAppInboundFacts,
  type WhatsAppMessageFacts,
} from '../../domain/usage/usage-event';
import { localDateOf } from '../../domain/calendar';
import { NO_USAGE_TAX } from '../../domain/tax/usage-tax';
import { toEpochMs } from '../../domain/instant';
import { AT, buildPlan } from './build-ledger';
import { JAKARTA_CARD, MESSAGE_RULE } from './rate-cards';

export const NO_METER: MeterTerms = { hasAllowance: false, onExhausted: 'charge', unitPrice: null };

/** Terms of acct_1 in Jakarta, in IDR, without a plan. */
export function buildTerms(
  terms: Partial<Omit<RatingTerms, 'meters'>> & {
    readonly meters?: Partial<RatingTerms['meters']>;
  } = {},
): RatingTerms {
  const { meters, ...rest } = terms;
  return {
    accountId: 'acct_1',
    ledgerId: 1n,
    partnerId: null,
    version: 0n,
    currency: 'IDR',
    timeZone: 'Asia/Jakarta',
    testClockId: null,
    buyer: { country: 'ID', state: null, taxId: null, taxIdType: null, isInSez: false },
    cards: {},
    monthlyBalanceMicros: 0n,
    ...rest,
    meters: {
      message: NO_METER,
      call_second: NO_METER,
      wa_conversation: NO_METER,
      unique_visitor: NO_METER,
      ...meters,
    },
  };
}

/** An id as the door makes a key of it: the same text, the same uuid. */
export function uuidOf(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
}

/** A message of acct_1, enforced. The fingerprint follows from what was sent. */
export function buildEvent(
  event: Partial<Omit<UsageEvent, 'facts' | 'fingerprint'>> & { readonly facts?: UsageFacts } = {},
): UsageEvent {
  const { facts = MESSAGE, ...rest } = event;
  const sent = {
    id: 'evt_1',
    accountId: 'acct_1',
    key: uuidOf(1),
    occurredAt: AT,
    mode: 'enforce' as const,
    holdId: null,
    broadcast: null,
    visitor: null,
    ...rest,
    facts,
  };
  return { receivedAt: sent.occurredAt, ...sent, fingerprint: fingerprintOf(sent) };
}

export const MESSAGE = { type: 'message', channel: 'sms', quantity: 1n, to: null } as const;

/** A message to an Indonesian customer, delivered. */
export function toWhatsApp(facts: Partial<WhatsAppMessageFacts> = {}): WhatsAppMessageFacts {
  return {
    type: 'wa_message',
    category: 'marketing',
    to: '628912345678',
    contact: uuidOf(628),
    number: null,
    status: 'delivered',
    isServiceWindowOpen: null,
    isFreeEntryPoint: null,
    group: null,
    ...facts,
  };
}

/** A message from that customer. */
export function fromWhatsApp(facts: Partial<WhatsAppInboundFacts> = {}): WhatsAppInboundFacts {
  return { type: 'wa_inbound', contact: uuidOf(628), number: null, entryPoint: null, ...facts };
}

/** FNV-1a over the text of what was sent: equal for equal events, as the door's digest is. */
function fingerprintOf(sent: Omit<UsageEvent, 'fingerprint' | 'receivedAt'>): string {
  const { id, occurredAt, holdId, broadcast, visitor, facts } = sent;
  const text = JSON.stringify(
    [id, occurredAt, holdId, broadcast, visitor, facts],
    (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value),
  );
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193) >>> 0;
  }
  return uuidOf(hash);
}

/** What one call of one ledger reads when nothing happened before: a day of November each. */
export function buildReading(ledger: LedgerState, events = 1): UsageReading {
  return {
    ledgers: new Map([[ledger.accountId, ledger]]),
    days: Array.from({ length: events }, () => '2026-11-10'),
    knownVisitors: new Set(),
    replays: new Map(),
    contacts: new Map(),
    counts: new Map(),
    holds: new Map(),
  };
}

export interface CardDraft extends Partial<RateCard> {
  readonly versions: readonly (Partial<RateCardVersion> & {
    readonly from: string;
    readonly startsAt: string;
  })[];
}

/** Default cards of their channel and currency, in the order given. */
export function buildCards(...drafts: readonly CardDraft[]): CardIndex {
  return indexCards(drafts.map(buildCard), () => NO_USAGE_TAX);
}

function buildCard({ versions, ...card }: CardDraft, place: number): DatedRateCard {
  const full = { ...JAKARTA_CARD, isDefault: true, ...card };
  return {
    card: full,
    versions: versions.map(({ from, startsAt, ...version }, index) => ({
      id: 100 * (place + 1) + index,
      cardCode: full.code,
      version: index + 1,
      effectiveFrom: from,
      startsAtMs: toEpochMs(startsAt),
      corrects: null,
      note: null,
      rule: MESSAGE_RULE,
      markets: full.firstMarkets,
      rows: [],
      ...version,
    })),
  };
}

export function buildRule(rule: Partial<RatingRule>): RatingRule {
  return { ...MESSAGE_RULE, ...rule };
}

/** The same charging of every category within the service window. */
export function inWindow(
  charging: Partial<Record<WhatsAppCategory, 'charge' | 'free'>>,
): RatingRule['serviceWindow'] {
  return {
    marketing: 'charge',
    utility: 'charge',
    authentication: 'charge',
    authentication_international: 'charge',
    service: 'charge',
    ...charging,
  };
}

export function rowOf(row: Partial<RateRow>): RateRow {
  return {
    category: 'marketing',
    market: 'ID',
    rate: 0n,
    fee: { fixed: 0n, percent: 0n },
    tiers: [],
    ...row,
  };
}

/** All that one account has, over several calls: what a call leaves, the next one finds. */
export class UsageDesk {
  readonly plans: LedgerPlan[] = [];
  private readonly replays = new Map<string, StoredUsage>();
  private readonly contacts = new Map<string, Contact>();
  private readonly counts = new Map<string, bigint>();
  private readonly visitors = new Set<string>();
  /** By `holdKey`: a test puts in what it has placed. */
  readonly holds = new Map<string, Hold>();

  constructor(
    readonly ledger: LedgerState,
    readonly terms: RatingTerms = buildTerms(),
    readonly cards: CardIndex = buildCards(),
  ) {}

  /** Events in one call, as one transaction would decide them. */
  send(...events: readonly UsageEvent[]): UsageOutcome[] {
    const days = events.map(({ occurredAt }) => localDateOf(occurredAt, this.ledger.timeZone));
    const monthVisitor = ({ visitor }: UsageEvent, day: string | undefined): string =>
      `${day?.slice(0, 7)} ${visitor}`;
    const reading: UsageReading = {
      ledgers: new Map([[this.ledger.accountId, this.ledger]]),
      days,
      knownVisitors: new Set(
        events.flatMap((event, index) =>
          this.visitors.has(monthVisitor(event, days[index])) ? [index] : [],
        ),
      ),
      replays: new Map(
        events.flatMap(({ key }, index) => {
          const stored = this.replays.get(key);
          return stored === undefined ? [] : [[index, stored] as const];
        }),
      ),
      contacts: this.contacts,
      counts: this.counts,
      holds: this.holds,
    };
    const plan = buildPlan(this.ledger);
    this.plans.push(plan);
    const tariffed = events.map((event) => ({
      event,
      tariff: findTariff(this.terms, this.cards, event),
    }));
    const outcomes = decideUsage(plan, reading, tariffed);
    this.keep(plan);
    return outcomes;
  }

  private keep(plan: LedgerPlan): void {
    for (const [key, { contact }] of plan.contacts) this.contacts.set(key, contact);
    for (const [key, { added }] of plan.counts) {
      this.counts.set(key, (this.counts.get(key) ?? 0n) + added);
    }
    for (const planned of plan.events) {
      const { event, rating, isNewVisitor, localDate } = planned;
      const charges = planned.transfers.map((number, index) => {
        const transfer = plan.transfers.find((one) => one.number === number);
        const { debit: bucket = '', asset = '' } = transfer ?? {};
        return { bucket, asset, amount: planned.amounts[index] ?? 0n };
      });
      this.replays.set(event.key, {
        fingerprint: event.fingerprint,
        charges: mergeCharges(charges),
        rating,
        isNewVisitor,
      });
      if (event.visitor !== null) this.visitors.add(`${localDate.slice(0, 7)} ${event.visitor}`);
    }
  }
}
