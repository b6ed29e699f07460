/**
 * Owns: as whom PostgreSQL runs. It refuses root, so root starts it as `postgres`, else as `nobody`.
 * Does not own: starting it (start-postgres.ts).
 * A folder only root may pass (a clone under root's home, a private temporary folder) is no obstacle where
 * setpriv exists: the server then keeps the one capability to pass folders.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { accessSync, chownSync, constants, statSync } from 'node:fs';
import path from 'node:path';
import { SetupError } from './setup-error';

export interface PostgresUser {
  /** What to give to `spawn`; undefined: our own user. */
  readonly spawnAs: { readonly uid: number; readonly gid: number } | undefined;
  /** The command line that runs a program as that user (together with `spawnAs`). */
  commandLine(program: string, args: readonly string[]): CommandLine;
  /** Hands a file or folder over to that user. */
  own(file: string): void;
}

export interface CommandLine {
  readonly command: string;
  readonly args: readonly string[];
}

const USERS = ['postgres', 'nobody'] as const;
const SETPRIV = ['/usr/bin/setpriv', '/bin/setpriv'] as const;

/** Decides as whom to run `binary` on files under `directory`. Throws a SetupError when nobody can. */
export function findPostgresUser(paths: {
  readonly binary: string;
  readonly directory: string;
}): PostgresUser {
  if (process.getuid?.() !== 0) {
    return { spawnAs: undefined, commandLine: plainCommandLine, own: () => undefined };
  }
  const { name, uid, gid } = findUnprivilegedUser();
  const own = (file: string) => chownSync(file, uid, gid);
  if ([paths.binary, paths.directory].every((file) => isReachable(file, { uid, gid }))) {
    return { spawnAs: { uid, gid }, commandLine: plainCommandLine, own };
  }
  const commandLine = setprivCommandLine({ uid, gid });
  if (commandLine !== undefined) {
    const { command, args } = commandLine(paths.binary, ['--version']);
    if (spawnSync(command, args).status === 0) return { spawnAs: undefined, commandLine, own };
  }
  throw new SetupError(
    `PostgreSQL refuses to run as root, and user ${name} may not pass the folders above ${blockedAt(paths, { uid, gid })}.`,
    'run as an ordinary user, or move the clone to a folder everybody may pass (for example under /srv), or set DATABASE_URL to a server of yours.',
  );
}

function findUnprivilegedUser(): { name: string; uid: number; gid: number } {
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

interface UserIds {
  readonly uid: number;
  readonly gid: number;
}

/** Whether every folder above the file may be passed by this user. */
function isReachable(file: string, user: UserIds): boolean {
  return firstClosedFolder(file, user) === undefined;
}

function firstClosedFolder(file: string, { uid, gid }: UserIds): string | undefined {
  return foldersAbove(file).find((folder) => {
    const found = statSync(folder);
    if (found.uid === uid) return (found.mode & constants.S_IXUSR) === 0;
    if (found.gid === gid) return (found.mode & constants.S_IXGRP) === 0;
    return (found.mode & constants.S_IXOTH) === 0;
  });
}

function blockedAt(
  paths: { readonly binary: string; readonly directory: string },
  user: UserIds,
): string {
  const blocked = [paths.binary, paths.directory].find((file) => !isReachable(file, user));
  return blocked ?? paths.directory;
}

function foldersAbove(file: string): string[] {
  const parent = path.dirname(path.resolve(file));
  return parent === path.dirname(parent) ? [parent] : [...foldersAbove(parent), parent];
}

function plainCommandLine(program: string, args: readonly string[]): CommandLine {
  return { command: program, args };
}

function setprivCommandLine({ uid, gid }: UserIds): PostgresUser['commandLine'] | undefined {
  const setpriv = SETPRIV.find(isExecutable);
  if (setpriv === undefined) return undefined;
  const user = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
  const capability = ['--inh-caps=+dac_override', '--ambient-caps=+dac_override'];
  return (program, args) => ({
    command: setpriv,
    args: [...user, ...capability, program, ...args],
  });
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
