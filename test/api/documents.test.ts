import { z } from 'zod';
import { startApi, type ApiUnderTest } from './api-under-test';
import { createWorld, type World } from './world';

let api: ApiUnderTest;
let world: World;

beforeAll(async () => {
  api = await startApi();
  world = await createWorld(api);
});
afterAll(() => api.close());

function get(path: string, key = world.ours.accountKey) {
  return api.call('GET', path, { key });
}

function idsOf(items: unknown): string[] {
  return z
    .array(z.looseObject({ id: z.string() }))
    .parse(items)
    .map(({ id }) => id);
}

describe('the documents of an account', () => {
  it('are listed newest first, and by kind', async () => {
    const path = `/v1/accounts/${world.ours.accountId}/invoices`;
    const all = await get(path);
    expect(all.status).toBe(200);
    const ids = idsOf(all.body.items);
    const place = (id: string) => ids.indexOf(id);
    expect(place(world.ours.invoiceId)).toBeGreaterThan(place(world.ours.creditNoteId));
    const notes = await get(`${path}?kind=credit_note`);
    expect(notes.body.items).toMatchObject([{ id: world.ours.creditNoteId }]);
    const none = await get(`${path}?kind=refund_voucher`);
    expect(none.body.items).toEqual([]);
  });

  it('page with a cursor', async () => {
    const path = `/v1/accounts/${world.ours.accountId}/invoices`;
    const whole = idsOf((await get(path)).body.items);
    const first = await get(`${path}?limit=1`);
    expect(idsOf(first.body.items)).toEqual(whole.slice(0, 1));
    const rest = await get(`${path}?cursor=${String(first.body.next_cursor)}`);
    expect(idsOf(rest.body.items)).toEqual(whole.slice(1));
    expect(rest.body.next_cursor).toBeNull();
  });

  it('have the fields of the contract', async () => {
    const { status, body } = await get(`/v1/invoices/${world.ours.invoiceId}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      kind: 'invoice',
      number: 'INV-2026-0000001',
      issued_at: '2026-11-01T00:00:00.000Z',
      is_test: true,
      seller: null,
      buyer: { name: 'Ours', address_lines: ['1 MG Road', 'Mumbai 400001'], state: 'MH' },
      lines: [
        {
          quantity: 1,
          unit_amount: { amount: '4999.00', currency: 'INR' },
          amount: { amount: '4999.00', currency: 'INR' },
        },
      ],
      tax_lines: [],
      subtotal: { amount: '4999.00', currency: 'INR' },
      tax_total: { amount: '0.00', currency: 'INR' },
      round_off: { amount: '0.00', currency: 'INR' },
      total: { amount: '4999.00', currency: 'INR' },
      place_of_supply: null,
      references: [],
      pdf_url: `/v1/invoices/${world.ours.invoiceId}.pdf`,
    });
    const note = await get(`/v1/credit_notes/${world.ours.creditNoteId}`);
    expect(note.body).toMatchObject({
      kind: 'credit_note',
      references: [
        {
          id: world.ours.invoiceId,
          number: 'INV-2026-0000001',
          amount: { amount: '4999.00', currency: 'INR' },
        },
      ],
      pdf_url: `/v1/credit_notes/${world.ours.creditNoteId}.pdf`,
    });
  });

  it('an invoice is no credit note, and another tenant’s is none at all', async () => {
    const wrongKind = await get(`/v1/credit_notes/${world.ours.invoiceId}`);
    expect(wrongKind.status).toBe(404);
    for (const end of ['', '.pdf']) {
      const path = `/v1/invoices/${world.ours.invoiceId}${end}`;
      expect((await get(path, world.theirs.accountKey)).status).toBe(404);
    }
  });

  it('are drawn as PDF, the same bytes each time', async () => {
    const path = `/v1/invoices/${world.ours.invoiceId}.pdf`;
    const [first, second] = await Promise.all([get(path), get(path)]);
    expect(first.status).toBe(200);
    expect(first.headers.get('content-type')).toBe('application/pdf');
    expect(first.headers.get('content-disposition')).toBe(
      'inline; filename="INV-2026-0000001.pdf"',
    );
    expect(first.text.startsWith('%PDF-')).toBe(true);
    expect(first.text).toBe(second.text);
  });
});

const REGISTRATION = {
  country: 'IN',
  state: 'Karnataka',
  tax_id: '29 AABCT1234F1ZM',
  tax_id_type: 'gstin',
  legal_name: 'Tollgate Test Private Limited',
  address_line1: '1 MG Road',
  city: 'Bengaluru',
  postal_code: '560001',
  time_zone: 'Asia/Kolkata',
  valid_from: '2097-01-01T00:00:00Z',
};

function register(changes: Readonly<Record<string, unknown>>) {
  const body = { ...REGISTRATION, ...changes };
  return api.call('POST', '/v1/tax_registrations', { key: api.operatorKey, body });
}

describe('a tax registration', () => {
  it('is kept with its state’s code, and taxes top-ups in India unless said', async () => {
    const { status, body } = await register({});
    expect(status).toBe(201);
    expect(body).toMatchObject({
      state: '29',
      tax_id: '29AABCT1234F1ZM',
      tax_point: 'top_up',
      prices_include_tax: false,
      is_home: true,
      has_lut: true,
      is_telecom_operator: false,
    });
    const listed = await get('/v1/tax_registrations', api.operatorKey);
    expect(listed.body.items).toContainEqual(body);
  });

  it('taxes what is used elsewhere', async () => {
    const { body } = await register({
      country: 'TR',
      state: null,
      tax_id: '7290000004',
      tax_id_type: 'vkn',
      tax_office: 'Şişli',
      is_home: false,
      time_zone: 'Europe/Istanbul',
    });
    expect(body).toMatchObject({ tax_point: 'consumption', state: null });
  });

  it('says whether the seller has a letter of undertaking and provides telecom services', async () => {
    const said = { has_lut: false, is_telecom_operator: true, tax_point: 'consumption' };
    const { body } = await register({ ...said, valid_from: '2096-01-01T00:00:00Z' });
    expect(body).toMatchObject(said);
    const refused = await register({ ...said, tax_point: 'top_up' });
    expect(refused.body.errors).toEqual([
      expect.objectContaining({ field: 'tax_point', code: 'invalid_tax_point' }),
    ]);
  });

  it('exists once per tax id and instant', async () => {
    const body = { valid_from: '2097-06-01T00:00:00Z' };
    expect((await register(body)).status).toBe(201);
    const { status, body: problem } = await register(body);
    expect({ status, code: problem.code }).toEqual({ status: 409, code: 'already_exists' });
  });

  it('is the only home that begins at its instant: nobody could say which of two decides', async () => {
    const elsewhere = { tax_id: '27AABCT1234F1ZQ', state: 'Maharashtra' };
    const from = { valid_from: '2098-01-01T00:00:00Z' };
    expect((await register(from)).status).toBe(201);
    const { status, body } = await register({ ...from, ...elsewhere });
    expect({ status, code: body.code, detail: body.detail }).toEqual({
      status: 409,
      code: 'already_exists',
      detail:
        'The seller has another home from this instant. Choose a later one, or send is_home: false.',
    });
    expect((await register({ ...from, ...elsewhere, is_home: false })).status).toBe(201);
  });

  it.each([
    [{ state: undefined }, 'state', 'invalid_state_name'],
    [{ state: 'Atlantis' }, 'state', 'invalid_state_name'],
    [{ tax_id: '29AABCT1234F1ZX' }, 'tax_id', 'invalid_tax_id'],
    [{ tax_id_type: 'vkn' }, 'tax_id_type', 'invalid_tax_id_type'],
    [{ time_zone: '+05:30' }, 'time_zone', 'invalid_time_zone'],
    [{ tax_point: 'never' }, 'tax_point', 'invalid_value'],
  ])('is refused with %j: %s, %s', async (changes, field, code) => {
    const { status, body } = await register(changes);
    expect(status).toBe(400);
    expect(body.errors).toContainEqual(expect.objectContaining({ field, code }));
  });
});

describe('the details of a top-up', () => {
  it('show amount, fees, taxes, round-off and total', async () => {
    const { body } = await get(`/v1/top_ups/${world.ours.topUpId}`);
    expect(body.order_details).toEqual({
      amount: { amount: '600.00', currency: 'INR' },
      up_front_fees: { amount: '0.00', currency: 'INR' },
      taxes: [],
      round_off: { amount: '0.00', currency: 'INR' },
      total_amount: { amount: '600.00', currency: 'INR' },
      note: null,
    });
  });
});
