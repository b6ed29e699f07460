import type { CurrencyCode } from '../../domain/currency';
import { formatAmount, parseAmount, type Money } from '../../domain/money';
import type { SaleLine, TaxedSale, TaxLine } from '../../domain/tax/compute-tax';
import type { TaxComponent, Taxation } from '../../domain/tax/taxation';

/** A taxation as jsonb: plain JSON has no bigint. */
export interface TaxationColumn extends Omit<Taxation, 'components' | 'totalStepMicros'> {
  readonly components: readonly (Omit<TaxComponent, 'baseNumerator' | 'baseDenominator'> & {
    readonly baseNumerator: string;
    readonly baseDenominator: string;
  })[];
  readonly totalStepMicros: string | null;
}

export function toRowTaxation(taxation: Taxation): TaxationColumn {
  return {
    ...taxation,
    components: taxation.components.map((component) => ({
      ...component,
      baseNumerator: String(component.baseNumerator),
      baseDenominator: String(component.baseDenominator),
    })),
    totalStepMicros: taxation.totalStepMicros === null ? null : String(taxation.totalStepMicros),
  };
}

export function fromRowTaxation(column: TaxationColumn): Taxation {
  return {
    ...column,
    components: column.components.map((component) => ({
      ...component,
      baseNumerator: BigInt(component.baseNumerator),
      baseDenominator: BigInt(component.baseDenominator),
    })),
    totalStepMicros: column.totalStepMicros === null ? null : BigInt(column.totalStepMicros),
  };
}

interface SaleLineColumn {
  readonly description: string;
  readonly quantity: string;
  readonly unit_amount: string;
  readonly amount: string;
  readonly sac?: string;
  readonly is_telecom?: true;
}

interface TaxLineColumn {
  readonly component: string;
  readonly rate: string;
  readonly taxable: string;
  readonly amount: string;
}

/** The columns of a taxed sale, the same in every table that keeps one. */
export interface SaleColumns {
  readonly currency: string;
  readonly subtotal_micros: bigint;
  readonly tax_total_micros: bigint;
  readonly round_off_micros: bigint;
  readonly total_micros: bigint;
  readonly lines: readonly SaleLineColumn[];
  readonly tax_lines: readonly TaxLineColumn[];
}

/** Lists have to be written as JSON text: PostgreSQL's driver would make arrays of them. */
export function toRowSale(sale: TaxedSale): SaleColumns {
  return {
    currency: sale.total.currency,
    subtotal_micros: sale.subtotal.amountMicros,
    tax_total_micros: sale.taxTotal.amountMicros,
    round_off_micros: sale.roundOff.amountMicros,
    total_micros: sale.total.amountMicros,
    lines: sale.lines.map(toRowLine),
    tax_lines: sale.taxLines.map(toRowTaxLine),
  };
}

export function fromRowSale(row: SaleColumns): TaxedSale {
  const currency = row.currency as CurrencyCode;
  const ofMicros = (amountMicros: bigint): Money => ({ amountMicros, currency });
  const ofText = (amount: string): Money => ofMicros(parseAmount(amount));
  return {
    lines: row.lines.map(({ description, quantity, unit_amount, amount, sac, is_telecom }) => ({
      description,
      quantity: BigInt(quantity),
      unitAmount: ofText(unit_amount),
      amount: ofText(amount),
      ...(sac === undefined ? {} : { sac }),
      ...(is_telecom === undefined ? {} : { isTelecom: is_telecom }),
    })),
    taxLines: row.tax_lines.map(({ component, rate, taxable, amount }): TaxLine => ({
      component,
      rate,
      taxable: ofText(taxable),
      amount: ofText(amount),
    })),
    subtotal: ofMicros(row.subtotal_micros),
    taxTotal: ofMicros(row.tax_total_micros),
    roundOff: ofMicros(row.round_off_micros),
    total: ofMicros(row.total_micros),
  };
}

function toRowLine(line: SaleLine): SaleLineColumn {
  const { description, quantity, unitAmount, amount, sac, isTelecom } = line;
  return {
    description,
    quantity: String(quantity),
    unit_amount: formatAmount(unitAmount),
    amount: formatAmount(amount),
    ...(sac === undefined ? {} : { sac }),
    ...(isTelecom === undefined ? {} : { is_telecom: isTelecom }),
  };
}

function toRowTaxLine({ component, rate, taxable, amount }: TaxLine): TaxLineColumn {
  return { component, rate, taxable: formatAmount(taxable), amount: formatAmount(amount) };
}
