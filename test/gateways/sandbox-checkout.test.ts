import { parseMoney } from '../../domain/money';
import {
  cardForm,
  FAILURE_UPI,
  LATE_UPI,
  payCheckout,
  SLOW_UPI,
  startSandboxGateway,
  SUCCESS_UPI,
  type RunningSandbox,
} from '../support/sandbox-gateway';
import { inr, openCheckout } from './checkout-request';

let sandbox: RunningSandbox;
beforeAll(async () => {
  sandbox = await startSandboxGateway();
});
afterAll(() => sandbox.stop());

async function readPage(url: string) {
  const response = await fetch(url);
  return { status: response.status, headers: response.headers, html: await response.text() };
}

describe('the hosted payment page', () => {
  it('R1.06 shows the merchant, the order, each line and the total of our order', async () => {
    const { url } = await openCheckout(sandbox, 'shown');
    const { status, html } = await readPage(url);
    expect(status).toBe(200);
    for (const text of [
      'Meridian Messaging',
      'ord_shown',
      'Number rental',
      'Up-front fee',
      '500.00',
      '100.00',
      '600.00',
      'INR',
    ]) {
      expect(html).toContain(text);
    }
    expect(html.match(/<form/g)).toHaveLength(1);
  });

  it('groups the digits of a large amount and keeps it exact for programs', async () => {
    const money = inr('1234567.50');
    const { url } = await openCheckout(sandbox, 'large', {
      money,
      orderDetails: { merchant: 'M', lines: [{ description: 'Top-up', amount: money }] },
    });
    const { html } = await readPage(url);
    expect(html).toContain('<data value="1234567.50">1,234,567.50</data>');
  });

  it('loads nothing, runs nothing and is shown in no frame', async () => {
    const { url } = await openCheckout(sandbox, 'policy');
    const { headers, html } = await readPage(url);
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("form-action 'self' https://shop.example;");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(html).not.toMatch(/<script|<link|<img|src=|@import|url\(/);
  });

  it('escapes every value of ours and of the customer', async () => {
    const hostile = `"><script>alert('1')</script>&`;
    const { url } = await openCheckout(sandbox, '<hostile>', {
      orderDetails: {
        merchant: hostile,
        lines: [{ description: hostile, amount: inr('600.00') }],
      },
    });
    const posted = await payCheckout(url, { mode: 'card', name: hostile });
    const upi = await payCheckout(url, { mode: 'upi', upi_id: hostile });
    for (const html of [(await readPage(url)).html, posted.html, upi.html]) {
      expect(html).not.toContain('<script>');
      expect(html).not.toContain('<hostile>');
      expect(html).toContain('&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;');
    }
  });

  it('offers the modes of the order and no other', async () => {
    const { url } = await openCheckout(sandbox, 'upi_only', { modes: ['upi'] });
    const { html } = await readPage(url);
    expect(html).toContain('name="upi_id"');
    expect(html).not.toContain('name="card_number"');

    const posted = await payCheckout(url, cardForm());
    expect(posted.status).toBe(422);
    expect(posted.html).toContain('This way to pay is not offered here.');
    expect((await sandbox.readState('ord_upi_only')).payments).toEqual([]);
  });

  it('answers 404 with a page for an address that names no checkout', async () => {
    const { status, html } = await readPage(`${sandbox.baseUrl}/checkout/sbx_cs_nobody`);
    expect(status).toBe(404);
    expect(html).toContain('There is no such payment page');
  });

  it('answers 400 with a page for a form nobody can read', async () => {
    const { url } = await openCheckout(sandbox, 'unreadable');
    const posted = await payCheckout(url, { mode: 'upi', upi_id: 'x'.repeat(20_000) });
    expect(posted.status).toBe(400);
    expect(posted.html).toContain('This request could not be read');
  });
});

describe('what the test UPI ids and cards do on the page', () => {
  it.each([
    ['success@sandbox', SUCCESS_UPI, 'succeeded', null],
    ['failure@sandbox', FAILURE_UPI, 'failed', 'generic_decline'],
    ['slow@sandbox', SLOW_UPI, 'processing', null],
    ['late@sandbox', LATE_UPI, 'failed', 'payment_timed_out'],
    ['4242424242424242', cardForm('4242424242424242'), 'succeeded', null],
    ['4000000000000002', cardForm('4000000000000002'), 'failed', 'generic_decline'],
    ['4000000000009995', cardForm('4000000000009995'), 'failed', 'insufficient_funds'],
    ['4000000000000341', cardForm('4000000000000341'), 'succeeded', null],
    ['4000000000009979', cardForm('4000000000009979'), 'failed', 'stolen_card'],
  ])('%s pays as its line in the table says', async (name, fields, status, declineCode) => {
    const { checkoutId, url } = await openCheckout(sandbox, `does_${name}`);
    const posted = await payCheckout(url, fields);
    expect(posted.status).toBe(303);
    expect(posted.location).toBe(
      `https://shop.example/back?from=billing&checkout_id=${checkoutId}&status=${status}`,
    );
    const { payments } = await sandbox.gateway.getCheckout(checkoutId);
    expect(payments).toHaveLength(1);
    expect(payments[0]).toMatchObject({
      reference: `ord_does_${name}`,
      status,
      declineCode,
      money: inr('600.00'),
      idempotencyKey: null,
    });
  });

  it('reads a UPI id in capitals and a card number with blanks, as people type them', async () => {
    const first = await openCheckout(sandbox, 'capitals');
    const upi = await payCheckout(first.url, { mode: 'upi', upi_id: ' Success@Sandbox ' });
    expect(upi.location).toContain('status=succeeded');
    const second = await openCheckout(sandbox, 'blanks');
    const card = await payCheckout(second.url, {
      ...cardForm('4242 4242-4242 4242'),
      expiry: '1/2034',
    });
    expect(card.location).toContain('status=succeeded');
  });

  it('tells brand and last four of a card, and nothing else of it', async () => {
    const { checkoutId, url } = await openCheckout(sandbox, 'brand');
    await payCheckout(url, cardForm());
    const { payments } = await sandbox.gateway.getCheckout(checkoutId);
    expect(payments[0]?.method).toEqual({
      reference: null,
      kind: 'card',
      brand: 'visa',
      lastFour: '4242',
    });
  });

  it('keeps the method when the customer asks for it', async () => {
    const { checkoutId, url } = await openCheckout(sandbox, 'kept');
    await payCheckout(url, { ...cardForm(), save: 'on' });
    const { payments } = await sandbox.gateway.getCheckout(checkoutId);
    const reference = payments[0]?.method.reference ?? '';
    expect(await sandbox.gateway.getPaymentMethod(reference)).toEqual({
      reference,
      expiry: { month: 12, year: 2034 },
      mandate: null,
      kind: 'card',
      brand: 'visa',
      lastFour: '4242',
      customerReference: 'acct_1',
      status: 'active',
    });
  });

  it('keeps no method of a declined payment', async () => {
    const { url } = await openCheckout(sandbox, 'not_kept', { customerReference: 'acct_declined' });
    await payCheckout(url, { ...cardForm('4000000000000002'), save: 'on' });
    const query = { customerReference: 'acct_declined' };
    expect(await sandbox.gateway.listPaymentMethods(query)).toEqual([]);
  });
});

describe('what is wrong in the form', () => {
  it.each([
    ['no mode', {}, ['Choose how to pay.']],
    ['no UPI id', { mode: 'upi' }, ['Enter your UPI ID.']],
    ['a UPI id of no shape', { mode: 'upi', upi_id: 'nonsense' }, ['name@bank']],
    [
      'a UPI id of a real bank',
      { mode: 'upi', upi_id: 'someone@okbank' },
      ['Use one of the test UPI IDs'],
    ],
    [
      'an empty card',
      { mode: 'card' },
      [
        'Enter the card number.',
        'Enter the expiry',
        'The security code has 3 or 4 digits.',
        'Enter the name on the card.',
      ],
    ],
    [
      'a number that fails its check digit',
      cardForm('4242424242424241'),
      ['a digit seems to be wrong'],
    ],
    ['a number that is no test card', cardForm('4111111111111111'), ['Use one of the test cards']],
    ['a card of last month', { ...cardForm(), expiry: '01/20' }, ['This card has expired.']],
    ['a month that does not exist', { ...cardForm(), expiry: '13/34' }, ['Enter the expiry']],
  ])('%s: the page comes back with 422 and says so', async (name, fields, messages) => {
    const { checkoutId, url } = await openCheckout(sandbox, `wrong_${name}`);
    const posted = await payCheckout(url, fields);
    expect(posted.status).toBe(422);
    expect(posted.location).toBeNull();
    for (const message of messages) expect(posted.html).toContain(message);
    expect(posted.html).toContain('role="alert"');
    expect((await sandbox.gateway.getCheckout(checkoutId)).payments).toEqual([]);
  });

  it('shows the typed name and UPI id again, but never the card number or its code', async () => {
    const { url } = await openCheckout(sandbox, 'echo');
    const posted = await payCheckout(url, {
      ...cardForm('4111111111111111'),
      cvc: '987',
      upi_id: 'typed@before',
      save: 'on',
    });
    expect(posted.html).toContain('value="A. Customer"');
    expect(posted.html).toContain('value="typed@before"');
    expect(posted.html).not.toContain('4111');
    expect(posted.html).not.toContain('987');
  });
});

describe('a page that was used', () => {
  it('takes another try after a decline, and says what happened', async () => {
    const { checkoutId, url } = await openCheckout(sandbox, 'again');
    await payCheckout(url, FAILURE_UPI);
    expect((await readPage(url)).html).toContain('The last try was declined (generic_decline)');
    const posted = await payCheckout(url, SUCCESS_UPI);
    expect(posted.location).toContain('status=succeeded');
    const checkout = await sandbox.gateway.getCheckout(checkoutId);
    expect(checkout.status).toBe('complete');
    expect(checkout.payments.map((payment) => payment.status)).toEqual(['failed', 'succeeded']);
  });

  it('answers 409 once it is paid, and takes no second payment', async () => {
    const { url } = await openCheckout(sandbox, 'paid');
    await payCheckout(url, SUCCESS_UPI);
    const posted = await payCheckout(url, SUCCESS_UPI);
    expect(posted.status).toBe(409);
    expect(posted.html).toContain('Payment received');
    expect((await readPage(url)).status).toBe(409);
    expect((await sandbox.readState('ord_paid')).payments).toHaveLength(1);
  });

  it('makes one payment of a form that is posted eight times at once', async () => {
    const { url } = await openCheckout(sandbox, 'double');
    const posts = Array.from({ length: 8 }, () => payCheckout(url, SUCCESS_UPI));
    const statuses = (await Promise.all(posts)).map((posted) => posted.status);
    expect(statuses.toSorted((a, b) => a - b)).toEqual([303, 409, 409, 409, 409, 409, 409, 409]);
    expect((await sandbox.readState('ord_double')).payments).toHaveLength(1);
  });

  it('answers 410 once it is expired', async () => {
    const { checkoutId, url } = await openCheckout(sandbox, 'expired');
    await sandbox.expire(checkoutId);
    expect((await readPage(url)).status).toBe(410);
    const posted = await payCheckout(url, SUCCESS_UPI);
    expect(posted.status).toBe(410);
    expect(posted.html).toContain('This payment page has expired');
    expect((await sandbox.readState('ord_expired')).payments).toEqual([]);
  });

  it('cannot be paid again while a payment is under way', async () => {
    const { url } = await openCheckout(sandbox, 'under_way');
    await payCheckout(url, SLOW_UPI);
    const page = await readPage(url);
    expect(page.status).toBe(200);
    expect(page.html).toContain('Your payment is being confirmed');
    expect((await payCheckout(url, SUCCESS_UPI)).status).toBe(409);
    expect((await sandbox.readState('ord_under_way')).payments).toHaveLength(1);
  });
});

describe('payments that take their time', () => {
  it('slow@sandbox succeeds later and completes its checkout', async () => {
    const { checkoutId, url } = await openCheckout(sandbox, 'slow');
    await payCheckout(url, { ...SLOW_UPI, save: 'on' });
    expect((await sandbox.gateway.getCheckout(checkoutId)).status).toBe('open');
    await sandbox.settle();
    const checkout = await sandbox.gateway.getCheckout(checkoutId);
    expect(checkout.status).toBe('complete');
    expect(checkout.payments[0]).toMatchObject({ status: 'succeeded', declineCode: null });
    expect(checkout.payments[0]?.method.reference).toMatch(/^sbx_pm_/);
  });

  it('late@sandbox fails first; the same payment succeeds after its checkout expired', async () => {
    const { checkoutId, url } = await openCheckout(sandbox, 'late');
    await payCheckout(url, LATE_UPI);
    const failed = (await sandbox.gateway.getCheckout(checkoutId)).payments[0];
    await sandbox.gateway.expireCheckout({ checkoutId, idempotencyKey: 'order/ord_late/expire' });
    await sandbox.settle(failed?.gatewayPaymentId);
    const checkout = await sandbox.gateway.getCheckout(checkoutId);
    expect(failed).toMatchObject({ status: 'failed', declineClass: 'technical' });
    expect(checkout.status).toBe('expired');
    expect(checkout.payments).toEqual([
      {
        ...failed,
        status: 'succeeded',
        declineCode: null,
        declineClass: null,
        fee: inr('12.00'),
      },
    ]);
  });

  it('late@sandbox, paid another way meanwhile, ends in two payments: both are the customer’s money', async () => {
    const { checkoutId, url } = await openCheckout(sandbox, 'twice');
    await payCheckout(url, LATE_UPI);
    await payCheckout(url, SUCCESS_UPI);
    await sandbox.settle();
    const { payments } = await sandbox.gateway.getCheckout(checkoutId);
    expect(payments.map((payment) => payment.status)).toEqual(['succeeded', 'succeeded']);
  });

  it('pending payments settle by themselves when their time comes', async () => {
    const quick = await startSandboxGateway({ slowSeconds: 0.02 });
    try {
      const { checkoutId, url } = await openCheckout(quick, 'by_itself');
      await payCheckout(url, SLOW_UPI);
      const deadlineMs = Date.now() + 5_000;
      let checkout = await quick.gateway.getCheckout(checkoutId);
      while (checkout.status === 'open' && Date.now() < deadlineMs) {
        checkout = await quick.gateway.getCheckout(checkoutId);
      }
      expect(checkout.status).toBe('complete');
    } finally {
      await quick.stop();
    }
  });
});

describe('opening and expiring a checkout', () => {
  it('expires what is open, again without effect, and says so when it was paid', async () => {
    const { checkoutId } = await openCheckout(sandbox, 'to_expire');
    const request = { checkoutId, idempotencyKey: 'order/ord_to_expire/expire/1' };
    expect(await sandbox.gateway.expireCheckout(request)).toEqual({ kind: 'expired' });
    const again = { checkoutId, idempotencyKey: 'order/ord_to_expire/expire/2' };
    expect(await sandbox.gateway.expireCheckout(again)).toEqual({ kind: 'expired' });

    const paid = await openCheckout(sandbox, 'to_expire_paid');
    await payCheckout(paid.url, SUCCESS_UPI);
    const tooLate = { checkoutId: paid.checkoutId, idempotencyKey: 'order/paid/expire/1' };
    expect(await sandbox.gateway.expireCheckout(tooLate)).toEqual({ kind: 'already_complete' });
  });

  it('is open for 24 hours unless another instant is asked for', async () => {
    const before = Date.now();
    const { expiresAt } = await openCheckout(sandbox, 'a_day');
    expect(Date.parse(expiresAt) - before).toBeGreaterThanOrEqual(86_400_000);
    expect(Date.parse(expiresAt) - before).toBeLessThan(86_460_000);
    const asked = new Date(before + 3_600_000).toISOString();
    const hour = await openCheckout(sandbox, 'an_hour', { expiresAt: asked });
    expect(hour.expiresAt).toBe(asked);
  });

  it('is expired from the asked instant on, although nobody looked', async () => {
    const expiresAt = new Date(Date.now() + 30).toISOString();
    const { checkoutId } = await openCheckout(sandbox, 'soon', { expiresAt });
    const deadlineMs = Date.now() + 5_000;
    let state = await sandbox.readState('ord_soon');
    while (state.checkouts[0]?.status === 'open' && Date.now() < deadlineMs) {
      state = await sandbox.readState('ord_soon');
    }
    expect(state.checkouts).toMatchObject([{ id: checkoutId, status: 'expired' }]);
    expect(state.webhooks).toMatchObject([{ type: 'checkout.expired' }]);
  });

  it.each([
    ['an instant gone by', { expiresAt: '2020-01-01T00:00:00.000Z' }, 'invalid_request'],
    ['UPI for lira', tryMoney('600.00'), 'mode_not_offered'],
    ['half a rupiah', { ...moneyOf('1000.50', 'IDR'), modes: ['card'] }, 'invalid_request'],
    ['a thousandth of a rupee', moneyOf('600.001', 'INR'), 'invalid_request'],
    ['less than the least', moneyOf('0.99', 'INR'), 'amount_out_of_range'],
    ['more than the most', moneyOf('10000000.01', 'INR'), 'amount_out_of_range'],
    ['lines of another sum', { money: inr('601.00') }, 'lines_do_not_add_up'],
    ['a way back that is no address', { returnUrl: 'javascript:alert(1)' }, 'invalid_request'],
  ] as const)('R1.04 refuses %s, and keeps nothing', async (name, changed, code) => {
    await expect(openCheckout(sandbox, `refused_${name}`, changed)).rejects.toMatchObject({
      name: 'GatewayRejected',
      code,
    });
    expect((await sandbox.readState(`ord_refused_${name}`)).checkouts).toEqual([]);
  });

  it.each([
    ['INR', ['upi', 'card'], '1.00', '10000000.00'],
    ['TRY', ['card'], '1.00', '10000000.00'],
    ['IDR', ['card'], '1000.00', '10000000000.00'],
    ['USD', ['card'], '0.50', '1000000.00'],
    ['JPY', ['card'], '1', '1000000'],
    ['KWD', ['card'], '0.010', '1000000.000'],
  ] as const)('R1.04 offers %s by %j from %s to %s', (currency, modes, min, max) => {
    expect(sandbox.gateway.capabilities.offerIn(currency)).toEqual({
      modes,
      min: parseMoney({ amount: min, currency }),
      max: parseMoney({ amount: max, currency }),
    });
  });
});

function moneyOf(amount: string, currency: string) {
  const money = parseMoney({ amount, currency });
  const lines = [{ description: 'Top-up', amount: money }];
  return { money, orderDetails: { merchant: 'M', lines } };
}

function tryMoney(amount: string) {
  return { ...moneyOf(amount, 'TRY'), modes: ['upi'] as const };
}
