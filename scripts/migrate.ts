/** Brings a database up to date: `node dist/scripts/migrate.js` with DATABASE_OWNER_URL and DATABASE_URL. */
import { parseMigrateConfig } from '../config/config';
import { migrate } from '../db/migrate';
import { messageOf } from './servers/setup-error';

Promise.resolve()
  .then(() => migrate(parseMigrateConfig(process.env)))
  .then(
    (names) => {
      process.stdout.write(names.length === 0 ? 'up to date\n' : `ran ${names.join(', ')}\n`);
    },
    (error: unknown) => {
      process.stderr.write(`${messageOf(error)}\n`);
      process.exitCode = 1;
    },
  );
