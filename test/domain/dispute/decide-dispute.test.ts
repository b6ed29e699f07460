import fc from 'fast-check';
import {
  decideLooked,
  releaseService,
  type DisputeFact,
} from '../../../domain/dispute/decide-dispute';
import {
  decideNextAction,
  noteUnanswered,
  reportDispute,
  type Dispute,
  type DisputePolicy,
} from '../../../domain/dispute/dispute';
import { postDispute } from '../../../domain/dispute/post-dispute';
import { addSeconds } from '../../../domain/instant';
import type { LedgerState } from '../../../domain/ledger/ledger-state';
import { availableToPayOut } from '../../../domain/ledger/payback';
import { takePart } from '../../../domain/refund/split-refund';
import type { TaxedSale } from '../../../domain/tax/compute-tax';
import { AT, buildLedger, buildPlan } from '../../support/build-ledger';

const inr = (amountMicros: bigint) => ({ amountMicros, currency: 'INR' }) as const;
/** 1 180.00 INR: 1 000.00 and GST of 180.00. */
const SALE: TaxedSale = {
  lines: [],
  subtotal: inr(1_000_000_000n),
  taxLines: [
    { component: 'igst', rate: '18', taxable: inr(1_000_000_000n), amount: inr(180_000_000n) },
  ],
  taxTotal: inr(180_000_000n),
  roundOff: inr(0n),
  total: inr(1_180_000_000n),
};
const PAID = SALE.total;
const NEW = reportDispute(
  {
    id: 'dsp_1',
    accountId: 'acct_1',
    paymentId: 'pay_1',
    gateway: 'sandbox',
    gatewayDisputeId: 'dp_1',
  },
  AT,
);
const TOLD: DisputeFact = {
  gatewayPaymentId: 'gw_1',
  money: PAID,
  fee: null,
  reason: 'fraudulent',
  status: 'needs_response',
  evidenceDueAt: null,
};

/** Books with one dispute, changed by what a gateway answers. */
function openBooks(walletMicros: bigint, policy: DisputePolicy) {
  const ledger: LedgerState = buildLedger({ currency: 'INR', additionalMicros: walletMicros });
  const counters = new Map<string, bigint>();
  let dispute: Dispute = NEW;
  let at = AT;
  return {
    answer(told: DisputeFact | null, left: TaxedSale | null = SALE) {
      const freeMicros = availableToPayOut(ledger);
      const payment = { gatewayPaymentId: 'gw_1', money: PAID, left, freeMicros };
      const change = decideLooked(dispute, told, { payment, policy, at, dueAt: at });
      const plan = buildPlan(ledger);
      postDispute({ plan, ledger }, change.dispute, { moves: change.moves, at });
      for (const { debit, credit, amount } of plan.transfers) {
        counters.set(debit, (counters.get(debit) ?? 0n) - amount);
        counters.set(credit, (counters.get(credit) ?? 0n) + amount);
      }
      dispute = change.dispute;
      at = addSeconds(at, 3_600);
      return change;
    },
    dispute: () => dispute,
    counter: (name: string) => counters.get(`${name}/INR`) ?? 0n,
    wallet: () => ledger.buckets.find(({ code }) => code === 'wallet/additional')?.posted ?? 0n,
  };
}

const policies = fc.record<DisputePolicy>({
  money: fc.constantFrom('take', 'hold'),
  service: fc.constantFrom('none', 'hold'),
});
const amounts = fc.constantFrom(
  -1n,
  0n,
  1_000_000n,
  590_000_000n,
  PAID.amountMicros,
  2_000_000_000n,
);
const statuses = fc.constantFrom<DisputeFact['status']>(
  'warning',
  'needs_response',
  'under_review',
  'won',
  'lost',
);
/** What a gateway may say, in any order, true or not; null: it does not know the dispute. */
const answers = fc.array(
  fc.oneof(
    { weight: 1, arbitrary: fc.constant(null) },
    {
      weight: 9,
      arbitrary: fc.record({
        status: statuses,
        amountMicros: amounts,
        payment: fc.constantFrom('gw_1', 'gw_1', 'gw_1', 'gw_other'),
        leftMicros: fc.constantFrom(null, 500_000_000n, PAID.amountMicros),
      }),
    },
  ),
  { maxLength: 12 },
);

it('whatever is told in whatever order, money moves once, all of it is somewhere, and the end is final', () => {
  fc.assert(
    fc.property(
      policies,
      fc.constantFrom(0n, 300_000_000n, 5_000_000_000n),
      answers,
      (policy, before, told) => {
        const books = openBooks(before, policy);
        for (const said of told) {
          const was = books.dispute();
          const wallet = books.wallet();
          if (said === null) books.answer(null);
          else {
            const { status, amountMicros, payment, leftMicros } = said;
            const fact = { ...TOLD, status, money: inr(amountMicros), gatewayPaymentId: payment };
            books.answer(fact, leftMicros === null ? null : takePart(SALE, leftMicros));
          }
          const is = books.dispute();
          if (was.status === 'won' || was.status === 'lost') {
            expect(is).toEqual(was);
            expect(books.wallet()).toBe(wallet);
          }
          const disputed = books.counter('disputed');
          const gone = books.counter('clearing') + books.counter('tax_payable');
          expect(books.wallet()).toBe(before - is.takenMicros);
          expect(disputed).toBe(is.status === 'open' ? is.takenMicros : 0n);
          expect(gone).toBe(is.status === 'lost' ? is.takenMicros : 0n);
          expect(is.coveredMicros).toBeLessThanOrEqual(PAID.amountMicros);
          expect(is.takenMicros).toBeLessThanOrEqual(SALE.subtotal.amountMicros);
        }
      },
    ),
    { numRuns: 500 },
  );
});

it('half of a taxed payment, lost, takes half of its tax with it', () => {
  const books = openBooks(1_000_000_000n, { money: 'take', service: 'none' });
  books.answer({ ...TOLD, money: inr(590_000_000n) });
  expect([books.wallet(), books.counter('disputed')]).toEqual([500_000_000n, 500_000_000n]);
  const { moves } = books.answer({ ...TOLD, money: inr(590_000_000n), status: 'lost' });
  expect(moves.lost?.taxTotal).toEqual(inr(90_000_000n));
  expect([books.wallet(), books.counter('disputed')]).toEqual([500_000_000n, 0n]);
  expect(books.counter('clearing')).toBe(590_000_000n);
  expect(books.counter('tax_payable')).toBe(-90_000_000n);
});

it('one that says less in the end gives back the rest', () => {
  const books = openBooks(1_000_000_000n, { money: 'take', service: 'none' });
  books.answer(TOLD);
  expect(books.wallet()).toBe(0n);
  books.answer({ ...TOLD, money: inr(590_000_000n), status: 'lost' });
  expect(books.wallet()).toBe(500_000_000n);
});

it('of a payment that was never granted takes nothing, and is told', () => {
  const books = openBooks(1_000_000_000n, { money: 'take', service: 'none' });
  const { events } = books.answer(TOLD, null);
  expect(events.map(({ type }) => type)).toEqual(['dispute.opened']);
  expect(books.wallet()).toBe(1_000_000_000n);
});

it('keeps service on hold after a loss for as long as the wallet owes', () => {
  const books = openBooks(0n, { money: 'take', service: 'hold' });
  books.answer({ ...TOLD, status: 'lost' });
  expect(books.dispute().serviceHeldSince).toBe(AT);
  expect(releaseService(books.dispute(), -1n)).toBeNull();
  expect(releaseService(books.dispute(), 0n)?.dispute.serviceHeldSince).toBeNull();
});

describe('what happens next', () => {
  const OPEN: Dispute = { ...NEW, status: 'open', openedAt: AT, looksAt: addSeconds(AT, 86_400) };

  it('is a reminder of evidence three days ahead, else a look a day', () => {
    const dueAt = addSeconds(AT, 10 * 86_400);
    const asked = { ...OPEN, evidenceDueAt: dueAt };
    expect(decideNextAction(asked)).toMatchObject({ kind: 'look_up', at: OPEN.looksAt });
    const later = { ...asked, looksAt: addSeconds(AT, 7 * 86_400) };
    expect(decideNextAction(later)).toMatchObject({ kind: 'remind_evidence', at: later.looksAt });
    expect(decideNextAction({ ...later, evidenceToldFor: dueAt }).kind).toBe('look_up');
  });

  it('is a reminder at once where less than three days are left', () => {
    const asked = { ...OPEN, evidenceDueAt: addSeconds(AT, 86_400) };
    expect(decideNextAction(asked)).toMatchObject({ kind: 'remind_evidence', at: AT });
  });

  it('is nothing after half a year without a decision, which is told once', () => {
    const atTheEnd = { ...OPEN, looksAt: addSeconds(AT, 180 * 86_400) };
    expect(decideNextAction(atTheEnd).kind).toBe('look_up');
    const over = noteUnanswered(atTheEnd, atTheEnd.looksAt);
    expect(decideNextAction(over).kind).toBe('rest');
  });
});
