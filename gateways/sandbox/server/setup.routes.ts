/**
 * Owns: the hosted page of a setup over HTTP: showing it, taking its form, sending the customer back.
 * Does not own: the HTML (setup-page.ts), the form's meaning (checkout-form.ts), what is kept (setups.ts).
 * Example: `POST /setup/sbx_su_1/save` with `mode=upi&upi_id=success@sandbox` answers 303 to
 * `https://shop.example/back?setup_id=sbx_su_1&status=complete`.
 */
import type { Request, RequestHandler, Response, Router } from 'express';
import type { SetupRow } from './books';
import { EMPTY_ECHO, readForm, type FieldError, type FormEcho } from './checkout-form';
import { renderClosedPage, renderOpenPage, type PageFrame } from './checkout-page';
import type { SandboxContext } from './context';
import { createFormRoutes, createNonce, sendHtml, sendMessage } from './page.routes';
import { describeClosedSetup, describeSetup } from './setup-page';
import { completeSetup, findSetup } from './setups';

const CLOSED_STATUS = { complete: 409, expired: 410 } as const;

export function createSetupRoutes(context: SandboxContext): Router {
  return createFormRoutes('save', {
    show: withSetup(context, showPage),
    take: withSetup(context, takeForm),
  });
}

interface PageCall {
  readonly context: SandboxContext;
  readonly setup: SetupRow;
  readonly request: Request;
  readonly response: Response;
}

function withSetup(context: SandboxContext, serve: (call: PageCall) => void): RequestHandler {
  return (request, response) => {
    const id = request.params['id'];
    const setup = typeof id === 'string' ? findSetup(context, id) : null;
    if (setup === null) sendMessage(response, 404, 'There is no such page');
    else serve({ context, setup, request, response });
  };
}

function showPage(call: PageCall): void {
  const { status } = call.setup;
  if (status === 'open') sendOpenPage(call, { httpStatus: 200, echo: EMPTY_ECHO, errors: [] });
  else sendClosedPage(call, status);
}

function takeForm(call: PageCall): void {
  const { context, setup, request, response } = call;
  if (setup.status !== 'open') return sendClosedPage(call, setup.status);
  const reading = readForm(request.body, { modes: [setup.mode], now: context.now() });
  if (reading.kind === 'invalid') return sendOpenPage(call, { httpStatus: 422, ...reading });
  const { status } = completeSetup(context, setup, reading);
  response.redirect(303, returnUrlOf(setup, status === 'complete' ? 'complete' : 'declined'));
}

function sendOpenPage(
  { context, setup, response }: PageCall,
  shown: {
    readonly httpStatus: 200 | 422;
    readonly echo: FormEcho;
    readonly errors: readonly FieldError[];
  },
): void {
  const { httpStatus, echo, errors } = shown;
  const frame = createFrame(context, setup);
  sendHtml(response, frame.nonce, setup.returnUrl);
  const page = { ...frame, echo, errors, lastDecline: setup.declineCode };
  response.status(httpStatus).send(renderOpenPage({ ...page, subject: describeSetup(setup) }));
}

function sendClosedPage(
  { context, setup, response }: PageCall,
  state: 'complete' | 'expired',
): void {
  const frame = createFrame(context, setup);
  sendHtml(response, frame.nonce, setup.returnUrl);
  const page = { ...frame, ...describeClosedSetup(setup, state) };
  response.status(CLOSED_STATUS[state]).send(renderClosedPage(page));
}

function createFrame(context: SandboxContext, setup: SetupRow): PageFrame {
  return {
    nonce: createNonce(),
    formPath: `${new URL(context.setupUrl(setup.id)).pathname}/save`,
    backUrl: returnUrlOf(setup, setup.status === 'open' ? 'cancelled' : setup.status),
  };
}

/** The merchant's address, its own query kept. */
function returnUrlOf({ id, returnUrl }: SetupRow, status: string): string {
  const url = new URL(returnUrl);
  url.searchParams.set('setup_id', id);
  url.searchParams.set('status', status);
  return url.href;
}
