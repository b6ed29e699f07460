import type { SubscriptionRecord } from '../db/repositories/subscription.repository';
import type { Transaction } from '../db/transaction';
import type { Instant } from '../domain/instant';
import type { LedgerState } from '../domain/ledger/ledger-state';

/** Whose subscription an operation is about, and the key that makes it happen once. */
export interface SubscriptionTarget {
  readonly id: string;
  readonly accountId: string;
  readonly operationKey: string;
}

/** What one transaction about a subscription has locked and was asked for. */
export interface SubscriptionUnit {
  readonly trx: Transaction;
  readonly ledger: LedgerState;
  /** Null before the start. */
  readonly record: SubscriptionRecord | null;
  readonly request: SubscriptionTarget;
  /** Stored with the operation: the same key must ask for the same. */
  readonly asked: unknown;
  readonly recordedAt: Instant;
}
