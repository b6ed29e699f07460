/** Which tax a change of plan or a pause bears when the tax has changed since the period was invoiced. */
import { DEFAULT_CHANGE_POLICY } from '../../../domain/change-policy';
import { formatAmount } from '../../../domain/money';
import { decideChange } from '../../../domain/subscription/decide-change';
import { decideStart } from '../../../domain/subscription/decide-command';
import { decidePause } from '../../../domain/subscription/decide-pause';
import type { SubscriptionDecision } from '../../../domain/subscription/decision';
import type { Funds } from '../../../domain/subscription/funds';
import type { SubscriptionRefusal } from '../../../domain/subscription/refusal';
import { listChangeLines } from '../../../domain/subscription/sale';
import type { Subscription } from '../../../domain/subscription/subscription';
import { UNTAXED, type TaxComponent, type Taxation } from '../../../domain/tax/taxation';
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
  const { planName, planVersion, cycle, dunning } = growth();
  const name = { planCode: `for_${price}`, planName, planVersion, cycle, dunning };
  const target = { ...name, price: inr(price), changePolicy: DEFAULT_CHANGE_POLICY };
  return decided(decideChange(before, { target, isForced: false }, { now: MID_FEBRUARY, funds }));
}

function decided(decision: SubscriptionDecision | SubscriptionRefusal): SubscriptionDecision {
  if (decision.kind === 'refused') throw new Error(`${decision.code}: ${decision.message}`);
  return decision;
}

/** "proration_credit -499.50" */
function linesOf({ sale }: SubscriptionDecision): string[] {
  return listChangeLines(sale).map(({ kind, amount }) => `${kind} ${amount}`);
}

function totalOf({ sale }: SubscriptionDecision): string {
  return sale === null ? 'nothing' : formatAmount(sale.taxed.total);
}

describe('a credit bears the tax of the invoice it takes back, a charge that of its day', () => {
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

  it.each([
    ['the seller registers', UNTAXED, IGST_18, ['-2000.00']],
    ['the rate falls', IGST_18, IGST_12, ['-2360.00', 'tax -360.00']],
    ['the buyer moves', HALVES, IGST_18, ['-2360.00', 'tax -180.00', 'tax -180.00']],
    ['no invoice has any left', null, IGST_12, ['-2240.00', 'tax -240.00']],
  ] as const)('%s: less is used from then on', (_, creditTaxation, taxation, [total, ...taxes]) => {
    const before = started('4999.00');
    const funds = { ...RICH, taxation, creditTaxation };
    const decision = change(before, '999.00', funds);
    expect(totalOf(decision)).toBe(total);
    expect(linesOf(decision).slice(2)).toEqual(taxes);
    expect(decision.sale?.taxation).toBe(creditTaxation ?? taxation);
  });

  it('the rate falls: more is used from then on', () => {
    const funds = { ...RICH, taxation: IGST_12, creditTaxation: IGST_18 };
    const decision = change(started('999.00'), '4999.00', funds);
    expect(totalOf(decision)).toBe('2240.00');
  });

  it.each([
    ['589.41', ['proration_credit -499.50', 'tax -89.91']],
    ['118.00', ['proration_credit -100.00', 'tax -18.00']],
    ['0.00', []],
  ] as const)('and takes no more back than the %s that its invoices have left', (left, lines) => {
    const creditableMicros = inr(left).amountMicros;
    const funds = { ...RICH, taxation: IGST_18, creditableMicros };
    const request = { at: 'now', resumesAt: null } as const;
    const decision = decided(decidePause(started('999.00'), request, { now: MID_FEBRUARY, funds }));
    expect(linesOf(decision)).toEqual(lines);
    expect(decision.sale?.taxed.total.amountMicros ?? 0n).toBe(-creditableMicros);
  });

  it('a change whose credit is refunded already nets nothing below zero', () => {
    const funds = { ...RICH, taxation: UNTAXED, creditableMicros: 0n };
    const decision = change(started('4999.00'), '999.00', funds);
    expect(linesOf(decision)).toEqual(['proration_credit -499.50', 'proration_charge 499.50']);
    expect(totalOf(decision)).toBe('0.00');
  });

  it('a pause is credited as it was invoiced', () => {
    const funds = { ...RICH, taxation: IGST_12, creditTaxation: IGST_18 };
    const request = { at: 'now', resumesAt: null } as const;
    const decision = decided(decidePause(started('999.00'), request, { now: MID_FEBRUARY, funds }));
    expect(linesOf(decision)).toEqual(['proration_credit -499.50', 'tax -89.91']);
    expect(totalOf(decision)).toBe('-589.41');
  });
});
