import {
  describeFindings,
  findPattern,
  readProjectFile,
  readTextFiles,
  type Finding,
  type ProjectFile,
} from './project-files';

/** Places that exist on one machine only. Split, or this file would find itself. */
const MACHINE_PATH = new RegExp(
  [
    '/wo' + 'rk/',
    '/ro' + 'ot/',
    '/ho' + 'me/(?!node/)[a-z]',
    '/Us' + 'ers/[A-Za-z]',
    '/t' + 'mp/dev',
    '\\.\\./sha' + 'red',
  ].join('|'),
  'g',
);
/** An address of somebody's network: neither this machine, nor a documentation address, nor "any". */
const PRIVATE_HOST =
  /\b(?:10(?:\.\d{1,3}){3}|192\.168(?:\.\d{1,3}){2}|172\.(?:1[6-9]|2\d|3[01])(?:\.\d{1,3}){2})\b/g;
const PUBLIC_REGISTRY = 'https://registry.npmjs.org/';

/** The lock file has addresses of its own; whoever refuses webhooks to private networks has to name them. */
const NAMES_ANY_HOST =
  /^package-lock\.json$|webhook-target\.|\/send-webhook\.test|\/webhook-endpoints\.test/;

function findMachineTraces(file: ProjectFile): Finding[] {
  return [
    ...findPattern(file, MACHINE_PATH, 'names a place of one machine'),
    ...findPattern(file, PRIVATE_HOST, 'names a host of one network'),
  ];
}

/** The lock file must install from anywhere: addresses of the public registry, or none. */
function findForeignRegistries({ name, text }: ProjectFile): Finding[] {
  return findPattern({ name, text }, /"resolved": "[^"]*"/g, 'is fetched from elsewhere').filter(
    ({ says }) => !says.includes(`"${PUBLIC_REGISTRY}`),
  );
}

/** Spelled like a live secret: a private key, or one of our own API keys. */
const SECRET = new RegExp(
  [
    '-----BEGIN [A-Z ]*PRIVATE KEY',
    '\\btg_live_[A-Za-z0-9]{20,}',
    '\\bsk_live_[A-Za-z0-9]{10,}',
  ].join('|'),
  'g',
);

describe('what is committed works on any machine', () => {
  const texts = readTextFiles();

  it('finds a planted path, host, registry and secret', () => {
    const planted = (text: string): ProjectFile => ({ name: 'x.ts', text });
    expect(findMachineTraces(planted(['', 'ho' + 'me', 'ada', 'tollgate'].join('/')))).toHaveLength(
      1,
    );
    expect(findMachineTraces(planted(['10', '1', '2', '3'].join('.')))).toHaveLength(1);
    expect(findMachineTraces(planted('http://127.0.0.1:8080 and /app/dist'))).toEqual([]);
    expect(findForeignRegistries(planted('"resolved": "http://mirror.local/a.tgz"'))).toHaveLength(
      1,
    );
    expect(findPattern(planted('tg_live_' + 'a1'.repeat(20)), SECRET, 'secret')).toHaveLength(1);
  });

  it('names no place of one machine and no host of one network', () => {
    const files = texts.filter(({ name }) => !NAMES_ANY_HOST.test(name));
    expect(describeFindings(files.flatMap(findMachineTraces))).toEqual([]);
  });

  it('installs from the public registry only', () => {
    expect(describeFindings(findForeignRegistries(readProjectFile('package-lock.json')))).toEqual(
      [],
    );
  });

  it('contains no secret', () => {
    expect(
      describeFindings(texts.flatMap((file) => findPattern(file, SECRET, 'a secret'))),
    ).toEqual([]);
  });
});
