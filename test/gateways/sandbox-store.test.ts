import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  cardForm,
  LATE_UPI,
  payCheckout,
  SLOW_UPI,
  startSandboxGateway,
  SUCCESS_UPI,
  TEST_CARD_NUMBERS,
} from '../support/sandbox-gateway';
import { startWebhookReceiver } from '../support/webhook-receiver';
import { openBooks, type Books, type RefundRow } from '../../gateways/sandbox/server/books';
import { buildChargeRequest, keepMethod, openCheckout } from './checkout-request';

let folder: string;
let storePath: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sandbox-store-'));
  storePath = path.join(folder, 'books', 'sandbox.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('the books of the sandbox, after a restart', () => {
  it('are the books from before: checkouts, payments, methods, refunds, webhooks', async () => {
    const first = await startSandboxGateway({ storePath });
    const method = await keepMethod(first, 'kept', cardForm());
    await first.gateway.chargeSaved(buildChargeRequest('kept', method));
    const { url, checkoutId } = await openCheckout(first, 'open');
    await payCheckout(url, LATE_UPI);
    const before = await first.readState();
    await first.stop();

    const second = await startSandboxGateway({ storePath });
    try {
      const after = await second.readState();
      // The address is of the process, not of the checkout: this one listens on another port.
      const moved = JSON.stringify(before).replaceAll(first.baseUrl, second.baseUrl);
      expect(JSON.stringify(after)).toBe(moved);
      const page = `${second.baseUrl}/checkout/${checkoutId}`;
      expect((await payCheckout(page, SUCCESS_UPI)).location).toContain('status=succeeded');
    } finally {
      await second.stop();
    }
  });

  it('still answer an old key with the old answer', async () => {
    const first = await startSandboxGateway({ storePath });
    const method = await keepMethod(first, 'replay', cardForm('4000000000000341'));
    const request = buildChargeRequest('replay', method);
    const declined = await first.gateway.chargeSaved(request);
    await first.stop();

    const second = await startSandboxGateway({ storePath });
    try {
      expect(await second.gateway.chargeSaved(request)).toEqual(declined);
      expect((await second.readState('sub_replay/1')).payments).toHaveLength(1);
    } finally {
      await second.stop();
    }
  });

  it('let a pending payment settle, and tell the merchant what it was not told before', async () => {
    const receiver = await startWebhookReceiver();
    const first = await startSandboxGateway({ storePath, webhookUrl: null });
    const { url } = await openCheckout(first, 'pending');
    await payCheckout(url, SLOW_UPI);
    await first.stop();

    const second = await startSandboxGateway({ storePath, webhookUrl: receiver.url });
    try {
      await receiver.waitUntil((messages) => messages.length === 1);
      await second.settle();
      await receiver.waitUntil((messages) => messages.length === 2);
      expect((await second.readState('ord_pending')).payments).toMatchObject([
        { status: 'succeeded' },
      ]);
    } finally {
      await second.stop();
      await receiver.stop();
    }
  });

  it('drop a last line that a crash cut short, and nothing else', async () => {
    const first = await startSandboxGateway({ storePath });
    await openCheckout(first, 'whole');
    await first.stop();
    appendFileSync(storePath, '[["checkout",{"id":"sbx_cs_half","ref');

    const second = await startSandboxGateway({ storePath });
    const { checkouts } = await second.readState();
    await openCheckout(second, 'after_the_crash');
    await second.stop();
    expect(checkouts).toHaveLength(1);

    const third = await startSandboxGateway({ storePath });
    expect((await third.readState()).checkouts).toHaveLength(2);
    await third.stop();
  });

  it('refuse to open when a line in the middle is not readable: nothing is lost silently', async () => {
    const broken = path.join(folder, 'broken.jsonl');
    writeFileSync(broken, '[["checkout",{"id":"a"}]]\nnot a line\n[]\n');
    await expect(startSandboxGateway({ storePath: broken })).rejects.toThrow(
      /line 2 of .*broken\.jsonl is not readable/,
    );
  });

  it('hold no card number, no security code, no UPI id and no name', async () => {
    const sandbox = await startSandboxGateway({ storePath });
    for (const [index, number] of TEST_CARD_NUMBERS.entries()) {
      const { url } = await openCheckout(sandbox, `card_${index}`);
      await payCheckout(url, { ...cardForm(number), cvc: '7391', name: 'Q. Canary', save: 'on' });
    }
    const { url } = await openCheckout(sandbox, 'upi');
    await payCheckout(url, { ...SUCCESS_UPI, save: 'on' });
    const state = JSON.stringify(await sandbox.readState());
    await sandbox.stop();

    const kept = readFileSync(storePath, 'utf8') + state;
    expect(kept).toContain('"4242"');
    for (const secret of [...TEST_CARD_NUMBERS, '7391', 'Canary', 'success@sandbox']) {
      expect(kept).not.toContain(secret);
    }
    const digitRuns = kept.match(/(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w.-])/g) ?? [];
    expect(digitRuns).toEqual([]);
  });
});

describe('a change of the books', () => {
  const now = '2026-11-22T10:00:00.000Z';
  const refund = (id: string): RefundRow => ({
    id,
    idempotencyKey: 'refund/1',
    paymentId: 'sbx_pay_1',
    amount: '1.00',
    currency: 'INR',
    createdAt: now,
  });
  const open = (openedAt = now): Books =>
    openBooks({ path: storePath, openedAt, onChange: () => undefined });

  it('that throws half way leaves nothing behind, in memory or in the file', () => {
    const books = open();
    books.save('refund', refund('first'));
    expect(() =>
      books.atomically(() => {
        books.save('refund', { ...refund('first'), amount: '9.00' });
        books.save('refund', refund('second'));
        throw new Error('half way');
      }),
    ).toThrow('half way');
    expect(books.list('refund')).toEqual([refund('first')]);
    expect(open().list('refund')).toEqual([refund('first')]);
  });

  it('is one line of the file, whatever the number of its rows', () => {
    const books = open();
    books.atomically(() => {
      books.save('refund', refund('first'));
      books.atomically(() => books.save('refund', refund('second')));
    });
    const lines = readFileSync(storePath, 'utf8').trimEnd().split('\n');
    expect(lines).toHaveLength(1);
    expect(open().list('refund')).toEqual([refund('first'), refund('second')]);
  });

  it('is told to whoever waits for it, once', () => {
    let changes = 0;
    const books = openBooks({ path: null, openedAt: now, onChange: () => (changes += 1) });
    books.atomically(() => {
      books.save('refund', refund('first'));
      books.save('refund', refund('second'));
    });
    expect(changes).toBe(1);
  });

  it('forgets answers after a day, so that the file does not grow for ever', () => {
    const answer = { id: 'k', fingerprint: 'f', httpStatus: 201, body: {}, createdAt: now };
    open().save('answer', answer);
    expect(open('2026-11-23T10:00:00.000Z').find('answer', 'k')).toEqual(answer);
    expect(open('2026-11-23T10:00:00.001Z').find('answer', 'k')).toBeUndefined();
  });
});
