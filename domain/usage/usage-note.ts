/**
 * Owns: the note to a document of usage that corrections have changed: what the document would say now, less what it
 * and the notes before say.
 * Does not own: which corrections these are (db/), documents themselves (usage-document.ts).
 * Rules: ADR 0035. Books and documents agree as if the document had been right from the beginning: its total with its
 * notes is what the wallets have paid by now, rounded down, and so is each tax. So what rounding gave back when the
 * document was issued is taken again with what it was rounded from.
 * Example: 3 messages of 0.8631 INR with IGST 18 % stand on an invoice over 3.05, and one is cancelled: 1.018458 have
 * returned, two would have made 2.03, so the credit note is over 1.02 and the wallet gets 0.001542 more.
 */
import type { CurrencyCode } from '../currency';
import type { DocumentKind } from '../document/document';
import { type Instant, toEpochMs } from '../instant';
import { invariant } from '../invariant';
import { grantMoney } from '../ledger/grant';
import { type LedgerPlan, postOnce } from '../ledger/ledger-plan';
import { contraCode, findBucket, type LedgerState, walletCode } from '../ledger/ledger-state';
import { settleDebt } from '../ledger/settlement';
import { postTax } from '../ledger/tax';
import { type Money, multiplyByRatio, subtractMoney } from '../money';
import type { SaleLine, TaxedSale, TaxLine } from '../tax/compute-tax';
import type { Taxation } from '../tax/taxation';
import {
  buildUsageDocument,
  buildUsageLine,
  documentTaxation,
  type UsageCharges,
  type UsageDocument,
} from './usage-document';

/** What a document says with its notes, and how that has changed; below zero: less. */
export interface CorrectedCharges extends UsageCharges {
  readonly change: Pick<UsageCharges, 'quantity' | 'netMicros' | 'taxMicros'>;
}

export interface UsageNote {
  /** A statement is corrected by another one. */
  readonly kind: Extract<DocumentKind, 'credit_note' | 'debit_note' | 'statement'>;
  readonly taxation: Taxation;
  /** Of a credit, amounts below zero. */
  readonly sale: TaxedSale;
  /** What the wallet gets beside what the corrections returned; below zero: gives. */
  readonly backMicros: bigint;
  /** What the note's tax is above the taxes of the corrections; negative: below. */
  readonly taxDifferenceMicros: bigint;
}

interface Terms {
  readonly taxation: Taxation;
  readonly currency: CurrencyCode;
}

/** The note to one document. Null while it would change nothing that can be paid: then it waits. */
export function buildUsageNote(
  charges: readonly CorrectedCharges[],
  terms: Terms,
): UsageNote | null {
  const said = read(charges, terms);
  const right = read(charges.map(correct), terms);
  const total = subtractMoney(right.sale.total, said.sale.total);
  if (total.amountMicros === 0n) return null;
  const noteKind = total.amountMicros < 0n ? 'credit_note' : 'debit_note';
  return {
    kind: terms.taxation.taxPoint === 'top_up' ? 'statement' : noteKind,
    taxation: documentTaxation(terms.taxation),
    sale: {
      lines: charges.flatMap((charge, index) =>
        buildLine(charge, { said: said.sale.lines[index], right: right.sale.lines[index] }, terms),
      ),
      taxLines: subtractTaxes(right.sale.taxLines, said.sale.taxLines),
      subtotal: subtractMoney(right.sale.subtotal, said.sale.subtotal),
      taxTotal: subtractMoney(right.sale.taxTotal, said.sale.taxTotal),
      roundOff: subtractMoney(right.sale.roundOff, said.sale.roundOff),
      total,
    },
    backMicros: right.backMicros - said.backMicros,
    taxDifferenceMicros: right.taxDifferenceMicros - said.taxDifferenceMicros,
  };
}

/** Posts what makes the books agree with a note, once under its reference. */
export function postUsageNote(
  plan: LedgerPlan,
  ledger: LedgerState,
  posting: { readonly note: UsageNote; readonly reference: string; readonly at: Instant },
): void {
  const { note, reference, at } = posting;
  const { backMicros, taxDifferenceMicros: taxMicros } = note;
  postTax(plan, ledger, { reference, taxMicros, at });
  const reason = 'usage that was corrected, rounded as on its document';
  if (backMicros > 0n) {
    const refund = { kind: 'refund', from: 'revenue', source: 'wallet_additional' } as const;
    grantMoney(plan, ledger, { ...refund, amountMicros: backMicros, at, reference, reason });
  }
  if (backMicros < 0n) takeRounding(plan, ledger, { ...posting, reason });
}

/** Less than the smallest amount that can be paid; a wallet without it owes it. */
function takeRounding(
  plan: LedgerPlan,
  ledger: LedgerState,
  taking: {
    readonly note: UsageNote;
    readonly reference: string;
    readonly reason: string;
    readonly at: Instant;
  },
): void {
  const { note, reference, reason, at } = taking;
  const wallet = findBucket(ledger, walletCode('wallet_additional'));
  invariant(wallet !== undefined, 'every ledger has an additional wallet');
  wallet.posted += note.backMicros;
  postOnce(plan, ledger, {
    debit: wallet.code,
    credit: contraCode('revenue', ledger.currency),
    asset: ledger.currency,
    amount: -note.backMicros,
    kind: 'charge',
    reference,
    reason,
    effectiveAtMs: toEpochMs(at),
  });
  settleDebt(plan, ledger, { at, reference });
}

function correct({ change, ...said }: CorrectedCharges): UsageCharges {
  return {
    ...said,
    quantity: said.quantity + change.quantity,
    netMicros: said.netMicros + change.netMicros,
    taxMicros: said.taxMicros + change.taxMicros,
  };
}

type Read = Pick<UsageDocument, 'sale' | 'backMicros' | 'taxDifferenceMicros'>;

/** The document of these charges. Of less than can be paid there is none: then all of it goes back. */
function read(charges: readonly UsageCharges[], terms: Terms): Read {
  const document = buildUsageDocument(charges, terms);
  if (document !== null) return document;
  const taxMicros = charges.reduce((sum, charge) => sum + charge.taxMicros, 0n);
  const zero: Money = { amountMicros: 0n, currency: terms.currency };
  const sums = { subtotal: zero, taxTotal: zero, roundOff: zero, total: zero };
  return {
    sale: { ...sums, lines: [], taxLines: [] },
    backMicros: charges.reduce((sum, { netMicros }) => sum + netMicros, taxMicros),
    taxDifferenceMicros: -taxMicros,
  };
}

/** What has changed of a month and category; nothing that can be paid and no unit: no line. */
function buildLine(
  charge: CorrectedCharges,
  { said, right }: { readonly said: SaleLine | undefined; readonly right: SaleLine | undefined },
  terms: Terms,
): SaleLine[] {
  const line = buildUsageLine(charge, terms);
  const zero = { ...line.amount, amountMicros: 0n };
  const amount = subtractMoney(right?.amount ?? zero, said?.amount ?? zero);
  const units = charge.change.quantity;
  if (amount.amountMicros === 0n && units === 0n) return [];
  // A price that was corrected changes no quantity.
  const quantity = units === 0n ? 1n : units < 0n ? -units : units;
  const average = { ...amount, numerator: 1n, denominator: quantity, rounding: 'half_up' } as const;
  const unitAmount = { ...amount, amountMicros: multiplyByRatio(average) };
  return [{ ...line, quantity, unitAmount, amount }];
}

function subtractTaxes(right: readonly TaxLine[], said: readonly TaxLine[]): TaxLine[] {
  const same = (lines: readonly TaxLine[], { component, rate }: TaxLine) =>
    lines.find((line) => line.component === component && line.rate === rate);
  const gone = said.filter((line) => same(right, line) === undefined);
  return [...right, ...gone].map((line) => {
    const zero = { ...line.amount, amountMicros: 0n };
    const [is, was] = [same(right, line), same(said, line)];
    return {
      ...line,
      taxable: subtractMoney(is?.taxable ?? zero, was?.taxable ?? zero),
      amount: subtractMoney(is?.amount ?? zero, was?.amount ?? zero),
    };
  });
}
