import fc from 'fast-check';
import { availableMoney, chargeMoney } from '../../../domain/ledger/charge';
import { forfeitBucket } from '../../../domain/ledger/expiry';
import { grantMoney, grantUnits } from '../../../domain/ledger/grant';
import { captureHold, type Hold, placeHold, releaseHold } from '../../../domain/ledger/hold';
import type { LedgerPlan } from '../../../domain/ledger/ledger-plan';
import { isContraCode, type LedgerState } from '../../../domain/ledger/ledger-state';
import { clawBackMoney, payOutMoney } from '../../../domain/ledger/payback';
import { findTariff } from '../../../domain/rating/tariff';
import { decideUsage } from '../../../domain/usage/decide-usage';
import { AT, buildLedger, buildPlan, MONTH } from '../../support/build-ledger';
import {
  buildCards,
  buildEvent,
  buildReading,
  buildTerms,
  MESSAGE,
  uuidOf,
} from '../../support/build-usage';

/** What a run has: one ledger from nothing, one plan over all its operations, the holds it placed. */
interface Run {
  readonly ledger: LedgerState;
  readonly plan: LedgerPlan;
  readonly holds: Hold[];
  step: number;
}
type Operation = (run: Run) => void;

const amounts = fc.bigInt({ min: 1n, max: 40n });
const modes = fc.constantFrom('enforce' as const, 'record' as const);
const prices = fc.constantFrom(null, 0n, 10_000n, 25_000n);
const references = fc.integer({ min: 1, max: 6 });

const operations: fc.Arbitrary<Operation> = fc.oneof(
  fc.tuple(amounts, references, fc.boolean()).map(
    ([amountMicros, number, isInitial]): Operation =>
      ({ plan, ledger }) =>
        grantMoney(plan, ledger, {
          source: isInitial ? 'wallet_initial' : 'wallet_additional',
          amountMicros,
          at: AT,
          kind: 'grant',
          reference: `top_${number}`,
          from: 'clearing',
        }),
  ),
  fc.tuple(amounts, references).map(
    ([quantity, number]): Operation =>
      ({ plan, ledger }) =>
        grantUnits(plan, ledger, {
          code: `package/pkg_${number}`,
          asset: 'message',
          source: 'package',
          quantity,
          startsAt: null,
          expiresAt: null,
          at: AT,
          reference: `pkg_${number}`,
        }),
  ),
  fc.tuple(amounts, references).map(
    ([amountMicros, number]): Operation =>
      ({ plan, ledger }) =>
        chargeMoney(plan, ledger, {
          amountMicros,
          at: AT,
          kind: 'charge',
          reference: `c_${number}`,
        }),
  ),
  fc
    .tuple(amounts, references, fc.boolean())
    .map(([amountMicros, number, isPayOut]): Operation => ({ plan, ledger }) => {
      const taken = { amountMicros, at: AT, reference: `pay_${number}` };
      if (isPayOut) payOutMoney(plan, ledger, taken);
      else clawBackMoney(plan, ledger, taken);
    }),
  fc.tuple(amounts, prices, modes).map(([quantity, unitPrice, mode]): Operation => (run) => {
    const message = { hasAllowance: true, onExhausted: 'charge', unitPrice } as const;
    const key = uuidOf(run.step);
    const event = buildEvent({ key, facts: { ...MESSAGE, quantity }, mode });
    const tariff = findTariff(buildTerms({ meters: { message } }), buildCards(), event);
    decideUsage(run.plan, buildReading(run.ledger), [{ event, tariff }]);
  }),
  fc.tuple(amounts, prices).map(([quantity, unitPrice]): Operation => (run) => {
    const placed = placeHold(run.plan, run.ledger, {
      holdId: `hold_${run.step}`,
      asset: 'message',
      quantity,
      unitPrice,
      at: AT,
      month: MONTH,
      deadlineAt: AT,
    });
    if (placed.kind === 'held') run.holds.push(placed.hold);
  }),
  fc
    .tuple(amounts, fc.nat(), fc.constantFrom('message', 'IDR'))
    .map(([amount, which, asset]): Operation => ({ plan, ledger, holds }) => {
      const hold = holds[which % Math.max(holds.length, 1)];
      if (hold) captureHold(plan, ledger, { hold, asset, amount, at: AT, month: MONTH });
    }),
  fc.nat().map((which): Operation => ({ plan, ledger, holds }) => {
    const hold = holds[which % Math.max(holds.length, 1)];
    if (hold) releaseHold(plan, ledger, { hold, at: AT, month: MONTH });
  }),
  references.map((number): Operation => ({ plan, ledger, step }) => {
    const code = `package/pkg_${number}`;
    forfeitBucket(plan, ledger, { code, at: AT, reference: `${code}/${step}` });
  }),
);

/** An alarm is a fine answer to a reference used twice with other data; nothing may move then. */
function perform(run: Run, operation: Operation): void {
  const before = { transfers: run.plan.transfers.length, held: heldBy(run) };
  try {
    operation(run);
  } catch (error) {
    expect(error).toMatchObject({ code: 'conflict' });
    expect({ transfers: run.plan.transfers.length, held: heldBy(run) }).toEqual(before);
  }
  run.step += 1;
}

function heldBy({ holds }: Run): bigint {
  return holds.flatMap(({ parts }) => parts).reduce((sum, part) => sum + part.remaining, 0n);
}

function assertSound({ ledger, plan, holds }: Run): void {
  const balances = new Map<string, bigint>();
  const add = (map: Map<string, bigint>, key: string, amount: bigint) =>
    map.set(key, (map.get(key) ?? 0n) + amount);
  for (const { debit, credit, amount } of plan.transfers) {
    add(balances, debit, -amount);
    add(balances, credit, amount);
  }
  for (const { code, posted, held, source } of ledger.buckets) {
    expect([code, posted]).toEqual([code, balances.get(code) ?? 0n]);
    const reserved = holds
      .flatMap(({ parts }) => parts)
      .filter((part) => part.bucket === code)
      .reduce((sum, part) => sum + part.remaining, 0n);
    expect([code, held]).toEqual([code, reserved]);
    if (source !== 'wallet_additional') expect(posted).toBeGreaterThanOrEqual(held);
    balances.delete(code);
  }
  // Closed buckets are empty; all the rest are counters.
  for (const [code, balance] of balances) if (!isContraCode(code)) expect(balance).toBe(0n);
  for (const { reserved, remaining, captured } of holds.flatMap(({ parts }) => parts)) {
    expect(captured + remaining).toBeLessThanOrEqual(reserved);
    expect(remaining).toBeGreaterThanOrEqual(0n);
  }
}

test('I1 I3 whatever happens: balances are sums of transfers, held is what holds reserve, nothing is overdrawn', () => {
  fc.assert(
    fc.property(fc.array(operations, { maxLength: 40 }), (sequence) => {
      const ledger = buildLedger();
      const run: Run = { ledger, plan: buildPlan(ledger), holds: [], step: 1 };
      for (const operation of sequence) {
        perform(run, operation);
        assertSound(run);
      }
      expect(run.plan.transfers.map(({ number }) => number)).toEqual(
        run.plan.transfers.map((_, index) => index + 1),
      );
    }),
    { numRuns: 300 },
  );
});

test('charging what is available empties it, one micro more is refused', () => {
  fc.assert(
    fc.property(amounts, amounts, (initialMicros, additionalMicros) => {
      const ledger = buildLedger({ initialMicros, additionalMicros });
      const plan = buildPlan(ledger);
      const all = availableMoney(ledger, AT);
      const charge = { at: AT, kind: 'charge' as const };
      expect(
        chargeMoney(plan, ledger, { ...charge, amountMicros: all + 1n, reference: 'a' }).kind,
      ).toBe('insufficient_balance');
      expect(chargeMoney(plan, ledger, { ...charge, amountMicros: all, reference: 'b' }).kind).toBe(
        'charged',
      );
      expect(availableMoney(ledger, AT)).toBe(0n);
    }),
  );
});
