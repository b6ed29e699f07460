/**
 * Owns: a CSV file of prices as records, and its faults as an API error.
 * Does not own: what the records mean (domain/rating/card-import.ts).
 */
import { CsvError, parse } from 'csv-parse/sync';
import {
  readPrices,
  type CsvFault,
  type CsvRecord,
  type ImportedRow,
} from '../../domain/rating/card-import';
import type { DraftFault } from '../../domain/rating/draft-faults';
import { InvalidRequest, type FieldError } from '../problem';

/** As many rows as a version in JSON has. */
const LINES_MAX = 5_001;
/** Of faults, the rest is the same mistake again. */
const FAULTS_MAX = 50;

/** The prices of a file with the line of each. Throws InvalidRequest that names lines and columns. */
export function readPriceFile(file: string): readonly ImportedRow[] {
  const { rows, faults } = readPrices(split(file));
  if (faults.length > 0) throw refuse(faults);
  return rows;
}

/** A fault of a row as one of its line: `rows.0.market` is the market of the first price's line. */
export function toCsvFault(
  { path, message }: DraftFault,
  rows: readonly ImportedRow[],
): FieldError {
  const [place, index, column] = path;
  const line = place === 'rows' && typeof index === 'number' ? rows[index]?.line : undefined;
  if (line === undefined) return { field: path.join('.'), code: 'invalid', message };
  return toFieldError({ line, column: column === undefined ? null : String(column), message });
}

function split(file: string): readonly CsvRecord[] {
  try {
    const records = parseWithLines(file);
    if (records.length > LINES_MAX) {
      const message = `A file has at most ${LINES_MAX - 1} prices.`;
      throw refuse([{ line: LINES_MAX + 1, column: null, message }]);
    }
    return records.map(({ info, record }) => ({ line: info.lines, cells: record }));
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = typeof error.lines === 'number' ? error.lines : 1;
    const message = QUOTES.has(error.code)
      ? 'The quotes of this line do not match. A cell in quotes is "like ""this"" one".'
      : 'This line is not CSV.';
    throw refuse([{ line, column: null, message }]);
  }
}

interface ParsedLine {
  readonly info: { readonly lines: number };
  readonly record: string[];
}

function parseWithLines(file: string): readonly ParsedLine[] {
  const parsed: unknown = parse(file, {
    info: true,
    trim: true,
    skip_empty_lines: true,
    relax_column_count: true,
    to: LINES_MAX + 1,
  });
  // What `info` adds to each record is missing from the library's types.
  return parsed as readonly ParsedLine[];
}

const QUOTES: ReadonlySet<string> = new Set([
  'CSV_INVALID_CLOSING_QUOTE',
  'CSV_QUOTE_NOT_CLOSED',
  'INVALID_OPENING_QUOTE',
]);

function refuse(faults: readonly CsvFault[]): InvalidRequest {
  return new InvalidRequest('invalid_request', faults.slice(0, FAULTS_MAX).map(toFieldError));
}

function toFieldError({ line, column, message }: CsvFault): FieldError {
  const place = column === null ? `Line ${line}` : `Line ${line}, column ${column}`;
  const field = column === null ? `line ${line}` : `line ${line}.${column}`;
  return { field, code: 'invalid', message: `${place}: ${message}` };
}
