/**
 * A subscription as the platform runs it, without servers: the real decisions, posted to a ledger in
 * memory. What each of them charged, credited and documented is written down.
 */
import { monthOf } from '../../domain/calendar';
import type { Instant } from '../../domain/instant';
import { burn, type Part } from '../../domain/ledger/burn';
import { availableMoney } from '../../domain/ledger/charge';
import { grantMoney } from '../../domain/ledger/grant';
import { createLedgerPlan, postUsage, type LedgerPlan } from '../../domain/ledger/ledger-plan';
import { covers, type LedgerState } from '../../domain/ledger/ledger-state';
import { openMonths } from '../../domain/ledger/month';
import { toEpochMs } from '../../domain/instant';
import { isDueAction, type DueAction } from '../../domain/next-action';
import type { Allowances } from '../../domain/plan';
import { listAllowancesLeft, type AllowanceAsset } from '../../domain/subscription/allowances-left';
import { noteMoneyArrived } from '../../domain/subscription/decide-command';
import { decideDue } from '../../domain/subscription/decide-due';
import { walletFunds, type Funds } from '../../domain/subscription/funds';
import { postDecision } from '../../domain/subscription/post-to-ledger';
import type { SubscriptionRefusal } from '../../domain/subscription/refusal';
import type { SubscriptionSaleLine } from '../../domain/subscription/sale';
import {
  decideNextAction,
  type SubscriptionActionKind,
} from '../../domain/subscription/decide-next';
import type { SubscriptionDecision } from '../../domain/subscription/decision';
import type { Subscription } from '../../domain/subscription/subscription';
import type { Taxation } from '../../domain/tax/taxation';
import { buildLedger } from './build-ledger';

export interface Document {
  readonly kind: 'invoice' | 'credit_note';
  readonly totalMicros: bigint;
}

type Decided = SubscriptionDecision | SubscriptionRefusal;

/** Asks a decision of what there is now. The first one finds no subscription. */
type Ask = (funds: Funds, subscription: Subscription | null) => Decided;

export interface World {
  readonly ledger: LedgerState;
  readonly documents: Document[];
  readonly lines: SubscriptionSaleLine[];
  /** Names of the sales, in order. */
  readonly sold: string[];
  /** What each ledger account holds by the transfers alone, by asset and code. */
  readonly sums: Map<string, bigint>;
  subscription(): Subscription | null;
  nextDue(): DueAction<SubscriptionActionKind> | null;
  command(at: Instant, ask: Ask): SubscriptionRefusal['code'] | null;
  perform(action: DueAction<SubscriptionActionKind>): void;
  topUp(amountMicros: bigint, at: Instant): void;
  /** Uses as many as there are, of the balance too. */
  use(quantity: bigint, at: Instant, asset?: AllowanceAsset | 'INR'): void;
  /** What is left of an allowance at an instant, quotas of its month only. */
  left(asset: AllowanceAsset, at: Instant): bigint;
  walletMicros(at: Instant): bigint;
  messagesLeft(at: Instant): bigint;
}

export function createWorld(facts: {
  readonly timeZone: string;
  readonly startsAt: Instant;
  readonly taxation: Taxation;
  readonly allowancesOf: (planCode: string) => Allowances;
}): World {
  const { timeZone, startsAt, taxation, allowancesOf } = facts;
  const openMonth = monthOf(startsAt, timeZone);
  const ledger = buildLedger({ currency: 'INR', timeZone, openMonth });
  const documents: Document[] = [];
  const lines: SubscriptionSaleLine[] = [];
  const sold: string[] = [];
  const sums = new Map<string, bigint>();
  let subscription: Subscription | null = null;
  let operations = 0;

  const move = (at: Instant, work: (plan: LedgerPlan) => void): void => {
    operations += 1;
    const plan = createLedgerPlan([ledger], { reference: `operation/${operations}`, postedAt: at });
    work(plan);
    for (const { asset, debit, credit, amount } of plan.transfers) {
      add(sums, `${asset} ${debit}`, -amount);
      add(sums, `${asset} ${credit}`, amount);
    }
  };
  const fundsAt = (at: Instant): Funds => {
    const allowances =
      subscription === null ? [] : listAllowancesLeft(ledger, subscription, { at });
    return { ...walletFunds(availableMoney(ledger, at)), taxation, allowances };
  };
  const apply = (decision: SubscriptionDecision): void => {
    const after = allowancesOf(decision.subscription.planCode);
    const before = subscription === null ? after : allowancesOf(subscription.planCode);
    move(decision.at, (plan) => {
      const posted = postDecision({ plan, ledger }, decision, { before, after });
      ({ subscription } = posted);
    });
    const { sale } = decision;
    if (sale === null) return;
    sold.push(sale.reference);
    for (const part of sale.parts) {
      const totalMicros = part.taxed.total.amountMicros;
      lines.push(...part.lines);
      if (totalMicros > 0n) documents.push({ kind: 'invoice', totalMicros });
      if (totalMicros < 0n) documents.push({ kind: 'credit_note', totalMicros });
    }
  };
  const sumUp = (asset: string, at: Instant): bigint => {
    const open = ledger.buckets.filter((bucket) => bucket.asset === asset);
    const alive = open.filter(({ expiresAtMs }) => toEpochMs(at) < expiresAtMs);
    return alive.reduce((sum, { posted }) => sum + posted, 0n);
  };
  return {
    ledger,
    documents,
    lines,
    sold,
    sums,
    subscription: () => subscription,
    nextDue() {
      const next = subscription === null ? null : decideNextAction(subscription);
      return next !== null && isDueAction(next) ? next : null;
    },
    command(at, ask) {
      const decided = ask(fundsAt(at), subscription);
      if (decided.kind === 'refused') return decided.code;
      apply(decided);
      return null;
    },
    perform(action) {
      if (subscription !== null) apply(decideDue(subscription, action, fundsAt(action.at)));
    },
    topUp(amountMicros, at) {
      move(at, (plan) => {
        const money = { amountMicros, kind: 'grant', from: 'clearing' } as const;
        const reference = `top_up/${operations}`;
        grantMoney(plan, ledger, { ...money, source: 'wallet_additional', at, reference });
      });
      if (subscription !== null) subscription = noteMoneyArrived(subscription, at) ?? subscription;
    },
    use(quantity, at, asset = 'message') {
      const month = monthOf(at, timeZone);
      const atMs = toEpochMs(at);
      move(at, (plan) => {
        openMonths(plan, ledger, { month, atMs });
        const parts: Part[] = [];
        burn(ledger, { asset, amount: quantity, atMs, month }, parts);
        for (const { bucket, amount } of parts) {
          const sides = { debit: bucket.code, credit: `consumption/${asset}`, asset };
          postUsage(plan, ledger, { ...sides, amount, effectiveAtMs: atMs, month });
        }
      });
    },
    walletMicros: (at) => sumUp('INR', at),
    messagesLeft: (at) => sumUp('message', at),
    left: (asset, at) => {
      const month = monthOf(at, timeZone);
      const usable = ledger.buckets.filter(
        (bucket) => bucket.asset === asset && covers(bucket, toEpochMs(at), month),
      );
      return usable.reduce((sum, { posted, held }) => sum + posted - held, 0n);
    },
  };
}

function add(sums: Map<string, bigint>, name: string, amount: bigint): void {
  sums.set(name, (sums.get(name) ?? 0n) + amount);
}
