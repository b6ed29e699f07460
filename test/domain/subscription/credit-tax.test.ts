/** Which tax a change of plan or a pause bears when the tax has changed since the period was invoiced. */
import fc from 'fast-check';
import { DEFAULT_CHANGE_POLICY } from '../../../domain/change-policy';
import type { CreditableInvoice } from '../../../domain/document/allocate-credit';
import { createLedgerPlan } from '../../../domain/ledger/ledger-plan';
import { formatAmount, parseAmount } from '../../../domain/money';
import { decideChange } from '../../../domain/subscription/decide-change';
import { decideStart } from '../../../domain/subscription/decide-command';
import { decidePause } from '../../../domain/subscription/decide-pause';
import { postDecision } from '../../../domain/subscription/post-to-ledger';
import type { SubscriptionDecision } from '../../../domain/subscription/decision';
import type { Funds } from '../../../domain/subscription/funds';
import type { SubscriptionRefusal } from '../../../domain/subscription/refusal';
import { listChangeLines } from '../../../domain/subscription/sale';
import type { Subscription } from '../../../domain/subscription/subscription';
import { UNTAXED, type TaxComponent, type Taxation } from '../../../domain/tax/taxation';
import { buildLedger } from '../../support/build-ledger';
import { fundsOf, growth, inr } from './subscription-walk';

/** Midnight in Istanbul; half of February is left at the second. */
const FEBRUARY_1 = '2026-01-31T21:00:00.000Z';
const MID_FEBRUARY = '2026-02-14T21:00:00.000Z';
const RICH = fundsOf(100_000_000_000n);

function started(price: string): Subscription {
  const terms = growth({ planCode: `for_${price}`, price: inr(price) });
  return decided(decideStart(terms, { now: FEBRUARY_1, funds: RICH })).subscription;
}

/** The plan of that price from the middle of the month on. */
function change(before: Subscription, price: string, funds: Funds): SubscriptionDecision {
  const { planName, planVersion, cycle, bearsTax, dunning } = growth();
  const name = { planCode: `for_${price}`, planName, planVersion, cycle, bearsTax, dunning };
  const target = { ...name, price: inr(price), changePolicy: DEFAULT_CHANGE_POLICY };
  return decided(decideChange(before, { target, isForced: false }, { now: MID_FEBRUARY, funds }));
}

function decided(decision: SubscriptionDecision | SubscriptionRefusal): SubscriptionDecision {
  if (decision.kind === 'refused') throw new Error(`${decision.code}: ${decision.message}`);
  return decision;
}

/** "note -2499.50 = -2499.50", "invoice 589.00 = 499.50 + 89.91 - 0.41": one line a document. */
function documentsOf({ sale }: SubscriptionDecision): string[] {
  return (sale?.parts ?? []).map(({ taxed, lines }) => {
    const kind = taxed.total.amountMicros > 0n ? 'invoice' : 'note';
    const { taxLines, roundOff, total } = taxed;
    const amounts = [...lines, ...taxLines].map(({ amount }) => amount);
    const summands = roundOff.amountMicros === 0n ? amounts : [...amounts, roundOff];
    return `${kind} ${formatAmount(total)} = ${summands.map(formatAmount).join(' + ')}`.replaceAll(
      '+ -',
      '- ',
    );
  });
}

/** What the preview shows: "proration_credit -499.50". */
function linesOf({ sale }: SubscriptionDecision): string[] {
  return listChangeLines(sale).map(({ kind, amount }) => `${kind} ${amount}`);
}

function totalOf({ sale }: SubscriptionDecision): string {
  return sale === null ? 'nothing' : formatAmount(sale.total);
}

const tax = (component: TaxComponent['component'], rate: string): TaxComponent => ({
  component,
  rate,
  baseNumerator: 1n,
  baseDenominator: 1n,
});
const taxed = (...components: TaxComponent[]): Taxation => ({
  ...UNTAXED,
  kind: 'taxed',
  components,
});
const IGST_18 = taxed(tax('IGST', '18'));
const IGST_12 = taxed(tax('IGST', '12'));
const HALVES = taxed(tax('CGST', '9'), tax('SGST', '9'));
const inRupees = (taxation: Taxation): Taxation => ({ ...taxation, totalStepMicros: 1_000_000n });

/** An invoice that has so much left. */
const invoice = (left: string, taxation: Taxation, id = 'inv_1'): CreditableInvoice => ({
  id,
  taxation,
  leftMicros: inr(left).amountMicros,
});
const PAUSE = { at: 'now', resumesAt: null } as const;

function pauseWith(before: Subscription, funds: Funds): SubscriptionDecision {
  return decided(decidePause(before, PAUSE, { now: MID_FEBRUARY, funds }));
}

describe('a change whose period was taxed differently is a credit note and an invoice', () => {
  it.each([
    [
      'the seller registers',
      [UNTAXED, inRupees(IGST_18)],
      ['note -2499.50 = -2499.50', 'invoice 589.00 = 499.50 + 89.91 - 0.41'],
      '-1910.50',
    ],
    [
      'the rate falls',
      [inRupees(IGST_18), inRupees(IGST_12)],
      ['note -2949.00 = -2499.50 - 449.91 + 0.41', 'invoice 559.00 = 499.50 + 59.94 - 0.44'],
      '-2390.00',
    ],
    [
      'the buyer moves',
      [inRupees(HALVES), inRupees(IGST_18)],
      [
        'note -2949.00 = -2499.50 - 224.96 - 224.96 + 0.42',
        'invoice 589.00 = 499.50 + 89.91 - 0.41',
      ],
      '-2360.00',
    ],
  ] as const)('%s: to less', (_, [before, taxation], documents, total) => {
    const funds = { ...RICH, taxation, creditable: [invoice('5898.82', before)] };
    const decision = change(started('4999.00'), '999.00', funds);
    expect(documentsOf(decision)).toEqual(documents);
    expect(totalOf(decision)).toBe(total);
    expect(decision.sale?.parts.map((part) => part.taxation)).toEqual([before, taxation]);
    const [note] = decision.sale?.parts ?? [];
    expect(note?.takesBack).toEqual([
      { id: 'inv_1', amountMicros: -(note?.taxed.total.amountMicros ?? 0n) },
    ]);
  });

  it.each([
    [
      'the seller registers',
      [UNTAXED, IGST_18],
      ['note -499.50 = -499.50', 'invoice 2949.41 = 2499.50 + 449.91'],
      '2449.91',
    ],
    [
      'the rate falls',
      [IGST_18, IGST_12],
      ['note -589.41 = -499.50 - 89.91', 'invoice 2799.44 = 2499.50 + 299.94'],
      '2210.03',
    ],
    [
      'the buyer moves',
      [HALVES, IGST_18],
      ['note -589.42 = -499.50 - 44.96 - 44.96', 'invoice 2949.41 = 2499.50 + 449.91'],
      '2359.99',
    ],
  ] as const)('%s: to more', (_, [before, taxation], documents, total) => {
    const funds = { ...RICH, taxation, creditable: [invoice('1178.82', before)] };
    const decision = change(started('999.00'), '4999.00', funds);
    expect(documentsOf(decision)).toEqual(documents);
    expect(totalOf(decision)).toBe(total);
  });

  it('the preview shows each document’s lines with its tax', () => {
    const funds = { ...RICH, taxation: IGST_12, creditable: [invoice('1178.82', IGST_18)] };
    expect(linesOf(change(started('999.00'), '4999.00', funds))).toEqual([
      'proration_credit -499.50',
      'tax -89.91',
      'proration_charge 2499.50',
      'tax 299.94',
    ]);
  });

  it('a credit of nothing is no note: its line says why on the invoice of what is charged', () => {
    const allowances = [{ asset: 'message', granted: 10_000n, left: 0n }] as const;
    const funds = { ...RICH, taxation: IGST_12, allowances };
    const creditable = [invoice('1178.82', IGST_18)];
    const decision = change(started('999.00'), '4999.00', { ...funds, creditable });
    expect(documentsOf(decision)).toEqual(['invoice 2799.44 = 0.00 + 2499.50 + 299.94']);
    const [{ lines, takesBack }] = decision.sale?.parts ?? [{ lines: [], takesBack: null }];
    expect(lines[0]?.description).toContain('0 of 10,000 messages are left');
    expect(takesBack).toEqual([]);
  });

  it('what the wallet must hold is what is charged less what is credited', () => {
    const funds = { taxation: IGST_18, creditable: [invoice('999.00', UNTAXED)] };
    const before = started('999.00');
    expect(totalOf(change(before, '4999.00', { ...fundsOf(2_449_910_000n), ...funds }))).toBe(
      '2449.91',
    );
    expect(() => change(before, '4999.00', { ...fundsOf(2_449_909_999n), ...funds })).toThrow(
      'insufficient_balance',
    );
  });
});

describe('a change whose period was taxed alike is one document', () => {
  it.each([
    ['to less', ['4999.00', '999.00'], ['note -2360.00 = -2499.50 + 499.50 - 360.00'], '2360.00'],
    ['to more', ['999.00', '4999.00'], ['invoice 2360.00 = -499.50 + 2499.50 + 360.00'], '589.41'],
  ] as const)('%s, which names what it takes back', (_, [from, to], documents, named) => {
    const funds = { ...RICH, taxation: IGST_18, creditable: [invoice('5898.82', { ...IGST_18 })] };
    const decision = change(started(from), to, funds);
    expect(documentsOf(decision)).toEqual(documents);
    expect(decision.sale?.parts[0].takesBack).toEqual([
      { id: 'inv_1', amountMicros: inr(named).amountMicros },
    ]);
  });
});

describe('a credit', () => {
  it('of a pause bears the tax of the invoice it takes back', () => {
    const funds = { ...RICH, taxation: IGST_12, creditable: [invoice('1178.82', IGST_18)] };
    expect(documentsOf(pauseWith(started('999.00'), funds))).toEqual([
      'note -589.41 = -499.50 - 89.91',
    ]);
  });

  it.each([
    ['589.41', ['proration_credit -499.50', 'tax -89.91']],
    ['118.00', ['proration_credit -100.00', 'tax -18.00']],
    ['0.00', []],
  ] as const)('takes no more back than the %s that its invoices have left', (left, lines) => {
    const funds = { ...RICH, taxation: IGST_18, creditable: [invoice(left, IGST_18)] };
    const decision = pauseWith(started('999.00'), funds);
    expect(linesOf(decision)).toEqual(lines);
    expect(decision.sale?.total.amountMicros ?? 0n).toBe(-inr(left).amountMicros);
  });

  it('spills into an earlier invoice that was taxed like it, and into no other', () => {
    const creditable = [
      invoice('0.00', IGST_12, 'used_up'),
      invoice('300.00', IGST_18, 'change'),
      invoice('5000.00', UNTAXED, 'before'),
      invoice('200.00', IGST_18, 'first'),
    ];
    const decision = pauseWith(started('999.00'), { ...RICH, taxation: IGST_12, creditable });
    expect(totalOf(decision)).toBe('-500.00');
    expect(decision.sale?.parts[0].takesBack).toEqual([
      { id: 'change', amountMicros: 300_000_000n },
      { id: 'first', amountMicros: 200_000_000n },
    ]);
  });

  it('that is refunded already is not netted: the new plan is charged', () => {
    const decision = change(started('4999.00'), '999.00', { ...RICH, creditable: [] });
    expect(linesOf(decision)).toEqual(['proration_charge 499.50']);
  });

  it('that is rounded to nothing is on no document, and no tax of it is posted', () => {
    const creditable = [invoice('1.00', inRupees(IGST_18))];
    const funds = { ...RICH, taxation: IGST_18, creditable };
    const decision = pauseWith({ ...started('999.00'), paid: inr('0.60') }, funds);
    expect(linesOf(decision)).toEqual(['proration_credit -0.30', 'tax -0.05', 'round_off 0.35']);
    expect(decision.sale).toMatchObject({ total: inr('0.00'), taxTotal: inr('0.00') });
  });
});

/** What each ledger account gets by a decision. */
function movedBy(decision: SubscriptionDecision): Map<string, bigint> {
  const ledger = buildLedger({ currency: 'INR', additionalMicros: RICH.availableMicros });
  const plan = createLedgerPlan([ledger], { reference: 'change', postedAt: MID_FEBRUARY });
  postDecision({ plan, ledger }, decision, { before: {}, after: {} });
  const moved = new Map<string, bigint>();
  for (const { debit, credit, amount } of plan.transfers) {
    moved.set(debit, (moved.get(debit) ?? 0n) - amount);
    moved.set(credit, (moved.get(credit) ?? 0n) + amount);
  }
  return moved;
}

it('documents and transfers agree, whatever was taxed how', () => {
  const TAXATIONS = [UNTAXED, IGST_18, IGST_12, HALVES].flatMap((plain) => [
    plain,
    inRupees(plain),
    { ...plain, includesTax: true },
  ]);
  const cases = fc.record({
    paise: fc.integer({ min: 1, max: 2_000_000 }),
    prices: fc.tuple(fc.integer({ min: 1, max: 999_999 }), fc.integer({ min: 1, max: 999_999 })),
    before: fc.constantFrom(...TAXATIONS),
    today: fc.constantFrom(...TAXATIONS),
  });
  fc.assert(
    fc.property(cases, ({ paise, prices: [from, to], before, today }) => {
      fc.pre(from !== to);
      const price = (whole: number) =>
        formatAmount({ ...inr('0.00'), amountMicros: BigInt(whole) * 10_000n });
      const creditable = [{ ...invoice('0.00', before), leftMicros: BigInt(paise) * 10_000n }];
      const funds = { ...RICH, taxation: today, creditable };
      const decision = change(started(price(from)), price(to), funds);
      const issued = (decision.sale?.parts ?? []).filter(
        ({ taxed }) => taxed.total.amountMicros !== 0n,
      );
      const sumOf = (of: 'total' | 'taxTotal') =>
        issued.reduce((sum, { taxed }) => sum + taxed[of].amountMicros, 0n);
      // One invoice and one credit note at most: an operation issues one document of a kind.
      expect(issued.filter(({ taxed }) => taxed.total.amountMicros > 0n).length).toBeLessThan(2);
      expect(issued.length).toBeLessThan(3);
      const moved = movedBy(decision);
      expect(moved.get('wallet/additional') ?? 0n).toBe(-sumOf('total'));
      expect(moved.get('tax_payable/INR') ?? 0n).toBe(sumOf('taxTotal'));
      const shown = listChangeLines(decision.sale).reduce(
        (sum, { amount }) => sum + parseAmount(amount),
        0n,
      );
      expect(shown).toBe(sumOf('total'));
      for (const { taxed, takesBack } of issued) {
        const named = takesBack.reduce((sum, { amountMicros }) => sum + amountMicros, 0n);
        expect(named).toBeLessThanOrEqual(BigInt(paise) * 10_000n);
        if (taxed.total.amountMicros < 0n) expect(named).toBe(-taxed.total.amountMicros);
      }
    }),
    { numRuns: 500 },
  );
});

describe('a plan that is sold without tax', () => {
  const exemptOf = { bearsTax: false, price: inr('4999.00') };

  it('R4.16 bears none, though the seller is registered', () => {
    const funds = { ...RICH, taxation: IGST_18 };
    const decision = decided(decideStart(growth(exemptOf), { now: FEBRUARY_1, funds }));
    expect(documentsOf(decision)).toEqual(['invoice 4999.00 = 4999.00']);
    expect(decision.sale?.parts[0].taxation).toMatchObject({
      kind: 'none',
      statement: 'Sold without tax.',
    });
  });

  it('R4.16 is credited without tax when it changes to one that bears it', () => {
    const start = growth({ ...exemptOf, planCode: 'for_4999.00' });
    const before = decided(decideStart(start, { now: FEBRUARY_1, funds: RICH })).subscription;
    const taxation = IGST_18;
    const funds = { ...RICH, taxation, creditable: [invoice('4999.00', UNTAXED)] };
    expect(documentsOf(change(before, '999.00', funds))).toEqual([
      'note -2499.50 = -2499.50',
      'invoice 589.41 = 499.50 + 89.91',
    ]);
  });
});
