/**
 * Owns: what a customer typed into the hosted page: checking it and turning it into an instrument.
 * Does not own: the page around it (checkout-page.ts) or paying (checkouts.ts).
 * The number and security code live in this file's variables only: what leaves it is brand, last four and
 * expiry, and what may be shown again after a mistake.
 * Example: `mode=upi&upi_id=success@sandbox&save=on` is valid and keeps the method.
 */
import { z } from 'zod';
import { toEpochMs, type Instant } from '../../../domain/instant';
import type { PaymentMode } from '../../../domain/payment/payment';
import type { CardExpiry } from '../../../domain/payment-method/payment-method';
import { findCard, findUpiId, type Instrument } from './instruments';

const FIELD_MAX = 200;
const field = z.string().max(FIELD_MAX).default('');
const formSchema = z.object({
  mode: field,
  upi_id: field,
  card_number: field,
  expiry: field,
  cvc: field,
  name: field,
  save: z.literal('on').optional(),
});
type Form = z.infer<typeof formSchema>;

export type FieldName = 'mode' | 'upi_id' | 'card_number' | 'expiry' | 'cvc' | 'name';

export interface FieldError {
  readonly field: FieldName;
  readonly message: string;
}

/** What the form shows when it comes back: never card data. */
export interface FormEcho {
  readonly mode: PaymentMode | null;
  readonly upiId: string;
  readonly name: string;
  readonly isKept: boolean;
}

export const EMPTY_ECHO: FormEcho = { mode: null, upiId: '', name: '', isKept: false };

/** What was typed, as far as it leaves the form. */
export interface TypedInstrument {
  readonly instrument: Instrument;
  /** Of a card. */
  readonly expiry: CardExpiry | null;
}

export type FormReading =
  | ({ readonly kind: 'valid'; readonly isKept: boolean } & TypedInstrument)
  | { readonly kind: 'invalid'; readonly errors: readonly FieldError[]; readonly echo: FormEcho };

/** Checks a posted form against the modes the checkout offers. Never throws for what was typed. */
export function readForm(
  body: unknown,
  offer: { readonly modes: readonly PaymentMode[]; readonly now: Instant },
): FormReading {
  const parsed = formSchema.safeParse(body ?? {});
  if (!parsed.success) return unreadable('The form could not be read. Please fill it in again.');
  const form = parsed.data;
  const mode = offer.modes.find((offered) => offered === form.mode) ?? null;
  if (mode === null) {
    const message =
      form.mode === '' ? 'Choose how to pay.' : 'This way to pay is not offered here.';
    return { kind: 'invalid', errors: [{ field: 'mode', message }], echo: echoOf(form, null) };
  }
  const checked = mode === 'upi' ? checkUpi(form) : checkCard(form, offer.now);
  if (Array.isArray(checked)) {
    return { kind: 'invalid', errors: checked, echo: echoOf(form, mode) };
  }
  const expiry = mode === 'card' ? readExpiry(form.expiry) : null;
  return { kind: 'valid', instrument: checked, expiry, isKept: form.save === 'on' };
}

function unreadable(message: string): FormReading {
  return { kind: 'invalid', errors: [{ field: 'mode', message }], echo: EMPTY_ECHO };
}

function echoOf(form: Form, mode: PaymentMode | null): FormEcho {
  return { mode, upiId: form.upi_id, name: form.name, isKept: form.save === 'on' };
}

function checkUpi(form: Form): Instrument | FieldError[] {
  const typed = form.upi_id.trim();
  if (typed === '') return [{ field: 'upi_id', message: 'Enter your UPI ID.' }];
  if (!/^[\w.-]+@[a-z]+$/i.test(typed)) {
    return [{ field: 'upi_id', message: 'A UPI ID looks like name@bank.' }];
  }
  const message = 'Use one of the test UPI IDs below: this is a sandbox.';
  return findUpiId(typed) ?? [{ field: 'upi_id', message }];
}

function checkCard(form: Form, now: Instant): Instrument | FieldError[] {
  const instrument = findCard(form.card_number);
  const checks: readonly (readonly [FieldName, string | null])[] = [
    ['card_number', findNumberMistake(form.card_number, instrument)],
    ['expiry', findExpiryMistake(form.expiry, now)],
    ['cvc', /^\d{3,4}$/.test(form.cvc.trim()) ? null : 'The security code has 3 or 4 digits.'],
    ['name', form.name.trim() === '' ? 'Enter the name on the card.' : null],
  ];
  const errors = checks.flatMap(([name, message]) =>
    message === null ? [] : [{ field: name, message }],
  );
  return instrument === null || errors.length > 0 ? errors : instrument;
}

function findNumberMistake(typed: string, instrument: Instrument | null): string | null {
  const digits = typed.replace(/[\s-]/g, '');
  if (digits === '') return 'Enter the card number.';
  if (!/^\d{12,19}$/.test(digits)) return 'A card number has 12 to 19 digits.';
  if (!passesLuhn(digits)) return 'Check the card number: a digit seems to be wrong.';
  return instrument === null
    ? 'Use one of the test cards below, never a real one: this is a sandbox.'
    : null;
}

/** A card is good to the end of its month: 11/26 still pays on 30 November 2026. */
function findExpiryMistake(typed: string, now: Instant): string | null {
  const expiry = readExpiry(typed);
  if (expiry === null) return 'Enter the expiry as month and year, like 09/30.';
  return isExpired(expiry, now) ? 'This card has expired.' : null;
}

/** As it stands on a card, `09/30`; null: it is none. */
export function readExpiry(typed: string): CardExpiry | null {
  const match = /^(0?[1-9]|1[0-2])\s*[/-]\s*(?:20)?(\d{2})$/.exec(typed.trim());
  if (match === null) return null;
  const [, month, year] = match;
  return { month: Number(month), year: 2_000 + Number(year) };
}

/** Whether the last day of its month is over, by UTC. */
export function isExpired({ month, year }: CardExpiry, now: Instant): boolean {
  return toEpochMs(now) >= Date.UTC(year, month, 1);
}

/** The check digit every card number ends in: doubles each second digit from the right. */
function passesLuhn(digits: string): boolean {
  const sum = digits
    .split('')
    .toReversed()
    .reduce((total, digit, index) => {
      const value = Number(digit) * (index % 2 === 0 ? 1 : 2);
      return total + (value > 9 ? value - 9 : value);
    }, 0);
  return sum % 10 === 0;
}
