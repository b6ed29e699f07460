import {
  describeFindings,
  listProjectFiles,
  PRODUCTION_LAYERS,
  readFilesUnder,
  type Finding,
  type ProjectFile,
} from './project-files';
import {
  findAssertions,
  findBadFileName,
  findBarrel,
  findBuiltSql,
  findEmptyNames,
  findLooseTodos,
  findMissingOpening,
  findSelectStar,
} from './source-rules';

const file = (text: string, name = 'db/repositories/order.repository.ts'): ProjectFile => ({
  name,
  text,
});
const said = (findings: readonly Finding[]): string[] => findings.map(({ says }) => says);

describe('the rules find a planted violation', () => {
  it('finds a domain file that does not say what it owns', () => {
    expect(said(findMissingOpening(file('/**\n * Owns: money.\n * Example: 1.\n */\n')))).toEqual([
      'its opening comment lacks "Does not own:"',
    ]);
    expect(
      findMissingOpening(file('/**\n * Owns: a.\n * Does not own: b.\n * Example: 1.\n */')),
    ).toEqual([]);
    expect(
      findMissingOpening(file('const a = 1; /** Owns: a. Does not own: b. Example: 1. */')),
    ).toHaveLength(3);
  });

  it('finds a barrel, but lets the entry of the workflow bundle be one', () => {
    expect(findBarrel(file(`export * from './order';`))).toHaveLength(1);
    expect(findBarrel(file(`export { order } from './order';`, 'domain/index.ts'))).toHaveLength(1);
    expect(findBarrel(file(`export { order } from './order';`, 'workflows/index.ts'))).toEqual([]);
    expect(findBarrel(file('export const order = 1;'))).toEqual([]);
  });

  it.each([
    'const data = 1;',
    'function handleOrder() {}',
    'const processRow = () => 1;',
    'class OrderManager {}',
    'function dateUtil() {}',
    'interface Helper {}',
    'function total(info: string) {}',
  ])('finds the empty name in %s', (text) => {
    expect(findEmptyNames(file(text))).toHaveLength(1);
  });

  it.each(['const orderLines = 1;', 'const charge = () => 1;', 'function total(lines: string) {}'])(
    'lets a name be that says something: %s',
    (text) => {
      expect(findEmptyNames(file(text))).toEqual([]);
    },
  );

  it('finds a file named after a helper', () => {
    expect(findEmptyNames(file('', 'test/support/date-helpers.ts'))).toHaveLength(1);
  });

  it('finds a type assertion outside the functions that read rows and bodies', () => {
    expect(findAssertions(file('const order = row as Order;'))).toHaveLength(1);
    expect(
      findAssertions(file('function fromRowOrder(row: unknown) { return row as Order; }')),
    ).toEqual([]);
    expect(findAssertions(file('// The route knows.\nconst order = row as Order;'))).toEqual([]);
    expect(findAssertions(file(`const STATES = ['open'] as const;`))).toEqual([]);
  });

  it('finds a value put into SQL text, but lets a constant stand in it', () => {
    expect(findBuiltSql(file('const q = `select id from orders where id = ${id}`;'))).toHaveLength(
      1,
    );
    expect(
      findBuiltSql(file('const q = `\n  update orders\n set status = ${status}`;')),
    ).toHaveLength(1);
    expect(findBuiltSql(file(`const q = 'delete from orders where id = ' + id;`))).toHaveLength(1);
    expect(findBuiltSql(file('const q = `select ${COLUMNS} from orders where id = ?`;'))).toEqual(
      [],
    );
    expect(
      findBuiltSql(file('const greeting = `select a plan, ${name}`.length;', 'x.ts')),
    ).toHaveLength(1);
    expect(findBuiltSql(file('const text = `order ${id} is paid`;'))).toEqual([]);
  });

  it('finds a query that names no columns', () => {
    expect(findSelectStar(file('select * from orders'))).toHaveLength(1);
    expect(findSelectStar(file('select o.* from orders o'))).toHaveLength(1);
    expect(findSelectStar(file(`database('orders').select<Row[]>('*')`))).toHaveLength(1);
    expect(findSelectStar(file('insert into orders values (1) returning *'))).toHaveLength(1);
    expect(findSelectStar(file('select count(*) from orders'))).toEqual([]);
    expect(findSelectStar(file('select * from lock_and_read(1, 2)'))).toEqual([]);
    const lateral = 'select r.* from ledgers l cross join lateral read_ledger(l.id) r';
    expect(findSelectStar(file(lateral))).toEqual([]);
  });

  it('finds a note for later that has no issue', () => {
    const word = 'TO' + 'DO';
    expect(findLooseTodos(file(`// ${word}: later`))).toHaveLength(1);
    expect(findLooseTodos(file(`// ${word}(#12): later`))).toEqual([]);
  });

  it('finds a name that is not kebab-case', () => {
    expect(findBadFileName('api/orderRoutes.ts')).toHaveLength(1);
    expect(findBadFileName('api/Order/routes.ts')).toHaveLength(1);
    expect(findBadFileName('api/routes/order.routes.ts')).toEqual([]);
    expect(findBadFileName('db/migrations/0001_tenancy.sql')).toEqual([]);
    expect(findBadFileName('README.md')).toEqual([]);
  });
});

describe('the project keeps them', () => {
  const production = readFilesUnder(PRODUCTION_LAYERS, '.ts');
  const everything = [...production, ...readFilesUnder(['scripts', 'test'], '.ts')];
  const sql = readFilesUnder(['db'], '.sql');
  const findingsIn = (
    files: readonly ProjectFile[],
    rule: (one: ProjectFile) => Finding[],
  ): string[] => describeFindings(files.flatMap(rule));

  it('opens every domain file with what it owns, what it does not, and an example', () => {
    expect(findingsIn(readFilesUnder(['domain'], '.ts'), findMissingOpening)).toEqual([]);
  });

  it('has no barrel files', () => {
    expect(findingsIn(everything, findBarrel)).toEqual([]);
  });

  it('names things by what they are', () => {
    expect(findingsIn(everything, findEmptyNames)).toEqual([]);
  });

  it('asserts types only at the edges', () => {
    expect(findingsIn(production, findAssertions)).toEqual([]);
  });

  it('never puts a value into SQL text', () => {
    // migrate.ts makes a role: DDL takes no bound parameters, and it quotes with PostgreSQL's own function.
    const files = production.filter(({ name }) => name !== 'db/migrate.ts');
    expect(findingsIn(files, findBuiltSql)).toEqual([]);
  });

  it('names the columns of every query', () => {
    expect(findingsIn([...production, ...sql], findSelectStar)).toEqual([]);
  });

  it('has an issue for every note for later', () => {
    expect(findingsIn([...everything, ...sql], findLooseTodos)).toEqual([]);
  });

  it('spells file names in kebab-case', () => {
    expect(describeFindings(listProjectFiles().flatMap(findBadFileName))).toEqual([]);
  });
});
