/**
 * Owns: what the hosted page of a setup says: what is agreed to, and that nothing is charged.
 * Does not own: the page around it and its form (checkout-page.ts).
 * Example: a UPI setup with a ceiling: "Each charge up to 500.00 INR".
 */
import type { SetupRow } from './books';
import {
  formatInstant,
  renderDecimal,
  type ClosedPage,
  type PageFrame,
  type PageSubject,
} from './checkout-page';
import { html, NOTHING, type Html } from './html';

export function describeSetup(setup: SetupRow): PageSubject {
  const { merchant, mode, expiresAt } = setup;
  return {
    merchant,
    title: `Save a payment method for ${merchant}`,
    modes: [mode],
    summary: html`<h1>${merchant}</h1>
      <p>Nothing is charged now. Later payments to ${merchant} will be made from this.</p>
      ${renderCeiling(setup)}
      <p class="until">
        Open until <time datetime="${expiresAt}">${formatInstant(expiresAt)}</time>
      </p>`,
    submit: html`Save for later payments`,
    offersKeeping: false,
  };
}

function renderCeiling({ maxAmount, currency }: SetupRow): Html {
  if (maxAmount === null) return NOTHING;
  return html`<p>Each charge up to ${renderDecimal(maxAmount)} ${currency}</p>`;
}

const CLOSED_TEXTS = {
  complete: { title: 'Payment method saved', text: 'There is nothing more to do here.' },
  expired: {
    title: 'This page has expired',
    text: 'Nothing was saved here. Go back and start again.',
  },
} as const;

export function describeClosedSetup(
  { merchant }: SetupRow,
  state: keyof typeof CLOSED_TEXTS,
): Omit<ClosedPage, keyof PageFrame> {
  return { state, merchant, ...CLOSED_TEXTS[state], amount: NOTHING };
}
