import { expireHold } from '../../activities/hold/expire-holds';
import {
  getHoldTerms,
  insertHoldTerms,
  updateHoldTerms,
} from '../../db/repositories/hold.repository';
import { forfeitBucket } from '../../domain/ledger/expiry';
import { grantUnits } from '../../domain/ledger/grant';
import { placeHold } from '../../domain/ledger/hold';
import type { HoldTerms } from '../../domain/usage/hold-terms';
import { changeLedger } from '../support/ledger-accounts';
import { createBillingUnderTest, type BillingUnderTest } from './billing-under-test';

const PLACED = '2027-01-10T10:00:00.000Z';
const DEADLINE = '2027-01-12T10:00:00.000Z';
const PACKAGE_END = '2027-01-13T00:00:00.000Z';
const SWEPT = '2027-01-14T10:00:00.000Z';

let billing: BillingUnderTest;

beforeAll(async () => {
  billing = await createBillingUnderTest();
});
afterAll(async () => {
  await billing?.close();
});

/** 40 of the 100 messages of a package are held. */
async function placeOne(id: string): Promise<HoldTerms> {
  const accountId = await billing.makeAccount('0.00');
  await changeLedger(
    billing.database,
    { accountId, reference: 'start', at: PLACED },
    (plan, ledger) => {
      grantUnits(plan, ledger, {
        code: 'package/pkg_1',
        asset: 'message',
        source: 'package',
        quantity: 100n,
        startsAt: PLACED,
        expiresAt: PACKAGE_END,
        at: PLACED,
        reference: 'pkg_1',
      });
      placeHold(plan, ledger, {
        holdId: id,
        asset: 'message',
        quantity: 40n,
        unitPrice: null,
        at: PLACED,
        month: '2027-01',
        deadlineAt: DEADLINE,
      });
    },
  );
  const terms: HoldTerms = {
    id,
    accountId,
    kind: 'broadcast',
    status: 'open',
    category: 'marketing',
    quantity: 40n,
    toPrefix: null,
    deadlineAt: DEADLINE,
    placedAt: PLACED,
    closedAt: null,
  };
  await billing.read((trx) => insertHoldTerms(trx, terms));
  return terms;
}

function sweep(terms: HoldTerms): Promise<void> {
  return expireHold({ database: billing.database, now: () => SWEPT }, terms, SWEPT);
}

test('a hold that was extended after the sweep had found it stays open', async () => {
  const terms = await placeOne('hold_extended');
  const deadlineAt = '2027-01-20T10:00:00.000Z';
  await billing.read((trx) => updateHoldTerms(trx, { ...terms, deadlineAt }));
  await sweep(terms);
  const after = await billing.read((trx) => getHoldTerms(trx, terms.id));
  expect(after).toMatchObject({ status: 'open', deadlineAt });
  expect(await billing.events(terms.accountId)).toEqual([]);
});

test('a package that ended between the deadline and the sweep forfeits what was held', async () => {
  const terms = await placeOne('hold_late');
  const { accountId } = terms;
  await changeLedger(
    billing.database,
    { accountId, reference: 'pkg_1', at: PACKAGE_END },
    (plan, ledger) => {
      forfeitBucket(plan, ledger, { code: 'package/pkg_1', at: PACKAGE_END, reference: 'pkg_1' });
    },
  );
  await sweep(terms);
  expect((await billing.transfers(accountId)).slice(1)).toEqual([
    'expiry package/pkg_1 > breakage/message 60',
    'expiry package/pkg_1 > breakage/message 40',
  ]);
  const after = await billing.read((trx) => getHoldTerms(trx, terms.id));
  expect(after).toMatchObject({ status: 'expired', closedAt: DEADLINE });
});
