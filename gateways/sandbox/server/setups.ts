/**
 * Owns: a page on which a method is kept without a payment, from opening to complete or expired.
 * Does not own: the page (setup-page.ts), what a kept method is and allows (payment-methods.ts).
 * A declined try leaves it open for another. What pays slowly or late is kept at once: only its charges are slow.
 * Example: `success@sandbox` with a ceiling of 500.00 INR: complete, and a mandate of up to 500.00.
 */
import type { z } from 'zod';
import { addSeconds, isAtOrBefore, toEpochMs } from '../../../domain/instant';
import { formatAmount } from '../../../domain/money';
import { readCharge } from '../amounts';
import { SANDBOX_CAPABILITIES } from '../sandbox-capabilities';
import { newSandboxId, type SetupRow } from './books';
import type { TypedInstrument } from './checkout-form';
import type { SandboxContext } from './context';
import { keepMethod } from './payment-methods';
import { presentSetup } from './present';
import { SandboxRefusal } from './sandbox-refusal';
import { recordEvent } from './webhook-outbox';
import type { setupRequestSchema } from '../wire';
import { parseCurrency } from '../../../domain/currency';

const LASTS_SECONDS = 24 * 3_600;

/** Opens a setup. Throws SandboxRefusal for a mode or ceiling that is not offered. */
export function createSetup(
  context: SandboxContext,
  request: z.infer<typeof setupRequestSchema>,
): SetupRow {
  const { mode, currency, max_amount: amount } = request;
  if (!SANDBOX_CAPABILITIES.offerIn(parseCurrency(currency))?.modes.includes(mode)) {
    throw new SandboxRefusal('mode_not_offered', `${mode} does not pay ${currency}`);
  }
  const createdAt = context.now();
  const setup: SetupRow = {
    id: newSandboxId('su'),
    reference: request.reference,
    customerReference: request.customer_reference,
    mode,
    currency,
    maxAmount: amount === null ? null : formatAmount(readCharge({ amount, currency }, [mode])),
    merchant: request.merchant,
    returnUrl: request.return_url,
    status: 'open',
    declineCode: null,
    methodId: null,
    createdAt,
    expiresAt: addSeconds(createdAt, LASTS_SECONDS),
  };
  context.books.save('setup', setup);
  return setup;
}

/** The setup as it is now: one whose time has passed is expired by looking at it. */
export function findSetup(context: SandboxContext, setupId: string): SetupRow | null {
  const setup = context.books.find('setup', setupId);
  if (setup === undefined) return null;
  return isAtOrBefore(setup.expiresAt, context.now()) ? expireSetup(context, setup) : setup;
}

/** Closes the page; one that is complete stays so. */
export function expireSetup(context: SandboxContext, setup: SetupRow): SetupRow {
  return setup.status === 'open' ? save(context, { ...setup, status: 'expired' }) : setup;
}

export function expireDueSetups(context: SandboxContext): void {
  for (const setup of context.books.due('setup', toEpochMs(context.now()))) {
    expireSetup(context, setup);
  }
}

/** One try by the customer on an open page: the method is kept, or declined and nothing is. */
export function completeSetup(
  context: SandboxContext,
  setup: SetupRow,
  { instrument, expiry }: TypedInstrument,
): SetupRow {
  const fault = context.faults.takeForPayment(setup);
  const outcome = fault ?? instrument.now;
  if (outcome.kind === 'decline') {
    const declined: SetupRow = { ...setup, declineCode: outcome.code };
    context.books.save('setup', declined);
    return declined;
  }
  const { maxAmount, currency, customerReference } = setup;
  const { id: methodId } = keepMethod(context, {
    ...instrument,
    customerReference,
    expiry,
    mandate: { maxAmount, currency },
  });
  return save(context, { ...setup, status: 'complete', declineCode: null, methodId });
}

/** Writes one that ended, with the event that tells it. */
function save(context: SandboxContext, setup: SetupRow): SetupRow {
  return context.books.atomically(() => {
    context.books.save('setup', setup);
    recordEvent(context, {
      type: setup.status === 'complete' ? 'setup.completed' : 'setup.expired',
      about: setup,
      data: { setup: presentSetup(context, setup) },
    });
    return setup;
  });
}
