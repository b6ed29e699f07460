/**
 * Owns: whose balance fell in a transaction, kept until it commits, and who is told then: never before, and nothing
 * when it rolls back.
 * Does not own: noting it (crossings.ts): that is in the row, and whoever is told too late finds it there.
 */
import type { Database } from './connection';
import type { Transaction } from './transaction';

/** Told of an account whose balance fell. Neither throws nor waits: whoever moved the money must not wait for it. */
export type CrossingListener = (accountId: string) => void;

const noted = new WeakMap<Transaction, Set<string>>();
const listeners = new WeakMap<Database, CrossingListener>();

/** Who is told of what the transactions of a pool note. */
export function listenToCrossings(database: Database, listener: CrossingListener): void {
  listeners.set(database, listener);
}

/** Once this transaction commits, the account's auto-recharge is told. */
export function tellAfterCommit(trx: Transaction, accountId: string): void {
  const whole = findWhole(trx);
  const accounts = noted.get(whole) ?? new Set();
  noted.set(whole, accounts.add(accountId));
}

/** The transaction that commits: savepoints lie within it. */
function findWhole(trx: Transaction): Transaction {
  const { parentTransaction } = trx;
  return parentTransaction === undefined ? trx : findWhole(parentTransaction);
}

/** The transaction has committed. */
export function tellCommitted(database: Database, trx: Transaction): void {
  const accounts = noted.get(trx);
  if (accounts === undefined) return;
  for (const accountId of accounts) listeners.get(database)?.(accountId);
}
