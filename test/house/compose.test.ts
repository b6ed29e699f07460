/**
 * docker-compose.yml, Dockerfile, .env.example and docs/operations.md against the code: no Docker engine is
 * needed to find a command, port, variable or file that does not exist.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import {
  parseApiConfig,
  parseMigrateConfig,
  parseTemporalConfig,
  parseWorkerConfig,
} from '../../config/config';
import { APP_ROLE } from '../../db/migrate';
import { parseCarrierEnvironment } from '../../gateways/sandbox-carrier/server/carrier-config';
import { parseSandboxEnvironment } from '../../gateways/sandbox/server/sandbox-config';
import { PROJECT_ROOT } from './fixture-tree';
import { listFilesUnder, readProjectFile } from './project-files';

const serviceSchema = z.object({
  image: z.string().optional(),
  build: z.string().optional(),
  command: z.array(z.string()).optional(),
  entrypoint: z.array(z.string()).optional(),
  container_name: z.string().optional(),
  restart: z.string().optional(),
  environment: z.record(z.string(), z.string()).default({}),
  ports: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  deploy: z.object({ replicas: z.string() }).optional(),
  healthcheck: z.object({ test: z.array(z.string()) }).optional(),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
});
type Service = z.output<typeof serviceSchema>;
const composeSchema = z.object({
  services: z.record(z.string(), serviceSchema),
  volumes: z.record(z.string(), z.unknown()),
});

const text = (name: string): string => readProjectFile(name).text;
const compose = composeSchema.parse(parse(text('docker-compose.yml'), { merge: true }));
const services = Object.entries(compose.services);
const ours = services.filter(([, service]) => service.build !== undefined);
const dockerfile = text('Dockerfile').replaceAll(/\\\n\s*(?:#.*\n\s*)*/g, ' ');

/** What .env is filled in with. */
const filledIn: Record<string, string> = {
  POSTGRES_PASSWORD: 'owner0123456789abcdef',
  TOLLGATE_APP_PASSWORD: 'app0123456789abcdef',
  TEMPORAL_DATABASE_PASSWORD: 'temporal0123456789abcdef',
  BILLING_API_URL: 'http://localhost:3000',
  BILLING_SANDBOX_GATEWAY_KEY: 'key0123456789abcdef',
  BILLING_SANDBOX_WEBHOOK_SECRET: 'secret0123456789abcdef',
  BILLING_SANDBOX_CARRIER_KEY: 'carrier0123456789abcdef',
  BILLING_DIGEST_KEY: 'digest0123456789abcdef0123456789abcdef',
  BILLING_WEBHOOK_KEY: 'webhooks0123456789abcdef0123456789abcdef',
};

/** `${NAME:?message}` and `${NAME:-default}`, as compose fills them in. */
const REFERENCE = /\$\{(?<name>[A-Z_]+):(?<kind>[?-])(?<rest>[^}]*)\}/g;

function fillIn(value: string): string {
  return value.replaceAll(REFERENCE, (_whole, name: string, kind: string, rest: string) => {
    const filled = filledIn[name] ?? (kind === '-' ? rest : undefined);
    if (filled === undefined) throw new Error(`${name} is required and not in .env.example`);
    return filled;
  });
}

function imageEnvironment(): Record<string, string> {
  const pairs = [...dockerfile.matchAll(/\b([A-Z_]+)=(\S+)/g)];
  return Object.fromEntries(pairs.map(([, name = '', value = '']) => [name, value]));
}

function get(name: string): Service {
  const service = compose.services[name];
  if (service === undefined) throw new Error(`there is no service ${name}`);
  return service;
}

/** What the process in the container reads. */
function environmentOf(name: string): Record<string, string> {
  const given = Object.entries(get(name).environment).map(([key, value]) => [key, fillIn(value)]);
  return { ...imageEnvironment(), ...Object.fromEntries(given) };
}

/** `node dist/api/server.js` runs api/server.ts. */
function sourceOf(script: string): string {
  return script.replace(/^dist\//, '').replace(/\.js$/, '.ts');
}

function namesIn(folder: string, pattern: RegExp): string[] {
  return listFilesUnder(folder)
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) => [...text(name).matchAll(pattern)].map(([found]) => found));
}

const VARIABLE = /\b(?:BILLING|DATABASE|TEMPORAL|TOLLGATE)_[A-Z_]*[A-Z]\b/g;
const CONFIGURATION = ['config', 'gateways/sandbox/server', 'gateways/sandbox-carrier/server'];
const readByProcesses = new Set(
  CONFIGURATION.flatMap((folder) => namesIn(folder, VARIABLE)).filter((name) =>
    CONFIGURATION.some((folder) =>
      listFilesUnder(folder).some((file) => new RegExp(`^ +${name}:`, 'm').test(text(file))),
    ),
  ),
);

describe('docker-compose.yml', () => {
  it.each(ours)('runs in %s a file that the build makes', (name, service) => {
    const [program, script = '', ...rest] = service.command ?? [];
    expect({ program, rest }).toEqual({ program: 'node', rest: [] });
    expect(existsSync(path.join(PROJECT_ROOT, sourceOf(script)))).toBe(true);
    const built = z
      .object({ include: z.array(z.string()) })
      .parse(JSON.parse(text('tsconfig.build.json')));
    expect(built.include).toContain(script.split('/')[1]);
    expect(name).not.toBe('');
  });

  it.each(ours)('gives to %s only variables that our code reads', (_name, service) => {
    const unknown = Object.keys(service.environment).filter((key) => !readByProcesses.has(key));
    expect(unknown).toEqual([]);
  });

  it('gives to each process all it needs: their own checks take it', () => {
    expect(parseApiConfig(environmentOf('api'))).toMatchObject({
      bindAddress: '0.0.0.0',
      port: 3000,
      databaseUrl: 'postgres://tollgate_app:app0123456789abcdef@postgres:5432/tollgate',
      temporal: { address: 'temporal:7233', namespace: 'default' },
      paymentGateways: [
        { kind: 'sandbox', baseUrl: 'http://gateway:4010', apiKey: 'key0123456789abcdef' },
      ],
      numberCarrier: { kind: 'sandbox', baseUrl: 'http://carrier:4020' },
    });
    expect(parseWorkerConfig(environmentOf('worker'))).toMatchObject({
      port: 9464,
      workflowBundlePath: '/app/dist/workflow-bundle.js',
    });
    expect(parseMigrateConfig(environmentOf('migrate'))).toEqual({
      ownerUrl: 'postgres://tollgate_owner:owner0123456789abcdef@postgres:5432/tollgate',
      appPassword: 'app0123456789abcdef',
    });
    expect(parseTemporalConfig(environmentOf('temporal-prepare')).address).toBe('temporal:7233');
    expect(parseSandboxEnvironment(environmentOf('gateway'))).toMatchObject({
      host: '0.0.0.0',
      port: 4010,
      publicUrl: 'http://localhost:4010',
      webhookUrl: 'http://api:3000/webhooks/sandbox',
    });
    expect(parseCarrierEnvironment(environmentOf('carrier'))).toMatchObject({
      host: '0.0.0.0',
      port: 4020,
      storePath: '/var/lib/tollgate/leases.jsonl',
    });
  });

  it('lets both sides share their secrets', () => {
    const [api] = parseApiConfig(environmentOf('api')).paymentGateways;
    const gateway = parseSandboxEnvironment(environmentOf('gateway'));
    expect(api).toMatchObject({ kind: 'sandbox', apiKey: gateway.apiKey });
    expect(api?.webhookSecrets).toContain(gateway.webhookSecret);
    const { apiKey } = parseCarrierEnvironment(environmentOf('carrier'));
    expect(parseWorkerConfig(environmentOf('worker')).numberCarrier).toMatchObject({ apiKey });
    expect(get('api').environment['DATABASE_URL']).toContain(`//${APP_ROLE}:`);
    expect(get('temporal-schema').environment['SQL_PASSWORD']).toBe(
      get('temporal').environment['POSTGRES_PWD'],
    );
  });

  it('publishes and checks the ports that the processes listen on', () => {
    const portOf = {
      api: parseApiConfig(environmentOf('api')).port,
      worker: parseWorkerConfig(environmentOf('worker')).port,
      gateway: parseSandboxEnvironment(environmentOf('gateway')).port,
      carrier: parseCarrierEnvironment(environmentOf('carrier')).port,
    };
    for (const [name, port] of Object.entries(portOf)) {
      const service = get(name);
      for (const published of service.ports) expect(published).toMatch(new RegExp(`:${port}$`));
      expect(service.healthcheck?.test.at(-1)).toMatch(`http://127.0.0.1:${port}/`);
      expect(dockerfile).toMatch(new RegExp(`^EXPOSE .*\\b${port}\\b`, 'm'));
    }
    expect(get('gateway').environment['BILLING_SANDBOX_WEBHOOK_URL']).toContain(`:${portOf.api}/`);
    expect(get('api').environment['BILLING_SANDBOX_GATEWAY_URL']).toContain(`:${portOf.gateway}`);
    expect(get('api').environment['BILLING_SANDBOX_CARRIER_URL']).toContain(`:${portOf.carrier}`);
  });

  it('checks health at paths that the processes answer', () => {
    const checks = ['api', 'worker', 'gateway', 'carrier'].map(
      (name) => get(name).healthcheck?.test ?? [],
    );
    for (const [, program, script = '', url = ''] of checks) {
      expect([program, existsSync(path.join(PROJECT_ROOT, sourceOf(script)))]).toEqual([
        'node',
        true,
      ]);
      const answering = ['api', 'worker', 'gateways'].filter((folder) =>
        listFilesUnder(folder).some((file) => text(file).includes(`'${new URL(url).pathname}'`)),
      );
      expect(answering).not.toEqual([]);
    }
  });

  it('waits only for what says when it is ready', () => {
    for (const [, service] of services) {
      for (const [name, { condition }] of Object.entries(service.depends_on)) {
        const needed = get(name);
        if (condition === 'service_healthy') expect(needed.healthcheck).toBeDefined();
        else
          expect([condition, needed.restart]).toEqual([
            'service_completed_successfully',
            undefined,
          ]);
      }
    }
  });

  it('restarts every process, and checks the health of each that others need', () => {
    const jobs = ['temporal-schema', 'temporal-prepare', 'migrate'];
    // The image of the UI has no shell and no client to ask with; nobody waits for it.
    const unchecked = ['temporal-ui'];
    for (const [name, service] of services.filter(([key]) => !jobs.includes(key))) {
      expect([name, service.restart]).toEqual([name, 'unless-stopped']);
      expect([name, service.healthcheck !== undefined]).toEqual([name, !unchecked.includes(name)]);
    }
  });

  it('scales the API and the worker by replicas', () => {
    for (const name of ['api', 'worker']) {
      const service = get(name);
      expect(service.container_name).toBeUndefined();
      expect(service.deploy?.replicas).toMatch(/^\$\{[A-Z]+_REPLICAS:-1\}$/);
      // A fixed port on the host would be taken by the first replica.
      for (const published of service.ports) expect(published).toMatch(/^\$\{[A-Z]+_PORTS:-/);
    }
  });

  it('contains no secret: each comes from the environment, and has no default', () => {
    const secret = /PASSWORD|PWD|SECRET|KEY/;
    for (const [, { environment }] of services) {
      for (const [key, value] of Object.entries(environment)) {
        if (!secret.test(key)) continue;
        expect(value).toMatch(/^\$\{[A-Z_]+:\?/);
      }
    }
    for (const { groups } of text('docker-compose.yml').matchAll(REFERENCE)) {
      if (secret.test(groups?.['name'] ?? '')) expect(groups?.['kind']).toBe('?');
    }
    expect(text('docker-compose.yml')).not.toMatch(/:\/\/[^\s:]+:(?!\$\{)[^\s@/]+@/);
  });

  it('mounts files that exist, and volumes that are declared', () => {
    const sources = services.flatMap(([, { volumes }]) =>
      volumes.map((it) => it.split(':')[0] ?? ''),
    );
    const files = sources.filter((source) => source.startsWith('./'));
    expect(files.length).toBeGreaterThan(0);
    for (const file of files) expect(existsSync(path.join(PROJECT_ROOT, file))).toBe(true);
    const named = sources.filter((source) => !source.startsWith('./'));
    expect(named.sort()).toEqual(Object.keys(compose.volumes).sort());
  });

  it('runs scripts with the variables that they read', () => {
    const script = text('docker/create-temporal-role.sh');
    for (const [, name = ''] of script.matchAll(/\$([A-Z_]+)/g)) {
      expect(Object.keys(get('postgres').environment)).toContain(name);
    }
    expect(get('temporal-schema').entrypoint?.at(-1)).toBe('/docker/temporal-schema.sh');
  });
});

describe('.env.example', () => {
  const documented = [...text('.env.example').matchAll(/^(?:# )?([A-Z_]+)=/gm)].map(([, it]) => it);

  it('documents every variable that has to be set, and names none that is not used', () => {
    const used = [...text('docker-compose.yml').matchAll(REFERENCE)].map(({ groups }) => ({
      name: groups?.['name'],
      isRequired: groups?.['kind'] === '?',
    }));
    const required = new Set(used.filter((it) => it.isRequired).map(({ name }) => name));
    expect(documented).toEqual(expect.arrayContaining([...required]));
    expect(documented.filter((name) => !used.some((it) => it.name === name))).toEqual([]);
    expect(new Set(Object.keys(filledIn))).toEqual(required);
  });

  it('holds no value that works as a secret', () => {
    expect(text('.env.example')).not.toMatch(/^(?:# )?\w*(?:PASSWORD|KEY|SECRET)\w*=.+$/m);
  });
});

describe('Dockerfile', () => {
  it('runs scripts of package.json, and a file that the build makes', () => {
    const { scripts } = z
      .object({ scripts: z.record(z.string(), z.string()) })
      .parse(JSON.parse(text('package.json')));
    const named = [...dockerfile.matchAll(/npm run ([a-z:-]+)/g)].map(([, name = '']) => name);
    expect(named).toEqual(['build']);
    for (const name of named) expect(Object.keys(scripts)).toContain(name);
    const [, script = ''] = /CMD \["node", "([^"]+)"\]/.exec(dockerfile) ?? [];
    expect(existsSync(path.join(PROJECT_ROOT, sourceOf(script)))).toBe(true);
  });

  it('copies files that exist and are not ignored', () => {
    const ignored = text('.dockerignore').split('\n');
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(
      ([, names = '']) => names.split(' '),
    );
    for (const name of copied) {
      expect([name, existsSync(path.join(PROJECT_ROOT, name))]).toEqual([name, true]);
      expect(ignored).not.toContain(name);
    }
  });

  it('sets variables that our code reads, and a Node.js that we support', () => {
    const own = Object.keys(imageEnvironment()).filter((name) => name.startsWith('BILLING_'));
    expect(own.filter((name) => !readByProcesses.has(name))).toEqual([]);
    expect(imageEnvironment()['BILLING_WORKFLOW_BUNDLE']).toBe('/app/dist/workflow-bundle.js');
    expect(text('scripts/build.ts')).toContain("'dist/workflow-bundle.js'");
    const bases = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, image]) => image);
    expect(new Set(bases)).toEqual(new Set([`node:${text('.nvmrc').trim()}-bookworm-slim`]));
  });

  it('does not run as root', () => {
    expect(dockerfile).toMatch(/^USER node$/m);
  });
});

describe('docs/operations.md', () => {
  const operations = text('docs/operations.md');
  const rows = [...operations.matchAll(/^\| `([A-Z_]+)` +\|/gm)].map(([, name = '']) => name);

  it('lists every variable that a process or npm start reads, and no other', () => {
    const readByScripts = namesIn('scripts', VARIABLE).filter((name) =>
      /^(TOLLGATE|TEMPORAL)_[A-Z_]*(DIR|PORT|PATH|URL)$/.test(name),
    );
    expect([...new Set(rows)].sort()).toEqual(
      [...new Set([...readByProcesses, ...readByScripts])].sort(),
    );
  });

  it('names the usual ports of npm start', () => {
    const usual = [...text('scripts/start.ts').matchAll(/'[^']+', (\d+), '([A-Z_]+)'/g)];
    expect(usual).toHaveLength(7);
    for (const [, port = '', variable = ''] of usual) {
      expect(operations).toMatch(new RegExp(`^\\| ${port} \\|.*\`${variable}\``, 'm'));
    }
  });

  it('names commands that the build makes', () => {
    const scripts = [...operations.matchAll(/\bnode (dist\/[\w./-]+\.js)/g)].map(
      ([, it = '']) => it,
    );
    expect(scripts.length).toBeGreaterThan(4);
    for (const script of scripts) {
      expect([script, existsSync(path.join(PROJECT_ROOT, sourceOf(script)))]).toEqual([
        script,
        true,
      ]);
    }
  });
});
