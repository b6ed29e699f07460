import fc from 'fast-check';
import { grantMoney } from '../../../domain/ledger/grant';
import { AT, balancesOf, buildBucket, buildLedger, buildPlan } from '../../support/build-ledger';
import { buildCards, buildTerms, UsageDesk } from '../../support/build-usage';
import { RUNS_SCALE, SEED } from '../../support/ledger-runs';
import { RatingModel } from '../../support/rating-model';
import {
  describe as describeOutcome,
  MODEL_TERMS,
  sequences,
  type Step,
  toUsage,
  versionsOfEras,
} from '../../support/rating-sequences';

const RUNS = 2_000;

const TERMS = buildTerms({
  meters: {
    message: { hasAllowance: true, onExhausted: 'charge', unitPrice: 15_000n },
    unique_visitor: { hasAllowance: true, onExhausted: 'block', unitPrice: null },
    wa_conversation: { hasAllowance: true, onExhausted: 'charge', unitPrice: null },
  },
});
const CARDS = buildCards({ versions: versionsOfEras() });

function play(steps: readonly Step[]): { readonly real: unknown; readonly model: unknown } {
  const has = { initial: 9, additional: 12, messages: 5, openMonth: '2025-04' };
  const ledger = buildLedger({
    initialMicros: 9n,
    additionalMicros: 12n,
    openMonth: has.openMonth,
    buckets: [buildBucket({ posted: 5n })],
    allowances: ['wa_conversation', 'unique_visitor'].map((asset) => ({
      asset,
      fromMonth: '2025-01',
      quantity: 2n,
    })),
  });
  const desk = new UsageDesk(ledger, TERMS, CARDS);
  const model = new RatingModel(MODEL_TERMS, has);
  const real: unknown[] = [];
  const expected: unknown[] = [];
  for (const [number, step] of steps.entries()) {
    if (step.kind === 'use') {
      real.push(...desk.send(...step.events.map((event) => toUsage(event))).map(describeOutcome));
      expected.push(...step.events.map((event) => model.use(event)));
    } else {
      grantMoney(buildPlan(ledger), ledger, {
        source: step.wallet === 'initial' ? 'wallet_initial' : 'wallet_additional',
        amountMicros: BigInt(step.micros),
        at: AT,
        kind: 'grant',
        reference: `grant_${number}`,
        from: 'clearing',
      });
      model.grant(step.wallet, step.micros);
    }
    const balances = balancesOf(ledger);
    real.push(balances['wallet/initial'], balances['wallet/additional']);
    expected.push(BigInt(model.initial), BigInt(model.additional));
  }
  return { real, model: expected };
}

test(`${RUNS} random sequences come out as the naive model says (seed ${SEED})`, () => {
  fc.assert(
    fc.property(sequences, (steps) => {
      const { real, model } = play(steps);
      expect(real).toEqual(model);
    }),
    { numRuns: RUNS * RUNS_SCALE, seed: SEED },
  );
});
