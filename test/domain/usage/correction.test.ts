import {
  chargesOf,
  type StoredUse,
  takeBack,
  type TakingBack,
} from '../../../domain/usage/correction';
import { AT, buildLedger, buildPlan } from '../../support/build-ledger';

/** 3 messages, one of the quota and two for 1.00 and 0.18 tax; its new visitor for 0.50 and 0.09. */
const USE: StoredUse = {
  ledgerId: 1n,
  key: '00000000-0000-4000-8000-000000000001',
  id: 'evt_1',
  type: 'message',
  localDate: '2026-11-10',
  category: 'message',
  asset: 'message',
  quantity: 3n,
  amountMicros: 1_000_000n,
  feeMicros: 100_000n,
  taxMicros: 270_000n,
  visitorMicros: 500_000n,
  visitorTaxMicros: 90_000n,
  paidQuantity: 2n,
  isNewVisitor: true,
  visitor: '00000000-0000-4000-8000-0000000000aa',
  taxationId: 1,
  lastTransfer: 2n,
  paid: [
    {
      bucket: 'quota/message/2026-11',
      counter: 'consumption/message',
      asset: 'message',
      amount: 1n,
    },
    { bucket: 'wallet/additional', counter: 'revenue/IDR', asset: 'IDR', amount: 1_500_000n },
    { bucket: 'wallet/additional', counter: 'tax_payable/IDR', asset: 'IDR', amount: 270_000n },
  ],
  corrections: [],
};

const CANCELLATION: TakingBack = {
  kind: 'cancellation',
  reason: 'told by mistake',
  successor: null,
  keepsVisitor: false,
  at: AT,
};

function takeBackUse(taking: Partial<TakingBack> = {}, use = USE) {
  const ledger = buildLedger();
  const plan = buildPlan(ledger);
  const correction = takeBack(plan, ledger, { ...CANCELLATION, ...taking, use });
  const moves = plan.transfers.map(
    ({ kind, debit, credit, amount }) => `${kind} ${debit} ${credit} ${amount}`,
  );
  return { correction, moves, charges: chargesOf(correction) };
}

test('tax returns with the price, and units of a bucket that has closed go to breakage', () => {
  const { correction, moves, charges } = takeBackUse();
  expect(moves).toEqual([
    'rerating tax_payable/IDR wallet/additional 270000',
    'rerating revenue/IDR wallet/additional 1500000',
    'rerating consumption/message breakage/message 1',
  ]);
  expect(correction).toMatchObject({
    quantity: -3n,
    visitors: -1n,
    amountMicros: -1_000_000n,
    feeMicros: -100_000n,
    taxMicros: -270_000n,
    visitorMicros: -500_000n,
  });
  expect(charges).toEqual([
    { category: 'message', quantity: -2n, netMicros: -1_000_000n, taxMicros: -180_000n },
    { category: 'unique_visitor', quantity: -1n, netMicros: -500_000n, taxMicros: -90_000n },
  ]);
});

test('R3.11 a visitor who stays paid keeps their share of the tax', () => {
  const successor = { key: '00000000-0000-4000-8000-000000000002', id: 'evt_2' };
  const amended = { kind: 'amendment', successor, keepsVisitor: true } as const;
  const { correction, moves, charges } = takeBackUse(amended);
  expect(moves).toEqual([
    'rerating tax_payable/IDR wallet/additional 180000',
    'rerating revenue/IDR wallet/additional 1000000',
    'rerating consumption/message breakage/message 1',
  ]);
  expect(correction).toMatchObject({ visitors: 0n, taxMicros: -180_000n, visitorMicros: 0n });
  expect(charges).toEqual([
    { category: 'message', quantity: -2n, netMicros: -1_000_000n, taxMicros: -180_000n },
  ]);
});

test('R3.11 a visitor of a call stays paid by the tax of visitors, and not by that of calls', () => {
  // 60 seconds for 1.00 with KDV 20 % and ÖİV 10 %, and a visitor for 0.50 with KDV alone.
  const call: StoredUse = {
    ...USE,
    type: 'call',
    category: 'call',
    asset: 'call_second',
    quantity: 60n,
    paidQuantity: 60n,
    taxMicros: 400_000n,
    visitorTaxMicros: 100_000n,
    paid: [
      { bucket: 'wallet/additional', counter: 'revenue/IDR', asset: 'IDR', amount: 1_500_000n },
      { bucket: 'wallet/additional', counter: 'tax_payable/IDR', asset: 'IDR', amount: 400_000n },
    ],
  };
  const successor = { key: '00000000-0000-4000-8000-000000000002', id: 'evt_2' };
  const amended = { kind: 'amendment', successor, keepsVisitor: true } as const;
  const { correction, moves, charges } = takeBackUse(amended, call);
  expect(moves).toEqual([
    'rerating tax_payable/IDR wallet/additional 300000',
    'rerating revenue/IDR wallet/additional 1000000',
  ]);
  expect(correction).toMatchObject({ taxMicros: -300_000n, visitorTaxMicros: 0n });
  expect(charges).toEqual([
    { category: 'call', quantity: -60n, netMicros: -1_000_000n, taxMicros: -300_000n },
  ]);
  expect(takeBackUse({}, call).charges).toEqual([
    { category: 'call', quantity: -60n, netMicros: -1_000_000n, taxMicros: -300_000n },
    { category: 'unique_visitor', quantity: -1n, netMicros: -500_000n, taxMicros: -100_000n },
  ]);
});
