import { ConfigError } from '../../config/config';
import { SetupError } from '../servers/setup-error';

/** Tells a person what stands in the way, and makes the process end with status 1. */
export function reportAndFail(error: unknown): void {
  const isForPeople = error instanceof SetupError || error instanceof ConfigError;
  const text = error instanceof Error && !isForPeople ? error.stack : undefined;
  process.stderr.write(`\n${text ?? (error instanceof Error ? error.message : String(error))}\n`);
  process.exitCode = 1;
}
