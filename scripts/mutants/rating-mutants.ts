import type { Mutant } from './ledger-mutants';

const SQL = 'db/migrations/0002_ledger.sql';
const STATE_SQL = 'db/migrations/0011_rating_state.sql';
const STATE = 'domain/ledger/ledger-state.ts';

/** Lies about what rating remembers and reads anew. */
export const RATING_MUTANTS: readonly Mutant[] = [
  {
    name: 'customers of other accounts',
    file: STATE_SQL,
    find: 'where c.ledger_id = w.ledger_id and c.contact = w.contact limit 1',
    become: 'where c.contact = w.contact limit 1',
  },
  {
    name: 'counts of other months',
    file: STATE_SQL,
    find: 'c.ledger_id = w.ledger_id and c.month = w.month and c.counter',
    become: 'c.ledger_id = w.ledger_id and c.counter',
  },
  {
    name: 'counts are replaced',
    file: STATE_SQL,
    find: 'do update set used = r.used + excluded.used',
    become: 'do update set used = excluded.used',
  },
  {
    name: 'the first answer is forgotten',
    file: STATE_SQL,
    find: 'entry_answered_at = excluded.entry_answered_at',
    become: 'entry_answered_at = null',
  },
  {
    name: 'conversations are forgotten',
    file: STATE_SQL,
    find: 'conversations = excluded.conversations;',
    become: `conversations = '{}';`,
  },
  {
    name: 'cards are read once for ever',
    file: 'db/rating-memory.ts',
    find: 'const hasSameCards = basis.cards.generation === generation;',
    become: 'const hasSameCards = true;',
  },
  {
    name: 'terms are read once for ever',
    file: 'db/migrations/0009_rate_cards.sql',
    find: 'set terms_version = terms_version + 1',
    become: 'set terms_version = terms_version',
  },
  {
    name: 'channels are not kept',
    file: SQL,
    find: 'starts_at, expires_at, channels, coalesce(credit_limit, 0)',
    become: 'starts_at, expires_at, null, coalesce(credit_limit, 0)',
  },
  {
    name: 'money of a plan pays sales',
    file: STATE,
    find: `return source !== 'wallet_initial';`,
    become: 'return true;',
  },
];
