/**
 * Owns: events by the million, written by SQL. What a query finds, and how deep its indexes are, is told by the rows
 * and not by who wrote them; the ledger's balances and its chain do not fit such rows, so nobody checks them.
 */
import { Client } from 'pg';
import type { UsageBench } from './usage-bench';

/** A few at once: one statement of a million rows would be one transaction of minutes. */
const ROWS_AT_ONCE = 250_000;

export interface Filling {
  readonly accountId: string;
  readonly events: number;
  /** Evenly over so many days up to now. */
  readonly days: number;
}

/** Writes WhatsApp messages, a fifth with a visitor who was new. */
export async function fillEvents({ owner, postgres }: UsageBench, filling: Filling): Promise<void> {
  const second = new Client({ connectionString: postgres.ownerUrl });
  await second.connect();
  const middle = Math.floor(filling.events / 2);
  try {
    // Halves, one for each core: they share no day but the one in the middle.
    await Promise.all([
      fillPart(owner, filling, { start: 0, end: middle }),
      fillPart(second, filling, { start: middle, end: filling.events }),
    ]);
  } finally {
    await second.end();
  }
}

async function fillPart(
  client: Client,
  { accountId, events, days }: Filling,
  part: { readonly start: number; readonly end: number },
): Promise<void> {
  for (let { start } = part; start < part.end; start += ROWS_AT_ONCE) {
    const rows = Math.min(ROWS_AT_ONCE, part.end - start);
    await client.query(FILL, [accountId, start, rows, events, days]);
  }
}

/** A digest of the number stands for a random uuid, at a fifth of the cost. */
const FILL = `
  with filled as (
    insert into usage_events (ledger_id, occurred_at, recorded_at, quantity, amount, local_date, card_version, new_visitor, key,
                              fingerprint, visitor, contact, event_id, type, mode, category, asset, market, unit_price, transfers, amounts)
    select l.id, e.at, now(), 1, 586130000, (e.at at time zone l.time_zone)::date, v.id, e.n % 5 = 0, e.digest,
           e.digest, case when e.n % 5 = 0 then e.digest end, e.digest, 'wamid.' || e.n, 'wa_message', 'enforce', 'marketing', 'wa_conversation', '*', 586.13,
           array[1 + e.n % 5], array[586130000]
      from ledgers l
     cross join (select id from rate_card_versions where card_code = 'bench-whatsapp') v
     cross join lateral (
       select n, md5('event ' || n)::uuid as digest, date_trunc('milliseconds', now() - (1 - n::float / $4) * $5 * interval '1 day') as at
         from generate_series($2::bigint + 1, $2::bigint + $3::bigint) n) e
     where l.account_id = $1
    returning ledger_id, local_date, category, quantity, amount, visitor, new_visitor),
  arrived as (
    insert into visitor_months select ledger_id, date_trunc('month', local_date), visitor from filled where new_visitor)
  insert into usage_days as d (ledger_id, local_date, category, events, quantity, visitors, amount)
  select ledger_id, local_date, category, count(*), sum(quantity), count(*) filter (where new_visitor), sum(amount)
    from filled group by ledger_id, local_date, category
  on conflict (ledger_id, local_date, category) do update
     set events = d.events + excluded.events, quantity = d.quantity + excluded.quantity, visitors = d.visitors + excluded.visitors,
         amount = d.amount + excluded.amount`;
