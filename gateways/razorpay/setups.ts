/**
 * Owns: a page on which a customer leaves a card or a UPI mandate: a registration link, found again by its
 * receipt.
 * Does not own: what is kept (methods.ts).
 * Its owner agrees by paying 1.00 INR; as nothing is to be charged, that is given back once it is seen.
 * Example: `createSetup` of up to 5 000.00 INR by UPI under `setup/pms_1`, charged `as_presented`.
 */
import { compareMoney, describeMoney, parseMoney, type Money } from '../../domain/money';
import type { PaymentMode } from '../../domain/payment/payment';
import type { CurrencyCode } from '../../domain/currency';
import type { CustomerContact, GatewaySetup, OpenedSetup, SetupRequest } from '../method-setups';
import { GatewayRejected, type KeptMethod } from '../payment-gateway';
import { fromUnixSeconds } from './from-wire';
import { readInvoice, readMethod, walkSetups } from './methods';
import { fromSubunits, MANDATE_CURRENCY, toSubunits } from './razorpay-capabilities';
import { expectDone, type RazorpayClient } from './razorpay-client';
import { askRefund } from './refunds';
import { writeNotes } from './slots';
import { invoiceSchema, type WireInvoice } from './wire';

/** What a registration costs, in paise: the least a bank can be asked for. */
const REGISTRATION_SUBUNITS = 100;

/** The most a mandate of a mode may allow for one debit: whoever asks for more gets this, and is told so. */
const CEILING_MAX: Readonly<Record<PaymentMode, string>> = { upi: '99999.00', card: '15000.00' };

/** Above it a debit needs its owner anyway, so nobody is asked to agree to more. */
const CEILING_UNASKED = '15000.00';

const NAME_LENGTH_MIN = 3;
const NAME_LENGTH_MAX = 50;

const PAGE_LIVES_SECONDS = 24 * 3_600;

export function setupModes(currency: CurrencyCode): readonly PaymentMode[] {
  return currency === MANDATE_CURRENCY ? ['upi', 'card'] : [];
}

export async function createSetup(
  client: RazorpayClient,
  request: SetupRequest,
): Promise<OpenedSetup> {
  const ceiling = readCeiling(request);
  const contact = readContact(request);
  const known = await findSetup(client, request, ceiling);
  if (known.invoice !== null) return toOpened(known.invoice);
  const reply = await client({
    method: 'POST',
    path: '/subscription_registration/auth_links',
    body: buildLink(request, { ceiling, contact, receipt: known.freeName }),
    reply: invoiceSchema,
  });
  if (reply.kind === 'refused') {
    // Another of ours was first.
    const { invoice } = await findSetup(client, request, ceiling);
    if (invoice !== null) return toOpened(invoice);
  }
  return toOpened(expectDone(reply));
}

export async function getSetup(client: RazorpayClient, setupId: string): Promise<GatewaySetup> {
  const invoice = await readInvoice(client, setupId);
  if (invoice === null) throw new GatewayRejected('resource_missing', 400, `no setup ${setupId}`);
  const isPaid = invoice.status === 'paid';
  if (isPaid) await giveBack(client, invoice);
  const method = isPaid ? await readMethod(client, invoice) : null;
  const status = statusOf(invoice, method);
  return {
    ...toOpened(invoice),
    reference: invoice.notes.reference ?? '',
    status,
    method: status === 'complete' ? method : null,
  };
}

async function findSetup(client: RazorpayClient, request: SetupRequest, ceiling: Money) {
  const { customerReference, idempotencyKey, reference, mode } = request;
  const { things, freeName } = await walkSetups(client, customerReference);
  const invoice = things.find(({ notes }) => notes.key === idempotencyKey) ?? null;
  const isSame =
    invoice === null ||
    (invoice.notes.reference === reference &&
      invoice.notes.mode === mode &&
      invoice.notes.max_amount === String(toSubunits(ceiling)));
  if (isSame) return { invoice, freeName };
  throw new GatewayRejected('idempotency_error', 409, `${idempotencyKey} opened another page`);
}

interface Registration {
  readonly ceiling: Money;
  readonly contact: CustomerContact;
  readonly receipt: string;
}

function buildLink(request: SetupRequest, { ceiling, contact, receipt }: Registration) {
  const { mode, merchant, reference, customerReference, idempotencyKey } = request;
  const maxAmount = toSubunits(ceiling);
  const { email, phone } = contact;
  return {
    customer: { name: spellName(contact.name), email, contact: phone },
    type: 'link',
    amount: REGISTRATION_SUBUNITS,
    currency: MANDATE_CURRENCY,
    description: `Payments to ${merchant}`,
    subscription_registration: { method: mode, max_amount: maxAmount, frequency: 'as_presented' },
    receipt,
    // We tell our customers ourselves.
    sms_notify: false,
    email_notify: false,
    expire_by: Math.floor(Date.now() / 1_000) + PAGE_LIVES_SECONDS,
    notes: writeNotes({
      purpose: 'setup',
      reference,
      customer_reference: customerReference,
      key: idempotencyKey,
      mode,
      max_amount: String(maxAmount),
    }),
  };
}

/** Razorpay takes 3 to 50 letters of few kinds: `Ünal & Sons` is `Unal   Sons`. */
function spellName(name: string): string {
  const plain = name.normalize('NFKD').replaceAll(/\p{M}/gu, '');
  const spelled = plain
    .replaceAll(/[^A-Za-z0-9 .'/@()]/g, ' ')
    .slice(0, NAME_LENGTH_MAX)
    .trim();
  return spelled.length < NAME_LENGTH_MIN ? 'Customer' : spelled;
}

function readCeiling({ mode, currency, ceiling }: SetupRequest): Money {
  if (!setupModes(currency).includes(mode)) {
    const message = `razorpay keeps no ${mode} in ${currency} without a payment`;
    throw new GatewayRejected('mode_not_offered', 400, message);
  }
  if (ceiling === null) return parseMoney({ amount: CEILING_UNASKED, currency });
  const max = parseMoney({ amount: CEILING_MAX[mode], currency });
  const min = fromSubunits(REGISTRATION_SUBUNITS, currency);
  if (compareMoney(ceiling, min) < 0) {
    const message = `a mandate is for ${describeMoney(min)} at least`;
    throw new GatewayRejected('amount_out_of_range', 400, message);
  }
  return compareMoney(ceiling, max) > 0 ? max : ceiling;
}

/** A made-up address or number would be refused, or worse, told of somebody's debits. */
function readContact({ contact = null }: SetupRequest): CustomerContact {
  if (contact !== null) return contact;
  const message = 'razorpay keeps no method without a name, an e-mail address and a phone number';
  throw new GatewayRejected('contact_missing', 400, message);
}

async function giveBack(client: RazorpayClient, invoice: WireInvoice): Promise<void> {
  const { id, payment_id: gatewayPaymentId } = invoice;
  if (gatewayPaymentId === null) return;
  const money = fromSubunits(REGISTRATION_SUBUNITS, MANDATE_CURRENCY);
  // Refused: not captured, or given back before. Pending: on its way.
  await askRefund(client, { idempotencyKey: `${id}/give-back`, gatewayPaymentId, money });
}

function toOpened({ id, short_url: url, expire_by: expireBy }: WireInvoice): OpenedSetup {
  return { setupId: id, url: url ?? '', expiresAt: fromUnixSeconds(expireBy ?? 0) };
}

function statusOf({ status }: WireInvoice, method: KeptMethod | null): GatewaySetup['status'] {
  switch (status) {
    case 'paid':
      if (method === null) return 'open';
      // Its owner agreed, and the bank did not.
      return method.mandate?.status === 'revoked' ? 'expired' : 'complete';
    case 'cancelled':
    case 'expired':
    case 'deleted':
      return 'expired';
    default:
      return 'open';
  }
}
