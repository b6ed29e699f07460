import { Client } from 'pg';
import { createLedger } from '../../db/repositories/ledger.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { changeLedger, makeAccount } from '../support/ledger-accounts';
import { findViolations } from '../support/ledger-invariants';
import { grantMoney, grantUnits } from '../../domain/ledger/grant';
import { setAllowance } from '../../domain/ledger/month';

// A busy machine is slow, not wrong.
jest.setTimeout(120_000);

/**
 * What PostgreSQL refuses by itself, whatever the code above it does: plans forged by hand, as the
 * application's role. One good grant of each asset comes first.
 */
const AT = '2026-11-10T09:00:00.000Z';
const HASH = `\\x${'ab'.repeat(32)}`;

let test_: TestDatabase;
let owner: Client;
let accountId: string;
let ledgerId: string;
let made = 0;

beforeAll(async () => {
  test_ = await createTestDatabase();
  owner = new Client({ connectionString: test_.ownerUrl });
  await owner.connect();
});
afterAll(async () => {
  await owner.end();
  await test_.drop();
});
beforeEach(async () => {
  made += 1;
  accountId = `acct_refusals${made}`;
  const account = { accountId, timeZone: 'Asia/Jakarta', currency: 'IDR', at: AT };
  await makeAccount(test_.database, account);
  await changeLedger(test_.database, { accountId, reference: 'start', at: AT }, (plan, ledger) => {
    ledgerId = String(ledger.ledgerId);
    grantMoney(plan, ledger, {
      source: 'wallet_initial',
      amountMicros: 10n,
      at: AT,
      kind: 'grant',
      reference: 'top_1',
      from: 'clearing',
    });
    grantUnits(plan, ledger, {
      code: 'package/pkg_1',
      asset: 'message',
      source: 'package',
      quantity: 10n,
      startsAt: null,
      expiresAt: null,
      at: AT,
      reference: 'pkg_1',
    });
    setAllowance(plan, ledger, { asset: 'message', fromMonth: '2026-11', quantity: 5n, at: AT });
  });
});
afterEach(async () => {
  expect(await findViolations(owner, [accountId])).toEqual([]);
});

type Row = Readonly<Record<string, unknown>>;
interface Forged {
  readonly opened?: readonly Row[];
  readonly transfers?: readonly Row[];
  readonly holds?: readonly Row[];
  readonly ended?: readonly Row[];
}

function apply({ opened, transfers, holds, ended }: Forged): Promise<unknown> {
  const json = (rows?: readonly Row[]) =>
    rows ? JSON.stringify(rows.map((row) => ({ ledger_id: ledgerId, ...row }))) : null;
  return withTransaction(test_.database, SYSTEM, (trx) =>
    trx.raw('select apply_plan(?, ?, ?::json, ?::json, ?::json, null::json, ?::json, null::json)', [
      'forged',
      AT,
      json(opened),
      json(transfers),
      json(holds),
      json(ended),
    ]),
  );
}

const transfer = (other: Row = {}): Row => ({
  number: 3,
  debit: 'package/pkg_1',
  credit: 'consumption/message',
  asset: 'message',
  amount: '1',
  kind: 'usage',
  effective_at: AT,
  hash: HASH,
  ...other,
});
const hold = (other: Row = {}): Row => ({
  hold_id: 'hold_1',
  bucket: 'package/pkg_1',
  asset: 'message',
  reserved: '4',
  remaining: '4',
  captured: '0',
  deadline_at: AT,
  ...other,
});

test.each<[string, Forged, RegExp]>([
  ['an overdraft', { transfers: [transfer({ amount: '11' })] }, /buckets_never_overdrawn/],
  [
    'an overdraft of the initial wallet',
    {
      transfers: [
        transfer({ debit: 'wallet/initial', credit: 'revenue/IDR', asset: 'IDR', amount: '11' }),
      ],
    },
    /buckets_never_overdrawn/,
  ],
  ['an amount of zero', { transfers: [transfer({ amount: '0' })] }, /transfers_amount_positive/],
  ['a negative amount', { transfers: [transfer({ amount: '-1' })] }, /transfers_amount_positive/],
  ['one side twice', { transfers: [transfer({ credit: 'package/pkg_1' })] }, /transfers_move_some/],
  [
    'another asset',
    { transfers: [transfer({ asset: 'call_second', credit: 'consumption/call_second' })] },
    /holds another asset/,
  ],
  ['an unknown bucket', { transfers: [transfer({ debit: 'package/pkg_9' })] }, /does not exist/],
  [
    'a counter of another asset',
    { transfers: [transfer({ credit: 'consumption/IDR' })] },
    /does not exist/,
  ],
  ['an unknown kind', { transfers: [transfer({ kind: 'gift' })] }, /transfers_kind_known/],
  ['no reference', { transfers: [transfer({ reference: '' })] }, /transfers_reference_not_empty/],
  ['a hash that is none', { transfers: [transfer({ hash: '\\x00' })] }, /transfers_hash_is_sha256/],
  ['a number that is taken', { transfers: [transfer({ number: 2 })] }, /transfers_pkey/],
  [
    'a gap in the numbering',
    { transfers: [transfer({ number: 4 })] },
    /do not continue the numbering/,
  ],
  [
    'the same grant again under another number',
    {
      transfers: [
        transfer({
          debit: 'clearing/IDR',
          credit: 'wallet/initial',
          asset: 'IDR',
          kind: 'grant',
          reference: 'top_1',
          amount: '10',
        }),
      ],
    },
    /transfers_happen_once/,
  ],
  [
    'a bucket opened twice',
    { opened: [{ code: 'package/pkg_1', asset: 'message', source: 'package' }] },
    /buckets_pkey/,
  ],
  [
    'a bucket named like a counter',
    { opened: [{ code: 'revenue/IDR', asset: 'IDR', source: 'package' }] },
    /buckets_are_no_counter/,
  ],
  [
    'a bucket of an unknown source',
    { opened: [{ code: 'gift/1', asset: 'IDR', source: 'gift' }] },
    /buckets_source_known/,
  ],
  [
    'a month that is no month',
    {
      opened: [
        {
          code: 'quota/message/2026-11',
          asset: 'message',
          source: 'plan_quota',
          month: '2026-11-02',
        },
      ],
    },
    /buckets_month_is_a_first/,
  ],
  [
    'a bucket that ends before it starts',
    {
      opened: [
        {
          code: 'p/1',
          asset: 'message',
          source: 'package',
          starts_at: AT,
          expires_at: '2026-11-01',
        },
      ],
    },
    /buckets_life_is_forward/,
  ],
  [
    'a hold beyond the balance',
    { holds: [hold({ reserved: '11', remaining: '11' })] },
    /buckets_never_overdrawn/,
  ],
  ['a hold of another asset', { holds: [hold({ asset: 'IDR' })] }, /holds another asset/],
  [
    'a hold in no bucket',
    { holds: [hold({ bucket: 'package/pkg_9' })] },
    /does not exist|holds_bucket_fkey/,
  ],
  [
    'a hold that remains above what it reserved',
    { holds: [hold({ remaining: '5' })] },
    /holds_pay_no_more/,
  ],
  [
    'a hold that pays more than it held',
    { holds: [hold({ remaining: '1', captured: '4' })] },
    /holds_pay_no_more/,
  ],
  [
    'a hold of nothing',
    { holds: [hold({ reserved: '0', remaining: '0' })] },
    /holds_reserved_positive/,
  ],
  [
    'closing a bucket with something in it',
    { ended: [{ code: 'package/pkg_1', expires_at: AT }] },
    /buckets_closed_are_empty/,
  ],
])('PostgreSQL refuses %s', async (_, forged, message) => {
  await expect(apply(forged)).rejects.toThrow(message);
});

test('a closed bucket takes no transfer and is not opened again', async () => {
  await apply({
    transfers: [
      transfer({
        amount: '10',
        credit: 'breakage/message',
        kind: 'expiry',
        hash: await nextHash(),
      }),
    ],
    ended: [{ code: 'package/pkg_1', expires_at: AT }],
  });
  const back = { debit: 'issuance/message', credit: 'package/pkg_1', kind: 'grant', number: 4 };
  await expect(apply({ transfers: [transfer(back)] })).rejects.toThrow(/closed_are_empty/);
  const thereAndBack = [transfer(back), transfer({ number: 5 })];
  await expect(apply({ transfers: thereAndBack })).rejects.toThrow(/is closed/);
  await expect(
    apply({ opened: [{ code: 'package/pkg_1', asset: 'message', source: 'package' }] }),
  ).rejects.toThrow(/buckets_pkey/);
});

test('an open hold only shrinks, by what it pays and gives back', async () => {
  await apply({ holds: [hold()] });
  await apply({ holds: [hold({ remaining: '2' })] });
  const grown = [
    hold({ remaining: '3' }),
    hold({ remaining: '1', reserved: '9' }),
    hold({ remaining: '1', captured: '-1' }),
  ];
  for (const row of grown) await expect(apply({ holds: [row] })).rejects.toThrow();
  await expect(apply({ holds: [hold()] })).rejects.toThrow(/placed before/);
  await apply({ holds: [hold({ remaining: '0' })] });
});

test.each([
  ['whose parts do not match', { at: AT, amounts: '{}' }, /usage_events_parts_match/],
  [
    'of a month without a partition',
    { at: '2199-01-01T00:00:00Z', amounts: '{1}' },
    /no partition of relation/,
  ],
])('PostgreSQL refuses an event %s', async (_, forged, message) => {
  const recorded = withTransaction(test_.database, SYSTEM, (trx) =>
    trx.raw(
      `select record_events(:at, array[:ledgerId]::bigint[], array[gen_random_uuid()], array['evt_1'], array[gen_random_uuid()],
         array['message']::usage_type[], array['enforce']::usage_mode[], array[:at]::timestamptz[], array['2026-11-10']::date[], null, array['message'],
         array['message']::usage_asset[], null, array[1]::bigint[], null, null, array[1]::bigint[], null, null, null, null, null, null, null,
         null, array[false], null, array['{1}'], array[:amounts], null, null, null, null)`,
      { ledgerId, ...forged },
    ),
  );
  await expect(recorded).rejects.toThrow(message);
});

test('a ledger needs an account, and an account has one', async () => {
  const nobody = { accountId: 'acct_nobody', timeZone: 'UTC', currency: 'IDR', at: AT };
  await expect(
    withTransaction(test_.database, SYSTEM, (trx) => createLedger(trx, nobody)),
  ).rejects.toThrow(/ledgers_account_id_fkey/);
});

/** The hash the chain wants next, for a forged transfer that is to be accepted. */
async function nextHash(): Promise<string> {
  const { rows } = await owner.query<{ hash: string }>(
    `select '\\x' || encode(sha256(l.chain_head || convert_to(transfer_text(row(
        l.id, 3, 'package/pkg_1', 'breakage/message', 'message', 10, 'expiry', 'forged', null, $2::timestamptz, $2::timestamptz, ''::bytea
      )::transfers), 'UTF8')), 'hex') as hash
       from ledgers l where account_id = $1`,
    [accountId, AT],
  );
  return rows[0]?.hash ?? '';
}
