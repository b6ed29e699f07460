/** `npm run reset`: forgets everything a local platform has stored. Refuses while it runs. */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { assertNotRunning, dataDirectoryOf } from './platform/data-directory';
import { SECRETS_FILE } from './platform/local-secrets';
import { reportAndFail } from './platform/report';
import { SetupError } from './servers/setup-error';

const PROJECT_ROOT = path.join(__dirname, '..');

function reset(): void {
  const directory = dataDirectoryOf(process.env, PROJECT_ROOT);
  if (!existsSync(directory) || readdirSync(directory).length === 0) {
    process.stdout.write(`Nothing to forget: ${directory} is empty.\n`);
    return;
  }
  assertNotRunning(directory);
  // A wrong TOLLGATE_DATA_DIR must not cost somebody a folder of other things.
  if (!existsSync(path.join(directory, SECRETS_FILE))) {
    throw new SetupError(
      `${directory} does not look like a data folder of Tollgate: nothing was removed.`,
      'correct TOLLGATE_DATA_DIR, or remove the folder yourself.',
    );
  }
  rmSync(directory, { recursive: true, force: true });
  process.stdout.write(`Forgotten: ${directory} is gone. \`npm start\` begins anew.\n`);
}

try {
  reset();
} catch (error) {
  reportAndFail(error);
}
