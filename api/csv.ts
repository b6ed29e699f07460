/**
 * Owns: tables as CSV: UTF-8 with a mark, so that spreadsheets read it as such; CRLF; formulas disarmed.
 * Does not own: what the columns are (presenters).
 * A cell that begins with =, +, -, @, a tab or a carriage return gets an apostrophe before it (R3.21).
 */
import { stringify } from 'csv-stringify/sync';

export const CSV_TYPE = 'text/csv; charset=utf-8';
const BYTE_ORDER_MARK = '\uFEFF';

/** A table, header first, part by part as rows come. */
export async function* toCsv(
  columns: readonly string[],
  parts: AsyncIterable<readonly (readonly string[])[]>,
): AsyncGenerator<string> {
  yield BYTE_ORDER_MARK + toLines([columns]);
  for await (const rows of parts) yield toLines(rows);
}

function toLines(rows: readonly (readonly string[])[]): string {
  return stringify(
    rows.map((row) => [...row]),
    { escape_formulas: true, record_delimiter: 'windows' },
  );
}
