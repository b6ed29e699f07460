import { getAccount } from '../../db/repositories/account.repository';
import { insertCommandNote } from '../../db/repositories/command-note.repository';
import { listBuckets } from '../../db/repositories/ledger.repository';
import {
  listPackages,
  packages,
  type PackageFilter,
} from '../../db/repositories/package.repository';
import { findOpenSubscription } from '../../db/repositories/subscription.repository';
import type { Transaction } from '../../db/transaction';
import type { Instant } from '../../domain/instant';
import type { BoughtPackage } from '../../domain/package/package';
import { voidPackage } from '../../workflows/package.messages';
import { findAccountNow } from '../account-time';
import { ok } from '../answer';
import { createPackagePresenter } from '../package-presenting';
import { readCreatedCursor, toApiPage } from '../page';
import { toApiMinutes } from '../presenters/minutes.presenter';
import { commandRoute, readRoute, type Route } from '../route';
import { accountParams } from '../schemas/account.schema';
import {
  minutesSchema,
  packageParams,
  packageSchema,
  packagesQuery,
  packagesSchema,
  voidPackageSchema,
} from '../schemas/package.schema';
import { sendToLifecycle } from '../commands/send-to-lifecycle';
import { getRecord, cursorOfRecord } from '../get-record';

const tag = 'Packages';
const ANYONE = ['operator', 'partner', 'account'] as const;
/** More bundles than this at once are a mistake; the list of all is paged. */
const BUNDLES_MAX = 100;
/** What people see who have bought none (R0.05). */
const NOTHING_BOUGHT = { items: [], message: 'Not Found!' } as const;

const listRoute = readRoute({
  method: 'get',
  path: '/v1/accounts/{account_id}/extra_packages',
  operation: 'listExtraPackages',
  summary: 'List what an account has bought and not used up, newest first',
  description:
    'Without one the answer is `{"items": [], "message": "Not Found!"}`. `status=all` is the history: ' +
    'used up, expired and voided ones with their usage.',
  tag,
  roles: ANYONE,
  params: accountParams,
  query: packagesQuery,
  responses: { 200: { description: 'A page.', schema: packagesSchema } },
  handler: async ({ params, query, receivedAt }, trx) => {
    const account = await getAccount(trx, params.account_id);
    const at = await findAccountNow(account, { trx, receivedAt });
    const { kind, limit, cursor } = query;
    const asked = { accountId: account.id, kind, filter: query.status, at };
    const before = readCreatedCursor(cursor);
    const rows = await listPackages(trx, { ...asked, limit: limit + 1, before });
    if (rows.length === 0 && before === null) return ok(NOTHING_BOUGHT);
    const present = await createPackagePresenter(trx, rows, at);
    return ok(toApiPage(rows, { limit, present, cursorOf: cursorOfRecord }));
  },
});

const showRoute = readRoute({
  method: 'get',
  path: '/v1/extra_packages/{package_id}',
  operation: 'getExtraPackage',
  summary: 'Show a package or bundle, what is left of it and what happens to it next',
  tag,
  roles: ANYONE,
  params: packageParams,
  responses: { 200: { description: 'The package.', schema: packageSchema } },
  handler: async ({ params, receivedAt }, trx) =>
    ok(await showPackage(trx, { id: params.package_id, receivedAt })),
});

const voidRoute = commandRoute({
  method: 'post',
  path: '/v1/extra_packages/{package_id}/void',
  operation: 'voidExtraPackage',
  summary: 'Take back what is left of a package',
  description: 'What was used stays used, and no money moves; request a refund separately.',
  tag,
  roles: ['operator'],
  params: packageParams,
  body: voidPackageSchema,
  responses: {
    200: { description: 'The package as it is now.', schema: packageSchema },
    202: { description: 'Accepted; the package as it was.', schema: packageSchema },
  },
  refusals: ['invalid_state'],
  handler: (request, dependencies) => {
    const { params, receivedAt, caller, body } = request;
    const id = params.package_id;
    return sendToLifecycle<BoughtPackage>(request, dependencies, {
      kind: 'package',
      get: (trx) => getRecord(packages, id, trx),
      say: async ({ accountId }, trx) => {
        const note = { accountId, words: body.reason, createdAt: receivedAt };
        const noteId = await insertCommandNote(trx, note);
        return { update: voidPackage.name, args: [{ noteId, keyId: caller.keyId }] };
      },
      show: (trx) => showPackage(trx, { id, receivedAt }),
    });
  },
});

const minutesRoute = readRoute({
  method: 'get',
  path: '/v1/accounts/{account_id}/minutes',
  operation: 'getMinutes',
  summary: 'Show the call minutes of an account: all, left, used, and its bundles',
  tag,
  roles: ANYONE,
  params: accountParams,
  responses: { 200: { description: 'As they are now.', schema: minutesSchema } },
  handler: async ({ params, receivedAt }, trx) => {
    const account = await getAccount(trx, params.account_id);
    const at = await findAccountNow(account, { trx, receivedAt });
    const accountId = account.id;
    const filter: PackageFilter = 'current';
    const asked = { accountId, kind: 'minute_bundle', filter, at, before: null } as const;
    const rows = await listPackages(trx, { ...asked, limit: BUNDLES_MAX });
    const bundles = rows.map(await createPackagePresenter(trx, rows, at));
    const plan = await findOpenSubscription(trx, { accountId, track: 'plan' });
    const buckets = await listBuckets(trx, { accountId, at });
    return ok(toApiMinutes({ accountId, at, buckets, plan, bundles }));
  },
});

async function showPackage(
  trx: Transaction,
  { id, receivedAt }: { readonly id: string; readonly receivedAt: Instant },
) {
  const record = await getRecord(packages, id, trx);
  const account = await getAccount(trx, record.state.accountId);
  const at = await findAccountNow(account, { trx, receivedAt });
  return (await createPackagePresenter(trx, [record], at))(record);
}

export const packageRoutes: readonly Route[] = [listRoute, showRoute, voidRoute, minutesRoute];
