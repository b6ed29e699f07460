import { chargeMoney } from '../../../domain/ledger/charge';
import { grantMoney } from '../../../domain/ledger/grant';
import { setAllowance } from '../../../domain/ledger/month';
import { findTariff } from '../../../domain/rating/tariff';
import { decideUsage } from '../../../domain/usage/decide-usage';
import type { UsageEvent } from '../../../domain/usage/usage-event';
import { AT, balancesOf, buildLedger, buildPlan, transfersOf } from '../../support/build-ledger';
import {
  buildCards,
  buildEvent,
  buildReading,
  buildTerms,
  MESSAGE,
  uuidOf,
} from '../../support/build-usage';

/** The worked example of docs/domain/ledger.md, line by line. Micros: 1.00 INR = 1,000,000. */
test('the worked example of the documentation comes out as written', () => {
  const ledger = buildLedger({ currency: 'INR', openMonth: '2026-10' });
  const plan = buildPlan(ledger);
  const message = { hasAllowance: true, onExhausted: 'charge', unitPrice: 5_000_000_000n } as const;
  const terms = buildTerms({ currency: 'INR', meters: { message } });
  const use = (key: number, quantity: bigint, mode: UsageEvent['mode']) => {
    const event = buildEvent({ key: uuidOf(key), facts: { ...MESSAGE, quantity }, mode });
    const tariff = findTariff(terms, buildCards(), event);
    return decideUsage(plan, buildReading(ledger), [{ event, tariff }]);
  };
  grantMoney(plan, ledger, {
    source: 'wallet_additional',
    amountMicros: 1_000_000_000n,
    at: AT,
    kind: 'grant',
    reference: 'top_1',
    from: 'clearing',
  });
  const reference = 'subscription/sub_1/period/1';
  chargeMoney(plan, ledger, { amountMicros: 999_000_000n, at: AT, kind: 'charge', reference });
  setAllowance(plan, ledger, { asset: 'message', fromMonth: '2026-11', quantity: 1n, at: AT });
  use(1, 3n, 'enforce');
  expect(use(2, 1n, 'enforce')).toEqual([{ kind: 'refused', reason: 'insufficient_balance' }]);
  use(2, 1n, 'record');
  grantMoney(plan, ledger, {
    source: 'wallet_initial',
    amountMicros: 100_000_000n,
    at: AT,
    kind: 'grant',
    reference: 'subsidy/2026-12',
    from: 'issuance',
  });
  expect(transfersOf(plan)).toEqual([
    'grant clearing/INR > wallet/additional 1000000000 top_1',
    'charge wallet/additional > revenue/INR 999000000 subscription/sub_1/period/1',
    'grant issuance/message > quota/message/2026-11 1 quota/message/2026-11',
    'usage quota/message/2026-11 > consumption/message 1 op_1',
    // Both batches are one plan here, so they share a transfer: 1.00 and 0.50.
    'usage wallet/additional > revenue/INR 1500000 op_1',
    'grant issuance/INR > wallet/initial 100000000 subsidy/2026-12',
    'settlement wallet/initial > wallet/additional 500000 subsidy/2026-12',
  ]);
  expect(balancesOf(ledger)).toEqual({
    'quota/message/2026-11': 0n,
    'wallet/initial': 99_500_000n,
    'wallet/additional': 0n,
  });
});
