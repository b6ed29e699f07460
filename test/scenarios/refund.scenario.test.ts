/** Money back, over HTTP, on real parts: to the source and to the wallet, its tax and documents, every fault. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { subscriptionSchema } from '../../scripts/story/answers';
import { getSubscription, listEvents, listPayments } from '../../scripts/story/billing-calls';
import { waitFor } from '../../scripts/story/wait-for';
import {
  advance,
  clearFaults,
  expectBooks,
  fund,
  newCustomer,
  openStage,
  postSubscription,
  problemOf,
  type Customer,
  type Stage,
} from './stage';

const AT = '2027-01-31T07:00:00.000Z';
/** The seller registers in India long after the other stories are over. */
const TAXED_AT = '2030-01-31T07:00:00.000Z';

jest.setTimeout(60_000);

let stage: Stage;

beforeAll(async () => {
  stage = await openStage();
});
afterAll(async () => {
  await stage?.platform.stop();
});
afterEach(() => clearFaults(stage));

const refundSchema = z.object({
  id: z.string(),
  status: z.string(),
  amount: z.object({ amount: z.string() }),
  document_id: z.string().nullable(),
  failure_reason: z.string().nullable(),
  next_action: z.object({ kind: z.string(), at: z.string().nullable() }).nullable(),
});
const documentSchema = z.object({
  id: z.string(),
  kind: z.string(),
  total: z.object({ amount: z.string() }),
  tax_total: z.object({ amount: z.string() }),
  references: z.array(z.object({ id: z.string() })),
});

async function paymentOf({ accountId }: Customer): Promise<string> {
  const [payment] = await listPayments(stage.client, accountId);
  return payment?.id ?? 'no payment';
}

function documentsOf({ accountId }: Customer) {
  return stage.client.readAll(`/v1/accounts/${accountId}/invoices`, documentSchema);
}

async function invoiceOf(customer: Customer): Promise<string> {
  const invoice = (await documentsOf(customer)).find(({ kind }) => kind === 'invoice');
  return invoice?.id ?? 'no invoice';
}

function askRefund(
  of: `payments/${string}` | `invoices/${string}`,
  body: Readonly<Record<string, string>> = {},
  idempotencyKey = randomUUID() as string,
) {
  return stage.client.send('POST', `/v1/${of}/refund`, { body, idempotencyKey });
}

async function refund(...asked: Parameters<typeof askRefund>) {
  const { status, body } = await askRefund(...asked);
  expect(status).toBe(201);
  return refundSchema.parse(body);
}

/** What the gateway's own books say went back to the customer of an order. */
async function givenBack({ accountId }: Customer): Promise<string[]> {
  const [payment] = await listPayments(stage.client, accountId);
  const { refunds } = await stage.sandbox.readState(`order/${payment?.top_up_id}`);
  return refunds.map(({ amount }) => amount);
}

async function story({ accountId }: Customer): Promise<string[]> {
  const events = await listEvents(stage.client, accountId);
  return events.flatMap(({ type, reason }) =>
    type.startsWith('refund.') ? [`${type}: ${reason}`] : [],
  );
}

async function paidIn(amount: string, currency: 'TRY' | 'INR' = 'TRY', at = AT): Promise<Customer> {
  const customer = await newCustomer(stage, { at, currency });
  await fund(stage, customer, amount);
  return customer;
}

describe('money of a payment', () => {
  it('goes back to where it came from, with its voucher, and is told with the reason', async () => {
    const customer = await paidIn('600.00');
    const payment = await paymentOf(customer);
    const made = await refund(`payments/${payment}`, { amount: '400.00', reason: 'paid twice' });
    expect(made).toMatchObject({ status: 'succeeded', next_action: null });
    expect(await stage.client.read(`/v1/refunds/${made.id}`, refundSchema)).toEqual(made);
    const listed = await stage.client.readAll(
      `/v1/accounts/${customer.accountId}/refunds`,
      refundSchema,
    );
    expect(listed).toEqual([made]);
    expect(await givenBack(customer)).toEqual(['400.00']);
    const shown = z.object({ refunded: z.object({ amount: z.string(), currency: z.string() }) });
    expect(
      await stage.client.readAll(`/v1/payments?account_id=${customer.accountId}`, shown),
    ).toEqual([{ refunded: { amount: '400.00', currency: 'TRY' } }]);
    await expectBooks(stage, customer, { wallet: '200.00' });
    const [voucher, receipt] = await documentsOf(customer);
    expect(voucher).toMatchObject({
      id: made.document_id,
      kind: 'refund_voucher',
      total: { amount: '-400.00' },
      references: [{ id: receipt?.id }],
    });
    expect(await story(customer)).toEqual([
      'refund.requested: 400.00 TRY of the payment will be refunded to the source: paid twice',
      'refund.succeeded: 400.00 TRY was refunded to the original payment method',
    ]);
  });

  it('asked twice under one key, also at once, goes back once and is answered alike', async () => {
    const customer = await paidIn('600.00');
    const payment = await paymentOf(customer);
    const key = randomUUID();
    const ask = () => askRefund(`payments/${payment}`, { amount: '100.00' }, key);
    const [first, second] = await Promise.all([ask(), ask()]);
    const third = await ask();
    expect([second.body, third.body]).toEqual([first.body, first.body]);
    expect(await givenBack(customer)).toEqual(['100.00']);
    await expectBooks(stage, customer, { wallet: '500.00' });
  });

  it('of two refunds at once that are too much together one is refused', async () => {
    const customer = await paidIn('600.00');
    const payment = await paymentOf(customer);
    const answers = await Promise.all(
      ['350.00', '350.00'].map((amount) => askRefund(`payments/${payment}`, { amount })),
    );
    expect(answers.map(({ status }) => String(status)).toSorted()).toEqual(['201', '422']);
    expect(await givenBack(customer)).toEqual(['350.00']);
    await expectBooks(stage, customer, { wallet: '250.00' });
  });

  it.each([
    [{ amount: '600.01' }, 422, 'amount_out_of_range'],
    [{ amount: '0.00' }, 400, 'invalid_amount'],
    [{ amount: '1.001' }, 400, 'invalid_amount'],
    [{ amount: '-1.00' }, 400, 'invalid_request'],
    [{ to: 'wallet' }, 422, 'unprocessable'],
    [{ to: 'elsewhere' }, 400, 'invalid_request'],
  ])('is not refunded as %j', async (body: Record<string, string>, status, code) => {
    const customer = await paidIn('600.00');
    const answer = await askRefund(`payments/${await paymentOf(customer)}`, body);
    expect([answer.status, problemOf(answer).code]).toEqual([status, code]);
    await expectBooks(stage, customer, { wallet: '600.00' });
    expect(await story(customer)).toEqual([]);
  });

  it('that was spent is refused, with what is missing', async () => {
    const customer = await paidIn('150.00');
    await postSubscription(stage, customer);
    const answer = await askRefund(`payments/${await paymentOf(customer)}`);
    expect([answer.status, problemOf(answer).code]).toEqual([402, 'insufficient_balance']);
    expect(problemOf(answer)).toMatchObject({
      missing: { amount: '100.00', currency: 'TRY' },
      available: { amount: '50.00' },
    });
  });

  it('that the bank declines to take back is in the wallet again, and the refund says why', async () => {
    const customer = await paidIn('600.00');
    const payment = await paymentOf(customer);
    await stage.sandbox.addFault({ kind: 'decline', on: 'refund' });
    expect(await refund(`payments/${payment}`)).toMatchObject({
      status: 'failed',
      failure_reason: 'the customer’s bank did not accept the refund',
      document_id: null,
    });
    await expectBooks(stage, customer, { wallet: '600.00' });
    expect((await story(customer)).at(-1)).toContain('refund.failed: the customer’s bank');
    expect(await refund(`payments/${payment}`)).toMatchObject({ status: 'succeeded' });
    expect(await givenBack(customer)).toEqual(['600.00']);
  });

  it('is asked for again, on the account’s clock, when the gateway executed and then fell silent', async () => {
    const customer = await paidIn('600.00');
    await stage.sandbox.addFault({ kind: 'timeout_after', operation: 'refund.create', count: 50 });
    const made = await refund(`payments/${await paymentOf(customer)}`, { amount: '250.00' });
    expect(made).toMatchObject({
      status: 'requested',
      next_action: { kind: 'return_money', at: '2027-01-31T07:00:15.000Z' },
    });
    await expectBooks(stage, customer, { wallet: '350.00' });
    await clearFaults(stage);
    await advance(stage, customer, '2027-01-31T07:01:00Z');
    const seen = await stage.client.read(`/v1/refunds/${made.id}`, refundSchema);
    expect(seen.status).toBe('succeeded');
    expect(await givenBack(customer)).toEqual(['250.00']);
    await expectBooks(stage, customer, { wallet: '350.00' });
  });
});

describe('what was invoiced', () => {
  it('goes to the wallet by credit note, and pays at once what the account owes', async () => {
    const customer = await paidIn('150.00');
    const { id } = subscriptionSchema.parse((await postSubscription(stage, customer)).body);
    const invoice = await invoiceOf(customer);
    await advance(stage, customer, '2027-02-28T07:00:00Z');
    expect((await getSubscription(stage.client, id)).status).toBe('past_due');
    const made = await refund(`invoices/${invoice}`, { amount: '80.00', reason: 'goodwill' });
    expect(made.status).toBe('succeeded');
    await waitFor(() => getSubscription(stage.client, id), {
      waitingFor: 'the renewal to be paid',
      isThere: ({ status }) => status === 'active',
    });
    await expectBooks(stage, customer, { wallet: '30.00' });
    const answer = await askRefund(`invoices/${invoice}`, { amount: '20.01' });
    expect(answer.body).toMatchObject({ code: 'amount_out_of_range', max: '20.00' });
  });

  it('goes to the source of the account’s payment when asked to, and is that payment’s no more', async () => {
    const customer = await paidIn('150.00');
    await postSubscription(stage, customer);
    const made = await refund(`invoices/${await invoiceOf(customer)}`, { to: 'source' });
    expect(made).toMatchObject({ status: 'succeeded', amount: { amount: '100.00' } });
    expect(await givenBack(customer)).toEqual(['100.00']);
    await expectBooks(stage, customer, { wallet: '50.00' });
    expect((await documentsOf(customer))[0]).toMatchObject({
      kind: 'credit_note',
      total: { amount: '-100.00' },
    });
    await refund(`payments/${await paymentOf(customer)}`);
    expect(await givenBack(customer)).toEqual(['100.00', '50.00']);
    await expectBooks(stage, customer, { wallet: '0.00' });
  });
});

describe('a top-up that was taxed', () => {
  it('goes back with its tax, whole or in parts', async () => {
    await stage.client.write('POST', '/v1/tax_registrations', {
      schema: z.unknown(),
      body: {
        country: 'IN',
        state: '29',
        tax_id: '29AABCT1234F1ZM',
        tax_id_type: 'gstin',
        legal_name: 'Tollgate Test Private Limited',
        address_line1: '1 MG Road',
        city: 'Bengaluru',
        postal_code: '560001',
        time_zone: 'Asia/Kolkata',
        tax_point: 'top_up',
        prices_include_tax: false,
        valid_from: '2030-01-01T00:00:00Z',
      },
    });
    const customer = await newCustomer(stage, { at: TAXED_AT, currency: 'INR' });
    await stage.client.write('PUT', `/v1/accounts/${customer.accountId}/billing_address`, {
      schema: z.unknown(),
      body: {
        business_name: 'Acme',
        address_line1: '1 Road',
        city: 'Bengaluru',
        state: '29',
        postal_code: '560001',
        country: 'IN',
        email: 'billing@acme.example',
      },
    });
    await fund(stage, customer, '1000.00');
    await expectBooks(stage, customer, { wallet: '1000.00' });
    const payment = await paymentOf(customer);
    await refund(`payments/${payment}`, { amount: '118.00' });
    await expectBooks(stage, customer, { wallet: '900.00' });
    await refund(`payments/${payment}`);
    expect(await givenBack(customer)).toEqual(['118.00', '1062.00']);
    await expectBooks(stage, customer, { wallet: '0.00' });
    const told = (await documentsOf(customer)).map(
      ({ kind, total, tax_total: tax }) => `${kind} ${total.amount} ${tax.amount}`,
    );
    expect(told).toEqual([
      'refund_voucher -1062.00 -162.00',
      'refund_voucher -118.00 -18.00',
      'receipt_voucher 1180.00 180.00',
    ]);
  });
});
