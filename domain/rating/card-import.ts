/**
 * Owns: prices out of the records of a CSV file, and what is wrong with them by line and column.
 * Does not own: splitting the text into records (api/), what a version may hold (draft-faults.ts).
 * Rules: R3.27 and docs/domain/rating.md, "CSV". The columns are `category,market,rate,fee_fixed,fee_percent`,
 * in any order; the fees may be left out.
 * Example: line 3 with the rate "0,115" has the fault `{ line: 3, column: 'rate', message: '"0,115" is …' }`.
 */
import { parseRate } from '../money';
import { isFeePercent, isMarketName, isRate } from './spelling';
import type { RateRow } from './rate-card';

const REQUIRED = ['category', 'market', 'rate'] as const;
const COLUMNS = [...REQUIRED, 'fee_fixed', 'fee_percent'] as const;
type Column = (typeof COLUMNS)[number];

/** A line of the file, split. */
export interface CsvRecord {
  /** Of the file, from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

export interface CsvFault {
  readonly line: number;
  /** Null: the line as a whole. */
  readonly column: string | null;
  readonly message: string;
}

export interface ImportedRow {
  readonly line: number;
  readonly row: RateRow;
}

/** The rows of a file, the header first, or all its faults. */
export function readPrices(records: readonly CsvRecord[]): {
  readonly rows: readonly ImportedRow[];
  readonly faults: readonly CsvFault[];
} {
  const [header, ...lines] = records;
  if (header === undefined) return refuse(1, `The file is empty. ${EXPECTED}`);
  const columns = header.cells.map((cell) => cell.toLowerCase());
  const faults = findHeaderFaults(header, columns);
  if (faults.length > 0) return { rows: [], faults };
  if (lines.length === 0) return refuse(header.line, 'The file has a header and no prices.');
  const read = lines.map((record) => readRow(record, columns));
  return {
    rows: read.flatMap(({ row }) => (row === null ? [] : [row])),
    faults: read.flatMap((line) => line.faults),
  };
}

const EXPECTED = `The first line is ${COLUMNS.join(',')}.`;

function refuse(line: number, message: string) {
  return { rows: [], faults: [{ line, column: null, message }] };
}

function findHeaderFaults({ line, cells }: CsvRecord, columns: readonly string[]): CsvFault[] {
  const only = cells[0] ?? '';
  if (cells.length === 1 && /[;\t]/.test(only)) {
    const separator = only.includes(';') ? 'semicolons' : 'tabs';
    const message = `The columns are separated by ${separator}. Save the file with commas, and rates with a point.`;
    return [{ line, column: null, message }];
  }
  const unknown = columns
    .filter((column, index) => !isColumn(column) || columns.indexOf(column) !== index)
    .map((column) => {
      const message = isColumn(column)
        ? `The column ${column} stands twice.`
        : `There is no column "${column}". ${EXPECTED}`;
      return { line, column, message };
    });
  const missing = REQUIRED.filter((column) => !columns.includes(column)).map((column) => ({
    line,
    column,
    message: `The column ${column} is missing. ${EXPECTED}`,
  }));
  return [...unknown, ...missing];
}

function isColumn(text: string): text is Column {
  return COLUMNS.some((column) => column === text);
}

function readRow(
  { line, cells }: CsvRecord,
  columns: readonly string[],
): { readonly row: ImportedRow | null; readonly faults: readonly CsvFault[] } {
  if (cells.length !== columns.length) {
    const message = `The line has ${cells.length} cells, the header ${columns.length}. A rate has a point, not a comma.`;
    return { row: null, faults: [{ line, column: null, message }] };
  }
  const cellOf = (column: Column): string => cells[columns.indexOf(column)] ?? '';
  const feeOf = (column: Column): string => cellOf(column) || '0';
  const given: Readonly<Record<Column, string>> = {
    category: cellOf('category'),
    market: cellOf('market'),
    rate: cellOf('rate'),
    fee_fixed: feeOf('fee_fixed'),
    fee_percent: feeOf('fee_percent'),
  };
  const faults = COLUMNS.flatMap((column) => {
    const message = findCellFault(column, given[column]);
    return message === null ? [] : [{ line, column, message }];
  });
  if (faults.length > 0) return { row: null, faults };
  const row: RateRow = {
    category: given.category,
    market: given.market,
    rate: parseRate(given.rate),
    fee: { fixed: parseRate(given.fee_fixed), percent: parseRate(given.fee_percent) },
    tiers: [],
  };
  return { row: { line, row }, faults: [] };
}

function findCellFault(column: Column, text: string): string | null {
  switch (column) {
    case 'category':
      return text === '' ? 'The category is missing.' : null;
    case 'market':
      return isMarketName(text) ? null : `"${text}" is no market: a name, or * for all others.`;
    case 'rate':
    case 'fee_fixed':
      return isRate(text) ? null : `"${text}" is not a price like 597.32, with a point.`;
    case 'fee_percent':
      return isFeePercent(text) ? null : `"${text}" is not a percentage like 10, below 1000.`;
  }
}
