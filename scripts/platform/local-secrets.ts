/**
 * Owns: the secrets of a local platform, made once and kept in its data folder, readable by its owner.
 * Does not own: secrets of production; those come from the environment and are never written down.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { newSecret } from '../../api/secrets';
import { APP_ROLE } from '../../db/migrate';

const schema = z.object({
  operatorKey: z.string(),
  gatewayKey: z.string(),
  // A folder of before has none.
  carrierKey: z.string().default(randomText),
  digestKey: z.string().default(randomText),
  webhookKey: z.string().default(randomText),
  webhookSecret: z.string(),
  fallbackAppPassword: z.string(),
});
export type LocalSecrets = z.output<typeof schema>;

export const SECRETS_FILE = 'secrets.json';
const RANDOM_BYTES = 24;

/** The secrets of this data folder; those it does not have yet are made. */
export function readOrCreateSecrets(directory: string): LocalSecrets {
  const file = path.join(directory, SECRETS_FILE);
  const secrets = existsSync(file)
    ? schema.parse(JSON.parse(readFileSync(file, 'utf8')))
    : makeSecrets();
  writeFileSync(file, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 });
  return secrets;
}

function makeSecrets(): LocalSecrets {
  return {
    operatorKey: newSecret('test'),
    gatewayKey: randomText(),
    carrierKey: randomText(),
    digestKey: randomText(),
    webhookKey: randomText(),
    webhookSecret: randomText(),
    fallbackAppPassword: randomText(),
  };
}

/**
 * The address the API and the worker use: the application's role on the owner's database. Its password
 * follows from the owner's, so that two copies on one server do not lock each other out.
 */
export function appUrlOf(ownerUrl: string, fallbackPassword: string): string {
  const url = new URL(ownerUrl);
  const ownerPassword = decodeURIComponent(url.password);
  url.username = APP_ROLE;
  url.password =
    ownerPassword === ''
      ? fallbackPassword
      : createHmac('sha256', ownerPassword).update(APP_ROLE).digest('hex').slice(0, 40);
  return url.href;
}

function randomText(): string {
  return randomBytes(RANDOM_BYTES).toString('hex');
}
