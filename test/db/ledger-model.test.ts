import fc from 'fast-check';
import { Client } from 'pg';
import { findHold } from '../../db/repositories/ledger.repository';
import type { Transaction } from '../../db/transaction';
import { BillingError } from '../../domain/billing-error';
import { monthOf } from '../../domain/calendar';
import { chargeMoney } from '../../domain/ledger/charge';
import { forfeitBucket } from '../../domain/ledger/expiry';
import { grantMoney, grantUnits } from '../../domain/ledger/grant';
import { captureHold, placeHold, releaseHold } from '../../domain/ledger/hold';
import type { LedgerPlan } from '../../domain/ledger/ledger-plan';
import type { LedgerState } from '../../domain/ledger/ledger-state';
import { closeMonthsBefore, setAllowance } from '../../domain/ledger/month';
import { clawBackMoney, payOutMoney } from '../../domain/ledger/payback';
import type { UsageOutcome } from '../../domain/usage/usage-event';
import { createTestDatabase, type TestDatabase } from '../support/database';
import { changeLedger, makeAccount } from '../support/ledger-accounts';
import { findViolations } from '../support/ledger-invariants';
import {
  captureModelHold,
  chargeModel,
  closeModelMonths,
  createModelAccount,
  describeModel,
  forfeitModel,
  grantModelMoney,
  grantModelUnits,
  type ModelAccount,
  type ModelUse,
  placeModelHold,
  releaseModelHold,
  setModelAllowance,
  takeModelMoney,
  useModel,
} from '../support/ledger-model';
import { RUNS_SCALE, SEED } from '../support/ledger-runs';
import { buildEvent, uuidOf } from '../support/build-usage';
import { publishPrices, recorderOf } from '../support/usage-prices';

/**
 * The real path (lock, decide, apply on PostgreSQL) against the naive model: after every command the reply
 * and all balances are equal, and after each run the invariants hold.
 */
const CREATED_AT = '2026-10-15T00:00:00.000Z';
const RUNS = 30;

/** Month ends in both zones (New York leaves daylight saving time on 1 November) and lives of packages. */
const INSTANTS = [
  '2026-10-15T00:00:00.000Z',
  '2026-10-31T16:59:59.999Z',
  '2026-10-31T17:00:00.000Z',
  '2026-11-01T03:59:59.999Z',
  '2026-11-01T04:00:00.000Z',
  '2026-11-10T00:00:00.000Z',
  '2026-11-19T23:59:59.999Z',
  '2026-11-20T00:00:00.000Z',
  '2026-11-30T16:59:59.999Z',
  '2026-11-30T17:00:00.000Z',
  '2026-12-01T04:59:59.999Z',
  '2026-12-01T05:00:00.000Z',
] as const;

const PACKAGES = [
  {
    code: 'package/1',
    channels: null,
    startsAt: '2026-10-01T00:00:00.000Z',
    expiresAt: '2026-11-20T00:00:00.000Z',
  },
  {
    code: 'package/2',
    channels: null,
    startsAt: '2026-11-10T00:00:00.000Z',
    expiresAt: '2026-11-20T00:00:00.000Z',
  },
  {
    code: 'package/3',
    channels: ['email'],
    startsAt: '2026-10-01T00:00:00.000Z',
    expiresAt: '2027-01-01T00:00:00.000Z',
  },
] as const;
const PROMOTION_ENDS = '2026-11-30T17:00:00.000Z';
const DAY_MS = 86_400_000;

interface World {
  readonly accounts: readonly { readonly accountId: string; readonly model: ModelAccount }[];
  /** Names what must be new in each command. */
  step: number;
}
type Real = (plan: LedgerPlan, ledger: LedgerState, trx: Transaction) => unknown;
interface Command {
  readonly name: string;
  readonly [fc.toStringMethod]: () => string;
  run(world: World): Promise<{ readonly real: unknown; readonly model: unknown }>;
}

let test_: TestDatabase;
let owner: Client;
let runs = 0;

beforeAll(async () => {
  test_ = await createTestDatabase();
  owner = new Client({ connectionString: test_.ownerUrl });
  await owner.connect();
  await publishPrices(test_.database, 'IDR', PRICES);
  await publishPrices(test_.database, 'USD', PRICES);
});
afterAll(async () => {
  await owner.end();
  await test_.drop();
});

interface Sides {
  readonly references?: readonly string[];
  readonly real: (step: string) => Real;
  readonly model: (model: ModelAccount) => unknown;
}

/** What fast-check prints of a counterexample. */
function nameOf(this: Command): string {
  return this.name;
}

/** An operation on one account, by both. A function as `sides` may look at how the account stands. */
function operation(
  name: string,
  account: number,
  sides: Sides | ((model: ModelAccount) => Sides),
): Command {
  return {
    name: `${name} #${account}`,
    [fc.toStringMethod]: nameOf,
    async run(world) {
      const target = world.accounts[account];
      if (!target) throw new Error('no such account');
      const { accountId, model } = target;
      const reference = `step_${world.step}`;
      const {
        real,
        references = [],
        model: naive,
      } = typeof sides === 'function' ? sides(model) : sides;
      const change = { accountId, reference, at: CREATED_AT, references };
      const reply = await changeLedger(test_.database, change, real(reference)).catch(
        (error: unknown) => {
          if (error instanceof BillingError) return { alarm: error.code };
          throw error;
        },
      );
      return { real: reply, model: naive(model) };
    },
  };
}

const accounts = fc.nat(1);
const instants = fc.constantFrom(...INSTANTS);
const prices = fc.constantFrom(null, 0, 10_000, 15_000, 24_999, 30_000);
/** By the first digit of whom a use is for. */
const PRICES = { 1: 0n, 2: 10_000n, 3: 15_000n, 4: 24_999n, 5: 30_000n } as const;
const assets = fc.constantFrom('message' as const, 'message' as const, 'call_second' as const);

const rawEvents = fc.record({
  account: fc.constantFrom(0, 0, 0, 1, 1, 1, 2),
  key: fc.nat(5),
  occurredAt: instants,
  lateMs: fc.oneof(
    { weight: 8, arbitrary: fc.constant(0) },
    {
      weight: 5,
      arbitrary: fc.constantFrom(DAY_MS, 40 * DAY_MS, 40 * DAY_MS + 1, -DAY_MS, -DAY_MS - 1),
    },
  ),
  channel: fc.constantFrom('sms', 'email'),
  asset: assets,
  quantity: fc.integer({ min: 1, max: 5 }),
  to: fc.constantFrom(1 as const, 2 as const, 3 as const, 4 as const, 5 as const),
  visitor: fc.constantFrom(null, null, 'a', 'b'),
  mode: fc.constantFrom('enforce' as const, 'enforce' as const, 'record' as const),
});
type RawEvent = typeof rawEvents extends fc.Arbitrary<infer Event> ? Event : never;

/** Clients send what they sent before: most events of a run come from a short book, some are new. */
const usageOf = (book: readonly RawEvent[]): fc.Arbitrary<Command> =>
  fc
    .array(
      fc.oneof(...(book.length > 0 ? [{ weight: 5, arbitrary: fc.constantFrom(...book) }] : []), {
        weight: 2,
        arbitrary: rawEvents,
      }),
      { minLength: 1, maxLength: 6 },
    )
    .map(usage);

function usage(raw: readonly RawEvent[]): Command {
  return {
    name: `usage ${JSON.stringify(raw)}`,
    [fc.toStringMethod]: nameOf,
    async run(world) {
      const real = await recorderOf(test_.database).recordUsage({
        events: raw.map((event) => toEvent(event, world)),
        reference: `step_${world.step}`,
        recordedAt: new Date().toISOString(),
      });
      const model = raw.map((event) =>
        useModel(world.accounts[event.account]?.model, toUse(event)),
      );
      return { real: real.map(withoutRating), model };
    },
  };
}

function toUse(event: RawEvent): ModelUse {
  return {
    ...event,
    key: String(event.key),
    receivedAt: new Date(Date.parse(event.occurredAt) + event.lateMs).toISOString(),
    unitPrice: Number(PRICES[event.to]),
    // A call has no channel.
    channel: event.asset === 'message' ? event.channel : '',
  };
}

function toEvent(event: RawEvent, world: World) {
  const { channel, asset, quantity } = event;
  const to = String(event.to);
  return buildEvent({
    accountId: world.accounts[event.account]?.accountId ?? 'acct_unknown',
    key: uuidOf(event.key),
    occurredAt: event.occurredAt,
    receivedAt: toUse(event).receivedAt,
    visitor: event.visitor === null ? null : `00000000-0000-4000-8000-0000000000a${event.visitor}`,
    mode: event.mode,
    facts:
      asset === 'message'
        ? { type: 'message', channel, quantity: BigInt(quantity), to }
        : { type: 'call', durationSeconds: quantity, to, direction: null },
  });
}

/** What the model knows of an outcome. */
function withoutRating(outcome: UsageOutcome): unknown {
  if (outcome.kind !== 'charged' && outcome.kind !== 'replayed') return outcome;
  const charges = outcome.charges.map(({ bucket, amount }) => ({ bucket, amount }));
  return outcome.kind === 'replayed'
    ? { kind: outcome.kind, charges }
    : { kind: outcome.kind, charges, isNewVisitor: outcome.isNewVisitor };
}

/** A reference usually means one amount; now and then someone sends another, and that is an alarm. */
const numbered = (numberMax: number, amountMax: number) =>
  fc.tuple(fc.nat(numberMax), fc.nat(9), fc.nat(amountMax)).map(([number, luck, other]) => ({
    number,
    amount: luck === 0 ? other + 1 : ((number * 7) % amountMax) + 1,
  }));

type MoneySource = 'wallet_initial' | 'wallet_additional' | 'promotional';

function grantOfMoney(
  account: number,
  grant: { source: MoneySource; amount: number; number: number; at: string },
): Command {
  const { source, amount, number, at } = grant;
  const reference = `top_${number}`;
  const from = source === 'wallet_additional' ? 'clearing' : 'issuance';
  const ends = at < PROMOTION_ENDS ? PROMOTION_ENDS : '2027-01-01T00:00:00.000Z';
  return operation(`grant ${amount} to ${source} as ${reference} at ${at}`, account, {
    references: [reference],
    real: () => (plan, ledger) => {
      const { isRepeat, settledMicros } = grantMoney(plan, ledger, {
        source,
        amountMicros: BigInt(amount),
        at,
        kind: 'grant',
        reference,
        from,
        ...(source === 'promotional' ? { expiresAt: ends } : {}),
      });
      return { isRepeat, settledMicros };
    },
    model: (model) => grantModelMoney(model, { source, amount, reference, at, expiresAt: ends }),
  });
}

const sources = fc.constantFrom<MoneySource>('wallet_initial', 'wallet_additional', 'promotional');
const moneyGrants = fc
  .tuple(accounts, sources, numbered(9, 30), instants)
  .map(([account, source, amount, at]) => grantOfMoney(account, { source, ...amount, at }));

function grantOfUnits(
  account: number,
  life: (typeof PACKAGES)[number],
  units: { asset: string; amount: number; number: number },
): Command {
  const { asset, amount, number } = units;
  const code = `${life.code}_${asset}`;
  const grant = { ...life, code, asset, reference: `${code}/${number}` };
  return operation(`grant ${amount} to ${code} as ${grant.reference}`, account, {
    references: [grant.reference],
    real: () => (plan, ledger) => {
      const { isRepeat } = grantUnits(plan, ledger, {
        ...grant,
        source: 'package',
        quantity: BigInt(amount),
        at: CREATED_AT,
      });
      return { isRepeat };
    },
    model: (model) => grantModelUnits(model, { ...grant, quantity: amount }),
  });
}

const unitGrants = fc
  .tuple(accounts, fc.constantFrom(...PACKAGES), assets, numbered(1, 12))
  .map(([account, life, asset, amount]) => grantOfUnits(account, life, { asset, ...amount }));

const charges = fc
  .tuple(accounts, numbered(4, 15), instants)
  .map(([account, { amount, number }, at]) => {
    const reference = `period_${number}`;
    return operation(`charge ${amount} as ${reference} at ${at}`, account, {
      references: [reference],
      real: () => (plan, ledger) =>
        chargeMoney(plan, ledger, { amountMicros: BigInt(amount), at, kind: 'charge', reference }),
      model: (model) => chargeModel(model, { amount, reference, at }),
    });
  });

const takings = fc
  .tuple(accounts, fc.constantFrom('refund' as const, 'clawback' as const), numbered(3, 9))
  .map(([account, kind, { amount, number }]) => {
    const reference = `pay_${number}`;
    return operation(`${kind} ${amount} as ${reference}`, account, {
      references: [reference],
      real: () => (plan, ledger) => {
        const taking = { amountMicros: BigInt(amount), at: CREATED_AT, reference };
        if (kind === 'clawback') {
          return { isRepeat: clawBackMoney(plan, ledger, taking).isRepeat };
        }
        const paid = payOutMoney(plan, ledger, taking);
        return paid.kind === 'charged'
          ? { isRepeat: paid.isRepeat }
          : { kind: paid.kind, missingMicros: paid.missingMicros };
      },
      model: (model) => takeModelMoney(model, { kind, amount, reference }),
    });
  });

const holdIds = fc.nat(2).map((number) => `hold_${number}`);
const fewer = fc.integer({ min: 1, max: 5 });

const placements = fc
  .tuple(accounts, holdIds, assets, fewer, prices, instants)
  .map(([account, holdId, asset, quantity, unitPrice, at]) =>
    operation(`hold ${quantity} ${asset} as ${holdId} at ${at}`, account, {
      real: () => (plan, ledger) => {
        const { kind } = placeHold(plan, ledger, {
          holdId,
          asset,
          quantity: BigInt(quantity),
          unitPrice: unitPrice === null ? null : BigInt(unitPrice),
          at,
          month: monthOf(at, ledger.timeZone),
          deadlineAt: at,
        });
        return { kind };
      },
      model: (model) => placeModelHold(model, { holdId, asset, quantity, unitPrice, at }),
    }),
  );

/** Mostly one of the holds that are open now. */
function pickHold(model: ModelAccount, nth: number): string {
  const open = [...model.holds].filter(([, parts]) => parts.some((part) => part.remaining > 0));
  const ids = [...open, ...open, ...open, ...model.holds].map(([id]) => id);
  return ids[nth % (ids.length + 1)] ?? 'hold_none';
}

const captures = fc
  .tuple(accounts, fc.nat(99), fc.nat(9), fewer, instants)
  .map(([account, nth, luck, amount, at]) =>
    operation(`capture ${amount} of hold no. ${nth}`, account, (world) => {
      const holdId = pickHold(world, nth);
      const parts = world.holds.get(holdId) ?? [];
      const asset = parts[luck % Math.max(1, parts.length)]?.asset ?? world.currency;
      return {
        real: () => async (plan, ledger, trx) => {
          const hold = await findHold(trx, ledger, holdId);
          if (!hold) return { kind: 'no_hold' };
          const month = monthOf(at, ledger.timeZone);
          return captureHold(plan, ledger, { hold, asset, amount: BigInt(amount), at, month });
        },
        model: (model) => captureModelHold(model, { holdId, asset, amount }),
      };
    }),
  );

const releases = fc.tuple(accounts, fc.nat(99), instants).map(([account, nth, at]) =>
  operation(`release hold no. ${nth} at ${at}`, account, (world) => {
    const holdId = pickHold(world, nth);
    return {
      real: () => async (plan, ledger, trx) => {
        const hold = await findHold(trx, ledger, holdId);
        if (!hold) return { kind: 'no_hold' };
        const parts = releaseHold(plan, ledger, { hold, at, month: monthOf(at, ledger.timeZone) });
        const released = Object.fromEntries(parts.map(({ bucket, amount }) => [bucket, amount]));
        return { kind: 'released', released };
      },
      model: (model) => releaseModelHold(model, { holdId, at }),
    };
  }),
);

const endings = fc
  .tuple(
    accounts,
    fc.constantFrom(
      'package/1_message',
      'package/2_message',
      'package/3_call_second',
      'promotional/top_1',
    ),
    instants,
  )
  .map(([account, code, at]) =>
    operation(`end ${code} at ${at}`, account, {
      real: (reference) => (plan, ledger) => forfeitBucket(plan, ledger, { code, at, reference }),
      model: (model) => forfeitModel(model, { code, at }),
    }),
  );

const monthKeys = fc.constantFrom('2026-10', '2026-11', '2026-12');

const closings = fc.tuple(accounts, monthKeys, instants).map(([account, month, at]) =>
  operation(`close the months before ${month} at ${at}`, account, {
    real: () => (plan, ledger) => ({
      forfeited: Object.fromEntries(
        closeMonthsBefore(plan, ledger, { month, at }).forfeited.map((f) => [f.code, f.amount]),
      ),
    }),
    model: (model) => closeModelMonths(model, { month, at }),
  }),
);

const allowances = fc
  .tuple(
    accounts,
    fc.constantFrom('message', 'call_second', 'unique_visitor'),
    monthKeys,
    fc.integer({ min: 0, max: 8 }),
    fc.boolean(),
  )
  .map(allow);

type Allowing = [number, string, string, number, boolean];

function allow([account, asset, fromMonth, quantity, takesBack]: Allowing): Command {
  const how = takesBack ? ', taking back' : '';
  return operation(`allow ${quantity} ${asset} from ${fromMonth}${how}`, account, {
    real: () => (plan, ledger) =>
      setAllowance(plan, ledger, {
        asset,
        fromMonth,
        quantity: BigInt(quantity),
        at: CREATED_AT,
        takesBack,
      }),
    model: (model) => setModelAllowance(model, { asset, fromMonth, quantity, takesBack }),
  });
}

/** A hold is followed by what makes it interesting. */
const campaigns = fc
  .tuple(
    placements,
    captures,
    fc.oneof(captures, endings, closings, usageOf([])),
    releases,
    fc.nat(4),
  )
  .map(([place, capture, other, release, length]) =>
    [place, capture, other, release].slice(0, Math.max(1, length)),
  );

const alone = (commands: fc.Arbitrary<Command>) => commands.map((command) => [command]);
const commandsWith = (book: readonly RawEvent[]) =>
  fc.oneof(
    { weight: 6, arbitrary: alone(usageOf(book)) },
    { weight: 4, arbitrary: alone(moneyGrants) },
    { weight: 3, arbitrary: alone(unitGrants) },
    { weight: 3, arbitrary: alone(charges) },
    { weight: 2, arbitrary: alone(takings) },
    { weight: 6, arbitrary: campaigns },
    { weight: 2, arbitrary: alone(captures) },
    { weight: 1, arbitrary: alone(releases) },
    { weight: 1, arbitrary: alone(endings) },
    { weight: 1, arbitrary: alone(closings) },
    { weight: 2, arbitrary: alone(allowances) },
  );

/** Half of the runs begin with something to spend. */
const PRELUDE = [0, 1].flatMap((account) => [
  allow([account, 'message', '2026-10', 6, false]),
  allow([account, 'unique_visitor', '2026-10', 2, false]),
  grantOfUnits(account, PACKAGES[2], { asset: 'message', amount: 9, number: 9 }),
  grantOfMoney(account, { source: 'wallet_additional', amount: 40, number: 99, at: CREATED_AT }),
]);

const sequences = fc
  .array(rawEvents, { minLength: 4, maxLength: 6 })
  .chain((book) =>
    fc.tuple(
      fc.boolean(),
      fc.array(commandsWith(book), { minLength: 6, maxLength: 24, size: 'max' }),
    ),
  )
  .map(([isRich, groups]) => [...(isRich ? PRELUDE : []), ...groups.flat()]);

async function createWorld(): Promise<World> {
  runs += 1;
  const made = [];
  for (const [letter, timeZone, currency, openMonth] of [
    ['a', 'Asia/Jakarta', 'IDR', '2026-09'],
    ['b', 'America/New_York', 'USD', '2026-09'],
  ] as const) {
    const accountId = `acct_model${runs}${letter}`;
    await makeAccount(test_.database, { accountId, timeZone, currency, at: CREATED_AT });
    made.push({ accountId, model: createModelAccount({ timeZone, currency, openMonth }) });
  }
  return { accounts: made, step: 0 };
}

/** The open buckets of all accounts, in burn order. */
async function describeReal(accountIds: readonly string[]): Promise<unknown[]> {
  const { rows } = await owner.query(
    `select l.account_id, to_char(l.open_month, 'YYYY-MM') as open_month, b.code, b.granted, b.posted, b.held, b.expires_at,
            case b.source when 'plan_quota' then 0 when 'wallet_initial' then 3 when 'wallet_additional' then 4 else 2 end as rank
       from ledgers l join buckets b on b.ledger_id = l.id
      where l.account_id = any ($1) and b.closed_at is null
      order by rank, b.expires_at nulls last, b.starts_at nulls first, b.code`,
    [accountIds],
  );
  return accountIds.map((accountId) => {
    const own = rows.filter((row) => row.account_id === accountId);
    return {
      openMonth: own[0].open_month,
      buckets: own.map((row) => ({
        code: row.code,
        granted: Number(row.granted),
        posted: Number(row.posted),
        held: Number(row.held),
        expiresAt: row.expires_at === null ? null : Date.parse(row.expires_at),
      })),
    };
  });
}

/** bigint to number, so that both sides can be compared. The amounts here are small. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? Number(part) : part)),
  );
}

test(
  `R6 the ledger does what a naive model does (seed ${SEED})`,
  async () => {
    await fc.assert(
      fc.asyncProperty(sequences, async (sequence) => {
        const world = await createWorld();
        const ids = world.accounts.map(({ accountId }) => accountId);
        for (const command of sequence) {
          world.step += 1;
          const { real, model } = await command.run(world);
          expect({ command: command.name, reply: plain(real) }).toEqual({
            command: command.name,
            reply: plain(model),
          });
          expect([command.name, ...(await describeReal(ids))]).toEqual([
            command.name,
            ...world.accounts.map((account) => plain(describeModel(account.model))),
          ]);
        }
        expect(await findViolations(owner, ids)).toEqual([]);
      }),
      { numRuns: Math.ceil(RUNS * RUNS_SCALE), seed: SEED },
    );
  },
  240_000 * Math.max(1, RUNS_SCALE),
);
