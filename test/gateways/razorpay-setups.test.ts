/** Cards and mandates left at Razorpay without a payment: registration links and their tokens. */
import { parseMoney, type Money } from '../../domain/money';
import type { SetupRequest } from '../../gateways/method-setups';
import { connectRazorpay, CONTACT, keepMethod } from '../support/razorpay/connect';
import { startRazorpayServer, type RazorpayServer } from '../support/razorpay-server';

describe('a registration page at Razorpay', () => {
  let razorpay: RazorpayServer;
  let gateway: ReturnType<typeof connectRazorpay>;
  beforeEach(async () => {
    razorpay = await startRazorpayServer();
    gateway = connectRazorpay(razorpay);
  });
  afterEach(() => razorpay.stop());

  it('asks for a mandate that is debited whenever something is owed, up to its ceiling', async () => {
    const opened = await gateway.createSetup(setupOf('pms_1'));
    expect(razorpay.calls.at(-1)?.body).toMatchObject({
      customer: {
        name: 'Gaurav Kumar',
        email: 'gaurav.kumar@example.com',
        contact: '+919876543210',
      },
      type: 'link',
      amount: 100,
      subscription_registration: { method: 'upi', max_amount: 500_000, frequency: 'as_presented' },
      notes: { reference: 'setup/pms_1', customer_reference: 'acct_1', key: 'setup/pms_1/open' },
    });
    expect(await gateway.getSetup(opened.setupId)).toEqual({
      ...opened,
      reference: 'setup/pms_1',
      status: 'open',
      method: null,
    });
    razorpay.register(opened.setupId);
    const done = await gateway.getSetup(opened.setupId);
    expect(done).toMatchObject({
      status: 'complete',
      method: {
        customerReference: 'acct_1',
        kind: 'upi',
        brand: 'upi',
        lastFour: null,
        status: 'active',
        expiry: null,
        mandate: { ceiling: inr('5000.00'), status: 'active' },
      },
    });
    expect(await gateway.getPaymentMethod(done.method?.reference ?? '')).toEqual(done.method);
  });

  it('opened again under its key is the same page, and under another key another', async () => {
    const first = await gateway.createSetup(setupOf('pms_1'));
    expect(await gateway.createSetup(setupOf('pms_1'))).toEqual(first);
    const second = await gateway.createSetup(setupOf('pms_2'));
    expect(second.setupId).not.toBe(first.setupId);
    await expect(
      gateway.createSetup(setupOf('pms_1', { ceiling: inr('6000.00') })),
    ).rejects.toMatchObject({ name: 'GatewayRejected', code: 'idempotency_error' });
  });

  it('whose answer was lost is found by its key', async () => {
    const fits = ({ path }: { readonly path: string }) => path.endsWith('/auth_links');
    razorpay.strike({ fits, does: 'lose_after' });
    await expect(gateway.createSetup(setupOf('pms_1'))).rejects.toMatchObject({
      outcome: 'unknown',
    });
    const { setupId } = await gateway.createSetup(setupOf('pms_1'));
    expect([...razorpay.books.invoices.keys()]).toEqual([setupId]);
  });

  it('charges nothing: the rupee by which its owner agrees goes back, once', async () => {
    const { setupId } = await gateway.createSetup(setupOf('pms_1'));
    razorpay.register(setupId);
    await gateway.getSetup(setupId);
    await gateway.getSetup(setupId);
    const refunds = [...razorpay.books.refunds.values()];
    expect(refunds.map(({ amount, status }) => [amount, status])).toEqual([[100, 'processed']]);
  });

  it('is complete while the bank still thinks the mandate over, and over when it says no', async () => {
    const slow = await gateway.createSetup(setupOf('pms_1'));
    razorpay.register(slow.setupId, 'initiated');
    expect(await gateway.getSetup(slow.setupId)).toMatchObject({
      status: 'complete',
      method: { mandate: { status: 'pending' } },
    });
    const refused = await gateway.createSetup(setupOf('pms_2'));
    razorpay.register(refused.setupId, 'rejected');
    expect(await gateway.getSetup(refused.setupId)).toMatchObject({
      status: 'expired',
      method: null,
    });
  });

  it.each([
    ['upi', '99999.01', '99999.00'],
    ['card', '15000.01', '15000.00'],
    ['card', '14999.99', '14999.99'],
  ] as const)('%s up to %s asks for %s, and says so', async (mode, amount, ceiling) => {
    const { setupId } = await gateway.createSetup(setupOf('pms_1', { mode, ceiling: inr(amount) }));
    razorpay.register(setupId);
    expect((await gateway.getSetup(setupId)).method?.mandate?.ceiling).toEqual(inr(ceiling));
  });

  it('for less than a rupee is not asked for', async () => {
    const setup = gateway.createSetup(setupOf('pms_1', { ceiling: inr('0.99') }));
    await expect(setup).rejects.toMatchObject({ code: 'amount_out_of_range' });
  });

  it.each([
    ['Yıldız Çiçek & Söhne GmbH', 'Y ld z Cicek   Sohne GmbH'],
    ['आशा', 'Customer'],
    ['x'.repeat(60), 'x'.repeat(50)],
  ])('of %s is for %s, as Razorpay spells', async (name, spelled) => {
    await gateway.createSetup(setupOf('pms_1', { contact: { ...CONTACT, name } }));
    expect(razorpay.calls.at(-1)?.body).toMatchObject({ customer: { name: spelled } });
  });

  it('without a ceiling asks for what may be debited unattended, and in rupees only', async () => {
    const { setupId } = await gateway.createSetup(setupOf('pms_1', { ceiling: null }));
    razorpay.register(setupId);
    expect((await gateway.getSetup(setupId)).method?.mandate?.ceiling).toEqual(inr('15000.00'));
    expect(gateway.setupModes('INR')).toEqual(['upi', 'card']);
    expect(gateway.setupModes('USD')).toEqual([]);
    const inDollars = setupOf('pms_2', { mode: 'card', currency: 'USD', ceiling: null });
    await expect(gateway.createSetup(inDollars)).rejects.toMatchObject({
      code: 'mode_not_offered',
    });
  });

  it('is not opened for somebody without an address and a number', async () => {
    await expect(gateway.createSetup(setupOf('pms_1', { contact: null }))).rejects.toMatchObject({
      name: 'GatewayRejected',
      code: 'contact_missing',
    });
  });

  it('keeps a card with its last month', async () => {
    const reference = await keepMethod(razorpay, gateway, { mode: 'card' });
    expect(await gateway.getPaymentMethod(reference)).toMatchObject({
      kind: 'card',
      brand: 'visa',
      lastFour: '1007',
      expiry: { month: 12, year: 2030 },
    });
  });

  it('kept by two customers of one address are told apart', async () => {
    await keepMethod(razorpay, gateway, { customerReference: 'acct_1' });
    const theirs = await keepMethod(razorpay, gateway, { customerReference: 'acct_2' });
    const listed = await gateway.listPaymentMethods({ customerReference: 'acct_2' });
    expect(listed.map(({ reference }) => reference)).toEqual([theirs]);
  });

  it.each([
    ['paused', 'active', 'paused'],
    ['cancelled', 'detached', 'revoked'],
  ] as const)(
    'whose owner has the mandate %s is %s with a %s mandate',
    async (told, status, mandate) => {
      const reference = await keepMethod(razorpay, gateway, { mode: 'upi' });
      const [tokenId = ''] = reference.split('/');
      razorpay.changeToken(tokenId, told);
      const message = razorpay.webhooks.at(-1);
      if (message === undefined) throw new Error('razorpay told nothing');
      expect(gateway.verifyWebhook(message)).toMatchObject({
        type: 'method.changed',
        methodReference: tokenId,
      });
      expect(await gateway.getPaymentMethod(reference)).toMatchObject({
        status,
        mandate: { status: mandate },
      });
    },
  );

  it('by UPI is not taken for gone where Razorpay lists no UPI tokens', async () => {
    razorpay.moods.upiTokensAre = 'read_by_id';
    const reference = await keepMethod(razorpay, gateway, { mode: 'upi' });
    expect(await gateway.getPaymentMethod(reference)).toMatchObject({ status: 'active' });
  });

  it('forgotten has a UPI mandate cancelled at the bank', async () => {
    const methodReference = await keepMethod(razorpay, gateway, { mode: 'upi' });
    await gateway.detachPaymentMethod({ methodReference, idempotencyKey: 'detach/1' });
    await gateway.detachPaymentMethod({ methodReference, idempotencyKey: 'detach/2' });
    const cancels = razorpay.calls.filter(({ path }) => path.endsWith('/cancel'));
    expect(cancels).toHaveLength(1);
    expect(await gateway.listPaymentMethods({ customerReference: 'acct_1' })).toEqual([]);
  });
});

function setupOf(id: string, changed: Partial<SetupRequest> = {}): SetupRequest {
  return {
    idempotencyKey: `setup/${id}/open`,
    reference: `setup/${id}`,
    customerReference: 'acct_1',
    mode: 'upi',
    currency: 'INR',
    ceiling: inr('5000.00'),
    merchant: 'Meridian Messaging',
    returnUrl: 'https://shop.example/back',
    contact: CONTACT,
    ...changed,
  };
}

function inr(amount: string): Money {
  return parseMoney({ amount, currency: 'INR' });
}
