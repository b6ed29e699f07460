import type { LifecycleRecord, LifecycleTable } from '../../db/lifecycle-table';
import type { Transaction } from '../../db/transaction';
import type { TopUpTerms } from '../../domain/payment/top-up-terms';
import type {
  ChargeOutcome,
  ChargeToMake,
  describeCollected,
} from '../../domain/collection/charge-attempt';
import type { Collection, MadeCharge } from '../../domain/collection/collection';
import type { NewEvent } from '../../domain/event';
import type { Instant } from '../../domain/instant';
import type { Money } from '../../domain/money';
import type { PayLink } from '../../domain/collection/pay-link';
import { openPayLink } from '../payment/open-pay-link';
import type { Payer } from '../../domain/payment/payment';
import type { Step } from '../../domain/lifecycle';
import type { ActivityDependencies } from '../dependencies';
import { lockLedgersOf, type LockedLedgers } from '../../db/lock-ledger';
import { isOperationDone } from '../../db/repositories/operation.repository';
import { recordOperation } from '../lifecycle/once';
import { withLocked, type Locked } from '../lifecycle/locked';

/** What a saved method pays for, by its id, and the key that makes an operation happen once. */
export interface CollectionTarget {
  readonly id: string;
  readonly accountId: string;
  readonly servesAccountId?: string;
  readonly operationKey: string;
}

/**
 * What collecting asks of a noun that a saved method may pay for, and tells it, in one transaction that
 * has the account's ledger and the noun's row locked. What is told is written before it returns.
 */
export interface Collectible<NounStep extends Step> {
  readonly trx: Transaction;
  readonly request: CollectionTarget;
  readonly recordedAt: Instant;
  /** How payments, tries and receipts name it. */
  readonly payer: Payer;
  /** The event of the noun, as it is now, that tells of money a charge brought. */
  readonly tellCollected: (told: CollectedMoney, at: Instant) => NewEvent[];
  /** Whether the operation was recorded before: it is asked for again after its worker died. */
  readonly isDone: () => Promise<boolean>;
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
  /** Money of an earlier charge came: tried at once where something is owed. */
  readonly noteMoneyArrived: (at: Instant, money: Money) => Promise<void>;
}

type CollectedMoney = ReturnType<typeof describeCollected>;

interface BegunCharge {
  readonly charge: MadeCharge;
  readonly terms: TopUpTerms;
}

/** Opens the transaction about one noun. */
export type OpenCollection<NounStep extends Step> = <T>(
  dependencies: ActivityDependencies,
  asked: { readonly request: CollectionTarget; readonly asked: unknown },
  work: (locked: Collectible<NounStep>) => Promise<T>,
) => Promise<T>;

interface Moment<Funds> {
  readonly at: Instant;
  readonly funds: Funds;
}

/** What every noun's decision about a charge says. */
interface CollectingDecision {
  readonly kind: 'decided';
  readonly at: Instant;
  readonly payLink?: PayLink | null;
}

/** What tells one noun that a saved method pays for from another. */
export interface CollectingNoun<State, Kind extends string, Funds, Decision> {
  readonly table: LifecycleTable<State, Kind> & WritingTable<State>;
  readonly payerKind: Payer['kind'];
  readonly tellCollected: (state: State, told: CollectedMoney, at: Instant) => NewEvent[];
  readonly findFunds: (locked: Locked<LifecycleRecord<State>>, at: Instant) => Promise<Funds>;
  /** Less what others take first (ADR 0033). */
  readonly findDueFunds: (locked: Locked<LifecycleRecord<State>>, at: Instant) => Promise<Funds>;
  readonly apply: (
    locked: Locked<LifecycleRecord<State>>,
    decision: Decision,
    funds: Funds,
  ) => Promise<LifecycleRecord<State>>;
  readonly nameDue: (state: State, moment: Moment<Funds>) => string;
  readonly decideCharge: (state: State, moment: Moment<Funds>) => Decision | ChargeToMake;
  readonly decideCharged: (state: State, outcome: ChargeOutcome, moment: Moment<Funds>) => Decision;
  readonly decideUnanswered: (state: State, moment: Moment<Funds>) => Decision;
  /** The noun with a charge that is made; left out: nothing else of it changes. */
  readonly noteAsked?: (state: State, collection: Collection) => State;
  /** Null: nothing is owed, or it does not pay by itself. */
  readonly noteMoneyArrived: (state: State, at: Instant, money: Money) => State | null;
}

interface WritingTable<State> {
  update(
    trx: Transaction,
    record: LifecycleRecord<State>,
    change: { readonly state: State; readonly at: Instant },
  ): Promise<LifecycleRecord<State>>;
}

/** How collecting is opened for a noun. */
export function createOpenCollection<
  State extends { readonly collection: Collection },
  Kind extends string,
  Funds,
  Decision extends CollectingDecision,
>(noun: CollectingNoun<State, Kind, Funds, Decision>): OpenCollection<Step<Kind>> {
  return (dependencies, asked, work) =>
    withLocked(dependencies, noun.table, asked, (locked) => work(createCollectible(noun, locked)));
}

function createCollectible<
  State extends { readonly collection: Collection },
  Kind extends string,
  Funds,
  Decision extends CollectingDecision,
>(
  noun: CollectingNoun<State, Kind, Funds, Decision>,
  locked: Locked<LifecycleRecord<State>>,
): Collectible<Step<Kind>> {
  const { table, findFunds } = noun;
  const { trx, request, recordedAt } = locked;
  let { record } = locked;
  const apply = async (
    decision: Decision,
    funds: Funds,
    ledgers: LockedLedgers = locked,
  ): Promise<void> => {
    const { ledger, served } = ledgers;
    record = await noun.apply({ ...locked, record, ledger, served }, decision, funds);
    const { at, payLink = null } = decision;
    if (payLink !== null) {
      const paysFor = { kind: noun.payerKind, id: request.id };
      await openPayLink(locked, { accountId: request.accountId, paysFor, link: payLink, at });
    }
    await recordOperation(locked, at);
  };
  const write = async (state: State, at: Instant): Promise<void> => {
    record = await table.update(trx, record, { state, at });
  };
  return {
    trx,
    request,
    recordedAt,
    payer: { kind: noun.payerKind, id: request.id },
    tellCollected: (told, at) => noun.tellCollected(record.state, told, at),
    isDone: () => isOperationDone(trx, request.operationKey),
    collection: () => record.state.collection,
    step: () => table.stepOf(record),
    nameDue: async (at) => noun.nameDue(record.state, { at, funds: await findFunds(locked, at) }),
    async beginCharge(at) {
      const funds = await noun.findDueFunds(locked, at);
      const decided = noun.decideCharge(record.state, { at, funds });
      if (decided.kind === 'decided') {
        await apply(decided, funds);
        return null;
      }
      const { collection } = decided;
      await write(
        noun.noteAsked?.(record.state, collection) ?? { ...record.state, collection },
        at,
      );
      return decided;
    },
    async decideCharged(outcome, at) {
      const ledgers = await lockLedgersOf(trx, request);
      const funds = await findFunds({ ...locked, record, ...ledgers }, at);
      const decision = noun.decideCharged(record.state, outcome, { at, funds });
      return () => apply(decision, funds, ledgers);
    },
    async noteUnanswered(at) {
      const funds = await findFunds(locked, at);
      await apply(noun.decideUnanswered(record.state, { at, funds }), funds);
    },
    async noteMoneyArrived(at, money) {
      const state = noun.noteMoneyArrived(record.state, at, money);
      if (state !== null) await write(state, at);
    },
  };
}
