/** The local Stripe's hosted pages: what Checkout does when a customer pays, keeps a method, or lets time pass. */
import { refuse, StripeRefusal, type Instrument, type Row, type StripeBooks } from './books';
import { textOf, type FormFields, type FormValue } from './form';
import { readTyped, type TypedMethod } from './instruments';
import { pay, readMetadata } from './payments';

const DAY_SECONDS = 86_400;
const HALF_HOUR_SECONDS = 1_800;

export function openSession(books: StripeBooks, fields: FormFields): Row<'checkout.session'> {
  const created = Math.floor(Date.now() / 1_000);
  const expiresAt = Number(fields.expires_at ?? created + DAY_SECONDS);
  if (expiresAt < created + HALF_HOUR_SECONDS || expiresAt > created + DAY_SECONDS) {
    throw refuse('The `expires_at` timestamp must be between 30 minutes and 24 hours from now.');
  }
  books.get('customer', textOf(fields.customer));
  const isSetup = fields.mode === 'setup';
  const lines = asList(fields.line_items).map((line) => asFields(asFields(line).price_data));
  const amount = lines.reduce((sum, price) => sum + Number(price.unit_amount), 0);
  const session = books.add('checkout.session', {
    created,
    mode: isSetup ? 'setup' : 'payment',
    status: 'open',
    payment_status: isSetup ? 'no_payment_required' : 'unpaid',
    customer: textOf(fields.customer),
    client_reference_id: textOf(fields.client_reference_id),
    metadata: readMetadata(fields.metadata),
    allowed_payment_method_types: asList(fields.allowed_payment_method_types).map(textOf),
    amount_total: isSetup ? null : amount,
    currency: isSetup ? textOf(fields.currency) : textOf(lines[0]?.currency),
    payment_intent: null,
    setup_intent: null,
    expires_at: expiresAt,
  });
  session.url = `https://checkout.stripe.test/c/pay/${session.id}`;
  books.sessionSecrets.set(session.id, {
    intentMetadata: readMetadata(
      asFields(fields[isSetup ? 'setup_intent_data' : 'payment_intent_data']).metadata,
    ),
    offersSaving: asFields(fields.saved_payment_method_options).payment_method_save === 'enabled',
    upiCeiling: readCeiling(fields),
  });
  return session;
}

function readCeiling(fields: FormFields): number | null {
  const { amount } = asFields(
    asFields(asFields(fields.payment_method_options).upi).mandate_options,
  );
  return amount === undefined ? null : Number(amount);
}

export function expireSession(books: StripeBooks, id: string): Row<'checkout.session'> {
  const session = books.get('checkout.session', id);
  if (session.status !== 'open') {
    const message = `Only Checkout Sessions with a status in ["open"] can be expired. This Session has a status of ${textOf(session.status)}.`;
    throw refuse(message);
  }
  Object.assign(session, { status: 'expired', url: null });
  books.tell('checkout.session.expired', session);
  return session;
}

export interface TypedPage {
  /** A test card's number or a UPI id (instruments.ts). */
  readonly typed: string;
  /** Ticks the box, where the page has one. */
  readonly keeps: boolean;
  /** What happens instead of what was typed. */
  readonly does?: Instrument | null;
}

/** One try on the page. The declines of a page are shown on it, so nothing is thrown. */
export function payPage(books: StripeBooks, id: string, page: TypedPage): void {
  const typed = readTyped(page.typed);
  const { session, secret } = openPage(books, id, typed.type);
  const keeps = page.keeps && secret.offersSaving;
  const method = addMethod(books, typed, keeps ? textOf(session.customer) : null);
  const intent = intentOf(books, session, secret.intentMetadata);
  intent.payment_method = method.id;
  if (!tryToPay(books, intent, page.does ?? typed.now)) return;
  const isPaid = intent.status === 'succeeded';
  Object.assign(session, {
    status: 'complete',
    payment_status: isPaid ? 'paid' : 'unpaid',
    url: null,
  });
  books.tell('checkout.session.completed', session);
}

function openPage(books: StripeBooks, id: string, type: string) {
  const session = books.get('checkout.session', id);
  const secret = books.sessionSecrets.get(id);
  if (session.status !== 'open' || secret === undefined) throw new Error(`${id} is not open`);
  if (session.allowed_payment_method_types?.includes(type)) return { session, secret };
  throw new Error(`the page does not offer ${type}`);
}

function tryToPay(books: StripeBooks, intent: Row<'payment_intent'>, does: Instrument): boolean {
  try {
    pay(books, intent, does);
    return true;
  } catch (error) {
    if (error instanceof StripeRefusal) return false;
    throw error;
  }
}

function intentOf(
  books: StripeBooks,
  session: Row<'checkout.session'>,
  metadata: Record<string, string>,
): Row<'payment_intent'> {
  const known = books.find('payment_intent', textOf(session.payment_intent));
  if (known !== null) return known;
  const intent = books.add('payment_intent', {
    amount: session.amount_total ?? 0,
    currency: session.currency ?? '',
    customer: session.customer ?? null,
    metadata,
    status: 'requires_payment_method',
    payment_method: null,
    payment_method_types: session.allowed_payment_method_types ?? [],
    last_payment_error: null,
    latest_charge: null,
  });
  session.payment_intent = intent.id;
  return intent;
}

export function addMethod(
  books: StripeBooks,
  { type, lastFour, country, now, later }: TypedMethod,
  customer: string | null,
): Row<'payment_method'> {
  const method = books.add('payment_method', {
    type,
    customer,
    metadata: {},
    ...(type === 'upi'
      ? { upi: { vpa: null } }
      : { card: { brand: 'visa', last4: lastFour ?? '', country, exp_month: 12, exp_year: 2034 } }),
  });
  books.methodSecrets.set(method.id, { now, later });
  return method;
}

/** The customer leaves a method on a setup page, and agrees to a mandate where the law asks for one. */
export function completeSetup(books: StripeBooks, id: string, typed: TypedMethod): void {
  const session = books.get('checkout.session', id);
  const secret = books.sessionSecrets.get(id);
  const method = addMethod(books, typed, textOf(session.customer));
  const needsMandate = typed.type === 'upi' || typed.country === 'IN';
  const ceiling = secret?.upiCeiling ?? null;
  const mandate = needsMandate ? addMandate(books, method, ceiling) : null;
  const setupIntent = books.add('setup_intent', {
    customer: session.customer ?? null,
    metadata: secret?.intentMetadata ?? {},
    payment_method: method.id,
    mandate: mandate?.id ?? null,
    payment_method_options: {},
    status: 'succeeded',
  });
  Object.assign(session, { status: 'complete', setup_intent: setupIntent.id, url: null });
  books.tell('checkout.session.completed', session);
}

function addMandate(books: StripeBooks, method: Row<'payment_method'>, ceiling: number | null) {
  const type = method.type ?? 'card';
  const upi = type === 'upi' ? { upi: { amount: ceiling, amount_type: 'maximum' as const } } : {};
  return books.add('mandate', {
    status: 'active',
    type: 'multi_use',
    payment_method: method.id,
    payment_method_details: { type, ...upi },
  });
}

export function asFields(value: FormValue | undefined): FormFields {
  return typeof value === 'object' && !Array.isArray(value) ? value : {};
}

export function asList(value: FormValue | undefined): FormValue[] {
  return Array.isArray(value) ? value : [];
}
