import { placeHold } from '../../../domain/ledger/hold';
import { type Taxation, UNTAXED } from '../../../domain/tax/taxation';
import { buildUsageTax } from '../../../domain/tax/usage-tax';
import { captureMoney } from '../../../domain/usage/capture-money';
import type { HoldKind } from '../../../domain/usage/hold-terms';
import { AT, buildLedger, buildPlan, MONTH, transfersOf } from '../../support/build-ledger';

const TURKEY: Taxation = {
  ...UNTAXED,
  kind: 'taxed',
  components: [
    { component: 'KDV', rate: '20', baseNumerator: 1n, baseDenominator: 1n },
    {
      component: 'OIV',
      rate: '10',
      baseNumerator: 1n,
      baseDenominator: 1n,
      isTelecomOnly: true,
    },
  ],
  registrationId: 'tax_1',
};

/** 1.56 held of two wallets, and so much of it captured. */
function capture(amountMicros: bigint, taxation: Taxation, kind: HoldKind = 'broadcast') {
  const ledger = buildLedger({ initialMicros: 1_000_000n, additionalMicros: 2_000_000n });
  const plan = buildPlan(ledger);
  const request = { holdId: 'hold_1', asset: 'message', quantity: 156n, unitPrice: 100_000_000n };
  const held = placeHold(plan, ledger, { ...request, at: AT, month: MONTH, deadlineAt: AT });
  if (held.kind !== 'held') throw new Error('the money is there');
  const { hold } = held;
  const asked = { hold, kind, amountMicros, tax: buildUsageTax(taxation), at: AT, month: MONTH };
  const outcome = captureMoney(plan, ledger, asked);
  const charges = [...plan.usageCharges.values()].flat();
  return {
    outcome,
    moves: transfersOf(plan),
    charges: charges.map(
      ({ category, quantity, netMicros, taxMicros }) =>
        `${category} ${quantity}: ${netMicros} and ${taxMicros}`,
    ),
  };
}

test('the tax is within the amount, and leaves the wallets with it', () => {
  expect(capture(1_200_000n, TURKEY)).toEqual({
    outcome: {
      kind: 'captured',
      parts: [
        { bucket: 'wallet/initial', amount: 1_000_000n },
        { bucket: 'wallet/additional', amount: 200_000n },
      ],
    },
    moves: [
      'usage wallet/initial > revenue/IDR 1000000 hold_1',
      'usage wallet/additional > tax_payable/IDR 200000 hold_1',
    ],
    charges: ['held_broadcast 1: 1000000 and 200000'],
  });
  expect(capture(1_200_000n, { ...TURKEY, includesTax: true }).charges).toEqual([
    'held_broadcast 1: 1000000 and 200000',
  ]);
});

test('a call bears the tax of calls', () => {
  expect(capture(1_300_000n, TURKEY, 'call').charges).toEqual(['held_call 1: 1000000 and 300000']);
});

test('never more than is held, and then nothing moves', () => {
  expect(capture(1_560_001n, UNTAXED)).toEqual({
    outcome: { kind: 'exceeds_hold', remaining: 1_560_000n },
    moves: [],
    charges: [],
  });
  expect(capture(1_560_000n, UNTAXED).charges).toEqual(['held_broadcast 1: 1560000 and 0']);
});
