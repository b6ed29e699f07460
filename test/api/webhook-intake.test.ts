/** What strangers, and gateways gone wrong, may send to the door for webhooks. */
import { request as sendRaw } from 'node:http';
import { gzipSync } from 'node:zlib';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import { createSandboxGateway } from '../../gateways/sandbox/sandbox-gateway';
import { signPayload } from '../../gateways/webhook-signature';
import { startApi, WEBHOOK_SECRET, type ApiUnderTest, type Reply } from './api-under-test';

const NOW = '2027-03-02T10:00:00.000Z';
const OTHER_SECRET = 'whsec_of_the_other_gateway_0123456789';

let api: ApiUnderTest;

beforeAll(async () => {
  const connection = { baseUrl: 'http://127.0.0.1:1', apiKey: 'sandbox-key', timeoutMs: 500 };
  const sandbox = createSandboxGateway({ ...connection, webhookSecrets: [WEBHOOK_SECRET] });
  const other = createSandboxGateway({ ...connection, webhookSecrets: [OTHER_SECRET] });
  const gateways = new Map([
    ['sandbox', sandbox],
    ['stripe', { ...other, name: 'stripe' as const }],
  ]);
  api = await startApi({ now: () => NOW, gateways });
});
afterAll(async () => {
  await api?.close();
});

function signatureOf(body: string, secret = WEBHOOK_SECRET): string {
  return signPayload({ rawBody: Buffer.from(body), secret, signedAt: NOW });
}

function receive(
  body: string,
  { to = 'sandbox', secret = WEBHOOK_SECRET }: { to?: string; secret?: string } = {},
): Promise<Reply> {
  const headers = { 'sandbox-signature': signatureOf(body, secret) };
  return api.call('POST', `/webhooks/${to}`, { body, headers });
}

function message(id: string, payment: object = {}): string {
  const subject = {
    id: `sbx_pay_of_${id}`,
    checkout_id: null,
    reference: 'order/ord_of_nobody',
    customer_reference: 'acct_of_nobody',
    status: 'succeeded',
    amount: '600.00',
    currency: 'INR',
    amount_refunded: '0.00',
    mode: 'upi',
    decline_code: null,
    payment_method: { id: null, kind: 'upi', brand: 'upi', last_four: null },
    idempotency_key: null,
    created_at: NOW,
    updated_at: NOW,
    ...payment,
  };
  return JSON.stringify({
    id,
    type: 'payment.succeeded',
    created_at: NOW,
    data: { payment: subject },
  });
}

function inbox(eventId: string): Promise<{ gateway: string; body: string }[]> {
  return withTransaction(api.database, SYSTEM, async (trx) => {
    const rows: { gateway: string; raw_body: Buffer }[] = await trx('webhook_inbox')
      .where({ event_id: eventId })
      .orderBy('gateway')
      .select('gateway', 'raw_body');
    return rows.map((row) => ({ gateway: row.gateway, body: row.raw_body.toString() }));
  });
}

function outcomeOf({ status, body }: Reply): string {
  return `${status} ${typeof body.code === 'string' ? body.code : JSON.stringify(body)}`;
}

describe('what is no message', () => {
  it.each([
    ['not JSON', 'paid, believe me'],
    ['a number', '1'],
    ['an array', '[]'],
    ['no id', JSON.stringify({ type: 'payment.succeeded', created_at: NOW, data: {} })],
    ['an empty id', message('')],
    ['an id of many kilobytes', message('e'.repeat(5_000))],
    ['an amount that is none', message('evt_a', { amount: '6e2' })],
    ['an amount of too many digits', message('evt_b', { amount: '600.0000001' })],
    ['an amount no column holds', message('evt_c', { amount: `${'9'.repeat(30)}.00` })],
    ['a currency nobody has', message('evt_d', { currency: 'ZZZ' })],
    ['an instant that is none', message('evt_f', { created_at: '2027-02-30T00:00:00Z' })],
    ['a state that is none', message('evt_g', { status: 'granted' })],
  ])('signed well, but %s, is refused and not kept', async (_, body) => {
    const before = await countInbox();
    const reply = await receive(body);
    expect(outcomeOf(reply)).toBe('400 invalid_request');
    expect(reply.text).not.toContain('believe me');
    expect(await countInbox()).toBe(before);
  });

  it('without a body is unsigned', async () => {
    const reply = await api.call('POST', '/webhooks/sandbox');
    expect(outcomeOf(reply)).toBe('400 invalid_signature');
  });

  it('of more than a megabyte, packed or not, is refused', async () => {
    const huge = message('evt_huge', { reference: 'x'.repeat(1_100_000) });
    expect(outcomeOf(await receive(huge))).toBe('413 payload_too_large');
    expect(await sendPacked(huge, 'gzip')).toContain('payload_too_large');
  });

  it('packed in a way we do not know is refused', async () => {
    expect(await sendPacked(message('evt_packed'), 'rot13')).toContain('unsupported_media_type');
  });

  async function countInbox(): Promise<number> {
    const rows: unknown[] = await withTransaction(api.database, SYSTEM, (trx) =>
      trx('webhook_inbox').select('event_id'),
    );
    return rows.length;
  }

  async function sendPacked(body: string, encoding: string): Promise<string> {
    const response = await fetch(`${api.url}/webhooks/sandbox`, {
      method: 'POST',
      headers: { 'content-encoding': encoding, 'sandbox-signature': signatureOf(body) },
      body: new Uint8Array(gzipSync(body)),
    });
    return response.text();
  }
});

describe('the signature', () => {
  it('sent twice is none: whose it is would be a guess', async () => {
    const body = message('evt_twice');
    const signature = signatureOf(body);
    const forged = signatureOf(body, 'a secret of nobody');
    for (const values of [
      [signature, forged],
      [forged, signature],
      [signature, signature],
    ]) {
      expect(await sendWithHeaders(body, values)).toBe(400);
    }
    expect(await inbox('evt_twice')).toEqual([]);
  });

  it('is of the bytes: the same JSON with another space is another message', async () => {
    const body = message('evt_space');
    const headers = { 'sandbox-signature': signatureOf(body) };
    const reply = await api.call('POST', '/webhooks/sandbox', { body: `${body} `, headers });
    expect(outcomeOf(reply)).toBe('400 invalid_signature');
  });

  it('that is wrong says neither what was expected nor whose order it named', async () => {
    const reply = await receive(message('evt_leak'), { secret: 'a secret of nobody' });
    expect(outcomeOf(reply)).toBe('400 invalid_signature');
    expect(reply.text).not.toMatch(/[0-9a-f]{64}|ord_of_nobody|acct_of_nobody|whsec/);
  });

  function sendWithHeaders(body: string, signatures: readonly string[]): Promise<number> {
    return new Promise((resolve, reject) => {
      const options = {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          'sandbox-signature': [...signatures],
        },
      };
      const sent = sendRaw(`${api.url}/webhooks/sandbox`, options, (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      });
      sent.once('error', reject);
      sent.end(body);
    });
  }
});

describe('the name of the gateway', () => {
  it.each(['Sandbox', 'SANDBOX', 'razorpay', '__proto__', 'constructor', 'sandbox%20'])(
    '%s is of none: nothing is read and nothing said of the others',
    async (name) => {
      const reply = await receive(message('evt_nobody'), { to: name });
      expect(outcomeOf(reply)).toMatch(/^(404 not_found|400 invalid_request)$/);
      expect(reply.text).not.toMatch(/stripe|signature/);
      expect(await inbox('evt_nobody')).toEqual([]);
    },
  );

  it('decides whose secret signs: a message of one is none of another’s', async () => {
    const body = message('evt_replayed');
    expect((await receive(body)).status).toBe(200);
    expect(outcomeOf(await receive(body, { to: 'stripe' }))).toBe('400 invalid_signature');
    expect(await inbox('evt_replayed')).toEqual([{ gateway: 'sandbox', body }]);
  });

  it('tells events of one id apart', async () => {
    const body = message('evt_of_both');
    expect((await receive(body)).body).toEqual({ received: true, duplicate: false });
    const reply = await receive(body, { to: 'stripe', secret: OTHER_SECRET });
    expect(reply.body).toEqual({ received: true, duplicate: false });
    expect((await inbox('evt_of_both')).map(({ gateway }) => gateway)).toEqual([
      'sandbox',
      'stripe',
    ]);
  });
});

describe('an event’s id', () => {
  it('that came with another body is a copy: the first one stays as it came', async () => {
    const first = message('evt_first');
    const other = message('evt_first', { amount: '6000.00' });
    expect((await receive(first)).body).toEqual({ received: true, duplicate: false });
    expect((await receive(other)).body).toEqual({ received: true, duplicate: true });
    expect(await inbox('evt_first')).toEqual([{ gateway: 'sandbox', body: first }]);
  });

  it('twice in one body is the last one, as every reader of JSON has it', async () => {
    const body = message('evt_hidden').replace('{', '{"id":"evt_shown",');
    expect((await receive(body)).status).toBe(200);
    expect([await inbox('evt_shown'), await inbox('evt_hidden')]).toEqual([
      [],
      [{ gateway: 'sandbox', body }],
    ]);
  });

  it('five times at once is stored once, and one sender hears that it was the first', async () => {
    const body = message('evt_at_once');
    const replies = await Promise.all(Array.from({ length: 5 }, () => receive(body)));
    const first = replies.filter(({ body: answer }) => answer.duplicate === false);
    expect([first.length, ...replies.map(({ status }) => status)]).toEqual([
      1, 200, 200, 200, 200, 200,
    ]);
    expect(await inbox('evt_at_once')).toHaveLength(1);
  });
});
