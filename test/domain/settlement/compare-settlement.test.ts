import fc from 'fast-check';
import { parseMoney } from '../../../domain/money';
import {
  compareSettlement,
  type BookedMovement,
  type SettledMovement,
  type SettlementLine,
} from '../../../domain/settlement/compare-settlement';

const inr = (amount: string) => parseMoney({ amount, currency: 'INR' });
let names = 0;

function settled(amount: string, change: Partial<SettledMovement> = {}): SettledMovement {
  names += 1;
  return {
    entryId: `set_${names}`,
    kind: 'payment',
    gatewayPaymentId: 'gw_1',
    money: inr(amount),
    fee: inr('1.00'),
    settledAt: '2027-03-02T10:00:00.000Z',
    ...change,
  };
}

function booked(id: string, amount: string, change: Partial<BookedMovement> = {}): BookedMovement {
  return {
    kind: 'payment',
    id,
    accountId: 'acct_1',
    gatewayPaymentId: 'gw_1',
    money: inr(amount),
    isOverdue: false,
    ...change,
  };
}

/** "matched pay_1", or the kind of a movement that has no partner. */
function show({ verdict, booked: ours, settled: theirs }: SettlementLine): string {
  return `${verdict} ${ours?.id ?? theirs?.kind ?? ''}`;
}

it('what was settled as it was paid matches', () => {
  expect(compareSettlement([settled('118.00')], [booked('pay_1', '118.00')]).map(show)).toEqual([
    'matched pay_1',
  ]);
});

it.each([
  ['110.00', {}],
  ['118.00', { money: parseMoney({ amount: '118.00', currency: 'USD' }) }],
])('another amount or currency differs (%s)', (amount, change) => {
  const lines = compareSettlement([settled(amount, change)], [booked('pay_1', '118.00')]);
  expect(lines.map(show)).toEqual(['amount_differs pay_1']);
});

it('a payment we never heard of is missing here, and so is one that was settled twice', () => {
  const stranger = settled('50.00', { gatewayPaymentId: 'gw_9' });
  const twice = [settled('118.00'), settled('118.00')];
  const lines = compareSettlement([stranger, ...twice], [booked('pay_1', '118.00')]);
  expect(lines.map(show)).toEqual([
    'missing_here payment',
    'matched pay_1',
    'missing_here payment',
  ]);
});

it('what must have been settled by now is missing there; what is young has time', () => {
  const old = booked('pay_old', '10.00', { gatewayPaymentId: 'gw_2', isOverdue: true });
  const young = booked('pay_young', '10.00', { gatewayPaymentId: 'gw_3' });
  expect(compareSettlement([], [old, young]).map(show)).toEqual(['missing_there pay_old']);
});

it('refunds of one payment are told apart by their amounts', () => {
  const refund = (amount: string) => settled(amount, { kind: 'refund' });
  const ours = (id: string, amount: string) => booked(id, amount, { kind: 'refund' });
  const books = [ours('rfd_1', '-10.00'), ours('rfd_2', '-20.00'), ours('rfd_3', '-30.00')];
  const lines = compareSettlement([refund('-30.00'), refund('-21.00'), refund('-10.00')], books);
  expect(lines.map(show)).toEqual(['matched rfd_3', 'amount_differs rfd_2', 'matched rfd_1']);
});

it('fees, payouts and corrections of the gateway’s own are shown, not compared', () => {
  const other = settled('-5.00', { kind: 'other', gatewayPaymentId: null });
  expect(compareSettlement([other], []).map(show)).toEqual(['not_compared other']);
});

it('every movement of either side ends in exactly one line, and the sums are the gateway’s', () => {
  const kind = fc.constantFrom('payment', 'refund', 'dispute');
  const gatewayPaymentId = fc.constantFrom('gw_1', 'gw_2', 'gw_3');
  const money = fc.constantFrom('10.00', '20.00', '-10.00').map(inr);
  const theirs = fc.array(
    fc
      .record({ kind: fc.oneof(kind, fc.constant('other' as const)), gatewayPaymentId, money })
      .map((change) => settled('0.00', change)),
    { maxLength: 12 },
  );
  const ours = fc.array(
    fc
      .record({ kind, gatewayPaymentId, money, isOverdue: fc.boolean() })
      .map((change) => booked('', '0.00', change)),
    { maxLength: 12 },
  );
  fc.assert(
    fc.property(theirs, ours, (gateway, books) => {
      const lines = compareSettlement(gateway, books);
      const shown = lines.flatMap((line) => line.settled ?? []);
      expect(shown).toEqual(gateway); // Each once, in its order: so the sums are the same.
      const used = lines.flatMap((line) => line.booked ?? []);
      expect(new Set(used).size).toBe(used.length);
      expect(books.filter((movement) => movement.isOverdue && !used.includes(movement))).toEqual(
        [],
      );
      for (const { verdict, settled: their, booked: our } of lines) {
        const isEqual = their?.money.amountMicros === our?.money.amountMicros;
        if (verdict === 'matched') expect(isEqual).toBe(true);
        if (verdict === 'amount_differs') expect(isEqual).toBe(false);
        if (their !== null && our !== null) {
          expect([their.kind, their.gatewayPaymentId]).toEqual([our.kind, our.gatewayPaymentId]);
        }
      }
    }),
  );
});
