import { readFileSync } from 'node:fs';
import path from 'node:path';

/** Names the file with the state of the run; set for every test by test-run.ts. */
export const TEST_RUN_VARIABLE = 'TOLLGATE_TEST_RUN';
export const TEMPLATE_DATABASE = 'tollgate_template';
/** The application role's password on the servers of tests, which listen on this machine only. */
export const APP_PASSWORD = 'app';

/** What the run has started. Undefined: the test's project did not ask for it. */
export interface TestRunState {
  /** Everything in here is removed with the run. */
  readonly folder: string;
  readonly recordsDirectory: string;
  /** The owner's address of the template database. */
  readonly postgresUrl: string | undefined;
  readonly temporalAddress: string | undefined;
  readonly testServerPath: string | undefined;
  readonly bundlePath: string | undefined;
}

/** The state of this run. Throws outside of jest, or in a project without servers. */
export function parseTestRunState(): TestRunState {
  const file = process.env[TEST_RUN_VARIABLE];
  if (file === undefined) {
    throw new Error('no servers run for this test: its project in jest.config.js asks for none');
  }
  return JSON.parse(readFileSync(file, 'utf8')) as TestRunState;
}

/** One fact of the state; throws with the name of what the project has to ask for. */
export function requireFromRun<Key extends keyof TestRunState>(
  key: Key,
): NonNullable<TestRunState[Key]> {
  const value = parseTestRunState()[key];
  if (value === undefined) throw new Error(`the project of this test did not start: ${key}`);
  return value;
}

/** Where a test file's platform keeps its logs and files; the reporter reads the logs when it fails. */
export function platformFolder(testPath: string): string {
  return path.join(parseTestRunState().folder, 'platforms', path.basename(testPath, '.test.ts'));
}
