import type { SetupRequest } from '../../gateways/method-setups';
import { createSandboxGateway } from '../../gateways/sandbox/sandbox-gateway';
import {
  cardForm,
  FAILURE_UPI,
  saveMethod,
  startSandboxGateway,
  SUCCESS_UPI,
  type RunningSandbox,
} from '../support/sandbox-gateway';
import { buildChargeRequest, inr, keepMethod } from './checkout-request';

let sandbox: RunningSandbox;
beforeAll(async () => {
  sandbox = await startSandboxGateway();
});
afterAll(() => sandbox.stop());

function buildSetupRequest(name: string, changed: Partial<SetupRequest> = {}): SetupRequest {
  return {
    idempotencyKey: `setup/pms_${name}/open`,
    reference: `setup/pms_${name}`,
    customerReference: 'acct_1',
    mode: 'upi',
    currency: 'INR',
    ceiling: inr('500.00'),
    merchant: 'Meridian Messaging',
    returnUrl: 'https://shop.example/back?from=billing',
    ...changed,
  };
}

/** The reference of a method kept without a payment. */
async function setUp(
  name: string,
  fields: Readonly<Record<string, string>> = SUCCESS_UPI,
  changed: Partial<SetupRequest> = {},
): Promise<string> {
  const { gateway } = sandbox;
  const { setupId, url } = await gateway.createSetup(buildSetupRequest(name, changed));
  await saveMethod(url, fields);
  const { method } = await gateway.getSetup(setupId);
  if (method === null) throw new Error('the setup kept no method');
  return method.reference;
}

const charge = (name: string, method: string, amount: string) =>
  sandbox.gateway.chargeSaved(buildChargeRequest(name, method, { money: inr(amount) }));

describe('R2.11 a method is kept without a payment', () => {
  it('by UPI it has a mandate of the ceiling that was asked for, and nothing is charged', async () => {
    const { gateway } = sandbox;
    const { setupId, url } = await gateway.createSetup(buildSetupRequest('upi'));
    expect(await gateway.getSetup(setupId)).toMatchObject({ status: 'open', method: null });
    const posted = await saveMethod(url, SUCCESS_UPI);
    expect(posted).toMatchObject({
      status: 303,
      location: `https://shop.example/back?from=billing&setup_id=${setupId}&status=complete`,
    });
    expect(await gateway.getSetup(setupId)).toMatchObject({
      status: 'complete',
      reference: 'setup/pms_upi',
      method: {
        customerReference: 'acct_1',
        kind: 'upi',
        brand: 'upi',
        lastFour: null,
        expiry: null,
        mandate: { ceiling: inr('500.00'), status: 'active' },
      },
    });
    expect((await sandbox.readState('setup/pms_upi')).payments).toEqual([]);
    expect((await saveMethod(url, SUCCESS_UPI)).status).toBe(409);
  });

  it('a card tells when it expires, and has a mandate only where a ceiling was asked for', async () => {
    const card = { mode: 'card', ceiling: null } as const;
    const method = await setUp('card', { ...cardForm(), expiry: '09/30' }, card);
    expect(await sandbox.gateway.getPaymentMethod(method)).toMatchObject({
      lastFour: '4242',
      expiry: { month: 9, year: 2030 },
      mandate: null,
    });
    const bound = await setUp('card_bound', cardForm(), { ...card, ceiling: inr('15000.00') });
    expect(await sandbox.gateway.getPaymentMethod(bound)).toMatchObject({
      mandate: { ceiling: inr('15000.00'), status: 'active' },
    });
  });

  it('one key opens one page, and a declined try leaves it open', async () => {
    const { gateway } = sandbox;
    const opened = await gateway.createSetup(buildSetupRequest('declined'));
    expect(await gateway.createSetup(buildSetupRequest('declined'))).toEqual(opened);
    expect((await saveMethod(opened.url, FAILURE_UPI)).location).toContain('status=declined');
    const page = await (await fetch(opened.url)).text();
    expect(page).toContain('The last try was declined (generic_decline)');
    expect(page).toContain('Each charge up to');
    expect(await gateway.getSetup(opened.setupId)).toMatchObject({ status: 'open' });
    expect((await saveMethod(opened.url, { mode: 'upi', upi_id: 'x@bank' })).status).toBe(422);
  });

  it('R2.11 UPI is set up for rupees only', async () => {
    const request = buildSetupRequest('usd', { currency: 'USD', ceiling: null });
    await expect(sandbox.gateway.createSetup(request)).rejects.toMatchObject({
      code: 'mode_not_offered',
    });
    expect(sandbox.gateway.setupModes('USD')).toEqual(['card']);
    expect(sandbox.gateway.setupModes('INR')).toEqual(['upi', 'card']);
  });
});

describe('what a mandate allows', () => {
  it('a charge above its ceiling is declined by the bank, one of the ceiling is not', async () => {
    const method = await setUp('ceiling');
    expect(await charge('above', method, '500.01')).toMatchObject({
      kind: 'declined',
      declineCode: 'amount_exceeds_mandate',
      declineClass: 'needs_customer',
    });
    expect((await charge('at', method, '500.00')).kind).toBe('succeeded');
  });

  it.each([
    ['paused', 'mandate_paused', 'needs_customer'],
    ['revoked', 'mandate_cancelled', 'hard'],
  ] as const)('a %s one declines with %s (%s)', async (mandate, declineCode, declineClass) => {
    const method = await setUp(mandate);
    await sandbox.changeMethod(method, { mandate });
    expect(await sandbox.gateway.getPaymentMethod(method)).toMatchObject({
      mandate: { status: mandate },
    });
    expect(await charge(mandate, method, '100.00')).toMatchObject({ declineCode, declineClass });
    await sandbox.changeMethod(method, { mandate: 'active' });
    expect((await charge(`${mandate}_again`, method, '100.00')).kind).toBe('succeeded');
  });

  it('UPI that a payment kept has a mandate without a ceiling; a card of a past month declines', async () => {
    const upi = await keepMethod(sandbox, 'kept_upi', SUCCESS_UPI);
    expect(await sandbox.gateway.getPaymentMethod(upi)).toMatchObject({
      mandate: { ceiling: null, status: 'active' },
    });
    const card = await keepMethod(sandbox, 'kept_card', cardForm());
    expect(await sandbox.gateway.getPaymentMethod(card)).toMatchObject({
      expiry: { month: 12, year: 2034 },
      mandate: null,
    });
    await sandbox.changeMethod(card, { expiry: '10/26' });
    expect(await charge('expired', card, '100.00')).toMatchObject({
      declineCode: 'expired_card',
      declineClass: 'needs_customer',
    });
  });
});

describe('the gateway tells', () => {
  it('of a setup that is complete, one that expired, and a method that changed', async () => {
    const { gateway, baseUrl } = sandbox;
    const method = await setUp('told');
    await sandbox.changeMethod(method, { mandate: 'revoked' });
    const { setupId } = await gateway.createSetup(buildSetupRequest('told_expired'));
    await fetch(`${baseUrl}/_control/expire`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ setup_id: setupId }),
    });
    expect(await gateway.getSetup(setupId)).toMatchObject({ status: 'expired', method: null });
    const { webhooks } = await sandbox.readState();
    const types = webhooks.map(({ type }) => type);
    expect(types).toEqual(
      expect.arrayContaining(['setup.completed', 'method.changed', 'setup.expired']),
    );
    expect((await sandbox.readState('setup/pms_told_expired')).webhooks).toMatchObject([
      { type: 'setup.expired' },
    ]);
  });
});

it('under the rules of India a charge is announced a day before, and bounded', () => {
  const { baseUrl, apiKey, webhookSecret } = sandbox;
  const { capabilities } = createSandboxGateway({
    baseUrl,
    apiKey,
    webhookSecrets: [webhookSecret],
    timeoutMs: 1_000,
    rules: 'india',
  });
  expect(capabilities.preDebitNoticeHours).toEqual({ upi: 24, card: 24 });
  expect(capabilities.unattendedMax('upi', 'INR')).toEqual(inr('15000.00'));
  expect(capabilities.unattendedMax('card', 'USD')).toBeNull();
});
