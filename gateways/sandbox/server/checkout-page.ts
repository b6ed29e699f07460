/**
 * Owns: the hosted pages as HTML: what they are about, one form, and the pages for what cannot be paid or kept
 * now; what the page of a checkout says.
 * Does not own: what the form means (checkout-form.ts), the words of a setup (setup-page.ts), or the answers around
 * them (page.routes.ts).
 * No script and no outside asset; the page works with the keyboard, a screen reader and a phone.
 */
import type { PaymentMode } from '../../../domain/payment/payment';
import type { CheckoutRow } from './books';
import type { FieldError, FieldName, FormEcho } from './checkout-form';
import { CHECKOUT_STYLE } from './checkout-style';
import { html, NOTHING, trusted, type Html } from './html';
import { TEST_CARDS, TEST_UPI_IDS } from './instruments';

export interface PageFrame {
  /** Of the content security policy: only this style is applied. */
  readonly nonce: string;
  /** Where the form is posted. */
  readonly formPath: string;
  /** Back to the merchant, with what happened. */
  readonly backUrl: string;
}

/** What a page is for, in words. */
export interface PageSubject {
  readonly merchant: string;
  readonly title: string;
  readonly modes: readonly PaymentMode[];
  readonly summary: Html;
  /** On the button. */
  readonly submit: Html;
  /** Whether the customer may choose to keep what pays. */
  readonly offersKeeping: boolean;
}

export interface OpenPage extends PageFrame {
  readonly subject: PageSubject;
  readonly echo: FormEcho;
  readonly errors: readonly FieldError[];
  /** Why the last try failed, if there was one. */
  readonly lastDecline: string | null;
}

/** The page that takes what pays. */
export function renderOpenPage(page: OpenPage): string {
  const { title, summary, modes } = page.subject;
  const body = html`<main>
    <section class="summary" aria-label="What this is for">${summary}</section>
    <section>${renderNotice(page)}${renderForm(page)}${renderTestData(modes)}</section>
  </main>`;
  return renderDocument(page, title, body);
}

/** What the page of a checkout says. */
export function describeCheckout(checkout: CheckoutRow): PageSubject {
  const { merchant, modes, amount, currency } = checkout;
  return {
    merchant,
    title: `Pay ${merchant}`,
    modes,
    summary: renderSummary(checkout),
    submit: html`Pay ${renderDecimal(amount)} ${currency}`,
    offersKeeping: true,
  };
}

export interface ClosedPage extends PageFrame {
  readonly state: 'complete' | 'expired' | 'under_way';
  readonly merchant: string;
  readonly title: string;
  readonly text: string;
  /** Of what was to be paid. */
  readonly amount: Html;
}

const CLOSED_TEXTS = {
  complete: {
    title: 'Payment received',
    text: 'This order is paid. There is nothing more to do here.',
  },
  expired: {
    title: 'This payment page has expired',
    text: 'Nothing was charged here. Go back and start the payment again.',
  },
  under_way: {
    title: 'Your payment is being confirmed',
    text: 'Your bank has it. Please do not pay again; this page looks again by itself.',
  },
} as const;

/** What the page of a checkout says that is paid, expired, or has a payment under way. */
export function describeClosedCheckout(
  checkout: CheckoutRow,
  state: ClosedPage['state'],
): Omit<ClosedPage, keyof PageFrame> {
  const { merchant } = checkout;
  return {
    state,
    merchant,
    ...CLOSED_TEXTS[state],
    amount: html`<div class="amount">${renderAmount(checkout)}</div>`,
  };
}

/** The page of what takes nothing now. */
export function renderClosedPage(page: ClosedPage): string {
  const { state, title, text, merchant, amount, backUrl } = page;
  const body = html`<main class="single">
    ${renderMark(state)}
    <h1>${title}</h1>
    ${amount}
    <p>${text}</p>
    <a class="button" href="${backUrl}">Back to ${merchant}</a>
  </main>`;
  const refresh = state === 'under_way' ? html`<meta http-equiv="refresh" content="3" />` : NOTHING;
  return renderDocument(page, title, body, refresh);
}

/** For an address that names no page, or a request nobody can read. */
export function renderMessagePage(page: {
  readonly nonce: string;
  readonly title: string;
  readonly text: string;
}): string {
  const body = html`<main class="single">
    ${renderMark('expired')}
    <h1>${page.title}</h1>
    <p>${page.text}</p>
  </main>`;
  return renderDocument(page, page.title, body);
}

function renderDocument(
  page: { readonly nonce: string },
  title: string,
  body: Html,
  head: Html = NOTHING,
): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        ${head}
        <title>${title}</title>
        <style nonce="${page.nonce}">
          ${trusted(CHECKOUT_STYLE)}
        </style>
      </head>
      <body>
        <div class="strip">Sandbox: no real money moves. Never type a real card here.</div>
        ${body}
      </body>
    </html>`.markup;
}

function renderSummary(checkout: CheckoutRow): Html {
  const { merchant, reference, lines, amount, currency, expiresAt } = checkout;
  const rows = lines.map(
    (line) =>
      html`<tr>
        <th scope="row">${line.description}</th>
        <td>${renderDecimal(line.amount)}</td>
      </tr>`,
  );
  return html`<h1>${merchant}</h1>
    <p class="order">Order ${reference}</p>
    <div class="amount">${renderAmount(checkout)}</div>
    <table>
      <caption>
        Order details
      </caption>
      <tbody>
        ${rows}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row">Total</th>
          <td>${renderDecimal(amount)} ${currency}</td>
        </tr>
      </tfoot>
    </table>
    <p class="until">
      To be paid by <time datetime="${expiresAt}">${formatInstant(expiresAt)}</time>
    </p>`;
}

function renderAmount({ amount, currency }: CheckoutRow): Html {
  return html`${renderDecimal(amount)} <small>${currency}</small>`;
}

/** Grouped for people, exact for programs. */
export function renderDecimal(amount: string): Html {
  const [whole = '', fraction] = amount.split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  const text = fraction === undefined ? grouped : `${grouped}.${fraction}`;
  return html`<data value="${amount}">${text}</data>`;
}

export function formatInstant(instant: string): string {
  return `${instant.slice(0, 10)} ${instant.slice(11, 16)} UTC`;
}

function renderNotice({ errors, lastDecline }: OpenPage): Html {
  if (errors.length > 0) {
    const items = errors.map(
      ({ field, message }) => html`<li><a href="#${anchorOf(field)}">${message}</a></li>`,
    );
    return html`<div class="notice" role="alert">
      <p>Nothing was charged yet. Please check:</p>
      <ul>
        ${items}
      </ul>
    </div>`;
  }
  if (lastDecline === null) return NOTHING;
  return html`<div class="notice" role="status">
    <p>The last try was declined (${lastDecline}). You can try again or pay another way.</p>
  </div>`;
}

function anchorOf(field: FieldName): string {
  return field === 'mode' ? 'pay-with' : field.replace('_', '-');
}

function renderForm(page: OpenPage): Html {
  const { subject, echo, formPath, backUrl } = page;
  const { modes, submit } = subject;
  const [first] = modes;
  const chosen = echo.mode ?? first ?? 'card';
  const panels = modes.map((mode) => renderPanel(mode, page));
  return html`<form method="post" action="${formPath}" novalidate>
    <fieldset id="pay-with">
      <legend>Pay with</legend>
      ${modes.map((mode) => renderTab(mode, mode === chosen))} ${panels}
    </fieldset>
    ${renderKeeping(page)}
    <button class="button" type="submit">${submit}</button>
    <a class="back" href="${backUrl}">Cancel and go back</a>
  </form>`;
}

function renderKeeping({ subject, echo }: OpenPage): Html {
  if (!subject.offersKeeping) return NOTHING;
  return html`<label class="keep">
    <input type="checkbox" name="save" value="on" ${echo.isKept ? trusted('checked') : NOTHING} />
    <span>Keep this for later payments to ${subject.merchant}</span>
  </label>`;
}

const MODE_NAMES: Readonly<Record<PaymentMode, string>> = { upi: 'UPI', card: 'Card' };

function renderTab(mode: PaymentMode, isChosen: boolean): Html {
  return html`<input
      class="mode"
      type="radio"
      name="mode"
      id="mode-${mode}"
      value="${mode}"
      ${isChosen ? trusted('checked') : NOTHING}
    /><label class="tab" for="mode-${mode}">${MODE_NAMES[mode]}</label>`;
}

function renderPanel(mode: PaymentMode, { echo, errors }: OpenPage): Html {
  if (mode === 'upi') {
    const upiId: Field = {
      name: 'upi_id',
      label: 'UPI ID',
      value: echo.upiId,
      hints: 'autocomplete="off" autocapitalize="none" spellcheck="false" placeholder="name@bank"',
    };
    return html`<div class="panel panel-upi">${renderField(upiId, errors)}</div>`;
  }
  return html`<div class="panel panel-card">
    ${renderField(CARD_NUMBER, errors)}
    <div class="pair">${renderField(EXPIRY, errors)}${renderField(CVC, errors)}</div>
    ${renderField({ ...NAME, value: echo.name }, errors)}
  </div>`;
}

interface Field {
  readonly name: FieldName;
  readonly label: string;
  readonly value: string;
  /** Attributes of ours, never a value from outside. */
  readonly hints: string;
}

const CARD_NUMBER: Field = {
  name: 'card_number',
  label: 'Card number',
  value: '',
  hints: 'autocomplete="cc-number" inputmode="numeric" placeholder="4242 4242 4242 4242"',
};
const EXPIRY: Field = {
  name: 'expiry',
  label: 'Expiry (MM/YY)',
  value: '',
  hints: 'autocomplete="cc-exp" inputmode="text" placeholder="09/30"',
};
const CVC: Field = {
  name: 'cvc',
  label: 'Security code',
  value: '',
  hints: 'autocomplete="cc-csc" inputmode="numeric" placeholder="123"',
};
const NAME: Field = {
  name: 'name',
  label: 'Name on card',
  value: '',
  hints: 'autocomplete="cc-name"',
};

function renderField(field: Field, errors: readonly FieldError[]): Html {
  const id = anchorOf(field.name);
  const message = errors.find((error) => error.field === field.name)?.message;
  const state =
    message === undefined ? NOTHING : html`aria-invalid="true" aria-describedby="${id}-mistake"`;
  const mistake =
    message === undefined ? NOTHING : html`<p class="mistake" id="${id}-mistake">${message}</p>`;
  return html`<div class="field">
    <label for="${id}">${field.label}</label>
    <input
      id="${id}"
      name="${field.name}"
      value="${field.value}"
      ${trusted(field.hints)}
      ${state}
    />
    ${mistake}
  </div>`;
}

function renderTestData(modes: readonly PaymentMode[]): Html {
  const instruments = modes.flatMap((mode) => (mode === 'upi' ? TEST_UPI_IDS : TEST_CARDS));
  const rows = instruments.map(
    ({ typed, kind, description }) =>
      html`<tr>
        <th scope="row">${kind === 'card' ? groupDigits(typed) : typed}</th>
        <td>${description}</td>
      </tr>`,
  );
  return html`<details open>
    <summary>Test UPI IDs and cards</summary>
    <table>
      <tbody>
        ${rows}
      </tbody>
    </table>
    <p class="until">Cards: any expiry to come, any security code, any name.</p>
  </details>`;
}

function groupDigits(number: string): string {
  return number.replace(/(\d{4})(?=\d)/g, '$1 ');
}

const MARKS: Readonly<Record<ClosedPage['state'], string>> = {
  complete: '<path d="M17 29l8 8 15-17" stroke="var(--good)"/>',
  expired: '<path d="M28 16v14M28 38v1" stroke="var(--bad)"/>',
  under_way: '<path d="M28 16v12l8 6" stroke="var(--accent)"/>',
};

function renderMark(state: ClosedPage['state']): Html {
  return trusted(
    `<svg class="mark" viewBox="0 0 56 56" fill="none" stroke-width="4" stroke-linecap="round" ` +
      `stroke-linejoin="round" aria-hidden="true"><circle cx="28" cy="28" r="25" ` +
      `stroke="var(--line)"/>${MARKS[state]}</svg>`,
  );
}
