import { closeHold } from '../../db/close-hold';
import { newId } from '../../db/new-id';
import { getAccount } from '../../db/repositories/account.repository';
import {
  getHoldTerms,
  insertHoldTerms,
  updateHoldTerms,
} from '../../db/repositories/hold.repository';
import { findHold, lockLedgers, readLedger } from '../../db/repositories/ledger.repository';
import type { Transaction } from '../../db/transaction';
import { BillingError } from '../../domain/billing-error';
import type { CurrencyCode } from '../../domain/currency';
import { isBefore, type Instant } from '../../domain/instant';
import { type Hold, isCaptured } from '../../domain/ledger/hold';
import { refuseDeadline, type HoldTerms } from '../../domain/usage/hold-terms';
import { findAccountNow } from '../account-time';
import { created, ok } from '../answer';
import { toApiHold } from '../presenters/hold.presenter';
import { readRoute, writeRoute, type Route } from '../route';
import { captureBody, extendBody, holdParams, holdSchema } from '../schemas/hold.schema';
import { holdBody } from '../schemas/quote.schema';
import { askEvents, QUOTE_REFUSALS } from '../usage/ask-quote';
import { captureFromHold, describeHeld, extendCall, reserveAsked } from '../usage/place-hold';

const tag = 'Usage';
const roles = ['operator', 'partner', 'account'] as const;
const HOLD = { description: 'The hold.', schema: holdSchema };

const placeRoute = writeRoute({
  method: 'post',
  path: '/v1/holds',
  operation: 'placeHold',
  summary: 'Set units and money aside for a broadcast, a group message or a call',
  description:
    'Holds what the same quote names, all or nothing. Usage events with its `hold_id` are paid from it first. What is ' +
    'not used is free again by `release`, by a `final` capture, or at the deadline by itself.',
  tag,
  roles,
  body: holdBody,
  responses: { 201: HOLD },
  refusals: ['not_found', 'unprocessable', 'insufficient_balance', ...QUOTE_REFUSALS],
  async handler({ body, receivedAt }, trx, dependencies) {
    const asking = { trx, receivedAt, dependencies };
    const { quoted, account, now } = await askEvents(body, asking);
    const { deadline_at: deadlineAt } = body;
    expectDeadline(deadlineAt, now);
    const id = newId('hold');
    const held = { id, deadlineAt, currency: account.currency };
    const hold = await reserveAsked(asking, quoted.events, held);
    const terms: HoldTerms = {
      id,
      accountId: account.id,
      status: 'open',
      ...describeHeld(body, quoted),
      deadlineAt,
      placedAt: now,
      closedAt: null,
    };
    await insertHoldTerms(trx, terms);
    return created(toApiHold(terms, hold), `/v1/holds/${id}`);
  },
});

const showRoute = readRoute({
  method: 'get',
  path: '/v1/holds/{hold_id}',
  operation: 'getHold',
  summary: 'Show a hold',
  tag,
  roles,
  params: holdParams,
  responses: { 200: HOLD },
  async handler({ params }, trx) {
    const terms = await getHoldTerms(trx, params.hold_id);
    return ok(toApiHold(terms, await findHoldOf(trx, terms)));
  },
});

const captureRoute = writeRoute({
  method: 'post',
  path: '/v1/holds/{hold_id}/capture',
  operation: 'captureHold',
  summary: 'Pay from a hold without a usage event',
  description:
    'For what is not told as usage. An amount is with its tax, and stands on the document of the month. `final` closes the hold: the rest is free again. Never more than is held; with the last of it the hold is closed.',
  tag,
  roles,
  params: holdParams,
  body: captureBody,
  responses: { 200: HOLD },
  refusals: ['not_found', 'invalid_state', 'unprocessable'],
  async handler({ params, body, receivedAt }, trx) {
    const { terms, at } = await lockOpen(trx, params.hold_id, receivedAt);
    await captureFromHold(trx, { terms, at, recordedAt: receivedAt }, body);
    const hold = await findHoldOf(trx, terms);
    const isOver = body.final || (hold !== null && isCaptured(hold));
    if (!isOver) return ok(toApiHold(terms, hold));
    return ok(await close(trx, { terms, status: 'captured', at, recordedAt: receivedAt }));
  },
});

const extendRoute = writeRoute({
  method: 'post',
  path: '/v1/holds/{hold_id}/extend',
  operation: 'extendHold',
  summary: 'Hold the next slice of a call',
  tag,
  roles,
  params: holdParams,
  body: extendBody,
  responses: { 200: HOLD },
  refusals: [
    'not_found',
    'invalid_state',
    'unprocessable',
    'insufficient_balance',
    ...QUOTE_REFUSALS,
  ],
  async handler({ params, body, receivedAt }, trx, dependencies) {
    const { terms: before, at, currency } = await lockOpen(trx, params.hold_id, receivedAt);
    if (before.kind !== 'call') {
      throw new BillingError('invalid_state', 'Only the hold of a call can be extended.');
    }
    const deadlineAt = body.deadline_at ?? before.deadlineAt;
    expectDeadline(deadlineAt, at);
    if (isBefore(deadlineAt, before.deadlineAt)) {
      throw new BillingError('unprocessable', 'A deadline is only moved ahead.', {
        field: 'deadline_at',
      });
    }
    const asking = { trx, receivedAt, dependencies };
    await extendCall(asking, { ...before, deadlineAt }, { by: body.by, at, currency });
    const terms = { ...before, deadlineAt, quantity: before.quantity + BigInt(body.by) };
    await updateHoldTerms(trx, terms);
    return ok(toApiHold(terms, await findHoldOf(trx, terms)));
  },
});

const releaseRoute = writeRoute({
  method: 'post',
  path: '/v1/holds/{hold_id}/release',
  operation: 'releaseHold',
  summary: 'Give back what a hold still reserves',
  description: 'A hold that has ended stays as it is, and is answered so.',
  tag,
  roles,
  params: holdParams,
  responses: { 200: HOLD },
  refusals: ['not_found'],
  async handler({ params, receivedAt }, trx) {
    const terms = await getHoldTerms(trx, params.hold_id);
    const at = await nowOf(trx, terms, receivedAt);
    return ok(await close(trx, { terms, status: 'released', at, recordedAt: receivedAt }));
  },
});

function expectDeadline(deadlineAt: Instant, now: Instant): void {
  const refusal = refuseDeadline(deadlineAt, now);
  if (refusal === null) return;
  throw new BillingError('unprocessable', refusal, { field: 'deadline_at' });
}

/** The hold under the lock of its account's ledger. Throws `invalid_state` when it has ended or its deadline has passed. */
async function lockOpen(
  trx: Transaction,
  id: string,
  receivedAt: Instant,
): Promise<{
  readonly terms: HoldTerms;
  readonly at: Instant;
  readonly currency: CurrencyCode;
}> {
  const { accountId } = await getHoldTerms(trx, id);
  await lockLedgers(trx, [accountId]);
  const terms = await getHoldTerms(trx, id);
  if (terms.status !== 'open') {
    throw new BillingError(
      'invalid_state',
      `The hold is ${terms.status}: nothing is held any more.`,
    );
  }
  const account = await getAccount(trx, accountId);
  const at = await findAccountNow(account, { trx, receivedAt });
  if (!isBefore(at, terms.deadlineAt)) {
    const message = `The deadline of the hold has passed: it was ${terms.deadlineAt}.`;
    throw new BillingError('invalid_state', message);
  }
  return { terms, at, currency: account.currency };
}

async function nowOf(trx: Transaction, { accountId }: HoldTerms, receivedAt: Instant) {
  return findAccountNow(await getAccount(trx, accountId), { trx, receivedAt });
}

async function findHoldOf(trx: Transaction, { id, accountId }: HoldTerms): Promise<Hold | null> {
  const ledger = await readLedger(trx, accountId);
  return findHold(trx, ledger, id);
}

async function close(
  trx: Transaction,
  closing: {
    readonly terms: HoldTerms;
    readonly status: 'captured' | 'released';
    readonly at: Instant;
    readonly recordedAt: Instant;
  },
) {
  const { id, accountId } = closing.terms;
  const { status, at, recordedAt } = closing;
  const { terms } = await closeHold(trx, { id, accountId, status, at, present: at, recordedAt });
  return toApiHold(terms, await findHoldOf(trx, terms));
}

export const holdRoutes: readonly Route[] = [
  placeRoute,
  showRoute,
  captureRoute,
  extendRoute,
  releaseRoute,
];
