import type { Transaction } from '../../db/transaction';
import type { TopUpTerms } from '../../domain/payment/top-up-terms';
import type { ChargeOutcome } from '../../domain/collection/charge-try';
import type { Collection, MadeCharge } from '../../domain/collection/collection';
import type { Instant } from '../../domain/instant';
import type { Payer } from '../../domain/payment/payment';
import type { ActivityDependencies } from '../dependencies';
import type { Step } from '../../domain/lifecycle';

/** What a saved method pays for, by its id, and the key that makes an operation happen once. */
export interface CollectionTarget {
  readonly id: string;
  readonly accountId: string;
  readonly operationKey: string;
}

/**
 * What collecting asks of a noun that a saved method may pay for, and tells it, in one transaction that
 * has the account's ledger and the noun's row locked. What is told is written before it returns.
 */
export interface CollectionUnit<NounStep extends Step> {
  readonly trx: Transaction;
  readonly request: CollectionTarget;
  readonly recordedAt: Instant;
  /** How payments, tries and receipts name it. */
  readonly payer: Payer;
  /** The event that tells of money a charge brought. */
  readonly collectedEvent: string;
  /** As the row says now. */
  readonly collection: () => Collection;
  readonly step: () => NounStep;
  /** The reference of what is owed at an instant: it names the period. */
  readonly nameDue: (at: Instant) => Promise<string>;
  /** Writes the planned charge down as made; null when that was not needed, or not to be. */
  readonly beginCharge: (at: Instant) => Promise<BegunCharge | null>;
  /** What the gateway's answer means, by the money there is now; written when the answer is called. */
  readonly decideCharged: (outcome: ChargeOutcome, at: Instant) => Promise<() => Promise<void>>;
  readonly noteUnanswered: (at: Instant) => Promise<void>;
  /** Money came: tried at once where something is owed. */
  readonly noteMoneyArrived: (at: Instant) => Promise<void>;
}

interface BegunCharge {
  readonly charge: MadeCharge;
  readonly terms: TopUpTerms;
}

/** Opens the transaction about one noun. */
export type OpenCollection<NounStep extends Step> = <T>(
  dependencies: ActivityDependencies,
  asked: { readonly request: CollectionTarget; readonly asked: unknown },
  work: (unit: CollectionUnit<NounStep>) => Promise<T>,
) => Promise<T>;
