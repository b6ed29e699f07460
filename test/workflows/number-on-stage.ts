import type { WorkflowHandle } from '@temporalio/client';
import { workflowIdOf } from '../../domain/lifecycle';
import { advanceClock, buildLifecycleStart } from '../../workflows/lifecycle.messages';
import { moneyArrived } from '../../workflows/payment.messages';
import { STARTED } from '../domain/phone-number/number-walk';
import { NUMBER_ID, type NumberBooks } from './number-books';
import type { Stage } from './stage';

/** A phone number's workflow on a test clock, with the books behind it. */
export interface NumberOnStage {
  readonly books: NumberBooks;
  readonly handle: WorkflowHandle;
  /** Resolves once nothing is due at or before the instant. */
  readonly advance: (now: string) => Promise<unknown>;
  /** A top-up as it really comes: the row first, then the signal. */
  readonly topUp: (rupees: number, at: string) => Promise<void>;
}

/** Starts the workflow as an order's activity does: the row is there, pending. */
export async function openNumber(stage: Stage, books: NumberBooks): Promise<NumberOnStage> {
  stage.use(books.activities);
  const start = buildLifecycleStart({
    kind: 'phone_number',
    id: NUMBER_ID,
    owner: {
      accountId: 'acct_00000001',
      partnerId: null,
      clock: { kind: 'test', now: STARTED },
    },
    step: books.step(),
  });
  const handle = await stage.start(workflowIdOf('phone_number', NUMBER_ID), start);
  let topUps = 0;
  return {
    books,
    handle,
    advance: (now) => handle.executeUpdate(advanceClock, { args: [{ now }] }),
    async topUp(amount, at) {
      topUps += 1;
      books.topUp(amount, at);
      await handle.signal(moneyArrived, { from: `order/top_${topUps}` });
    },
  };
}
