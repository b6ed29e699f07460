import { startApi, type ApiUnderTest } from './api-under-test';
import { createWorld, type World } from './world';

const ADDRESS = {
  business_name: 'Kadıköy Çiçek A.Ş.',
  address_line1: 'Moda Caddesi 1',
  address_line2: 'Kat 3',
  city: 'İstanbul',
  state: 'İstanbul',
  postal_code: '34710',
  country: 'TR',
  tax_id: '1234567890',
  tax_id_type: 'vkn',
  tax_office: 'Kadıköy',
  email: 'fatura@example.com',
  phone: '+902165550101',
};

let api: ApiUnderTest;
let world: World;

beforeAll(async () => {
  api = await startApi();
  world = await createWorld(api);
});
afterAll(() => api.close());

function save(body: Readonly<Record<string, unknown>>) {
  const path = `/v1/accounts/${world.ours.accountId}/billing_address`;
  return api.call('PUT', path, { key: world.ours.accountKey, body });
}

test('R1.05 saves a whole address and shows it as it was given', async () => {
  const saved = await save(ADDRESS);
  expect(saved.status).toBe(200);
  expect(saved.body).toMatchObject(ADDRESS);
  const path = `/v1/accounts/${world.ours.accountId}/billing_address`;
  const shown = await api.call('GET', path, { key: world.ours.partnerKey });
  expect(shown.body).toEqual(saved.body);
});

test.each(['business_name', 'address_line1', 'city', 'postal_code', 'country', 'email'])(
  'R1.05 names %s when it is missing, and when it is blank',
  async (field) => {
    const { [field as keyof typeof ADDRESS]: _, ...others } = ADDRESS;
    const missing = await save(others);
    expect({ status: missing.status, code: missing.body.code }).toEqual({
      status: 400,
      code: 'invalid_request',
    });
    expect(missing.body.errors).toEqual([
      { field, code: 'required', message: 'This field is required.' },
    ]);
    const blank = await save({ ...ADDRESS, [field]: '   ' });
    expect(blank.status).toBe(400);
    expect(blank.body.errors).toEqual([expect.objectContaining({ field })]);
  },
);

test.each(['02165550101', '+90 216 555 01 01', '+0216555010', '', 7])(
  'a phone number is not like %p',
  async (phone) => {
    const { status, body } = await save({ ...ADDRESS, phone });
    expect(status).toBe(400);
    expect(body.errors).toEqual([expect.objectContaining({ field: 'phone' })]);
  },
);

test('R1.05 names every missing field at once', async () => {
  const { status, body } = await save({});
  expect(status).toBe(400);
  expect(body.errors).toEqual(
    ['business_name', 'address_line1', 'city', 'postal_code', 'country', 'email'].map((field) => ({
      field,
      code: 'required',
      message: 'This field is required.',
    })),
  );
});

test.each([
  ['country', 'Turkey', 'invalid_country'],
  ['country', 'UK', 'invalid_country'],
  ['email', 'not an address', 'invalid_format'],
  ['postal_code', '1'.repeat(21), 'too_big'],
  ['city', 'Istan\u0000bul', 'invalid_format'],
  ['business_name', 7, 'invalid_type'],
  ['tax_id', null, 'required'],
])('R1.05 refuses %s = %j with the code %s', async (field, value, code) => {
  const { status, body } = await save({ ...ADDRESS, [field]: value });
  expect(status).toBe(400);
  expect(body.errors).toEqual([expect.objectContaining({ field, code })]);
});

test('R1.05 takes an address without its optional parts, and replaces the one before as a whole', async () => {
  const { business_name, address_line1, city, postal_code, country, email } = ADDRESS;
  const required = { business_name, address_line1, city, postal_code, country, email };
  const { status, body } = await save(required);
  expect(status).toBe(200);
  expect(body).toMatchObject({
    ...required,
    address_line2: null,
    state: null,
    tax_id: null,
    tax_id_type: null,
    tax_office: null,
  });
});

const IN_FRANCE = {
  country: 'FR',
  state: null,
  tax_id: 'FR40303265045',
  tax_id_type: 'eu_vat',
  tax_office: null,
};
const IN_INDIA = {
  ...ADDRESS,
  state: 'Maharashtra',
  country: 'IN',
  tax_id: '27AAPFU0939F1ZV',
  tax_id_type: 'gstin',
  tax_office: null,
};

test.each([
  [{ tax_id: '1234567891' }, 'tax_id', 'invalid_tax_id'],
  [{ tax_id: '10000000146' }, 'tax_id', 'invalid_tax_id'],
  [{ tax_id_type: 'gstin' }, 'tax_id_type', 'invalid_tax_id_type'],
  [{ tax_office: null }, 'tax_office', 'required'],
  [{ tax_id: '10000000147', tax_id_type: 'tckn' }, 'tax_id', 'invalid_tax_id'],
  [{ ...IN_INDIA, tax_id: '27AAPFU0939F1ZW' }, 'tax_id', 'invalid_tax_id'],
  [{ country: 'ID', tax_id: '013000667091000', tax_id_type: 'npwp' }, 'tax_id', 'invalid_tax_id'],
  [{ ...IN_INDIA, tax_id: null, tax_id_type: null, state: null }, 'state', 'required'],
  [{ ...IN_INDIA, tax_id: null, tax_id_type: null, state: 'MX' }, 'state', 'invalid_state_name'],
  [
    { ...IN_INDIA, tax_id: null, tax_id_type: null, is_in_sez: true },
    'is_in_sez',
    'invalid_tax_id_type',
  ],
  [{ is_in_sez: true }, 'is_in_sez', 'invalid_tax_id_type'],
  [{ ...IN_FRANCE, tax_id: 'FR41303265045' }, 'tax_id', 'invalid_tax_id'],
  [{ ...IN_FRANCE, tax_id: 'DE811569869' }, 'tax_id', 'invalid_tax_id'],
  [{ ...IN_FRANCE, country: 'GB' }, 'tax_id_type', 'invalid_tax_id_type'],
])('R1.05 checks tax details: %j names %s, %s', async (changes, field, code) => {
  const { status, body } = await save({ ...ADDRESS, ...changes });
  expect(status).toBe(400);
  expect(body.errors).toEqual([expect.objectContaining({ field, code })]);
});

test('an address in a special economic zone says so, and the next one no more', async () => {
  const inZone = await save({ ...ADDRESS, ...IN_INDIA, is_in_sez: true });
  expect(inZone.body).toMatchObject({ is_in_sez: true, tax_id: '27AAPFU0939F1ZV' });
  expect((await save({ ...ADDRESS, ...IN_INDIA })).body.is_in_sez).toBe(false);
});

test.each([
  [IN_INDIA, '27AAPFU0939F1ZV'],
  [{ ...IN_INDIA, tax_id: '27 aapfu0939f1zv' }, '27AAPFU0939F1ZV'],
  [{ ...IN_INDIA, tax_id: null, tax_id_type: null }, null],
  [{ tax_id: '10000000146', tax_id_type: 'tckn', tax_office: null }, '10000000146'],
  [{ country: 'ID', tax_id: '01.300.066.6-091.000', tax_id_type: 'npwp' }, '013000666091000'],
  [{ ...IN_FRANCE, tax_id: 'fr 40 303 265 045' }, 'FR40303265045'],
  [{ country: 'DE', tax_id: 'DE 811569869', tax_id_type: 'eu_vat' }, 'DE811569869'],
  [{ country: 'US', tax_id: '12-3456789', tax_id_type: 'ein' }, '12-3456789'],
])('R1.05 keeps a tax number that can exist: %j', async (changes, taxId) => {
  const { status, body } = await save({ ...ADDRESS, ...changes });
  expect(status).toBe(200);
  expect(body.tax_id).toBe(taxId);
});
