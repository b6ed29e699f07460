/**
 * Owns: as whom PostgreSQL runs. It refuses root, so root starts it as `postgres`, else as `nobody`.
 * Does not own: starting it (start-postgres.ts).
 * Those two may not pass folders that are root's alone (a clone under root's home or in a private temporary
 * folder). There the server runs in a user namespace, in which root's files belong to an ordinary user,
 * or, where only its data is out of reach, with the one capability to pass folders.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { chownSync } from 'node:fs';
import { SetupError } from './setup-error';

export interface PostgresUser {
  /** What to give to `spawn`; undefined: our own user. */
  readonly spawnAs: UserIds | undefined;
  /** The command line that runs a program as that user (together with `spawnAs`). */
  commandLine(program: string, args: readonly string[]): CommandLine;
  /** Hands a file or folder over to that user. */
  own(file: string): void;
}

interface UserIds {
  readonly uid: number;
  readonly gid: number;
}

export interface CommandLine {
  readonly command: string;
  readonly args: readonly string[];
}

interface Paths {
  readonly binary: string;
  /** The folder PostgreSQL's data is in; it exists. */
  readonly directory: string;
}

const USERS = ['postgres', 'nobody'] as const;
const ROOT_UID = 0;

/** Decides as whom to run `binary` on files below `directory`. Throws a SetupError when nobody can. */
export function findPostgresUser(paths: Paths): PostgresUser {
  if (process.getuid?.() !== ROOT_UID) return ourselves();
  const user = findUnprivilegedUser();
  const ways = [plainly(user), inUserNamespace(user), withCapability(user)];
  const way = ways.find((candidate) => isReachable(candidate, paths));
  if (way !== undefined) return way;
  throw new SetupError(
    `PostgreSQL refuses to run as root, and user ${user.name} may not pass the folders above ${paths.directory}.`,
    'run as an ordinary user, or move the clone to a folder everybody may pass (for example under /srv), or set DATABASE_URL to a server of yours.',
  );
}

/** Whether the user can run the program and look into the folder: asked of the system itself. */
function isReachable(way: PostgresUser, { binary, directory }: Paths): boolean {
  const question = 'test -x "$0" && cd "$1"';
  const { command, args } = way.commandLine('/bin/sh', ['-c', question, binary, directory]);
  return spawnSync(command, args, { ...way.spawnAs, cwd: '/', stdio: 'ignore' }).status === 0;
}

function ourselves(): PostgresUser {
  return {
    spawnAs: undefined,
    commandLine: (command, args) => ({ command, args }),
    own: () => undefined,
  };
}

function plainly({ uid, gid }: UserIds): PostgresUser {
  return { ...ourselves(), spawnAs: { uid, gid }, own: (file) => chownSync(file, uid, gid) };
}

/** Root outside, an ordinary user inside. */
function inUserNamespace({ uid, gid }: UserIds): PostgresUser {
  const prefix = ['--user', `--map-user=${uid}`, `--map-group=${gid}`, '--'];
  return { ...ourselves(), commandLine: prefixed('unshare', prefix) };
}

/** `access` knows no capabilities, so this does for data, but not for programs. */
function withCapability({ uid, gid }: UserIds): PostgresUser {
  const user = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
  const capability = ['--inh-caps=+dac_override', '--ambient-caps=+dac_override', '--'];
  return {
    ...ourselves(),
    commandLine: prefixed('setpriv', [...user, ...capability]),
    own: (file) => chownSync(file, uid, gid),
  };
}

function prefixed(command: string, prefix: readonly string[]): PostgresUser['commandLine'] {
  return (program, args) => ({ command, args: [...prefix, program, ...args] });
}

function findUnprivilegedUser(): UserIds & { readonly name: string } {
  for (const name of USERS) {
    const uid = askForId('-u', name);
    const gid = askForId('-g', name);
    if (uid !== undefined && gid !== undefined) return { name, uid, gid };
  }
  throw new SetupError(
    'PostgreSQL refuses to run as root, and this system has neither a user `postgres` nor `nobody`.',
    'run as an ordinary user, or create one with `useradd postgres`, or set DATABASE_URL.',
  );
}

function askForId(flag: '-u' | '-g', name: string): number | undefined {
  try {
    const text = execFileSync('id', [flag, name], { encoding: 'utf8', stdio: 'pipe' });
    return Number.parseInt(text, 10);
  } catch {
    return undefined; // There is no such user.
  }
}
