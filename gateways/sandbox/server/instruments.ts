/**
 * Owns: the test UPI ids and test cards, and what each does when it pays now and when it is charged
 * later. Does not own: the page they are typed into, or the payments they make.
 * Source: the public contract of the sandbox (docs/domain/payments.md). A number that is not in the
 * table is refused, so that nobody's real card is ever tried here.
 * Example: `findCard('4000000000009979')?.now` is `{ kind: 'decline', code: 'stolen_card' }`.
 */
import type { PaymentMode } from '../../../domain/payment/payment';

export type InstrumentOutcome =
  | { readonly kind: 'succeed' }
  | { readonly kind: 'decline'; readonly code: string }
  /** Accepted now, succeeds after a while. */
  | { readonly kind: 'settle_slowly' }
  /** Reported failed for want of the bank's answer, authorised after a while. */
  | { readonly kind: 'authorise_late' };

/** Never the number or the UPI id: brand and last four are all that leaves the form. */
export interface Instrument {
  readonly kind: PaymentMode;
  readonly brand: string;
  readonly lastFour: string | null;
  readonly now: InstrumentOutcome;
  readonly later: InstrumentOutcome;
}

interface TestInstrument extends Instrument {
  /** What is typed into the form. */
  readonly typed: string;
  readonly description: string;
}

const SUCCEED: InstrumentOutcome = { kind: 'succeed' };
const SETTLE_SLOWLY: InstrumentOutcome = { kind: 'settle_slowly' };
const AUTHORISE_LATE: InstrumentOutcome = { kind: 'authorise_late' };

export const LATE_DECLINE_CODE = 'payment_timed_out';

export const TEST_UPI_IDS: readonly TestInstrument[] = [
  upi({ typed: 'success@sandbox', outcome: SUCCEED, description: 'Succeeds' }),
  upi({
    typed: 'failure@sandbox',
    outcome: declineWith('generic_decline'),
    description: 'Declined',
  }),
  upi({ typed: 'slow@sandbox', outcome: SETTLE_SLOWLY, description: 'Succeeds after a delay' }),
  upi({
    typed: 'late@sandbox',
    outcome: AUTHORISE_LATE,
    description: 'Reported failed, authorised later',
  }),
];

export const TEST_CARDS: readonly TestInstrument[] = [
  card({ typed: '4242424242424242', now: SUCCEED, description: 'Succeeds' }),
  card({
    typed: '4000000000000002',
    now: declineWith('generic_decline'),
    description: 'Declined',
  }),
  card({
    typed: '4000000000009995',
    now: declineWith('insufficient_funds'),
    description: 'Declined: insufficient funds',
  }),
  card({
    typed: '4000000000000341',
    now: SUCCEED,
    later: declineWith('generic_decline'),
    description: 'Succeeds here, later charges are declined',
  }),
  card({
    typed: '4000000000009979',
    now: declineWith('stolen_card'),
    description: 'Declined: stolen',
  }),
];

/** The test UPI id as it was typed: blanks around it and capitals do not matter. */
export function findUpiId(typed: string): Instrument | null {
  const wanted = typed.trim().toLowerCase();
  return toInstrument(TEST_UPI_IDS.find((instrument) => instrument.typed === wanted));
}

/** The test card of a number typed with or without blanks and dashes. */
export function findCard(typed: string): Instrument | null {
  const wanted = typed.replace(/[\s-]/g, '');
  return toInstrument(TEST_CARDS.find((instrument) => instrument.typed === wanted));
}

/** Leaves `typed` behind, so that the number cannot travel on with the instrument. */
function toInstrument(found: TestInstrument | undefined): Instrument | null {
  if (found === undefined) return null;
  const { kind, brand, lastFour, now, later } = found;
  return { kind, brand, lastFour, now, later };
}

function declineWith(code: string): InstrumentOutcome {
  return { kind: 'decline', code };
}

function upi(facts: {
  readonly typed: string;
  readonly outcome: InstrumentOutcome;
  readonly description: string;
}): TestInstrument {
  const { typed, outcome, description } = facts;
  return {
    typed,
    description,
    kind: 'upi',
    brand: 'upi',
    lastFour: null,
    now: outcome,
    later: outcome,
  };
}

function card(facts: {
  readonly typed: string;
  readonly now: InstrumentOutcome;
  readonly later?: InstrumentOutcome;
  readonly description: string;
}): TestInstrument {
  const { typed, now, later = now, description } = facts;
  return { typed, description, kind: 'card', brand: 'visa', lastFour: typed.slice(-4), now, later };
}
