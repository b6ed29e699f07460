import type { Instant } from '../../../domain/instant';
import { toEpochMs } from '../../../domain/instant';
import type { LedgerPlan } from '../../../domain/ledger/ledger-plan';
import type { LedgerState } from '../../../domain/ledger/ledger-state';
import { openMonths, setAllowance } from '../../../domain/ledger/month';
import { AT, balancesOf, buildLedger, buildPlan, transfersOf } from '../../support/build-ledger';

const RUPIAH = 1_000_000n;
const allowance = { asset: 'IDR', fromMonth: '2026-10', quantity: 350_000n * RUPIAH };

/** The first use of the month, at its 10th. */
function use(ledger: LedgerState, month: string, plan: LedgerPlan = buildPlan(ledger)): LedgerPlan {
  openMonths(plan, ledger, { month, atMs: toEpochMs(`${month}-10T09:00:00.000Z`) });
  return plan;
}

function promise(
  ledger: LedgerState,
  { rupiah, from = '2026-11', at = AT }: { rupiah: bigint; from?: string; at?: Instant },
): bigint {
  const quantity = rupiah * RUPIAH;
  const reference = `said at ${at}, ${rupiah} from ${from}`;
  const said = { asset: 'IDR', fromMonth: from, quantity, at, reference };
  return setAllowance(buildPlan(ledger), ledger, said).grantedNow / RUPIAH;
}

describe('the WhatsApp balance', () => {
  test('R3.14 is granted as of the 1st of the month by whatever touches the month first', () => {
    const ledger = buildLedger({ openMonth: '2026-10', allowances: [allowance] });
    const plan = use(ledger, '2026-11');
    expect(transfersOf(plan)).toEqual([
      'grant issuance/IDR > wallet/initial 350000000000 quota/IDR/2026-11',
    ]);
    // Midnight in Jakarta.
    expect(plan.transfers[0]?.effectiveAtMs).toBe(Date.UTC(2026, 9, 31, 17));
    expect(plan.opened).toEqual([]);
  });

  test('R3.14 adds up: no month is left out, however long nobody came', () => {
    const ledger = buildLedger({
      openMonth: '2026-08',
      initialMicros: 5n * RUPIAH,
      allowances: [allowance, { asset: 'message', fromMonth: '2026-08', quantity: 10n }],
    });
    const plan = use(ledger, '2027-01');
    expect(balancesOf(ledger)).toEqual({
      // October to January; nothing was promised in September.
      'wallet/initial': 1_400_005n * RUPIAH,
      'wallet/additional': 0n,
      'quota/message/2026-12': 10n,
      'quota/message/2027-01': 10n,
    });
    expect(transfersOf(plan).filter((transfer) => transfer.includes('IDR'))).toEqual([
      'grant issuance/IDR > wallet/initial 350000000000 quota/IDR/2026-10',
      'grant issuance/IDR > wallet/initial 350000000000 quota/IDR/2026-11',
      'grant issuance/IDR > wallet/initial 350000000000 quota/IDR/2026-12',
      'grant issuance/IDR > wallet/initial 350000000000 quota/IDR/2027-01',
    ]);
  });

  test.each([
    ['R3.16 in part', -500_000n, -150_000n, 0n],
    ['R3.17 in full', -350_000n, 0n, 0n],
    ['R3.17 and keeps what is over', -100_000n, 0n, 250_000n],
  ])('%s: settles the debt of %d', (_, debt, additional, initial) => {
    const ledger = buildLedger({
      openMonth: '2026-10',
      additionalMicros: debt * RUPIAH,
      allowances: [allowance],
    });
    const plan = use(ledger, '2026-11');
    expect(balancesOf(ledger)).toEqual({
      'wallet/initial': initial * RUPIAH,
      'wallet/additional': additional * RUPIAH,
    });
    expect(plan.transfers.map(({ kind }) => kind)).toEqual(['grant', 'settlement']);
    use(ledger, '2026-11', plan);
    expect(plan.transfers).toHaveLength(2);
  });

  test('is there in full from the start, in a month that nobody has used yet', () => {
    const ledger = buildLedger({ openMonth: '2026-10' });
    expect(promise(ledger, { rupiah: 350_000n })).toBe(350_000n);
    expect(ledger.openMonth).toBe('2026-11');
    use(ledger, '2026-11');
    expect(balancesOf(ledger)['wallet/initial']).toBe(350_000n * RUPIAH);
  });

  test('raised within the month grants the difference; less begins with the next month', () => {
    const ledger = buildLedger();
    expect(promise(ledger, { rupiah: 350_000n })).toBe(350_000n);
    expect(promise(ledger, { rupiah: 500_000n })).toBe(150_000n);
    expect(promise(ledger, { rupiah: 500_000n })).toBe(0n);
    expect(promise(ledger, { rupiah: 100_000n })).toBe(0n);
    expect(promise(ledger, { rupiah: 500_000n })).toBe(0n);
    expect(promise(ledger, { rupiah: 100_000n })).toBe(0n);
    use(ledger, '2026-12');
    expect(balancesOf(ledger)['wallet/initial']).toBe(600_000n * RUPIAH);
  });

  test('ended and begun again within a month is granted once', () => {
    const ledger = buildLedger();
    expect(promise(ledger, { rupiah: 350_000n })).toBe(350_000n);
    expect(promise(ledger, { rupiah: 0n, from: '2026-12' })).toBe(0n);
    expect(promise(ledger, { rupiah: 350_000n })).toBe(0n);
    expect(promise(ledger, { rupiah: 0n, from: '2026-12' })).toBe(0n);
    use(ledger, '2027-03');
    expect(balancesOf(ledger)['wallet/initial']).toBe(350_000n * RUPIAH);
  });

  test('of a month that a fast clock opened is not granted a second time when it is lowered and raised', () => {
    const ledger = buildLedger({ openMonth: '2026-12', allowances: [allowance] });
    expect(promise(ledger, { rupiah: 0n, from: '2026-12' })).toBe(0n);
    expect(promise(ledger, { rupiah: 350_000n })).toBe(0n);
    expect(promise(ledger, { rupiah: 350_000n, from: '2026-12' })).toBe(0n);
    expect(balancesOf(ledger)['wallet/initial']).toBe(0n);
  });
});
