/**
 * Owns: what each process reads from its environment, checked once at start and frozen.
 * Does not own: defaults of the local set-up (`npm start` hands them in) and the addresses of tests.
 * Every process has its own parse function, so that none asks for what only another needs. The sandbox
 * gateway and carrier stand for somebody else's servers and read their own (gateways/sandbox/server/
 * sandbox-config.ts, gateways/sandbox-carrier/server/carrier-config.ts).
 * Example: `parseApiConfig({ DATABASE_URL: 'postgres://…', TEMPORAL_ADDRESS: '127.0.0.1:7233', … })`.
 */
import { isIP, isIPv6 } from 'node:net';
import { availableParallelism } from 'node:os';
import { z } from 'zod';
import { DISPUTE_MONEY_POLICIES, DISPUTE_SERVICE_POLICIES } from '../domain/dispute/dispute';
import { paymentGateways } from './payment-gateways';
import { commaList, httpUrl, required, secret, url } from './variables';
import { webhooksOut, webhooksOutSettings } from './webhooks-out';

/** Several variables may be wrong at once: the message has one line for each, with the fix. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  /** EX_CONFIG of sysexits.h: to start again with the same settings would bring the same. */
  readonly exitCode = 78;
  constructor(
    process: string,
    readonly problems: readonly string[],
  ) {
    super(
      `The ${process} process cannot start with this environment:\n` +
        problems.map((problem) => `  - ${problem}`).join('\n') +
        '\nAll variables are listed in docs/operations.md.',
    );
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

const DIGEST_KEY_LENGTH_MIN = 32;
const PORT_MAX = 65_535;
const IPV4_BITS = 32;
const IPV6_BITS = 128;

function wholeNumber(options: { readonly min: number; readonly max: number }) {
  const error = `must be a whole number from ${options.min} to ${options.max}`;
  return z
    .string()
    .regex(/^\d{1,9}$/, { error })
    .transform(Number)
    .refine((value) => value >= options.min && value <= options.max, { error });
}

const port = wholeNumber({ min: 1, max: PORT_MAX });
const postgresUrl = (fix: string) => url(fix, ['postgres:', 'postgresql:']);
const flag = z.enum(['true', 'false', '1', '0'], { error: 'must be true or false' });

/** Whose word for a caller's address is taken: `X-Forwarded-For` can be written by anybody. */
const trustedProxies = z
  .string()
  .default('')
  .transform(commaList)
  .refine((parts) => parts.every(isNetwork), {
    error: 'must be addresses or networks with commas between, like 192.0.2.0/24',
  });

function isNetwork(text: string): boolean {
  const [address = '', bits, ...others] = text.split('/');
  const bitsMax = isIPv6(address) ? IPV6_BITS : IPV4_BITS;
  const isSized = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= bitsMax);
  return isIP(address) !== 0 && isSized && others.length === 0;
}

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

const log = {
  BILLING_LOG_LEVEL: z
    .enum(logLevels, { error: `must be one of ${logLevels.join(', ')}` })
    .default('info'),
};

const listening = {
  // Containers listen on 0.0.0.0; on a laptop nobody else needs to reach the process.
  BILLING_BIND_ADDRESS: z.string().default('127.0.0.1'),
};

const database = {
  DATABASE_URL: postgresUrl(
    "the address of the application's role, like postgres://tollgate_app:…@host:5432/tollgate",
  ),
  BILLING_DATABASE_POOL_MAX: wholeNumber({ min: 1, max: 500 }).default(10),
};

const temporal = {
  TEMPORAL_ADDRESS: required(
    'host:port of the Temporal frontend, like 127.0.0.1:7233 (`npm start` brings its own)',
  ).regex(/^[^\s/]+:\d{1,5}$/, { error: 'must be host:port without a scheme' }),
  TEMPORAL_NAMESPACE: z.string().default('default'),
  TEMPORAL_API_KEY: z.string().optional(),
  TEMPORAL_TLS: flag.optional(),
  TEMPORAL_TLS_CLIENT_CERT_PATH: z.string().optional(),
  TEMPORAL_TLS_CLIENT_KEY_PATH: z.string().optional(),
  TEMPORAL_TLS_SERVER_CA_CERT_PATH: z.string().optional(),
  TEMPORAL_TLS_SERVER_NAME: z.string().optional(),
};

const taskQueue = {
  // The queue for calls to gateways is named after it (workflows/activity-options.ts).
  BILLING_TASK_QUEUE: z.string().default('billing'),
};

/** One carrier at a time: what the other one needs is not asked for. */
const carrierClient = z.discriminatedUnion(
  'BILLING_NUMBER_CARRIER',
  [
    z.object({
      BILLING_NUMBER_CARRIER: z.literal('sandbox').default('sandbox'),
      BILLING_SANDBOX_CARRIER_URL: httpUrl(
        'the address of the sandbox carrier, like http://127.0.0.1:4020',
      ),
      BILLING_SANDBOX_CARRIER_KEY: secret('the key both sides share: any random text'),
    }),
    z.object({
      BILLING_NUMBER_CARRIER: z.literal('twilio'),
      BILLING_TWILIO_ACCOUNT_SID: required('the account’s SID').regex(/^AC[0-9a-f]{32}$/, {
        error: 'is not an account SID: AC and 32 digits or letters a to f',
      }),
      BILLING_TWILIO_AUTH_TOKEN: secret('the account’s auth token'),
    }),
  ],
  { error: 'must be sandbox or twilio' },
);

const apiOwnEnvironment = z.object({
  ...log,
  ...listening,
  ...database,
  ...temporal,
  ...taskQueue,
  ...webhooksOut,
  BILLING_API_PORT: port.default(3000),
  BILLING_API_URL: httpUrl('the address customers reach the API at').optional(),
  BILLING_RATE_LIMIT_PER_SECOND: wholeNumber({ min: 1, max: 1_000_000 }).default(100),
  BILLING_REFUSALS_PER_MINUTE: wholeNumber({ min: 1, max: 1_000_000 }).default(300),
  BILLING_TRUSTED_PROXIES: trustedProxies,
  BILLING_DIGEST_KEY: required(
    'the key that phone numbers are kept as digests under: 32 or more random characters, for ever',
  ).min(DIGEST_KEY_LENGTH_MIN, {
    error: `needs at least ${DIGEST_KEY_LENGTH_MIN} characters, like those of openssl rand -hex 24`,
  }),
  BILLING_USAGE_LANES: wholeNumber({ min: 1, max: 64 }).optional(),
});

const apiEnvironment = apiOwnEnvironment.and(carrierClient).and(paymentGateways);

const workerOwnEnvironment = z.object({
  ...log,
  ...listening,
  ...database,
  ...temporal,
  ...taskQueue,
  ...webhooksOut,
  BILLING_API_URL: httpUrl(
    'the address customers reach the API at, like http://127.0.0.1:3000: pages return there',
  ),
  BILLING_WORKER_PORT: port.default(9464),
  BILLING_NUMBER_GRACE_DAYS: wholeNumber({ min: 0, max: 60 }).default(7),
  BILLING_DISPUTE_MONEY: z
    .enum(DISPUTE_MONEY_POLICIES, { error: 'must be take or hold' })
    .default('take'),
  BILLING_DISPUTE_SERVICE: z
    .enum(DISPUTE_SERVICE_POLICIES, { error: 'must be none or hold' })
    .default('none'),
  BILLING_WORKFLOW_BUNDLE: z.string().optional(),
});

const workerEnvironment = workerOwnEnvironment.and(carrierClient).and(paymentGateways);

const migrateEnvironment = z.object({
  DATABASE_OWNER_URL: postgresUrl(
    'the address of a role that may create tables and roles; only migrations use it',
  ),
  DATABASE_URL: database.DATABASE_URL.refine((text) => passwordOf(text) !== '', {
    error: "has no password: put the one the application's role shall log in with into it",
  }),
});

function passwordOf(text: string): string {
  return URL.canParse(text) ? decodeURIComponent(new URL(text).password) : '';
}

/** How to reach Temporal; `config/temporal.ts` turns it into connection options. */
export interface TemporalConfig {
  readonly address: string;
  readonly namespace: string;
  readonly apiKey: string | undefined;
  /** Undefined: on when an API key or a certificate is given, else off. */
  readonly isTlsOn: boolean | undefined;
  readonly clientCertificatePath: string | undefined;
  readonly clientKeyPath: string | undefined;
  readonly serverCertificatePath: string | undefined;
  readonly serverName: string | undefined;
}

/** What the API process needs. Throws a ConfigError that names each wrong variable and its fix. */
export function parseApiConfig(environment: Environment) {
  const read = parse({ process: 'api', schema: apiEnvironment, environment });
  return Object.freeze({
    ...processSettings(read),
    ...gatewaySettings(read),
    paymentRoutes: read.paymentRoutes,
    port: read.BILLING_API_PORT,
    publicUrl: read.BILLING_API_URL ?? `http://127.0.0.1:${read.BILLING_API_PORT}`,
    rateLimitPerSecond: read.BILLING_RATE_LIMIT_PER_SECOND,
    refusalsPerMinute: read.BILLING_REFUSALS_PER_MINUTE,
    trustedProxies: Object.freeze(read.BILLING_TRUSTED_PROXIES),
    digestKey: read.BILLING_DIGEST_KEY,
    /** Each holds a connection of its own, beside the pool. */
    usageLanes:
      read.BILLING_USAGE_LANES ?? Math.min(availableParallelism(), read.BILLING_DATABASE_POOL_MAX),
  });
}
export type ApiConfig = ReturnType<typeof parseApiConfig>;

/** What a worker process needs. Throws a ConfigError that names each wrong variable and its fix. */
export function parseWorkerConfig(environment: Environment) {
  const read = parse({ process: 'worker', schema: workerEnvironment, environment });
  return Object.freeze({
    ...processSettings(read),
    ...gatewaySettings(read),
    /** Where the worker answers /healthz and /metrics. */
    port: read.BILLING_WORKER_PORT,
    apiUrl: read.BILLING_API_URL,
    /** Who pays resellers to their bank accounts; null: they are paid to their wallets only. */
    payoutBank: read.paymentGateways.find((config) => config.kind === 'sandbox') ?? null,
    /** How long a number whose rent is not paid is kept before it is given back (R2.17). */
    numberGraceDays: read.BILLING_NUMBER_GRACE_DAYS,
    /** What becomes of the money and the service of an account whose payment is disputed. */
    disputePolicy: Object.freeze({
      money: read.BILLING_DISPUTE_MONEY,
      service: read.BILLING_DISPUTE_SERVICE,
    }),
    /** A prebuilt bundle (the image has one); undefined: bundle workflows/ at start. */
    workflowBundlePath: read.BILLING_WORKFLOW_BUNDLE,
  });
}
export type WorkerConfig = ReturnType<typeof parseWorkerConfig>;

/** What the migrations need. The application role's password is the one of DATABASE_URL. */
export function parseMigrateConfig(environment: Environment) {
  const read = parse({ process: 'migrate', schema: migrateEnvironment, environment });
  return Object.freeze({
    ownerUrl: read.DATABASE_OWNER_URL,
    appPassword: passwordOf(read.DATABASE_URL),
  });
}

/** How to reach Temporal, for a script that needs nothing else (registering search attributes). */
export function parseTemporalConfig(environment: Environment): TemporalConfig {
  return temporalSettings(
    parse({ process: 'temporal set-up', schema: z.object(temporal), environment }),
  );
}

function processSettings(
  read: z.output<typeof workerEnvironment> | z.output<typeof apiEnvironment>,
) {
  return {
    logLevel: read.BILLING_LOG_LEVEL,
    bindAddress: read.BILLING_BIND_ADDRESS,
    databaseUrl: read.DATABASE_URL,
    databasePoolMax: read.BILLING_DATABASE_POOL_MAX,
    temporal: temporalSettings(read),
    taskQueue: read.BILLING_TASK_QUEUE,
    webhooksOut: webhooksOutSettings(read),
  };
}

function gatewaySettings(
  read: z.output<typeof workerEnvironment> | z.output<typeof apiEnvironment>,
) {
  return {
    paymentGateways: read.paymentGateways,
    numberCarrier: carrierSettings(read),
  };
}

/** Who rents us phone numbers; gateways/create-number-carrier.ts makes the adapter. */
export type NumberCarrierConfig =
  | { readonly kind: 'sandbox'; readonly baseUrl: string; readonly apiKey: string }
  | { readonly kind: 'twilio'; readonly accountSid: string; readonly authToken: string };

function carrierSettings(read: z.output<typeof carrierClient>): NumberCarrierConfig {
  switch (read.BILLING_NUMBER_CARRIER) {
    case 'sandbox':
      return Object.freeze({
        kind: 'sandbox',
        baseUrl: read.BILLING_SANDBOX_CARRIER_URL,
        apiKey: read.BILLING_SANDBOX_CARRIER_KEY,
      });
    case 'twilio':
      return Object.freeze({
        kind: 'twilio',
        accountSid: read.BILLING_TWILIO_ACCOUNT_SID,
        authToken: read.BILLING_TWILIO_AUTH_TOKEN,
      });
  }
}

function temporalSettings(read: z.output<z.ZodObject<typeof temporal>>): TemporalConfig {
  const tls = read.TEMPORAL_TLS;
  return Object.freeze({
    address: read.TEMPORAL_ADDRESS,
    namespace: read.TEMPORAL_NAMESPACE,
    apiKey: read.TEMPORAL_API_KEY,
    isTlsOn: tls === undefined ? undefined : tls === 'true' || tls === '1',
    clientCertificatePath: read.TEMPORAL_TLS_CLIENT_CERT_PATH,
    clientKeyPath: read.TEMPORAL_TLS_CLIENT_KEY_PATH,
    serverCertificatePath: read.TEMPORAL_TLS_SERVER_CA_CERT_PATH,
    serverName: read.TEMPORAL_TLS_SERVER_NAME,
  });
}

function parse<Schema extends z.ZodType>(options: {
  readonly process: string;
  readonly schema: Schema;
  readonly environment: Environment;
}): z.output<Schema> {
  // An empty variable means "not set": compose files and shells pass empty ones along.
  const set = Object.entries(options.environment).filter(([, value]) => value?.trim());
  const result = options.schema.safeParse(Object.fromEntries(set));
  if (result.success) return result.data;
  const problems = result.error.issues.map(
    (issue) => `${String(issue.path[0] ?? 'environment')} ${issue.message}`,
  );
  throw new ConfigError(options.process, [...new Set(problems)]);
}
