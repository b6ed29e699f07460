/**
 * Reads the schema out of the migrations' text, as far as the rules of schema.test.ts need it.
 * No database: the rule must say which line of which file breaks it, before anything runs.
 */
import { lineOf, type Finding, type ProjectFile } from './project-files';

/** One part of `create table x (…)`: a column or a table constraint, as it is written. */
export interface TableItem {
  readonly text: string;
  readonly line: number;
}

export interface Table {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly items: readonly TableItem[];
}

/** The text with comments and string literals blanked out, so that offsets and lines stay true. */
export function blankComments(sql: string): string {
  return sql.replace(/--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'/g, (part) => {
    return part.startsWith("'") ? part : part.replace(/[^\n]/g, ' ');
  });
}

/** Every `create table` of the file that spells its columns out (partitions do not). */
export function readTables(file: ProjectFile): Table[] {
  const sql = blankComments(file.text);
  const opening =
    /\bcreate\s+(?:unlogged\s+)?table\s+(?:if\s+not\s+exists\s+)?([a-z_0-9.]+)\s*\(/gi;
  return [...sql.matchAll(opening)].map((match) => {
    const start = match.index + match[0].length;
    return {
      name: match[1] ?? '',
      file: file.name,
      line: lineOf(sql, match.index),
      items: splitItems(sql, start),
    };
  });
}

function splitItems(sql: string, start: number): TableItem[] {
  const items: TableItem[] = [];
  let depth = 1;
  let itemStart = start;
  for (let at = start; at < sql.length && depth > 0; at += 1) {
    const letter = sql.charAt(at);
    if (letter === '(') depth += 1;
    if (letter === ')') depth -= 1;
    if (depth > 1 || (depth === 1 && letter !== ',')) continue;
    const raw = sql.slice(itemStart, at);
    const text = raw.trim().replace(/\s+/g, ' ');
    const line = lineOf(sql, itemStart + raw.length - raw.trimStart().length);
    if (text !== '') items.push({ text, line });
    itemStart = at + 1;
  }
  return items;
}

const TABLE_CONSTRAINT = /^(constraint|check|unique|primary key|foreign key|exclude)\b/i;

export interface Column {
  readonly name: string;
  readonly type: string;
  readonly line: number;
}

/** The columns of a table with their types, as they are written: `{ name: 'id', type: 'text' }`. */
export function readColumns(table: Table): Column[] {
  return table.items
    .filter(({ text }) => !TABLE_CONSTRAINT.test(text))
    .map(({ text, line }) => {
      const [, name = '', rest = ''] = /^(\S+)\s+(.*)$/.exec(text) ?? [];
      const type =
        /^(double precision|[a-z0-9_]+(?:\s*\([^)]*\))?(?:\[\])?)/i.exec(rest)?.[0] ?? '';
      return { name, type: type.toLowerCase(), line };
    });
}

/** `*_micros` is bigint, and its table says in which currency (or asset). */
export function findMoneyWithoutCurrency(table: Table): Finding[] {
  const columns = readColumns(table);
  const hasCurrency = columns.some(({ name }) => /^(currency|asset)$|_currency$/.test(name));
  return columns
    .filter(({ name }) => name.endsWith('_micros'))
    .flatMap(({ name, type, line }) => [
      ...(type === 'bigint'
        ? []
        : [{ file: table.file, line, says: `${name} is ${type}, not bigint` }]),
      ...(hasCurrency
        ? []
        : [{ file: table.file, line, says: `${name} has no currency beside it` }]),
    ]);
}

const LOOSE_TYPE =
  /^(real|float\d*|double precision|money|timestamp(?!tz)|serial|bigserial|varchar)/;

/** Types that lose money, an instant's zone, or the order of what was written. */
export function findLooseTypes(table: Table): Finding[] {
  return readColumns(table)
    .filter(({ type }) => LOOSE_TYPE.test(type))
    .map(({ name, type, line }) => ({ file: table.file, line, says: `${name} is ${type}` }));
}

const CONSTRAINT =
  /\b(constraint\s+([a-z_0-9]+)\s+)?(primary\s+key|unique|check\s*\(|references\s|foreign\s+key|exclude\s)/gi;

/** Every constraint has a name that begins with its table's, so that an error says what was broken. */
export function findUnnamedConstraints(table: Table): Finding[] {
  return table.items.flatMap(({ text, line }) => {
    const outer = blankNested(text);
    const isForeignKey = /\bforeign\s+key\b/i.test(outer);
    return [...outer.matchAll(CONSTRAINT)]
      .filter((match) => !(isForeignKey && /^references/i.test(match[0])))
      .filter((match) => !match[2]?.startsWith(`${table.name}_`))
      .map((match) => ({
        file: table.file,
        line,
        says: match[2]
          ? `${match[2]} does not begin with ${table.name}_`
          : `unnamed: ${match[0].trim()}`,
      }));
  });
}

/** Blanks what stands inside brackets, so that words in a check's expression are not read as clauses. */
function blankNested(text: string): string {
  let depth = 0;
  return text
    .split('')
    .map((letter) => {
      if (letter === ')') depth -= 1;
      const shown = depth > 0 ? ' ' : letter;
      if (letter === '(') depth += 1;
      return shown;
    })
    .join('');
}

/** An index without a name gets one from PostgreSQL that says nothing in an error. */
export function findUnnamedIndexes(file: ProjectFile): Finding[] {
  const sql = blankComments(file.text);
  return [...sql.matchAll(/\bcreate\s+(?:unique\s+)?index\s+(?:concurrently\s+)?on\b/gi)].map(
    (match) => ({
      file: file.name,
      line: lineOf(sql, match.index),
      says: 'an index has no name',
    }),
  );
}

const TENANT_COLUMN = /^(account_id|partner_id|ledger_id|tenant)$/;

/** Whether rows of the table belong to somebody: then row level security must guard them. */
export function belongsToTenant(table: Table): boolean {
  return (
    table.name === 'accounts' ||
    table.name === 'partners' ||
    readColumns(table).some(({ name }) => TENANT_COLUMN.test(name))
  );
}

const LOOP = /\bforeach\s+\w+\s+in\s+array\s+array\s*\[([^\]]*)\]\s*loop([\s\S]*?)\bend\s+loop/gi;

/** Writes out `foreach t in array array['a', 'b'] loop … format('alter table %I …', t)` for each table. */
function unrollLoops(sql: string): string {
  return sql.replace(LOOP, (_, list: string, body: string) =>
    [...list.matchAll(/'([^']+)'/g)]
      .map(([, name = '']) =>
        body
          .replace(/alter table %I/gi, `alter table ${name}`)
          .replace(/create policy %I on %I/gi, `create policy ${name}_of_tenant on ${name}`),
      )
      .join('\n'),
  );
}

/** Tables of a tenant whose row level security is not on, not forced, or has no policy. */
export function findUnguardedTables(tables: readonly Table[], sql: string): Finding[] {
  const text = unrollLoops(blankComments(sql));
  return tables.filter(belongsToTenant).flatMap(({ name, file, line }) => {
    const altered = [
      ...text.matchAll(new RegExp(`\\balter\\s+table\\s+${name}\\b[^;]*;`, 'gi')),
    ].join('\n');
    const lacks = [
      ...(/(?<!no )(?<!disable )\benable\s+row\s+level\s+security/i.test(altered)
        ? []
        : ['enabled']),
      ...(/(?<!no )\bforce\s+row\s+level\s+security/i.test(altered) ? [] : ['forced']),
      ...(new RegExp(`\\bcreate\\s+policy\\s+\\S+\\s+on\\s+${name}\\b`, 'i').test(text)
        ? []
        : ['given a policy']),
    ];
    return lacks.map((lack) => ({
      file,
      line,
      says: `${name}: row level security is not ${lack}`,
    }));
  });
}

const RECORD_TABLES = [
  'transfers',
  'plan_versions',
  'plan_prices',
  'rate_card_versions',
  'schema_migrations',
];

/** Grants that would let the application rewrite what is written once, or own more than it needs. */
export function findLooseGrants(file: ProjectFile): Finding[] {
  const sql = blankComments(file.text);
  return [...sql.matchAll(/\bgrant\s+([^;]*?)\s+on\s+([^;]*?)\s+to\b/gi)].flatMap((match) => {
    const [, verbs = '', targets = ''] = match;
    const line = lineOf(sql, match.index);
    const rewritten = RECORD_TABLES.filter((table) => new RegExp(`\\b${table}\\b`).test(targets));
    return [
      ...(/\ball\b|\btruncate\b/i.test(verbs)
        ? [{ file: file.name, line, says: `grants ${verbs}` }]
        : []),
      ...(/\b(update|delete)\b/i.test(verbs)
        ? rewritten.map((table) => ({ file: file.name, line, says: `lets ${table} be rewritten` }))
        : []),
    ];
  });
}
