/**
 * Owns: which statements are prepared, and under which name.
 * Does not own: the pool (connection.ts), running a transaction again (transaction.ts).
 * PostgreSQL spends more on planning a small statement, row level security included, than on running it. Our texts
 * are few: each is prepared once per connection and only executed after that.
 */

/** More than all our texts have; one that comes later is planned each time it runs. */
const STATEMENTS_MAX = 500;
/** There is a text for each length of a list, so these are not prepared. An array or JSON is one text. */
const LIST = / in \(\$\d+, | in \(\([^()]*\), \(| values \(.*\), \(/;

const names = new Map<string, string>();
let generation = 0;

interface Query {
  readonly text?: string;
  readonly values?: readonly unknown[];
  name?: string;
}

/** What we use of a connection of the driver. */
export interface PgConnection {
  query(query: Query | string, ...rest: unknown[]): unknown;
}

/** Makes a new connection prepare the statements that have parameters. */
export function prepareStatements(connection: PgConnection): void {
  const send = connection.query.bind(connection);
  connection.query = (query, ...rest) => {
    if (typeof query === 'object' && query.text !== undefined && query.values?.length) {
      const name = findName(query.text);
      if (name !== undefined) query.name = name;
    }
    return send(query, ...rest);
  };
}

/** The same on every connection; undefined: this text is not prepared. */
function findName(text: string): string | undefined {
  const known = names.get(text);
  if (known !== undefined || names.size >= STATEMENTS_MAX || LIST.test(text)) return known;
  const name = `tollgate_${generation}_${names.size}`;
  names.set(text, name);
  if (names.size === STATEMENTS_MAX) {
    process.emitWarning(
      `${STATEMENTS_MAX} statements are prepared; further ones are planned anew each time.`,
    );
  }
  return name;
}

/** Every statement is prepared anew, on every connection: a migration changed what they answer. */
export function renameStatements(): void {
  names.clear();
  generation += 1;
}
