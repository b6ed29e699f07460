import fc from 'fast-check';
import { localDateOf, startOfDay } from '../../../domain/calendar';
import { fromEpochMs, isBefore, toEpochMs } from '../../../domain/instant';
import { burn } from '../../../domain/ledger/burn';
import { parseMoney } from '../../../domain/money';
import { isDueAction } from '../../../domain/next-action';
import { decideDue, decideVoid, openPackage } from '../../../domain/package/decide-package';
import { decideNextAction, type BoughtPackage } from '../../../domain/package/package';
import { balanceOf, packageBucket, postEnd, postGrant } from '../../../domain/package/post-package';
import { buildLedger, buildPlan, transfersOf } from '../../support/build-ledger';

const OPERATOR = { operator_key_id: 'key_1', operator_note: 'a mistake' };

const UNITS = 100;
/** Three warnings and the end. */
const ACTIONS_MAX = 4;

const lives = fc.record({
  boughtAtMs: fc.integer({ min: Date.UTC(2026, 0), max: Date.UTC(2030, 0) }),
  // Zones that skip and repeat hours, also at midnight, on different days.
  timeZone: fc.constantFrom(
    'Asia/Kolkata',
    'Europe/Istanbul',
    'America/New_York',
    'America/Asuncion',
    'Africa/Cairo',
    'Pacific/Apia',
  ),
  validityDays: fc.option(fc.integer({ min: 1, max: 400 })),
  planLastsMs: fc.option(fc.integer({ min: 1, max: 400 * 86_400_000 })),
  kind: fc.constantFrom('message_package' as const, 'minute_bundle' as const),
  /** What is used before each due action, at most all of it. */
  uses: fc.array(fc.integer({ min: 0, max: UNITS }), { minLength: 4, maxLength: 4 }),
  /** Before which due action an operator voids it, if so. */
  voidedBefore: fc.option(fc.integer({ min: 0, max: ACTIONS_MAX - 1 })),
});
type Life = typeof lives extends fc.Arbitrary<infer Value> ? Value : never;

function open({ boughtAtMs, timeZone, validityDays, planLastsMs, kind }: Life): BoughtPackage {
  const price = parseMoney({ amount: '45.00', currency: 'INR' });
  const sold = {
    code: 'bulk',
    name: 'Bulk',
    units: UNITS,
    price,
    upFrontFee: price,
    channels: null,
  };
  return openPackage({
    id: 'pkg_1',
    accountId: 'acct_1',
    orderId: 'ord_1',
    offer: { ...sold, kind, validityDays },
    timeZone,
    planPaidUntil: planLastsMs === null ? null : fromEpochMs(boughtAtMs + planLastsMs),
    at: fromEpochMs(boughtAtMs),
  }).bought;
}

/** Lives a life on a ledger; answers the instants at which something happened, and what was forfeited. */
function live(life: Life) {
  let bought = open(life);
  const ledger = buildLedger({ timeZone: life.timeZone, currency: 'INR' });
  const plan = buildPlan(ledger);
  postGrant({ plan, ledger }, bought, { channels: null });
  const granted = balanceOf(ledger, bought).available;
  const deeds: { readonly kind: string; readonly at: string; readonly tells: number }[] = [];
  let used = 0n;
  for (let turn = 0; bought.status === 'active'; turn += 1) {
    if (turn >= ACTIONS_MAX) throw new Error('it does not end');
    const next = decideNextAction(bought);
    if (!isDueAction(next)) throw new Error(next.reason);
    used += use(turn, toEpochMs(next.at) - 1);
    const balance = { ...balanceOf(ledger, bought), forfeitedBefore: 0n };
    const isVoided = life.voidedBefore === turn;
    const decision = isVoided
      ? decideVoid(bought, {
          now: fromEpochMs(toEpochMs(next.at) - 1),
          balance,
          operator: OPERATOR,
        })
      : decideDue(bought, next, balance);
    if ('code' in decision) throw new Error(decision.message);
    postEnd({ plan, ledger }, decision);
    ({ bought } = decision);
    deeds.push({
      kind: isVoided ? 'void' : next.kind,
      at: decision.at,
      tells: decision.events.length,
    });
  }
  return { bought, deeds, ledger, granted, used, moved: transfersOf(plan) };

  function use(turn: number, atMs: number): bigint {
    const asset = life.kind === 'message_package' ? 'message' : 'call_second';
    const amount = BigInt(life.uses[turn] ?? 0);
    return amount - burn(ledger, { asset, amount, atMs, month: '2026-11' }, []);
  }
}

describe('any life of a package', () => {
  it('R0.11 ends after it was bought, with a local day or with what the plan has paid for', () => {
    fc.assert(
      fc.property(lives, (life) => {
        const { purchasedAt, expiresAt, timeZone } = open(life);
        expect(isBefore(purchasedAt, expiresAt)).toBe(true);
        if (life.validityDays === null && life.planLastsMs !== null) return;
        // Of its last instant the day is not that of its end: the end is where a day begins.
        const lastInstant = fromEpochMs(toEpochMs(expiresAt) - 1);
        expect(localDateOf(lastInstant, timeZone) < localDateOf(expiresAt, timeZone)).toBe(true);
        expect(startOfDay(localDateOf(expiresAt, timeZone), timeZone)).toBe(expiresAt);
      }),
    );
  });

  it('R0.15 tells at most three warnings, in order, all between purchase and end', () => {
    fc.assert(
      fc.property(lives, (life) => {
        const { bought, deeds } = live(life);
        const instants = [bought.purchasedAt, ...deeds.map(({ at }) => at)].map(toEpochMs);
        const isForward = instants.every(
          (ms, index) => index === 0 || ms >= (instants[index - 1] ?? 0),
        );
        expect(isForward).toBe(true);
        expect(deeds.filter(({ kind }) => kind === 'warn_expiry').length).toBeLessThanOrEqual(3);
        expect(deeds.filter(({ kind }) => kind !== 'warn_expiry')).toHaveLength(1);
        expect(deeds.at(-1)?.tells).toBe(1);
      }),
    );
  });

  it('R0.15 what was bought is used or forfeited, to the unit, and nothing is left after its end', () => {
    fc.assert(
      fc.property(lives, (life) => {
        const { bought, ledger, granted, used, moved, deeds } = live(life);
        const forfeited = granted - used;
        const breakage = `expiry ${packageBucket('pkg_1')} > breakage/`;
        const lost = moved
          .filter((line) => line.startsWith(breakage))
          .map((line) => line.split(' '));
        expect(lost.map((words) => words.at(-2))).toEqual(forfeited > 0n ? [`${forfeited}`] : []);
        expect(ledger.buckets.some(({ code }) => code === packageBucket('pkg_1'))).toBe(false);
        expect(bought.endedAt).toBe(deeds.at(-1)?.at);
        expect(decideNextAction(bought).kind).toBe('end');
      }),
    );
  });
});
