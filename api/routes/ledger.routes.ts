import { z } from 'zod';
import { getAccount } from '../../db/repositories/account.repository';
import { checkLedger, countTransfers, listBuckets } from '../../db/repositories/ledger.repository';
import { listTransfers } from '../../db/repositories/transfer.repository';
import { findAccountNow } from '../account-time';
import { ok } from '../answer';
import { createGate } from '../gate';
import { encodeCursor, pageFields, pageOf, readNumberCursor } from '../page';
import { toApiBucket, toApiLedgerCheck, toApiTransfer } from '../presenters/ledger.presenter';
import { readRoute, type Route } from '../route';
import { accountParams } from '../schemas/account.schema';
import { balancesSchema, ledgerCheckSchema, transferSchema } from '../schemas/ledger.schema';

const tag = 'Balance';
const ANYONE = ['operator', 'partner', 'account'] as const;

const showBalances = readRoute({
  method: 'get',
  path: '/v1/accounts/{account_id}/balances',
  operation: 'getBalances',
  summary: 'Show what there is to spend, in the order it is spent',
  tag,
  roles: ANYONE,
  params: accountParams,
  responses: { 200: { description: 'All open buckets.', schema: balancesSchema } },
  async handler({ params, receivedAt }, trx) {
    const account = await getAccount(trx, params.account_id);
    const at = await findAccountNow(account, { trx, receivedAt });
    const buckets = await listBuckets(trx, { accountId: account.id, at });
    return ok({ as_of: at, items: buckets.map(toApiBucket) });
  },
});

const showLedger = readRoute({
  method: 'get',
  path: '/v1/accounts/{account_id}/ledger',
  operation: 'listTransfers',
  summary: 'List every movement, newest first',
  tag,
  roles: ANYONE,
  params: accountParams,
  query: z.strictObject(pageFields),
  responses: { 200: { description: 'A page of transfers.', schema: pageOf(transferSchema) } },
  async handler({ params, query, caller }, trx) {
    const account = await getAccount(trx, params.account_id);
    const page = await listTransfers(trx, {
      accountId: account.id,
      hidesShares: caller.role === 'account',
      limit: query.limit,
      cursor: readNumberCursor(query.cursor)?.toString() ?? null,
    });
    return ok({
      items: page.items.map(toApiTransfer),
      next_cursor: page.nextCursor === null ? null : encodeCursor([page.nextCursor]),
    });
  },
});

/** A check reads every transfer: of long ledgers, ten at once would be an outage for everybody. */
const LONG_FROM_TRANSFERS = 10_000;
const LONG_CHECKS_AT_ONCE_MAX = 2;
const longCheckGate = createGate(LONG_CHECKS_AT_ONCE_MAX);

const proveLedger = readRoute({
  method: 'get',
  path: '/v1/accounts/{account_id}/ledger/check',
  operation: 'checkLedger',
  summary: 'Recompute the ledger from its transfers',
  description:
    'Sums, cached balances and the hash chain, from the rows as they are now. A long ledger takes ' +
    'seconds: while two of those are being checked, the next one is answered 429.',
  tag,
  roles: ANYONE,
  params: accountParams,
  responses: { 200: { description: 'What was found.', schema: ledgerCheckSchema } },
  async handler({ params }, trx) {
    const account = await getAccount(trx, params.account_id);
    const check = () => checkLedger(trx, account.id);
    const isLong = (await countTransfers(trx, account.id)) >= LONG_FROM_TRANSFERS;
    return ok(toApiLedgerCheck(isLong ? await longCheckGate(check) : await check()));
  },
});

export const ledgerRoutes: readonly Route[] = [showBalances, showLedger, proveLedger];
