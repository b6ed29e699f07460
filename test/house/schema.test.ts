import { createHash } from 'node:crypto';
import {
  describeFindings,
  listFilesUnder,
  readFilesUnder,
  readProjectFile,
  type Finding,
  type ProjectFile,
} from './project-files';
import {
  belongsToTenant,
  findLooseGrants,
  findLooseTypes,
  findMoneyWithoutCurrency,
  findUnguardedTables,
  findUnnamedConstraints,
  findUnnamedIndexes,
  readColumns,
  readTables,
  type Table,
} from './sql-schema';

/** `sha256sum` lines of the migrations that a release has shipped. There is none before the first release. */
const RELEASED = 'db/migrations/released.sha256';

const sqlFile = (text: string): ProjectFile => ({ name: '0009_x.sql', text });
const tablesOf = (text: string): Table[] => readTables(sqlFile(text));
const said = (findings: readonly Finding[]): string[] => findings.map(({ says }) => says);

function findRewritten(lines: string, textOf: (name: string) => string): string[] {
  return lines
    .split('\n')
    .filter((line) => line.trim() !== '')
    .flatMap((line) => {
      const [hash = '', name = ''] = line.split(/\s+/);
      const isSame = createHash('sha256').update(textOf(name)).digest('hex') === hash;
      return isSame ? [] : [name];
    });
}

describe('the rules find a planted violation', () => {
  it('reads the columns of a table past comments, defaults and nested brackets', () => {
    const [table] = tablesOf(`create table orders ( -- the (first) one, of two
      id text constraint orders_pkey primary key,
      amount_micros bigint not null constraint orders_amount check (amount_micros in (1, 2)),
      share numeric(20,10), tags text[] default '{}', constraint orders_x unique (id, tags));`);
    expect(table && readColumns(table).map(({ name, type }) => `${name} ${type}`)).toEqual([
      'id text',
      'amount_micros bigint',
      'share numeric(20,10)',
      'tags text[]',
    ]);
  });

  it('finds money that is no bigint or has no currency', () => {
    const tables = tablesOf(
      'create table t (a_micros int, currency char(3)); create table u (b_micros bigint);',
    );
    expect(said(tables.flatMap(findMoneyWithoutCurrency))).toEqual([
      'a_micros is int, not bigint',
      'b_micros has no currency beside it',
    ]);
  });

  it('finds types that lose money or a time zone', () => {
    const tables = tablesOf(
      'create table t (a real, b timestamp, c timestamptz, d double precision, e jsonb);',
    );
    expect(said(tables.flatMap(findLooseTypes))).toEqual([
      'a is real',
      'b is timestamp',
      'd is double precision',
    ]);
  });

  it('finds constraints and indexes without a name of their own', () => {
    const tables = tablesOf(`create table t (
      id text primary key,
      a text constraint t_a_fkey references b,
      c int check (c > 0),
      d int constraint wrong_name check (d > 0),
      unique (a, c),
      constraint t_b_fkey foreign key (a, c) references b);`);
    expect(said(tables.flatMap(findUnnamedConstraints))).toEqual([
      'unnamed: primary key',
      'unnamed: check (',
      'wrong_name does not begin with t_',
      'unnamed: unique',
    ]);
    expect(
      findUnnamedIndexes(sqlFile('create unique index on t (a); create index t_by_a on t (a);')),
    ).toHaveLength(1);
  });

  it("finds a tenant's table that row level security does not guard", () => {
    const sql = `create table a (account_id text); alter table a enable row level security;
      create table b (ledger_id bigint); alter table b enable row level security, force row level security;
      create policy b_of_tenant on b using (true);
      create table c (code text);
      create table d (account_id text); create table e (account_id text);
      do $$ declare t text; begin foreach t in array array['d'] loop
        execute format('alter table %I enable row level security, force row level security', t);
        execute format('create policy %I on %I using (true)', t || '_of_tenant', t); end loop; end $$;`;
    expect(said(findUnguardedTables(tablesOf(sql), sql))).toEqual([
      'a: row level security is not forced',
      'a: row level security is not given a policy',
      'e: row level security is not enabled',
      'e: row level security is not forced',
      'e: row level security is not given a policy',
    ]);
  });

  it('finds a grant that would let the record be rewritten', () => {
    expect(
      said(findLooseGrants(sqlFile('grant select, update on transfers to tollgate_app;'))),
    ).toEqual(['lets transfers be rewritten']);
    expect(findLooseGrants(sqlFile('grant all on orders to tollgate_app;'))).toHaveLength(1);
    expect(findLooseGrants(sqlFile('grant select, insert on transfers to tollgate_app;'))).toEqual(
      [],
    );
  });

  it('finds a released migration that was edited', () => {
    const hash = createHash('sha256').update('create table a ();').digest('hex');
    expect(findRewritten(`${hash}  0001_a.sql\n`, () => 'create table a ();')).toEqual([]);
    expect(findRewritten(`${hash}  0001_a.sql\n`, () => 'create table b ();')).toEqual([
      '0001_a.sql',
    ]);
  });
});

describe('the schema keeps them', () => {
  const files = readFilesUnder(['db/migrations'], '.sql');
  const tables = files.flatMap(readTables);
  const allSql = files.map(({ text }) => text).join('\n');

  it('keeps money in bigint micros beside its currency', () => {
    expect(describeFindings(tables.flatMap(findMoneyWithoutCurrency))).toEqual([]);
  });

  it('uses no type that loses money or a time zone', () => {
    expect(describeFindings(tables.flatMap(findLooseTypes))).toEqual([]);
  });

  it('names every constraint after its table', () => {
    expect(describeFindings(tables.flatMap(findUnnamedConstraints))).toEqual([]);
  });

  it('names every index', () => {
    expect(describeFindings(files.flatMap(findUnnamedIndexes))).toEqual([]);
  });

  it("forces row level security on every tenant's table", () => {
    expect(tables.filter(belongsToTenant).length).toBeGreaterThan(4);
    expect(describeFindings(findUnguardedTables(tables, allSql))).toEqual([]);
  });

  it('grants the application no way to rewrite the record', () => {
    expect(describeFindings(files.flatMap(findLooseGrants))).toEqual([]);
  });

  it('numbers the migrations from 0001 without a gap', () => {
    const names = listFilesUnder('db/migrations')
      .filter((name) => name.endsWith('.sql'))
      .sort();
    const expected = names.map((name, index) => {
      const number = String(index + 1).padStart(4, '0');
      return `db/migrations/${number}_${name.replace(/^.*?\/\d*_?([^/]*)$/, '$1')}`;
    });
    expect(names).toEqual(expected);
    expect(names.filter((name) => !/\/\d{4}_[a-z0-9_]+\.sql$/.test(name))).toEqual([]);
  });

  it('opens every migration with what it brings and what it locks', () => {
    const silent = files.filter(
      ({ text }) => !/^-- \S[\s\S]*?^-- Locks: /m.test(text.slice(0, 1_500)),
    );
    expect(silent.map(({ name }) => name)).toEqual([]);
  });

  it('never edits a migration that a release has shipped', () => {
    const isReleased = listFilesUnder('db/migrations').includes(RELEASED);
    const lines = isReleased ? readProjectFile(RELEASED).text : '';
    expect(findRewritten(lines, (name) => readProjectFile(`db/migrations/${name}`).text)).toEqual(
      [],
    );
  });
});
