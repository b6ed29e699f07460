import { z } from 'zod';
import type { Instant } from '../domain/instant';
import { InvalidRequest } from './problem';

const LIMIT_DEFAULT = 20;
const LIMIT_MAX = 100;

/** The query fields every list has; spread them into its own query schema. */
export const pageFields = {
  limit: z.coerce
    .number<string>()
    .int()
    .min(1)
    .max(LIMIT_MAX)
    .default(LIMIT_DEFAULT)
    .describe(`How many items a page has, 1 to ${LIMIT_MAX}.`),
  cursor: z
    .string()
    .min(1)
    .max(500)
    .regex(/^[A-Za-z0-9_-]*$/, { error: 'This is not a cursor of this list.' })
    .optional()
    .describe('The `next_cursor` of the page before. Opaque.'),
};

/** Where a list ordered by creation goes on: what repositories take as `before`. */
export interface CreatedCursor {
  readonly createdAt: Instant;
  readonly id: string;
}

/** The schema of a list's answer, named after what it lists. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z
    .strictObject({ items: z.array(item), next_cursor: z.string().nullable() })
    .meta({ id: `${item.meta()?.id ?? ''}Page` });
}

/**
 * A page out of rows that were read one more than `limit`: the surplus row tells that there is a
 * next page. `cursorOf` names the last row shown, by what the list is ordered by.
 */
export function toApiPage<Item>(
  rows: readonly Item[],
  options: {
    readonly limit: number;
    readonly present: (item: Item) => unknown;
    readonly cursorOf: (item: Item) => readonly string[];
  },
): { readonly items: unknown[]; readonly next_cursor: string | null } {
  const items = rows.slice(0, options.limit);
  const last = items.at(-1);
  const hasNext = rows.length > options.limit && last !== undefined;
  return {
    items: items.map(options.present),
    next_cursor: hasNext ? encodeCursor(options.cursorOf(last)) : null,
  };
}

/** The cursor of lists ordered by creation, newest first; null on the first page. */
export function readCreatedCursor(cursor: string | undefined): CreatedCursor | null {
  if (cursor === undefined) return null;
  const [createdAt, id, ...others] = decodeCursor(cursor);
  const isWhole = createdAt !== undefined && id !== undefined && others.length === 0;
  // A year of four digits: JavaScript knows years that PostgreSQL does not.
  if (!isWhole || !/^\d{4}-/.test(createdAt) || Number.isNaN(Date.parse(createdAt))) {
    throw invalidCursor();
  }
  return { createdAt: new Date(createdAt).toISOString(), id };
}

/** The cursor of lists ordered by when things happened, newest first; null on the first page. */
export function readInstantCursor(
  cursor: string | undefined,
): { readonly occurredAt: Instant; readonly key: string } | null {
  const read = readCreatedCursor(cursor);
  if (read === null) return null;
  if (!/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/.test(read.id)) throw invalidCursor();
  return { occurredAt: read.createdAt, key: read.id };
}

/** The cursor of lists ordered by a running number, highest first; null on the first page. */
export function readNumberCursor(cursor: string | undefined): bigint | null {
  if (cursor === undefined) return null;
  const [number, ...others] = decodeCursor(cursor);
  if (number === undefined || others.length > 0 || !/^\d{1,18}$/.test(number)) {
    throw invalidCursor();
  }
  return BigInt(number);
}

/** The cursor of lists ordered by a code, in its order; null on the first page. */
export function readCodeCursor(cursor: string | undefined): string | null {
  if (cursor === undefined) return null;
  const [code, ...others] = decodeCursor(cursor);
  if (code === undefined || others.length > 0) throw invalidCursor();
  return code;
}

/** For lists whose repository makes its own cursor. */
export function encodeCursor(parts: readonly string[]): string {
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

const cursorParts = z.array(z.string().regex(/^[\x20-\x7e]{1,100}$/)).max(4);

function decodeCursor(cursor: string): string[] {
  try {
    return cursorParts.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
  } catch {
    throw invalidCursor(); // Not JSON, or JSON of another shape: not a cursor of ours.
  }
}

function invalidCursor(): InvalidRequest {
  return new InvalidRequest('invalid_request', [
    { field: 'cursor', code: 'invalid', message: 'This is not a cursor of this list.' },
  ]);
}
