/**
 * Owns: what a hold takes out of a request: reserving, extending and capturing, under the account's lock.
 * Does not own: the decision (domain/usage/quote.ts, domain/ledger/hold.ts) and ending a hold (db/close-hold.ts).
 */
import { applyLedgerPlan, findHold, lockLedgers } from '../../db/repositories/ledger.repository';
import { findTaxation } from '../../db/repositories/tax-registration.repository';
import type { Transaction } from '../../db/transaction';
import { BillingError } from '../../domain/billing-error';
import { monthOf } from '../../domain/calendar';
import type { CurrencyCode } from '../../domain/currency';
import type { Instant } from '../../domain/instant';
import { invariant } from '../../domain/invariant';
import { captureHold, type CaptureOutcome, type Hold } from '../../domain/ledger/hold';
import { createLedgerPlan, type LedgerPlan } from '../../domain/ledger/ledger-plan';
import { describeShortfall } from '../../domain/ledger/shortfall';
import { parseAmount } from '../../domain/money';
import type { LedgerState } from '../../domain/ledger/ledger-state';
import { taxationAt } from '../../domain/tax/taxation';
import { buildUsageTax, type UsageTax } from '../../domain/tax/usage-tax';
import { captureMoney } from '../../domain/usage/capture-money';
import type { HoldTerms } from '../../domain/usage/hold-terms';
import type { QuotedHold } from '../../db/quote-usage';
import { isSufficient, type Quoted } from '../../domain/usage/quote';
import type { UsageEvent } from '../../domain/usage/usage-event';
import type { AskedQuote } from '../schemas/quote.schema';
import { expectQuoted, type Asking } from './ask-quote';
import { toCallEvent, type QuotedEvents } from './to-quote-events';

/** Digits enough to find any market, and too few to be anybody's number. */
const PREFIX_DIGITS = 6;

/** Holds what the quote of these events names, or throws `insufficient_balance`. Null: all of it is free. */
export async function reserveAsked(
  { trx, receivedAt, dependencies }: Asking,
  events: readonly UsageEvent[],
  held: { readonly id: string; readonly deadlineAt: Instant; readonly currency: CurrencyCode },
): Promise<Hold | null> {
  const { id: holdId, deadlineAt, currency } = held;
  const asked = { events, recordedAt: receivedAt, holdId, deadlineAt };
  return expectHeld(await dependencies.usage.quotes.reserve(trx, asked), currency);
}

function expectHeld({ quote, hold }: QuotedHold, currency: CurrencyCode): Hold | null {
  const quoted = expectQuoted(quote);
  if (!isSufficient(quoted)) throw toShortfall(quoted, currency);
  return hold;
}

function toShortfall(quoted: Quoted, currency: CurrencyCode): BillingError {
  const { totalMicros, missingMicros, missingUnits } = quoted;
  const [units] = missingUnits;
  const message =
    units === undefined
      ? 'The balance does not cover it.'
      : `The account has ${units.quantity} ${units.asset} too few, and its plan sells no more.`;
  const required = { amountMicros: totalMicros, currency };
  return new BillingError(
    'insufficient_balance',
    message,
    describeShortfall(required, totalMicros - missingMicros),
  );
}

/** What a hold's terms say of what it was asked for. */
export function describeHeld(
  asked: AskedQuote,
  { uniqueRecipients }: QuotedEvents,
): Pick<HoldTerms, 'kind' | 'category' | 'quantity' | 'toPrefix'> {
  const { kind } = asked;
  if (asked.kind !== 'call') {
    return { kind, category: asked.category, quantity: BigInt(uniqueRecipients), toPrefix: null };
  }
  const toPrefix = asked.to?.slice(0, PREFIX_DIGITS) ?? null;
  return { kind, category: null, quantity: BigInt(asked.duration_seconds), toPrefix };
}

/** Holds the further seconds of a call as a slice of its own: what the longer call would cost more. */
export async function extendCall(
  { trx, receivedAt, dependencies }: Asking,
  terms: HoldTerms,
  extension: { readonly by: number; readonly at: Instant; readonly currency: CurrencyCode },
): Promise<void> {
  const { id, accountId, deadlineAt, quantity, toPrefix } = terms;
  const { by, at, currency } = extension;
  const call = toCallEvent({ accountId, at, to: toPrefix }, Number(quantity) + by);
  const slice = { wanted: { ...call, holdId: id }, holdId: `${id}/${quantity}`, deadlineAt };
  const recordedAt = receivedAt;
  expectHeld(
    await dependencies.usage.quotes.reserveLonger(trx, { ...slice, recordedAt }),
    currency,
  );
}

/** What is captured: money of the currency, or units of the meter that is held. */
export interface Capture {
  readonly amount?: string | undefined;
  readonly quantity?: number | undefined;
}

/** Pays an amount of money or a quantity of units from a hold that is open; nothing when neither is said. */
export async function captureFromHold(
  trx: Transaction,
  held: { readonly terms: HoldTerms; readonly at: Instant; readonly recordedAt: Instant },
  capture: Capture,
): Promise<void> {
  const { terms, at, recordedAt } = held;
  const field = capture.amount === undefined ? 'quantity' : 'amount';
  const wanted = wantedOf(capture);
  if (wanted === null) return;
  const ledger = (await lockLedgers(trx, [terms.accountId])).get(terms.accountId);
  invariant(ledger !== undefined, `account ${terms.accountId} has no ledger`);
  const hold = await findHold(trx, ledger, terms.id);
  if (hold === null || wanted === 0n) throw toExcess(field, 0n);
  const plan = createLedgerPlan([ledger], { reference: terms.id, postedAt: recordedAt });
  const month = monthOf(at, ledger.timeZone);
  const outcome =
    field === 'amount'
      ? captureMoney(plan, ledger, {
          hold,
          kind: terms.kind,
          amountMicros: wanted,
          tax: await findUsageTax(trx, { accountId: terms.accountId, at }),
          at,
          month,
        })
      : captureUnits(plan, ledger, { hold, amount: wanted, at, month });
  if (outcome.kind === 'exceeds_hold') throw toExcess(field, outcome.remaining);
  await applyLedgerPlan(trx, plan);
}

function wantedOf({ amount, quantity }: Capture): bigint | null {
  if (amount !== undefined) return parseAmount(amount);
  return quantity === undefined ? null : BigInt(quantity);
}

function captureUnits(
  plan: LedgerPlan,
  ledger: LedgerState,
  capture: Omit<Parameters<typeof captureHold>[2], 'asset'>,
): CaptureOutcome {
  const units = capture.hold.parts.find(({ asset }) => asset !== ledger.currency);
  if (units === undefined) return { kind: 'exceeds_hold', remaining: 0n };
  return captureHold(plan, ledger, { ...capture, asset: units.asset });
}

async function findUsageTax(
  trx: Transaction,
  sale: { readonly accountId: string; readonly at: Instant },
): Promise<UsageTax> {
  return buildUsageTax(taxationAt('consumption', await findTaxation(trx, sale)));
}

function toExcess(field: 'amount' | 'quantity', remaining: bigint): BillingError {
  const left = remaining === 0n ? 'nothing of it' : 'less than that';
  return new BillingError('unprocessable', `The hold still reserves ${left}.`, { field });
}
