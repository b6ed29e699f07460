import fc from 'fast-check';
import { transferableMoney, transferBalance } from '../../../domain/ledger/balance-transfer';
import {
  AT,
  balancesOf,
  buildBucket,
  buildLedger,
  buildPlan,
  transfersOf,
} from '../../support/build-ledger';

const HOUSE = { ledgerId: 1n, accountId: 'acct_house' };
const CUSTOMER = { ledgerId: 2n, accountId: 'acct_customer' };

describe('moving money between a reseller and its customer', () => {
  test('R4.20 leaves one wallet and enters the other: one pair over clearing, under one reference', () => {
    const from = buildLedger({ ...HOUSE, initialMicros: 50n, additionalMicros: 800n });
    const to = buildLedger({ ...CUSTOMER, additionalMicros: 20n });
    const plan = buildPlan(from, to);
    const reference = 'transfer/btr_1';
    expect(transferBalance(plan, { from, to, amountMicros: 500n, at: AT, reference })).toBe(
      'transferred',
    );
    expect(transfersOf(plan)).toEqual([
      'transfer wallet/additional > clearing/IDR 500 transfer/btr_1',
      'transfer clearing/IDR > wallet/additional 500 transfer/btr_1',
    ]);
    expect(plan.transfers.map(({ ledgerId, reason }) => [ledgerId, reason])).toEqual([
      [1n, 'to acct_customer'],
      [2n, 'from acct_house'],
    ]);
    expect(balancesOf(from)).toEqual({ 'wallet/initial': 50n, 'wallet/additional': 300n });
    expect(balancesOf(to)).toEqual({ 'wallet/initial': 0n, 'wallet/additional': 520n });
  });

  test('R3.15 a debt of who gets it is settled from it', () => {
    const from = buildLedger({ ...HOUSE, additionalMicros: 800n });
    const to = buildLedger({ ...CUSTOMER, additionalMicros: -120n });
    const plan = buildPlan(from, to);
    transferBalance(plan, { from, to, amountMicros: 500n, at: AT, reference: 'transfer/btr_1' });
    expect(balancesOf(to)['wallet/additional']).toBe(380n);
  });

  test.each([
    ['what a plan gave', { initialMicros: 500n, additionalMicros: 99n }, 99n],
    ['a debt', { additionalMicros: -1n }, 0n],
    ['nothing', {}, 0n],
  ])('neither moves %s nor lends: nothing has moved', (_, wallets, transferable) => {
    const from = buildLedger({ ...HOUSE, ...wallets });
    const to = buildLedger(CUSTOMER);
    const plan = buildPlan(from, to);
    const before = balancesOf(from);
    expect(transferableMoney(from)).toBe(transferable);
    const asked = { from, to, amountMicros: 100n, at: AT, reference: 'transfer/btr_1' };
    expect(transferBalance(plan, asked)).toBe('insufficient_balance');
    expect(plan.transfers).toEqual([]);
    expect(balancesOf(from)).toEqual(before);
  });

  test('promotional money and what is held stay', () => {
    const from = buildLedger({
      ...HOUSE,
      buckets: [
        buildBucket({ code: 'promotional/p', asset: 'IDR', source: 'promotional', posted: 900n }),
      ],
      additionalMicros: 300n,
    });
    const wallet = from.buckets.find(({ code }) => code === 'wallet/additional');
    if (wallet !== undefined) wallet.held = 250n;
    expect(transferableMoney(from)).toBe(50n);
  });

  test('there and back again leaves both as they were, whatever the amounts (conservation)', () => {
    const amount = fc.bigInt({ min: 1n, max: 10n ** 12n });
    fc.assert(
      fc.property(amount, amount, (inWallet, asked) => {
        const house = buildLedger({ ...HOUSE, additionalMicros: inWallet });
        const customer = buildLedger(CUSTOMER);
        const plan = buildPlan(house, customer);
        const move = { amountMicros: asked, at: AT };
        const there = transferBalance(plan, { ...move, from: house, to: customer, reference: 'a' });
        expect(there).toBe(asked <= inWallet ? 'transferred' : 'insufficient_balance');
        const sum =
          (balancesOf(house)['wallet/additional'] ?? 0n) +
          (balancesOf(customer)['wallet/additional'] ?? 0n);
        expect(sum).toBe(inWallet);
        if (there !== 'transferred') return;
        transferBalance(plan, { ...move, from: customer, to: house, reference: 'b' });
        expect(balancesOf(house)['wallet/additional']).toBe(inWallet);
      }),
    );
  });
});
