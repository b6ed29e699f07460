import { postReceivedTax } from '../../../domain/payment/payment-tax';
import { AT, buildLedger, buildPlan, transfersOf } from '../../support/build-ledger';

function post(taxMicros: bigint, roundOffMicros: bigint): string[] {
  const ledger = buildLedger({ currency: 'INR' });
  const plan = buildPlan(ledger);
  postReceivedTax(plan, ledger, { reference: 'payment/1', taxMicros, roundOffMicros, at: AT });
  return transfersOf(plan);
}

describe('the tax of money that was paid in', () => {
  it('is owed to the state, and a round-off in the customer’s favour is ours to bear', () => {
    expect(post(179_910_000n, -410_000n)).toEqual([
      'charge clearing/INR > tax_payable/INR 179910000 payment/1',
      'charge revenue/INR > clearing/INR 410000 payment/1',
    ]);
  });

  it('leaves a round-off above zero to revenue', () => {
    expect(post(18_000_000n, 10_000n)).toEqual([
      'charge clearing/INR > tax_payable/INR 18000000 payment/1',
      'charge clearing/INR > revenue/INR 10000 payment/1',
    ]);
  });

  it('moves nothing when there is none', () => {
    expect(post(0n, 0n)).toEqual([]);
  });

  it('is taken once for one payment', () => {
    const ledger = buildLedger({ currency: 'INR' });
    const plan = buildPlan(ledger);
    const tax = { reference: 'payment/1', taxMicros: 1n, roundOffMicros: 0n, at: AT };
    postReceivedTax(plan, ledger, tax);
    expect(() => postReceivedTax(plan, ledger, tax)).toThrow();
  });

  it('is never negative', () => {
    expect(() => post(-1n, 0n)).toThrow('not negative');
  });
});
