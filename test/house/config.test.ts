import { parseApiConfig, parseMigrateConfig, parseWorkerConfig } from '../../config/config';
import { temporalConnectionOptions } from '../../config/temporal';

const api = {
  DATABASE_URL: 'postgres://tollgate_app:p%40ss@127.0.0.1:5432/tollgate',
  TEMPORAL_ADDRESS: '127.0.0.1:7233',
  BILLING_SANDBOX_GATEWAY_URL: 'http://127.0.0.1:4010/',
  BILLING_SANDBOX_GATEWAY_KEY: 'shared-by-both',
  BILLING_SANDBOX_WEBHOOK_SECRETS: 'newest-secret-of-16, older-secret-of-16+',
  BILLING_SANDBOX_CARRIER_URL: 'http://127.0.0.1:4020/',
  BILLING_SANDBOX_CARRIER_KEY: 'shared-with-the-carrier',
  BILLING_DIGEST_KEY: 'thirty-two-characters-or-more-of-it',
  BILLING_WEBHOOK_KEY: 'thirty-two-characters-for-webhooks',
  BILLING_USAGE_LANES: '3',
};

const razorpay = {
  BILLING_RAZORPAY_KEY_ID: 'rzp_test_1',
  BILLING_RAZORPAY_KEY_SECRET: 'secret',
  BILLING_RAZORPAY_WEBHOOK_SECRETS: 'webhooks-of-razorpay',
};

describe('the configuration of a process', () => {
  it('reads what is given, fills in what has a default and is frozen', () => {
    const config = parseApiConfig(api);
    expect(config).toEqual({
      logLevel: 'info',
      bindAddress: '127.0.0.1',
      databaseUrl: 'postgres://tollgate_app:p%40ss@127.0.0.1:5432/tollgate',
      databasePoolMax: 10,
      temporal: {
        address: '127.0.0.1:7233',
        namespace: 'default',
        apiKey: undefined,
        isTlsOn: undefined,
        clientCertificatePath: undefined,
        clientKeyPath: undefined,
        serverCertificatePath: undefined,
        serverName: undefined,
      },
      taskQueue: 'billing',
      webhooksOut: { key: 'thirty-two-characters-for-webhooks', allowsLoopback: false },
      paymentGateways: [
        {
          kind: 'sandbox',
          rules: 'none',
          baseUrl: 'http://127.0.0.1:4010',
          apiKey: 'shared-by-both',
          webhookSecrets: ['newest-secret-of-16', 'older-secret-of-16+'],
        },
      ],
      paymentRoutes: [],
      numberCarrier: {
        kind: 'sandbox',
        baseUrl: 'http://127.0.0.1:4020',
        apiKey: 'shared-with-the-carrier',
      },
      port: 3000,
      publicUrl: 'http://127.0.0.1:3000',
      rateLimitPerSecond: 100,
      refusalsPerMinute: 300,
      trustedProxies: [],
      digestKey: 'thirty-two-characters-or-more-of-it',
      usageLanes: 3,
    });
    expect(Object.isFrozen(config) && Object.isFrozen(config.paymentGateways)).toBe(true);
  });

  it('believes addresses only from the proxies that are named', () => {
    const read = (text: string) =>
      parseApiConfig({ ...api, BILLING_TRUSTED_PROXIES: text }).trustedProxies;
    expect(read('192.0.2.0/24, 192.0.2.7,fd00::/8')).toEqual([
      '192.0.2.0/24',
      '192.0.2.7',
      'fd00::/8',
    ]);
    for (const wrong of [
      '1',
      'true',
      'proxy.internal',
      '192.0.2.0/33',
      '192.0.2.0/24/8',
      'fd00::/129',
    ]) {
      expect(() => read(wrong)).toThrow('BILLING_TRUSTED_PROXIES must be addresses or networks');
    }
  });

  it('names every missing variable at once, each with the fix', () => {
    expect(() => parseApiConfig({ BILLING_API_PORT: '3000' })).toThrow(
      [
        'The api process cannot start with this environment:',
        "  - DATABASE_URL is missing: set it to the address of the application's role, like postgres://tollgate_app:…@host:5432/tollgate",
        '  - TEMPORAL_ADDRESS is missing: set it to host:port of the Temporal frontend, like 127.0.0.1:7233 (`npm start` brings its own)',
        '  - BILLING_WEBHOOK_KEY is missing: set it to the key that secrets of webhooks are stored under: 32 or more random characters',
        '  - BILLING_DIGEST_KEY is missing: set it to the key that phone numbers are kept as digests under: 32 or more random characters, for ever',
        '  - BILLING_SANDBOX_CARRIER_URL is missing: set it to the address of the sandbox carrier, like http://127.0.0.1:4020',
        '  - BILLING_SANDBOX_CARRIER_KEY is missing: set it to the key both sides share: any random text',
        '  - BILLING_SANDBOX_GATEWAY_URL is missing: set it to the address of the sandbox gateway, like http://127.0.0.1:4010',
        '  - BILLING_SANDBOX_GATEWAY_KEY is missing: set it to the key both sides share: any random text',
        '  - BILLING_SANDBOX_WEBHOOK_SECRETS is missing: set it to the secrets webhooks may be signed with, newest first, with commas between',
        'All variables are listed in docs/operations.md.',
      ].join('\n'),
    );
  });

  it('asks for what its carrier needs, and for nothing of the other', () => {
    const { BILLING_SANDBOX_CARRIER_URL: _url, BILLING_SANDBOX_CARRIER_KEY: _key, ...others } = api;
    const sid = `AC${'0'.repeat(32)}`;
    const environment = {
      ...others,
      BILLING_NUMBER_CARRIER: 'twilio',
      BILLING_TWILIO_ACCOUNT_SID: sid,
      BILLING_TWILIO_AUTH_TOKEN: 'token',
    };
    expect(parseApiConfig(environment).numberCarrier).toEqual({
      kind: 'twilio',
      accountSid: sid,
      authToken: 'token',
    });
  });

  it('asks for what its payment gateways need, and for nothing of those that are not listed', () => {
    const { BILLING_SANDBOX_GATEWAY_URL: _url, BILLING_SANDBOX_GATEWAY_KEY: _key, ...others } = api;
    const listed = { ...others, BILLING_PAYMENT_GATEWAYS: 'stripe, razorpay' };
    expect(() => parseApiConfig(listed)).toThrow(
      [
        '  - BILLING_STRIPE_SECRET_KEY is missing: set it to the secret or restricted key, sk_… or rk_…, of the Stripe account',
        '  - BILLING_STRIPE_WEBHOOK_SECRETS is missing: set it to the secrets webhooks may be signed with, newest first, with commas between',
        '  - BILLING_RAZORPAY_KEY_ID is missing: set it to the key id, rzp_…, of the Razorpay account',
        '  - BILLING_RAZORPAY_KEY_SECRET is missing: set it to the secret that belongs to the key id',
        '  - BILLING_RAZORPAY_WEBHOOK_SECRETS is missing: set it to the secrets webhooks may be signed with, newest first, with commas between',
      ].join('\n'),
    );
    const environment = {
      ...listed,
      ...razorpay,
      BILLING_STRIPE_SECRET_KEY: 'sk_test_1',
      BILLING_STRIPE_WEBHOOK_SECRETS: 'whsec_of_stripe_1',
    };
    expect(parseApiConfig(environment).paymentGateways).toEqual([
      { kind: 'stripe', secretKey: 'sk_test_1', webhookSecrets: ['whsec_of_stripe_1'] },
      {
        kind: 'razorpay',
        keyId: 'rzp_test_1',
        keySecret: 'secret',
        webhookSecrets: ['webhooks-of-razorpay'],
      },
    ]);
    const worker = { ...environment, BILLING_API_URL: 'http://127.0.0.1:3000' };
    expect(parseWorkerConfig(worker).payoutBank).toBeNull();
  });

  it('R2.11 reads who takes which payments', () => {
    const routes = (text: string) =>
      parseApiConfig({
        ...api,
        ...razorpay,
        BILLING_PAYMENT_GATEWAYS: 'sandbox,razorpay',
        BILLING_PAYMENT_ROUTES: text,
      }).paymentRoutes;
    const any = { currency: null, mode: null, payerId: null };
    expect(routes('prt_1/INR/upi=razorpay, INR = sandbox, *=razorpay')).toEqual([
      { gateway: 'razorpay', currency: 'INR', mode: 'upi', payerId: 'prt_1' },
      { ...any, gateway: 'sandbox', currency: 'INR' },
      { ...any, gateway: 'razorpay' },
    ]);
    for (const wrong of [
      'INR',
      'INR=',
      'INR=stripe',
      'XXX=sandbox',
      'upi/card=sandbox',
      '=sandbox',
    ]) {
      expect(() => routes(`*=sandbox,${wrong}`)).toThrow(
        `BILLING_PAYMENT_ROUTES has "${wrong}": a route is like INR/upi=razorpay`,
      );
    }
  });

  it('takes an empty variable for one that is not set', () => {
    expect(parseApiConfig({ ...api, BILLING_API_PORT: '', TEMPORAL_NAMESPACE: ' ' })).toMatchObject(
      { port: 3000, temporal: { namespace: 'default' } },
    );
  });

  it.each([
    [{ BILLING_API_PORT: '99999' }, 'BILLING_API_PORT must be a whole number from 1 to 65535'],
    [{ BILLING_API_PORT: '30x' }, 'BILLING_API_PORT must be a whole number from 1 to 65535'],
    [{ BILLING_DIGEST_KEY: 'short' }, 'BILLING_DIGEST_KEY needs at least 32 characters'],
    [{ BILLING_USAGE_LANES: '0' }, 'BILLING_USAGE_LANES must be a whole number from 1 to 64'],
    [{ TEMPORAL_ADDRESS: 'http://x:1' }, 'TEMPORAL_ADDRESS must be host:port without a scheme'],
    [{ DATABASE_URL: 'mysql://a' }, 'DATABASE_URL is not a URL of the kind postgres:// or'],
    [{ BILLING_LOG_LEVEL: 'loud' }, 'BILLING_LOG_LEVEL must be one of fatal, error'],
    [
      { BILLING_SANDBOX_WEBHOOK_SECRETS: 'newest-secret-of-16,short' },
      'BILLING_SANDBOX_WEBHOOK_SECRETS needs at least 16 characters in each secret',
    ],
    [
      { BILLING_PAYMENT_GATEWAYS: 'sandbox,paypal' },
      'BILLING_PAYMENT_GATEWAYS must be some of sandbox, stripe, razorpay, each once',
    ],
    [
      { BILLING_PAYMENT_GATEWAYS: 'sandbox,sandbox' },
      'BILLING_PAYMENT_GATEWAYS must be some of sandbox, stripe, razorpay, each once',
    ],
    [{ BILLING_NUMBER_CARRIER: 'pigeon' }, 'BILLING_NUMBER_CARRIER must be sandbox or twilio'],
    [
      { BILLING_NUMBER_CARRIER: 'twilio', BILLING_TWILIO_ACCOUNT_SID: 'AC1' },
      'BILLING_TWILIO_ACCOUNT_SID is not an account SID',
    ],
    [{ BILLING_NUMBER_CARRIER: 'twilio' }, 'BILLING_TWILIO_AUTH_TOKEN is missing'],
  ])('refuses %j', (wrong, message) => {
    expect(() => parseApiConfig({ ...api, ...wrong })).toThrow(message);
  });

  it('never repeats a value in its complaint, because it may be a secret', () => {
    const secret = 'short-secret';
    expect(() => parseApiConfig({ ...api, BILLING_SANDBOX_WEBHOOK_SECRETS: secret })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining(secret) }),
    );
  });

  it('asks the worker for the address pages return to', () => {
    expect(() => parseWorkerConfig(api)).toThrow('BILLING_API_URL is missing');
    expect(parseWorkerConfig({ ...api, BILLING_API_URL: 'http://127.0.0.1:3000' })).toMatchObject({
      port: 9464,
      apiUrl: 'http://127.0.0.1:3000',
      workflowBundlePath: undefined,
    });
  });

  it('R2.17 keeps a number with unpaid rent for 7 days, or as many as the operator says, 60 at most', () => {
    const worker = { ...api, BILLING_API_URL: 'http://127.0.0.1:3000' };
    const graceDays = (days: string): number =>
      parseWorkerConfig({ ...worker, BILLING_NUMBER_GRACE_DAYS: days }).numberGraceDays;
    expect([graceDays(''), graceDays('0'), graceDays('60')]).toEqual([7, 0, 60]);
    expect(() => graceDays('61')).toThrow(
      'BILLING_NUMBER_GRACE_DAYS must be a whole number from 0 to 60',
    );
  });

  it("takes the application role's password from the address of the application", () => {
    const owner = { DATABASE_OWNER_URL: 'postgres://owner:o@127.0.0.1/tollgate' };
    expect(parseMigrateConfig({ ...owner, DATABASE_URL: api.DATABASE_URL }).appPassword).toBe(
      'p@ss',
    );
    expect(() =>
      parseMigrateConfig({ ...owner, DATABASE_URL: 'postgres://tollgate_app@127.0.0.1/x' }),
    ).toThrow('DATABASE_URL has no password');
  });
});

describe('the connection to Temporal', () => {
  const connect = (extra: Record<string, string>) =>
    temporalConnectionOptions(parseApiConfig({ ...api, ...extra }).temporal);

  it('is plain without a key, encrypted with one', async () => {
    await expect(connect({})).resolves.toEqual({ address: '127.0.0.1:7233' });
    await expect(connect({ TEMPORAL_API_KEY: 'k' })).resolves.toEqual({
      address: '127.0.0.1:7233',
      apiKey: 'k',
      tls: true,
    });
    await expect(connect({ TEMPORAL_API_KEY: 'k', TEMPORAL_TLS: 'false' })).resolves.toEqual({
      address: '127.0.0.1:7233',
      apiKey: 'k',
    });
  });

  it('refuses half a certificate pair', async () => {
    await expect(connect({ TEMPORAL_TLS_CLIENT_CERT_PATH: '/x.pem' })).rejects.toThrow(
      'belong together',
    );
  });
});
