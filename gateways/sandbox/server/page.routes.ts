/**
 * Owns: the hosted page over HTTP: showing it, taking its form, sending the customer back.
 * Does not own: the HTML (checkout-page.ts), the form's meaning (checkout-form.ts), payments.
 * The customer comes back with `checkout_id` and `status` in the address; both are only for the
 * screen. A merchant that believes them gives its goods away.
 * Example: `POST /checkout/sbx_cs_1/pay` with `mode=upi&upi_id=failure@sandbox` answers 303 to
 * `https://shop.example/back?checkout_id=sbx_cs_1&status=failed`, and the page can be used again.
 */
import { randomBytes } from 'node:crypto';
import express, {
  type NextFunction,
  type Request,
  type RequestHandler,
  type Response,
  type Router,
} from 'express';
import type { CheckoutRow } from './books';
import { EMPTY_ECHO, readForm, type FieldError, type FormEcho } from './checkout-form';
import {
  describeCheckout,
  describeClosedCheckout,
  renderClosedPage,
  renderMessagePage,
  renderOpenPage,
  type PageFrame,
} from './checkout-page';
import { findCheckout, pageStateOf, payCheckout, type PageState } from './checkouts';
import type { SandboxContext } from './context';

const FORM_MAX = '8kb';
const FORM_FIELDS_MAX = 20;

const CLOSED_STATUS = { complete: 409, expired: 410, under_way: 409 } as const;
const RETURN_STATUS = {
  open: 'cancelled',
  complete: 'succeeded',
  expired: 'expired',
  under_way: 'processing',
} as const;

export function createPageRoutes(context: SandboxContext): Router {
  return createFormRoutes('pay', {
    show: withCheckout(context, showPage),
    take: withCheckout(context, takeForm),
  });
}

/** A page and where its form is posted. */
export function createFormRoutes(
  posted: 'pay' | 'save',
  { show, take }: { readonly show: RequestHandler; readonly take: RequestHandler },
): Router {
  const router = express.Router();
  const readBody = express.urlencoded({
    extended: false,
    limit: FORM_MAX,
    parameterLimit: FORM_FIELDS_MAX,
  });
  router.get('/:id', show);
  router.post(`/:id/${posted}`, readBody, take);
  router.use((_error: unknown, _request: Request, response: Response, next: NextFunction) => {
    if (response.headersSent) return next(_error);
    sendMessage(response, 400, 'This request could not be read');
  });
  return router;
}

interface PageCall {
  readonly context: SandboxContext;
  readonly checkout: CheckoutRow;
  readonly request: Request;
  readonly response: Response;
}

function withCheckout(context: SandboxContext, serve: (call: PageCall) => void): RequestHandler {
  return (request, response) => {
    const id = request.params['id'];
    const checkout = typeof id === 'string' ? findCheckout(context, id) : null;
    if (checkout === null) sendMessage(response, 404, 'There is no such payment page');
    else serve({ context, checkout, request, response });
  };
}

function showPage(call: PageCall): void {
  const state = pageStateOf(call.context, call.checkout);
  if (state === 'open') sendOpenPage(call, { httpStatus: 200, echo: EMPTY_ECHO, errors: [] });
  // A page that waits for a bank refreshes itself, and browsers do not refresh an error.
  else sendClosedPage(call, state, state === 'under_way' ? 200 : CLOSED_STATUS[state]);
}

function takeForm(call: PageCall): void {
  const { context, checkout, request, response } = call;
  const state = pageStateOf(context, checkout);
  if (state !== 'open') return sendClosedPage(call, state, CLOSED_STATUS[state]);
  const reading = readForm(request.body, { modes: checkout.modes, now: context.now() });
  if (reading.kind === 'invalid') {
    const { echo, errors } = reading;
    return sendOpenPage(call, { httpStatus: 422, echo, errors });
  }
  const result = context.books.atomically(() => payCheckout(context, checkout, reading));
  if (result.kind === 'closed') {
    return sendClosedPage(call, result.state, CLOSED_STATUS[result.state]);
  }
  response.redirect(303, returnUrlOf(checkout, result.payment.status));
}

function sendOpenPage(
  call: PageCall,
  shown: {
    readonly httpStatus: 200 | 422;
    readonly echo: FormEcho;
    readonly errors: readonly FieldError[];
  },
): void {
  const { context, checkout, response } = call;
  const frame = createFrame(call, 'open');
  const lastAttempt = context.books.paymentsOfCheckout(checkout.id).at(-1);
  const lastDecline = lastAttempt?.declineCode ?? null;
  const { httpStatus, echo, errors } = shown;
  sendHtml(response, frame.nonce, checkout.returnUrl);
  response
    .status(httpStatus)
    .send(
      renderOpenPage({ ...frame, subject: describeCheckout(checkout), echo, errors, lastDecline }),
    );
}

function sendClosedPage(
  call: PageCall,
  state: Exclude<PageState, 'open'>,
  httpStatus: number,
): void {
  const { checkout, response } = call;
  const frame = createFrame(call, state);
  sendHtml(response, frame.nonce, checkout.returnUrl);
  const page = { ...frame, ...describeClosedCheckout(checkout, state) };
  response.status(httpStatus).send(renderClosedPage(page));
}

export function sendMessage(response: Response, httpStatus: number, title: string): void {
  const nonce = createNonce();
  sendHtml(response, nonce, null);
  const text = 'Go back to where you came from and start the payment again.';
  response.status(httpStatus).send(renderMessagePage({ nonce, title, text }));
}

function createFrame({ context, checkout }: PageCall, state: PageState): PageFrame {
  return {
    nonce: createNonce(),
    formPath: `${new URL(context.checkoutUrl(checkout.id)).pathname}/pay`,
    backUrl: returnUrlOf(checkout, RETURN_STATUS[state]),
  };
}

/** The merchant's address, its own query kept. */
function returnUrlOf(checkout: CheckoutRow, status: string): string {
  const url = new URL(checkout.returnUrl);
  url.searchParams.set('checkout_id', checkout.id);
  url.searchParams.set('status', status);
  return url.href;
}

/** Browsers hold the redirect after a form to `form-action` too, so the way back is named there. */
export function sendHtml(response: Response, nonce: string, returnUrl: string | null): void {
  const formTargets = returnUrl === null ? `'self'` : `'self' ${new URL(returnUrl).origin}`;
  response.set({
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy':
      `default-src 'none'; style-src 'nonce-${nonce}'; form-action ${formTargets}; ` +
      `base-uri 'none'; frame-ancestors 'none'`,
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  });
}

export function createNonce(): string {
  return randomBytes(16).toString('base64');
}
