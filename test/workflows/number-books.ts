/**
 * Stands in for the database, the carrier and the gateway behind phone numbers: rows and a wallet in
 * memory, changed by the real decisions of domain/. What it writes down as deeds is what the real
 * activities would have committed: `02-28 renew on_hold`.
 */
import { ApplicationFailure } from '@temporalio/common';
import type { CollectRequest, ReportRequest } from '../../activities/collection/collecting';
import type {
  NumberRequest,
  PhoneNumberActivities,
} from '../../activities/phone-number/phone-number.activities';
import { isAtOrBefore, type Instant } from '../../domain/instant';
import { isStillNext } from '../../domain/next-action';
import {
  decideOrdered,
  decideReleased,
  type OrderAnswer,
  type ReleaseAnswer,
} from '../../domain/phone-number/decide-lease';
import { decideCharge, decideCharged, decideUnanswered } from '../../domain/phone-number/collect';
import { decideCommand } from '../../domain/phone-number/decide-command';
import { decideDue } from '../../domain/phone-number/decide-due';
import { decideNextAction } from '../../domain/phone-number/decide-next';
import type { NumberFunds, PhoneNumberDecision } from '../../domain/phone-number/decision';
import { noteMoneyArrived } from '../../domain/phone-number/pay-rent';
import { openNumber } from '../../domain/phone-number/open-number';
import {
  DEFAULT_GRACE_POLICY,
  periodAt,
  type PhoneNumber,
} from '../../domain/phone-number/phone-number';
import { buildRentSale } from '../../domain/phone-number/sale';
import { UNTAXED } from '../../domain/tax/taxation';
import type { CommandAnswer } from '../../workflows/lifecycle.messages';
import type { PhoneNumberStep } from '../../workflows/phone-number.messages';
import { CARD, inr, STARTED } from '../domain/phone-number/number-walk';
import { createGate, type Gate } from './gate';

type AnswerRequest = Parameters<PhoneNumberActivities['answerNumberCommand']>[0];

export type NumberBooks = ReturnType<typeof createNumberBooks>;

export const NUMBER_ID = 'num_00000001';

/** One number of 500.00 INR, ordered on 31 January 2027; `rupees` are in the wallet. */
export function createNumberBooks(rupees: number) {
  const deeds: string[] = [];
  const charged: string[] = [];
  const operations = new Map<string, CommandAnswer>();
  const gates: { before: Gate | null; after: Gate | null } = { before: null, after: null };
  const state = {
    walletMicros: inr(rupees).amountMicros,
    hasCard: false,
    order: {
      kind: 'active',
      carrierLeaseId: 'lease_1',
      capabilities: ['sms', 'voice'],
    } as OrderAnswer,
    release: { kind: 'released' } as ReleaseAnswer,
    /** Calls of the carrier or the gateway fail so. */
    outage: null as Error | null,
  };
  let row = openNumber({
    id: NUMBER_ID,
    accountId: 'acct_00000001',
    orderId: 'ord_1',
    orderItemId: 'itm_1',
    number: '+918000000001',
    country: 'IN',
    capabilities: ['sms', 'voice'],
    carrier: 'sandbox',
    rent: inr(500),
    timeZone: 'Asia/Kolkata',
    grace: DEFAULT_GRACE_POLICY,
    at: STARTED,
  }).phoneNumber;
  let revision = 1;

  function step(): PhoneNumberStep {
    const { status, autoPay, operatorNote } = row;
    const note = operatorNote === null ? {} : { note: operatorNote };
    const attributes = { AutoPay: autoPay };
    return { status, revision, next: decideNextAction(row), attributes, ...note };
  }

  function write(phoneNumber: PhoneNumber): void {
    row = phoneNumber;
    revision += 1;
  }

  function fundsAt(at: Instant): NumberFunds {
    const { status, autoPay, period } = row;
    const isDue = status === 'on_hold' || isAtOrBefore(period.endsAt, at);
    const owed = buildRentSale(row, periodAt(row, at), UNTAXED).taxed.total;
    const claims = isDue && autoPay ? [{ id: row.id, owed }] : [];
    return {
      availableMicros: state.walletMicros,
      taxation: UNTAXED,
      savedMethod: state.hasCard ? CARD : null,
      topUpTaxation: UNTAXED,
      claims,
      claimsOnArrival: claims,
    };
  }

  function apply(did: string, decision: PhoneNumberDecision): void {
    const { sale, phoneNumber, at } = decision;
    if (sale !== null) {
      state.walletMicros -= sale.taxed.total.amountMicros;
      charged.push(sale.reference.replace(/^.*period/, 'period'));
    }
    write(phoneNumber);
    deeds.push(`${at.slice(5, 10)} ${did} ${phoneNumber.status}`);
  }

  async function take(moment: 'before' | 'after'): Promise<void> {
    const gate = gates[moment];
    gates[moment] = null;
    await gate?.pass();
  }

  async function once<T>(work: () => T): Promise<T> {
    await take('before');
    const result = work();
    await take('after');
    return result;
  }

  /** One due action, if it is still due. */
  function perform(
    { action }: Pick<NumberRequest, 'action'>,
    decide: () => PhoneNumberDecision,
  ): PhoneNumberStep {
    if (isStillNext(decideNextAction(row), action)) apply(action.kind, decide());
    return step();
  }

  function outside(): void {
    if (state.outage !== null) throw state.outage;
  }

  function decideAnswered(request: NumberRequest, isSilent: boolean): PhoneNumberDecision {
    const { now: at } = request;
    const { kind } = request.action;
    const silent = { kind: 'unanswered' } as const;
    return kind === 'return_number'
      ? decideReleased(row, isSilent ? silent : state.release, at)
      : decideOrdered(row, isSilent ? silent : state.order, at);
  }

  function askCarrier(request: NumberRequest): Promise<PhoneNumberStep> {
    return once(() => {
      outside();
      return perform(request, () => decideAnswered(request, false));
    });
  }

  function collect({ action, now: at }: CollectRequest): PhoneNumberStep {
    outside();
    if (row.collection.charge?.stage === 'planned') {
      const begun = decideCharge(row, { at, funds: fundsAt(at) });
      if (begun.kind === 'decided') {
        apply(action.kind, begun);
        return step();
      }
      write({ ...row, collection: begun.collection });
    }
    const { charge } = row.collection;
    if (charge === null || charge.stage === 'planned') return step();
    state.walletMicros += charge.money.amountMicros;
    apply(action.kind, decideCharged(row, { kind: 'succeeded' }, { at, funds: fundsAt(at) }));
    return step();
  }

  function answer(request: AnswerRequest): { step: PhoneNumberStep; answer: CommandAnswer } {
    const { command, now, operationKey } = request;
    const stored = operations.get(operationKey);
    if (stored) return { step: step(), answer: stored };
    const done: CommandAnswer = { kind: 'done' };
    if (command.kind === 'money_arrived') return { step: step(), answer: done };
    if (command.kind === 'payment_reported') throw new Error('nobody asks these books for it');
    const decided = decideCommand(row, command, { now, funds: fundsAt(now) });
    if (decided.kind === 'refused') {
      const { code, message } = decided;
      operations.set(operationKey, { kind: 'refused', code, message, details: {} });
      deeds.push(`${now.slice(5, 10)} ${command.kind} refused: ${code}`);
    } else {
      operations.set(operationKey, done);
      apply(command.kind, decided);
    }
    return { step: step(), answer: operations.get(operationKey) ?? done };
  }

  function hold(moment: 'before' | 'after'): Gate {
    const gate = createGate();
    gates[moment] = gate;
    return gate;
  }

  return {
    state,
    deeds,
    /** Months that were charged: `period/2`. */
    charged,
    step,
    row: () => row,
    /** Money comes in, and a number that waits for it knows. */
    topUp(amount: number, at: Instant): void {
      state.walletMicros += inr(amount).amountMicros;
      const woken = noteMoneyArrived(row, at);
      if (woken !== null) write(woken);
    },
    holdBeforeCommit: () => hold('before'),
    holdAfterCommit: () => hold('after'),
    refuseForGood: (message: string) =>
      void (state.outage = ApplicationFailure.nonRetryable(message, 'invariant_violated')),
    activities: {
      performNumberAction: (request: NumberRequest) =>
        once(() =>
          perform(request, () => decideDue(row, request.action, fundsAt(request.action.at))),
        ),
      orderAtCarrier: askCarrier,
      returnToCarrier: askCarrier,
      noteNumberUnanswered: async (request: NumberRequest) =>
        perform(request, () => decideAnswered(request, true)),
      answerNumberCommand: (request: AnswerRequest) => once(() => answer(request)),
      collectRent: (request: CollectRequest) => once(() => collect(request)),
      noteRentUncollected: async ({ now: at }: CollectRequest) => {
        apply('unanswered', decideUnanswered(row, { at, funds: fundsAt(at) }));
        return step();
      },
      settleReportedRent: async ({ gatewayPaymentId }: ReportRequest) => {
        deeds.push(`settle ${gatewayPaymentId}`);
        return step();
      },
    },
  };
}
