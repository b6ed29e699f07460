/** Owns: the accounts of the ledger's benchmark and the events sent for them. */
import { randomUUID } from 'node:crypto';
import type { Database } from '../../../db/connection';
import {
  applyLedgerPlan,
  createLedger,
  lockLedgers,
} from '../../../db/repositories/ledger.repository';
import {
  insertRateCard,
  insertRateCardVersion,
  lockRateCards,
} from '../../../db/repositories/rate-card.repository';
import { SYSTEM } from '../../../db/tenant';
import { type Transaction, withTransaction } from '../../../db/transaction';
import { grantMoney, grantUnits } from '../../../domain/ledger/grant';
import { createLedgerPlan } from '../../../domain/ledger/ledger-plan';
import { setAllowance } from '../../../domain/ledger/month';
import { monthOf } from '../../../domain/calendar';
import { invariant } from '../../../domain/invariant';
import { parseRate } from '../../../domain/money';
import type { CardChannel } from '../../../domain/rating/rate-card';
import type { UsageEvent, UsageFacts } from '../../../domain/usage/usage-event';

const TIME_ZONE = 'Asia/Jakarta';
const PLENTY = 1_000_000_000n;
const ACCOUNTS_PER_PLAN = 100;

/** Accounts with six buckets each: two quotas, two packages, two wallets, none of which runs dry. */
export async function createAccounts(
  database: Database,
  { prefix, count, at }: { readonly prefix: string; readonly count: number; readonly at: string },
): Promise<string[]> {
  const ids = Array.from({ length: count }, (_, index) => `acct_${prefix}${index}`);
  for (let start = 0; start < count; start += ACCOUNTS_PER_PLAN) {
    const some = ids.slice(start, start + ACCOUNTS_PER_PLAN);
    await withTransaction(database, SYSTEM, async (trx) => {
      await trx('accounts').insert(
        some.map((id) => ({
          id,
          name: id,
          country: 'ID',
          currency: 'IDR',
          time_zone: TIME_ZONE,
          created_at: at,
          updated_at: at,
        })),
      );
      for (const accountId of some) {
        await createLedger(trx, { accountId, timeZone: TIME_ZONE, currency: 'IDR', at });
      }
      const ledgers = [...(await lockLedgers(trx, some)).values()];
      const plan = createLedgerPlan(ledgers, { reference: 'fill', postedAt: at });
      for (const ledger of ledgers) fill(plan, ledger, at);
      await applyLedgerPlan(trx, plan);
    });
  }
  return ids;
}

/** What a message costs beyond its units, and one by WhatsApp. */
export async function createCards(database: Database, at: string): Promise<void> {
  await withTransaction(database, SYSTEM, async (trx) => {
    await lockRateCards(trx);
    await createCard(trx, { channel: 'message', category: 'message', at });
    await createCard(trx, { channel: 'whatsapp', category: 'marketing', at });
  });
}

const ALL_CHARGED = {
  marketing: 'charge',
  utility: 'charge',
  authentication: 'charge',
  authentication_international: 'charge',
  service: 'charge',
} as const;

async function createCard(
  trx: Transaction,
  of: { readonly channel: CardChannel; readonly category: string; readonly at: string },
): Promise<void> {
  const { channel, category, at } = of;
  const code = `bench-${channel}`;
  const common = { code, name: code, channel, currency: 'IDR', timeZone: TIME_ZONE } as const;
  const card = { ...common, firstMarkets: [], isDefault: true };
  await insertRateCard(trx, card, at);
  const draft = {
    effectiveFrom: '2025-01-01',
    note: null,
    markets: [],
    rule: {
      unit: 'message',
      chargeOn: 'delivered',
      conversationHours: 24,
      serviceWindow: ALL_CHARGED,
      freeEntryPoint: 'free',
      group: { membersMax: 8, pricedAs: null, inWindow: 'charge' },
      freeAllowance: null,
      coveredByQuota: [],
      tierMode: null,
      rounding: null,
    },
    rows: [
      {
        category,
        market: '*',
        rate: parseRate('586.13'),
        fee: { fixed: 0n, percent: 0n },
        tiers: [],
      },
    ],
  } as const;
  await insertRateCardVersion(trx, { card, draft }, at);
}

function fill(
  plan: Parameters<typeof grantMoney>[0],
  ledger: Parameters<typeof grantMoney>[1],
  at: string,
): void {
  const fromMonth = monthOf(at, TIME_ZONE);
  setAllowance(plan, ledger, { asset: 'message', fromMonth, quantity: 40n, at });
  setAllowance(plan, ledger, { asset: 'unique_visitor', fromMonth, quantity: PLENTY, at });
  for (const number of [1, 2]) {
    grantUnits(plan, ledger, {
      code: `package/${number}`,
      asset: 'message',
      source: 'package',
      quantity: number === 1 ? 50n : PLENTY,
      startsAt: null,
      expiresAt: null,
      at,
      reference: `package/${number}`,
    });
  }
  for (const source of ['wallet_initial', 'wallet_additional'] as const) {
    grantMoney(plan, ledger, {
      source,
      amountMicros: PLENTY * 1_000_000n,
      at,
      kind: 'grant',
      reference: `fill/${source}`,
      from: 'clearing',
    });
  }
}

/** One of the senders that work at once: it alone sends the events of its accounts. */
export interface Lane {
  /** 60% burn units, 40% cost money, a fifth bring a visitor nobody has seen; 1% were stored before. */
  readonly createBatch: (size: number, receivedAt: string) => UsageEvent[];
  /** These events are stored: one of them may be sent again. */
  readonly remember: (events: readonly UsageEvent[]) => void;
}

const REPLAYED_EVERY = 100;
const VISITORS_MAX = 10_000;
const EVENTS_BEGAN_MS_AGO = 3_600_000;

/** Shares the accounts out among so many lanes. */
export function createLanes(accountIds: readonly string[], count: number): Lane[] {
  return Array.from({ length: count }, (_, number) =>
    createLane(accountIds.filter((_id, index) => index % count === number)),
  );
}

function createLane(accountIds: readonly string[]): Lane {
  const stored: UsageEvent[] = [];
  const visitors: string[] = [];
  let occurredAtMs = Date.now() - EVENTS_BEGAN_MS_AGO;
  return {
    createBatch: (size, receivedAt) =>
      Array.from({ length: size }, (_, index) => {
        const isReplay = index % REPLAYED_EVERY === REPLAYED_EVERY - 1 && stored.length > 0;
        if (isReplay) return pick(stored);
        occurredAtMs += 1;
        const occurredAt = new Date(occurredAtMs).toISOString();
        const visitor = pickVisitor(index, visitors);
        return createEvent(index, { accountId: pick(accountIds), occurredAt, receivedAt, visitor });
      }),
    remember: ([first]) => {
      if (first !== undefined) stored.push(first);
    },
  };
}

function createEvent(
  index: number,
  of: Pick<UsageEvent, 'accountId' | 'occurredAt' | 'receivedAt' | 'visitor'>,
): UsageEvent {
  const key = randomUUID();
  return {
    ...of,
    id: key,
    key,
    fingerprint: key,
    facts: index % 5 < 3 ? MESSAGE : MARKETING,
    holdId: null,
    broadcast: null,
    mode: 'enforce',
  };
}

const MESSAGE: UsageFacts = { type: 'message', channel: 'sms', quantity: 1n, to: null };
/** Of nobody we track. */
const MARKETING: UsageFacts = {
  type: 'wa_message',
  category: 'marketing',
  to: null,
  contact: null,
  number: null,
  status: 'delivered',
  isServiceWindowOpen: null,
  isFreeEntryPoint: null,
  group: null,
};

function pickVisitor(index: number, seen: string[]): string | null {
  if (index % 5 === 0) {
    const visitor = randomUUID();
    if (seen.length < VISITORS_MAX) seen.push(visitor);
    return visitor;
  }
  return index % 5 === 1 && seen.length > 0 ? pick(seen) : null;
}

function pick<T>(from: readonly T[]): T {
  const picked = from[Math.floor(Math.random() * from.length)];
  invariant(picked !== undefined, 'there is something to pick from');
  return picked;
}
