import { createHash } from 'node:crypto';
import type { Client } from 'pg';
import { canonicalTransfer } from '../../domain/ledger/ledger-plan';
import type { TransferKind } from '../../domain/ledger/ledger-state';

/** Each answers a row per violation. `$1`: ids of the accounts to look at. */
const VIOLATIONS: readonly (readonly [what: string, sql: string])[] = [
  [
    'the cached balance of a bucket is not the sum of its transfers',
    `select b.code, b.posted, b.granted, s.posted as sum, s.granted as granted_sum
       from buckets b join mine l on l.id = b.ledger_id
       cross join lateral (
         select coalesce(sum(case b.code when t.credit then t.amount else -t.amount end), 0) as posted,
                coalesce(sum(t.amount) filter (where t.credit = b.code and t.kind = 'grant'), 0)
                  - coalesce(sum(t.amount) filter (where t.debit = b.code and t.kind = 'clawback' and t.credit = 'issuance/' || t.asset), 0) as granted
           from transfers t
          where t.ledger_id = b.ledger_id and b.code in (t.debit, t.credit)) s
      where (b.posted, b.granted) is distinct from (s.posted, s.granted)`,
  ],
  [
    'held is not the sum of the open holds',
    `select b.code, b.held, sum(h.remaining)
       from buckets b join mine l on l.id = b.ledger_id
       left join holds h on h.ledger_id = b.ledger_id and h.bucket = b.code
      group by b.ledger_id, b.code, b.held
     having b.held <> coalesce(sum(h.remaining), 0)`,
  ],
  [
    'a hold paid another amount than its transfers',
    `select h.hold_id, h.bucket, h.captured
       from holds h join mine l on l.id = h.ledger_id
      where h.captured <> (select coalesce(sum(t.amount), 0) from transfers t
                            where t.ledger_id = h.ledger_id and t.kind = 'usage' and t.reference = h.hold_id and t.debit = h.bucket)`,
  ],
  [
    'a transfer names neither a bucket of its asset nor a counter of it',
    `select t.number, t.debit, t.credit, t.asset
       from transfers t join mine l on l.id = t.ledger_id
       cross join lateral unnest(array[t.debit, t.credit]) as side(code)
      where side.code !~ ('^(issuance|consumption|revenue|breakage|clearing|tax_payable|partner_payable|disputed)/' || t.asset || '$')
        and not exists (select from buckets b where b.ledger_id = t.ledger_id and b.code = side.code and b.asset = t.asset)`,
  ],
  [
    'transfers of an asset do not sum to zero',
    `select ledger_id, asset, sum(amount)
       from (select ledger_id, asset, amount from transfers union all select ledger_id, asset, -amount from transfers) t
       join mine l on l.id = t.ledger_id
      group by ledger_id, asset having sum(amount) <> 0`,
  ],
  [
    'a bucket is overdrawn',
    `select b.code, b.posted, b.held from buckets b join mine l on l.id = b.ledger_id
      where b.source <> 'wallet_additional' and b.posted < b.held`,
  ],
  [
    'numbers have gaps, or the ledger counts others',
    `select l.id, l.transfer_count, count(t.number), max(t.number)
       from mine l left join transfers t on t.ledger_id = l.id
      group by l.id, l.transfer_count
     having l.transfer_count <> count(t.number) or l.transfer_count <> coalesce(max(t.number), 0)`,
  ],
  [
    'events do not add up to the transfers that pay them',
    `select t.ledger_id, t.number, t.amount, e.amount
       from (select t.ledger_id, t.number, t.amount from transfers t join mine l on l.id = t.ledger_id
              where t.kind = 'usage'
                -- A hold is captured with or without an event.
                and not (exists (select from holds h where h.ledger_id = t.ledger_id and h.hold_id = t.reference)
                         and not exists (select from usage_events u where u.ledger_id = t.ledger_id and t.number = any (u.transfers)))) t
       full join (select u.ledger_id, p.number, sum(p.amount) as amount
                    from usage_events u join mine l on l.id = u.ledger_id
                    cross join lateral unnest(u.transfers, u.amounts) p(number, amount)
                   group by u.ledger_id, p.number) e using (ledger_id, number)
      where t.amount is distinct from e.amount`,
  ],
  [
    'what events took from money is neither documented nor waiting to be',
    `select l.id, e.paid, e.tax, k.paid, k.tax, c.paid, c.tax, n.paid, n.tax, d.paid, d.tax, r.given_back, r.tax_moved
       from mine l
       cross join lateral (select coalesce(sum(u.amount + coalesce(u.visitor_amount, 0) + coalesce(u.tax, 0)), 0) as paid,
                                  coalesce(sum(u.tax), 0) as tax from usage_events u where u.ledger_id = l.id) e
       cross join lateral (select coalesce(sum(c.amount + c.tax), 0) as paid, coalesce(sum(c.tax), 0) as tax
                             from usage_charges c where c.ledger_id = l.id) c
       cross join lateral (select coalesce(sum(d.total_micros), 0) as paid, coalesce(sum(d.tax_total_micros), 0) as tax
                             from documents d where d.account_id = l.account_id and d.subject_kind = 'usage') d
       cross join lateral (select coalesce(sum(case 'wallet/additional' when t.credit then t.amount when t.debit then -t.amount end), 0) as given_back,
                                  coalesce(sum(case when t.credit like 'tax_payable/%' then t.amount else -t.amount end)
                                             filter (where t.reference like '%/tax'), 0) as tax_moved
                             from transfers t
                            where t.ledger_id = l.id and t.reference like 'usage/%' and t.kind in ('charge', 'refund')) r
       cross join lateral (select coalesce(sum(k.amount + k.visitor_amount + k.tax), 0) as paid, coalesce(sum(k.tax), 0) as tax
                             from usage_corrections k where k.ledger_id = l.id) k
       -- What was corrected on a document waits for its note.
       cross join lateral (select coalesce(sum(n.corrected_amount + n.corrected_tax), 0) as paid, coalesce(sum(n.corrected_tax), 0) as tax
                             from documented_charges n where n.ledger_id = l.id) n
       -- What was captured from holds without an event.
       cross join lateral (select coalesce(sum(t.amount), 0) as paid, coalesce(sum(t.amount) filter (where t.credit like 'tax_payable/%'), 0) as tax
                             from transfers t
                            where t.ledger_id = l.id and t.kind = 'usage' and t.asset = l.currency
                              and exists (select from hold_terms where hold_id = split_part(t.reference, '/', 1))
                              and not exists (select from usage_events u where u.ledger_id = l.id and t.number = any (u.transfers))) h
      where e.paid + h.paid + k.paid <> c.paid + n.paid + d.paid + r.given_back
         or e.tax + h.tax + k.tax <> c.tax + n.tax + d.tax - r.tax_moved`,
  ],
  [
    'a document of usage and its notes say something else than was charged for it',
    `select c.document_id, c.paid, c.quantity, d.total, r.given_back
       from mine l
       cross join lateral (
         select c.document_id, sum(c.amount + c.tax) as paid, sum(c.tax) as tax, sum(c.quantity) as quantity
           from documented_charges c where c.ledger_id = l.id group by c.document_id) c
       cross join lateral (
         select sum(d.total_micros) as total
           from documents d where d.id = c.document_id
             or d.subject_kind = 'usage' and d.id in (select document_id from document_references where referenced_id = c.document_id)) d
       join documents own on own.id = c.document_id
       cross join lateral (
         select coalesce(sum(case 'wallet/additional' when t.credit then t.amount when t.debit then -t.amount end), 0) as given_back
           from transfers t
          where t.ledger_id = l.id and t.kind in ('charge', 'refund')
            and (l.account_id || '/' || t.reference = own.operation_key or t.reference like 'usage/note/' || c.document_id || '/%')) r
      where c.paid <> d.total + r.given_back`,
  ],
  [
    'visitors are not the distinct visitors of the events',
    `select ledger_id, month, visitor
       from (select v.ledger_id, v.month, v.visitor, 1 as times from visitor_months v join mine l on l.id = v.ledger_id
             union all
             select distinct u.ledger_id, date_trunc('month', u.local_date)::date, u.visitor, -1
               from usage_events u join mine l on l.id = u.ledger_id where u.visitor is not null) v
      group by ledger_id, month, visitor having sum(times) <> 0`,
  ],
  [
    'a visitor was new twice in a month',
    `select u.ledger_id, u.visitor from usage_events u join mine l on l.id = u.ledger_id where u.new_visitor
      group by u.ledger_id, u.visitor, date_trunc('month', u.local_date) having count(*) > 1`,
  ],
  [
    'the roll-up is not the sum of the events',
    `select local_date, category from (
       select d.ledger_id, d.local_date, d.category, d.events, d.quantity, d.visitors from usage_days d join mine l on l.id = d.ledger_id
       union all
       select u.ledger_id, u.local_date, u.category, -count(*), -sum(u.quantity), -count(*) filter (where u.new_visitor)
         from usage_events u join mine l on l.id = u.ledger_id group by u.ledger_id, u.local_date, u.category
       union all
       select c.ledger_id, c.local_date, c.category, -c.events, -c.quantity, -c.visitors
         from usage_corrections c join mine l on l.id = c.ledger_id) d
      group by ledger_id, local_date, category having sum(events) <> 0 or sum(quantity) <> 0 or sum(visitors) <> 0`,
  ],
  [
    'the roll-up costs something else than the events and what corrected them',
    `select local_date, sum(amount) from (
       select d.ledger_id, d.local_date, d.amount from usage_days d join mine l on l.id = d.ledger_id
       union all
       select u.ledger_id, u.local_date, -u.amount - coalesce(u.visitor_amount, 0) from usage_events u join mine l on l.id = u.ledger_id
       union all
       select c.ledger_id, c.local_date, -c.amount - c.visitor_amount from usage_corrections c join mine l on l.id = c.ledger_id) d
      group by ledger_id, local_date having sum(amount) <> 0`,
  ],
  [
    'a correction says another amount than its transfers move',
    `select t.ledger_id, t.number, t.amount, c.amount
       from (select t.ledger_id, t.number, t.amount from transfers t join mine l on l.id = t.ledger_id
              where t.kind = 'rerating' and t.reference ~ '^(cancel|visitor|rerating)/') t
       full join (select c.ledger_id, p.number, sum(abs(p.amount)) as amount
                    from usage_corrections c join mine l on l.id = c.ledger_id
                    cross join lateral unnest(c.transfers, c.amounts) p(number, amount)
                   group by c.ledger_id, p.number) c using (ledger_id, number)
      where t.amount is distinct from c.amount`,
  ],
  [
    'what is owed to a reseller is not what was earned less what went back and was paid',
    `select l.account_id, t.owed, e.earned, p.paid
       from mine l
       cross join lateral (select coalesce(sum(case when t.credit like 'partner_payable/%' then t.amount else -t.amount end), 0) as owed
                             from transfers t
                            where t.ledger_id = l.id and (t.credit like 'partner_payable/%' or t.debit like 'partner_payable/%')) t
       cross join lateral (select coalesce(sum(case e.kind when 'accrual' then e.share_micros else -e.share_micros end), 0) as earned
                             from revenue_share_entries e where e.account_id = l.account_id) e
       cross join lateral (select coalesce(sum(p.amount_micros), 0) as paid
                             from payouts p where p.account_id = l.account_id and p.status <> 'failed') p
      where t.owed <> e.earned - p.paid`,
  ],
  [
    'more of a charge was clawed back than was earned of it',
    `select e.invoice_id from revenue_share_entries e join mine l on l.account_id = e.account_id
      group by e.invoice_id having sum(case e.kind when 'accrual' then e.share_micros else -e.share_micros end) < 0`,
  ],
  [
    'an event was stored twice',
    `select u.key from usage_events u join mine l on l.id = u.ledger_id group by u.ledger_id, u.key having count(*) > 1`,
  ],
  [
    'an event has another day than its ledger shows',
    `select u.key, u.local_date from usage_events u join mine l on l.id = u.ledger_id
      where u.local_date <> (u.occurred_at at time zone l.time_zone)::date`,
  ],
  [
    'ledger/check finds something',
    `select l.account_id, c.result from mine l cross join lateral check_ledger(l.id) c(result)
      where not (c.result ->> 'chain_intact')::boolean
         or exists (select from json_array_elements(c.result -> 'assets') a
                     where a ->> 'sum' <> '0' or not (a ->> 'cached_equals_posted')::boolean)`,
  ],
];

/** What is wrong with the ledgers of these accounts, in words; empty when all invariants hold. */
export async function findViolations(
  owner: Client,
  accountIds: readonly string[],
): Promise<string[]> {
  const found: string[] = [];
  for (const [what, sql] of VIOLATIONS) {
    const { rows } = await owner.query(
      `with mine as materialized (select * from ledgers where account_id = any ($1)) ${sql}`,
      [accountIds],
    );
    for (const row of rows.slice(0, 3)) {
      found.push(
        `${what}: ${JSON.stringify(row, (_, v) => (typeof v === 'bigint' ? String(v) : v))}`,
      );
    }
  }
  return [...found, ...(await findBrokenLinks(owner, accountIds))];
}

interface Link {
  readonly ledger_id: bigint;
  readonly number: bigint;
  readonly debit: string;
  readonly credit: string;
  readonly asset: string;
  readonly amount: bigint;
  readonly kind: TransferKind;
  readonly reference: string;
  readonly reason: string | null;
  readonly effective_at: string;
  readonly posted_at: string;
  readonly hash: Buffer;
}

/** The chain once more, in TypeScript: SQL and TypeScript must spell a transfer the same way. */
async function findBrokenLinks(owner: Client, accountIds: readonly string[]): Promise<string[]> {
  const { rows } = await owner.query<Link>(
    `select t.* from transfers t join ledgers l on l.id = t.ledger_id
      where l.account_id = any ($1) order by t.ledger_id, t.number`,
    [accountIds],
  );
  const heads = new Map<bigint, Buffer>();
  const broken: string[] = [];
  for (const row of rows) {
    const text = canonicalTransfer(
      {
        ledgerId: row.ledger_id,
        number: Number(row.number),
        debit: row.debit,
        credit: row.credit,
        asset: row.asset,
        amount: row.amount,
        kind: row.kind,
        reference: row.reference,
        reason: row.reason,
        effectiveAtMs: Date.parse(row.effective_at),
      },
      Date.parse(row.posted_at),
    );
    const hash = createHash('sha256')
      .update(heads.get(row.ledger_id) ?? Buffer.alloc(0))
      .update(text)
      .digest();
    heads.set(row.ledger_id, hash);
    if (!hash.equals(row.hash)) broken.push(`link ${row.ledger_id}/${row.number} is broken`);
  }
  return broken;
}
