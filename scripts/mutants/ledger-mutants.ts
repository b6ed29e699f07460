/** A small lie planted in the ledger: `find` stands once in `file` and becomes `become`. */
export interface Mutant {
  readonly name: string;
  readonly file: string;
  readonly find: string;
  readonly become: string;
}

const SQL = 'db/migrations/0002_ledger.sql';
const STATE = 'domain/ledger/ledger-state.ts';
const BURN = 'domain/ledger/burn.ts';
const USAGE = 'domain/usage/decide-usage.ts';
const HOLD = 'domain/ledger/hold.ts';
const MONTH = 'domain/ledger/month.ts';
const SETTLEMENT = 'domain/ledger/settlement.ts';
const CHARGES_SQL = 'db/migrations/0014_usage_documents.sql';

export const LEDGER_MUTANTS: readonly Mutant[] = [
  // Locking and reading.
  { name: 'no lock', file: SQL, find: 'order by id for update', become: 'order by id' },
  {
    name: 'replays of other accounts',
    file: SQL,
    find: 'where u.ledger_id = e.ledger_id and u.key = e.key',
    become: 'where u.key = e.key',
  },
  {
    name: 'visitors of other accounts',
    file: SQL,
    find: 'where v.ledger_id = e.ledger_id and v.month',
    become: 'where v.month',
  },
  {
    name: 'days in UTC',
    file: SQL,
    find: '(i.occurred_at at time zone l.time_zone)::date',
    become: `(i.occurred_at at time zone 'UTC')::date`,
  },
  {
    name: 'allowances unread by operations',
    file: SQL,
    find: 'and (present is null or l.open_month',
    become: 'and (false or l.open_month',
  },
  {
    name: 'closed buckets are read',
    file: SQL,
    find: 'from buckets where ledger_id = any (ledger_ids) and closed_at is null',
    become: 'from buckets where ledger_id = any (ledger_ids)',
  },
  {
    name: 'keys forgotten early',
    file: SQL,
    find: `interval '45 days'`,
    become: `interval '39 days'`,
  },
  {
    name: 'keys looked for by time',
    file: SQL,
    find: '(ledger_id, occurred_at, key) where quantity >= 0',
    become: '(ledger_id, occurred_at, key)',
  },
  {
    name: 'happened transfers unread',
    file: SQL,
    find: 'if cardinality(reference_texts) = 0 then',
    become: 'if true then',
  },
  {
    name: 'the first month counts as open',
    file: 'db/repositories/ledger.repository.ts',
    find: `month - interval '1 month', month`,
    become: 'month, month',
  },
  // Applying.
  {
    name: 'credits are not added',
    file: SQL,
    find: `union all select ledger_id, credit, asset, amount, 0, case`,
    become: `union all select ledger_id, credit, asset, 0, 0, case`,
  },
  {
    name: 'a hold adds what remains each time',
    file: SQL,
    find: 'new.remaining - coalesce(old.remaining, 0)',
    become: 'new.remaining',
  },
  {
    name: 'every credit counts as granted',
    file: SQL,
    find: `amount, 0, case kind when 'grant' then amount else 0 end from posted_now`,
    become: 'amount, 0, amount from posted_now',
  },
  {
    name: 'what is taken back counts as granted',
    file: SQL,
    find: `case credit when 'issuance/' || asset then -amount else 0 end as granted from posted_now`,
    become: '0 as granted from posted_now',
  },
  {
    name: 'the head stays',
    file: SQL,
    find: 'chain_head = t.hash',
    become: 'chain_head = l.chain_head',
  },
  {
    name: 'gaps in the numbering',
    file: SQL,
    find: 'and l.transfer_count + t.posted = t.number returning',
    become: 'returning',
  },
  {
    name: 'transfers without buckets',
    file: SQL,
    find: 'if moved <> movable then',
    become: 'if false then',
  },
  {
    name: 'closed buckets take transfers',
    file: SQL,
    find: 'from balances where is_open',
    become: 'from balances',
  },
  {
    name: 'all open buckets are read to move one',
    file: SQL,
    find: 'and b.asset = m.asset returning',
    become: 'and b.asset = m.asset and b.closed_at is null returning',
  },
  {
    name: 'roll-up keeps the last',
    file: SQL,
    find: 'quantity = d.quantity + excluded.quantity',
    become: 'quantity = excluded.quantity',
  },
  {
    name: 'months stay closed',
    file: SQL,
    find: 'set open_month = m.open_month',
    become: 'set open_month = l.open_month',
  },
  {
    name: 'a thing happens twice',
    file: SQL,
    find: 'create unique index transfers_happen_once',
    become: 'create index transfers_happen_once',
  },
  {
    name: 'overdraft allowed',
    file: SQL,
    find: `check (source = 'wallet_additional' or posted >= held)`,
    become: 'check (true)',
  },
  {
    name: 'a hold is placed twice',
    file: SQL,
    find: 'where n.remaining = n.reserved',
    become: 'where false',
  },
  {
    name: 'a hold grows',
    file: SQL,
    find: 'where h.reserved = excluded.reserved and h.remaining >= excluded.remaining and',
    become: 'where',
  },
  {
    name: 'an ended bucket lives on',
    file: SQL,
    find: 'expires_at = least(b.expires_at, c.expires_at)',
    become: 'expires_at = b.expires_at',
  },
  // Guarding and checking.
  {
    name: 'the application may update transfers',
    file: SQL,
    find: 'grant update (quantity) on allowances',
    become: 'grant update on transfers to tollgate_app;\ngrant update (quantity) on allowances',
  },
  {
    name: 'transfers of all tenants',
    file: SQL,
    find: `create policy transfers_of_tenant on transfers using (`,
    become: 'create policy transfers_of_tenant on transfers using (true or ',
  },
  {
    name: 'the check ignores the head',
    file: SQL,
    find: 'and l.chain_head = coalesce(',
    become: 'and l.chain_head = coalesce(l.chain_head, ',
  },
  {
    name: 'the check ignores holds',
    file: SQL,
    find: 'and b.held = coalesce(h.held, 0)',
    become: '',
  },
  {
    name: 'reasons are not hashed',
    file: SQL,
    find: `coalesce(to_json(t.reason)::text, 'null')`,
    become: `'null'`,
  },
  {
    name: 'the chain is not chained',
    file: 'db/ledger-chain.ts',
    find: `Buffer.concat([Buffer.from(ledger.chainHead, 'hex'), text])`,
    become: 'text',
  },
  // Deciding.
  {
    name: 'an expiry covers its instant',
    file: STATE,
    find: 'atMs < bucket.expiresAtMs',
    become: 'atMs <= bucket.expiresAtMs',
  },
  {
    name: 'holds are ignored',
    file: STATE,
    find: 'return bucket.posted - bucket.held + bucket.creditLimit;',
    become: 'return bucket.posted + bucket.creditLimit;',
  },
  {
    name: 'additional first',
    file: STATE,
    find: 'wallet_additional: 4',
    become: 'wallet_additional: 2',
  },
  {
    name: 'latest expiry first',
    file: STATE,
    find: 'compareNumbers(left.expiresAtMs, right.expiresAtMs)',
    become: 'compareNumbers(right.expiresAtMs, left.expiresAtMs)',
  },
  {
    name: 'a quota of any month',
    file: STATE,
    find: '(bucket.month === null || bucket.month === month) &&',
    become: '',
  },
  { name: 'half a micro is dropped', file: BURN, find: '+ E10_PER_MICRO / 2n', become: '' },
  {
    name: 'a refusal keeps the units',
    file: USAGE,
    find: '  giveBack(parts);\n',
    become: '',
  },
  {
    name: 'a known visitor pays again',
    file: USAGE,
    find: 'visitor === null || knownVisitors.has(position)',
    become: 'visitor === null',
  },
  {
    name: 'copies in one call pay twice',
    file: USAGE,
    find: 'reading.replays.get(position) ?? inThisCall.stored.get(key)',
    become: 'reading.replays.get(position)',
  },
  {
    name: 'other facts are a replay',
    file: USAGE,
    find: 'if (fingerprint !== event.fingerprint) return',
    become: 'if (false) return',
  },
  {
    name: 'enforce overdraws',
    file: USAGE,
    find: 'mayOverdraw: isDone(event)',
    become: 'mayOverdraw: true',
  },
  {
    name: 'a day later is too old',
    file: 'domain/usage/usage-time.ts',
    find: 'USAGE_AGE_MAX_DAYS = 40',
    become: 'USAGE_AGE_MAX_DAYS = 41',
  },
  {
    name: 'the month before stays closed',
    file: MONTH,
    find: 'if (key >= previousMonth(month)) openQuotas',
    become: 'if (key >= month) openQuotas',
  },
  {
    name: 'a raise grants all again',
    file: MONTH,
    find: 'const missing = allowanceOf(ledger, asset, month) - before;',
    become: 'const missing = allowanceOf(ledger, asset, month) - 0n * before;',
  },
  {
    name: 'what is used is taken back, too',
    file: MONTH,
    find: 'const amount = excess < free ? excess : free;',
    become: 'const amount = excess;',
  },
  {
    name: 'what is held is taken back, too',
    file: MONTH,
    find: 'const free = bucket.posted - bucket.held;',
    become: 'const free = bucket.posted;',
  },
  {
    name: 'all that is free is taken back',
    file: MONTH,
    find: 'const amount = excess < free ? excess : free;',
    become: 'const amount = free;',
  },
  {
    name: 'settlement beyond the initial wallet',
    file: SETTLEMENT,
    find: 'debtMicros < freeMicros ? debtMicros : freeMicros',
    become: 'debtMicros',
  },
  {
    name: 'settlement from held money',
    file: SETTLEMENT,
    find: 'initial.posted - initial.held',
    become: 'initial.posted',
  },
  {
    name: 'a grant settles nothing',
    file: 'domain/ledger/grant.ts',
    find: 'const settledMicros = settleDebt(plan, ledger, { at: grant.at, reference });',
    become: 'const settledMicros = 0n;',
  },
  {
    name: 'a repeat with another amount passes',
    file: 'domain/ledger/grant.ts',
    find: 'if (!isSame) throw alreadyHappened({ kind, reference });',
    become: '',
  },
  {
    name: 'a charge repeated with another amount passes',
    file: 'domain/ledger/charge.ts',
    find: 'if (sumOf(before) !== amountMicros) throw alreadyHappened({ kind, reference });',
    become: '',
  },
  {
    name: 'a capture beyond the hold',
    file: HOLD,
    find: `if (capture.amount > remaining) return { kind: 'exceeds_hold', remaining };`,
    become: '',
  },
  {
    name: 'a release revives an ended bucket',
    file: HOLD,
    find: 'if (isOver(bucket, toEpochMs(at), release.month)) {',
    become: 'if (false) {',
  },
  {
    name: 'expiry forfeits what is held',
    file: 'domain/ledger/expiry.ts',
    find: 'const forfeited = bucket.posted - bucket.held;',
    become: 'const forfeited = bucket.posted;',
  },

  // What the month's document will say.
  {
    name: 'usage charges of the last batch alone',
    file: CHARGES_SQL,
    find: 'amount = c.amount + excluded.amount',
    become: 'amount = excluded.amount',
  },
  {
    name: 'usage charges without their tax',
    file: 'domain/usage/post-usage.ts',
    find: `post(part, 'tax_payable', part.amount - net)`,
    become: `post(part, 'revenue', part.amount - net)`,
  },
];
