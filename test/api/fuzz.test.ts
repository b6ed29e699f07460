import fc from 'fast-check';
import { z } from 'zod';
import { buildOpenApi, problemSchema } from '../../api/openapi';
import { ROUTES } from '../../api/routes';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import { startApi, type ApiUnderTest, type Reply } from './api-under-test';
import { arbitraryOf, HOSTILE_TEXTS, junk } from './arbitrary-of-schema';
import { exampleOf, listOperations, type Operation } from './operations';
import { createWorld, type World } from './world';

// The same requests each time; another seed or more of them by the environment.
const SEED = Number(process.env.BILLING_FUZZ_SEED ?? 20_261_122);
const RUNS = Number(process.env.BILLING_FUZZ_RUNS ?? 8);

const documented = z.looseObject({
  requestBody: z
    .looseObject({
      content: z.looseObject({ 'application/json': z.looseObject({ schema: z.unknown() }) }),
    })
    .optional(),
  parameters: z.array(z.looseObject({ name: z.string(), in: z.string(), schema: z.unknown() })),
});

const { paths, components } = buildOpenApi(ROUTES, 'http://api.test');
const schemas = components.schemas as Readonly<Record<string, unknown>>;
const OPERATIONS = listOperations();
const KEYED = OPERATIONS.filter(({ isOpen }) => !isOpen);

let api: ApiUnderTest;
let world: World;

beforeAll(async () => {
  api = await startApi();
  world = await createWorld(api);
});
afterAll(() => api.close());

/** A documented status, no 5xx but a missing worker's, every refusal a problem document, no word of what is behind. */
function expectGoodManners(
  reply: Reply,
  about: { readonly op: Operation; readonly [part: string]: unknown },
): void {
  const { op, ...asked } = about;
  expect({ asked, status: reply.status, documented: op.statuses }).toMatchObject({
    documented: expect.arrayContaining([reply.status]),
  });
  const isMissingWorker = reply.status === 503 && reply.body.code === 'unavailable';
  if (reply.status >= 500 && !isMissingWorker) {
    throw new Error(`${reply.status} ${reply.text} to ${JSON.stringify(about)}`);
  }
  if (reply.status < 400) return;
  expect(reply.headers.get('content-type')).toContain('application/problem+json');
  const problem = problemSchema.parse(reply.body);
  expect(problem.status).toBe(reply.status);
  expect(reply.text).not.toMatch(/select |insert into|postgres|node_modules|at \w+ \(/i);
}

function partsOf({ name, method, path }: Operation) {
  const operation = documented.parse(paths[path]?.[method.toLowerCase()]);
  const body = operation.requestBody?.content['application/json'].schema;
  const queries = operation.parameters.filter((parameter) => parameter.in === 'query');
  const query = fc.record(
    Object.fromEntries(queries.map((each) => [each.name, arbitraryOf(each.schema, { schemas })])),
    { requiredKeys: [] },
  );
  return { name, method, body: body === undefined ? null : arbitraryOf(body, { schemas }), query };
}

/** Half characters cannot be written into an address: they become the replacement character. */
function wellFormed(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8');
}

function toQuery(values: Readonly<Record<string, unknown>>): string {
  const pairs = Object.entries(values).map(([name, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return `${name}=${encodeURIComponent(wellFormed(text))}`;
  });
  return pairs.join('&');
}

test.each(KEYED)('S2 $name keeps its manners whatever it is sent', async (op) => {
  const { method, body, query } = partsOf(op);
  const keys = [api.operatorKey, world.ours.partnerKey, world.ours.accountKey];
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...keys),
      query,
      body ?? fc.constant(undefined),
      async (key, q, b) => {
        const [path] = exampleOf(op.name, world).path.split('?');
        const reply = await api.call(method, `${path}?${toQuery(q)}`, { key, body: b });
        expectGoodManners(reply, { op, path, q, b });
      },
    ),
    { seed: SEED, numRuns: RUNS },
  );
});

/** What a schema says by itself; other codes tell rules that span fields or look something up. */
const SCHEMA_CODES = new Set([
  'unknown_field',
  'invalid_type',
  'invalid_value',
  'invalid_format',
  'invalid_union',
  'invalid_country',
  'invalid_currency',
  'too_small',
  'too_big',
]);
const WITH_RULES = new Set([
  'amendUsageEvent',
  'captureHold',
  'changePlan',
  'createMessagePackage',
  'createMinuteBundle',
  'createPartner',
  'createPlan',
  'createRateCard',
  'createRateCardVersion',
  'createTaxRegistration',
  'createWebhookEndpoint',
  'previewRateCardVersion',
  'recordUsage',
  'saveBillingAddress',
  'savePhoneNumberPriority',
]);

test.each(KEYED.filter(({ hasBody }) => hasBody))(
  '$name never calls malformed what the document allows',
  async (op) => {
    const { requestBody } = documented.parse(paths[op.path]?.[op.method.toLowerCase()]);
    const schema = requestBody?.content['application/json'].schema;
    await fc.assert(
      fc.asyncProperty(arbitraryOf(schema, { schemas, isStrict: true }), async (body) => {
        const { path } = exampleOf(op.name, world);
        const reply = await api.call(op.method, path, { key: api.operatorKey, body });
        const errors = (reply.body.errors ?? []) as readonly { readonly code: string }[];
        const codes = errors.map(({ code }) => code).filter((code) => SCHEMA_CODES.has(code));
        const isMalformed = reply.status === 400 && !WITH_RULES.has(op.name);
        expect({ body, codes, isMalformed }).toEqual({ body, codes: [], isMalformed: false });
      }),
      { seed: SEED, numRuns: RUNS },
    );
  },
);

test.each(KEYED.filter(({ path }) => path.includes('{')))(
  'S2 $name finds nothing under a made-up id',
  async (op) => {
    const { method, path, name } = op;
    const { body } = exampleOf(name, world);
    const find = async (text: string): Promise<void> => {
      const id = encodeURIComponent(wellFormed(text));
      const reply = await api.call(method, path.replaceAll(/\{\w+\}/g, id), {
        key: api.operatorKey,
        ...(body && { body }),
      });
      expectGoodManners(reply, { op, text });
      expect([400, 404]).toContain(reply.status);
    };
    await Promise.all(HOSTILE_TEXTS.map(find));
    expect.hasAssertions();
  },
);

test('S2 open routes keep their manners too', async () => {
  for (const op of OPERATIONS.filter(({ isOpen }) => isOpen)) {
    const { method, path } = op;
    const address = path.replaceAll(/\{\w+\}/g, 'sandbox');
    await fc.assert(
      fc.asyncProperty(junk(), async (value) => {
        const body = method === 'GET' ? undefined : JSON.stringify(value);
        const reply = await api.call(method, address, { body });
        expectGoodManners(reply, { op, address, value });
      }),
      { seed: SEED, numRuns: 5 },
    );
  }
});

test('S2 texts that look like commands are kept as the texts they are', async () => {
  const kept: unknown[] = [];
  const sent = HOSTILE_TEXTS.filter((text) => text.length < 200 && text.trim() !== '');
  for (const name of sent) {
    const reply = await api.call('POST', '/v1/partners', { key: api.operatorKey, body: { name } });
    if (reply.status === 201) kept.push(reply.body.name);
    else expect([reply.status, reply.body.code]).toEqual([400, 'invalid_request']);
  }
  expect(kept.length).toBeGreaterThan(10);
  expect(sent).toEqual(expect.arrayContaining(kept));
  const { partnerId } = world.ours;
  const found = await withTransaction(api.database, SYSTEM, (trx) =>
    trx('partners').where({ id: partnerId }).select<{ name: string }[]>('name'),
  );
  expect(found).toEqual([{ name: 'Ours' }]);
});
