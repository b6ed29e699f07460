/**
 * Records the histories that replay.test.ts replays: `npm run histories`. Each story is lived by the
 * real workflows on the time-skipping server, with in-memory activities, and written to test/histories.
 * `npm run histories refund` records those whose name begins so.
 * Before the first release any change may record them anew. From then on record again only together with a
 * `patched()` change, and keep the old files until no run of the old code can be left (31 days): an old history
 * that no longer replays is a deployment that breaks.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ApplicationFailure } from '@temporalio/common';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import type { WorkflowHandle } from '@temporalio/client';
import { nextMonth } from '../../domain/calendar';
import { workflowIdOf } from '../../domain/lifecycle';
import {
  advanceClock,
  buildLifecycleStart,
  NOT_STARTED,
  type Clock,
} from '../../workflows/lifecycle.messages';
import { openPackage } from '../../domain/package/decide-package';
import { balanceFell, turnOffAutoRecharge } from '../../workflows/auto-recharge.messages';
import {
  itemSettled,
  openPurchase,
  payOrder as payPurchase,
  placeOrder,
} from '../../workflows/order.messages';
import { voidPackage } from '../../workflows/package.messages';
import { paymentReported } from '../../workflows/payment.messages';
import { payRent, setAutoPay, waiveRent } from '../../workflows/phone-number.messages';
import {
  buildQuotaResetStart,
  quotaResetWorkflowId,
  type QuotaResetInput,
} from '../../workflows/quota-reset.messages';
import { disputeReported } from '../../workflows/dispute.messages';
import { RECONCILIATION_WORKFLOW_TYPE } from '../../workflows/reconciliation.messages';
import { requestRefund } from '../../workflows/refund.messages';
import { beginSetup } from '../../workflows/setup.messages';
import { approveStatement, payOut } from '../../workflows/revenue-share.messages';
import { buildSettlementStart } from '../../workflows/settlement.messages';
import {
  advanceTo,
  buildTestClockStart,
  testClockWorkflowId,
} from '../../workflows/test-clock.messages';
import { BULK } from '../support/give-package';
import { numberItem, packageItem } from '../domain/order/purchase-in-hand';
import { closeTestRun, prepareTestRun } from '../support/test-run';
import { createDisputeBooks, openDispute } from './dispute-books';
import { createNumberBooks } from './number-books';
import { openNumber } from './number-on-stage';
import { createOrderBooks, type OrderBooks } from './order-books';
import { createPackageBooks } from './package-books';
import { createPurchaseBooks } from './purchase-books';
import { createRechargeBooks, openRecharge } from './recharge-books';
import { createRefundBooks } from './refund-books';
import { createSetupBooks } from './setup-books';
import { createShareBooks, openShare } from './share-books';
import { openStage, type Stage } from './stage';
import { createSubscriptionBooks } from './subscription-books';
import { openSubscription, openSubscriptionOn } from './subscription-on-stage';

/** Lives a story and answers its workflow; every run of it is recorded. */
type Story = (stage: Stage) => Promise<WorkflowHandle>;

const STORIES: Readonly<Record<string, Story>> = {
  'subscription-lifecycle.test-clock': liveOnTestClock,
  'subscription-lifecycle.wall-clock': liveOnWallClock,
  'subscription-lifecycle.short-runs': liveInShortRuns,
  'subscription-lifecycle.blocked': beBlocked,
  'subscription-lifecycle.changed': changeAndPause,
  'order-lifecycle.paid': payOrder,
  'order-lifecycle.expired': expireOrder,
  'order-lifecycle.silent-gateway': placeOrderInSilence,
  'order-lifecycle.purchase': buyInOneOrder,
  'package-lifecycle.expired': expirePackage,
  'package-lifecycle.voided': voidBought,
  'refund-lifecycle.silent-gateway': refundInSilence,
  'refund-lifecycle.declined': refundInVain,
  'setup-lifecycle.completed': setUpMethod,
  'dispute-lifecycle.lost': loseDispute,
  'phone-number-lifecycle.kept': keepNumber,
  'phone-number-lifecycle.given-back': giveNumberBack,
  'test-clock.advanced': advanceTestClock,
  'revenue-share-lifecycle.paid': payShareOut,
  'revenue-share-lifecycle.silent-bank': payShareInSilence,
  'auto-recharge-lifecycle.charged': recharge,
  'auto-recharge-lifecycle.turned-off': turnRechargeOff,
  'reconcile.swept': reconcileOnce,
  'settlement.told': compareSettlement,
  'quota-reset.turned': turnZone,
};

const BEGINNING = process.argv[2] ?? '';
const FOLDER = path.join(__dirname, '../histories');

async function liveOnTestClock(stage: Stage): Promise<WorkflowHandle> {
  const books = createSubscriptionBooks('1998.00');
  stage.use(books.activities);
  const clock: Clock = { kind: 'test', now: '2026-01-31T10:00:00.000Z' };
  const subscription = await openSubscription(stage, { id: 'sub_00000001', clock });
  const advance = (now: string) =>
    subscription.handle.executeUpdate(advanceClock, { args: [{ now }] });
  await subscription.start();
  await advance('2026-04-02T00:00:00.000Z'); // Past due since 31 March.
  books.topUp('999.00', '2026-04-02T00:00:00.000Z');
  await subscription.moneyArrived('order/ord_00000001');
  await advance('2026-05-20T00:00:00.000Z'); // Paid, past due again, suspended.
  books.topUp('1998.00', '2026-05-20T00:00:00.000Z');
  await subscription.resume();
  await subscription.cancel('period_end');
  await advance('2026-06-01T00:00:00.000Z');
  return subscription.handle;
}

async function liveOnWallClock(stage: Stage): Promise<WorkflowHandle> {
  const books = createSubscriptionBooks('1998.00');
  stage.use(books.activities);
  const subscription = await openSubscriptionOn(stage, '03-10');
  await subscription.start();
  await stage.passUntil('05-12');
  books.topUp('999.00', await stage.now());
  await subscription.moneyArrived('order/ord_00000001');
  await stage.pass('1 days');
  await subscription.cancel('period_end');
  await subscription.resume();
  await subscription.cancel('now');
  return subscription.handle;
}

async function liveInShortRuns(stage: Stage): Promise<WorkflowHandle> {
  stage.use(createSubscriptionBooks('9000.00').activities);
  const clock: Clock = { kind: 'test', now: '2026-01-31T10:00:00.000Z' };
  const subscription = await openSubscription(stage, {
    id: 'sub_00000003',
    clock,
    stepsPerRunMax: 2,
  });
  await subscription.start();
  await subscription.handle.executeUpdate(advanceClock, {
    args: [{ now: '2026-04-01T00:00:00.000Z' }],
  });
  await subscription.cancel('now');
  return subscription.handle;
}

async function beBlocked(stage: Stage): Promise<WorkflowHandle> {
  const books = createSubscriptionBooks('9000.00');
  stage.use(books.activities);
  const subscription = await openSubscriptionOn(stage, '04-10');
  await subscription.start();
  books.breakPerforming('no ledger');
  await stage.passUntil('05-10', '14:30');
  books.repair();
  await subscription.retryBlocked();
  await subscription.cancel('now');
  return subscription.handle;
}

/** Scheduled, taken off, changed when its day comes, paused for a time, cancelled. */
async function changeAndPause(stage: Stage): Promise<WorkflowHandle> {
  stage.use(createSubscriptionBooks('20000.00').activities);
  const subscription = await openSubscriptionOn(stage, '03-10');
  await subscription.start();
  const year = (await stage.now()).slice(0, 4);
  await subscription.schedule(`${year}-03-15T12:00:00.000Z`);
  await subscription.unschedule();
  await subscription.schedule(`${year}-03-20T12:00:00.000Z`);
  await stage.passUntil('03-25');
  await subscription.pause('period_end', `${year}-05-01T12:00:00.000Z`);
  await stage.passUntil('05-10');
  await subscription.cancel('now');
  return subscription.handle;
}

async function openOrder(stage: Stage, books: OrderBooks, id: string): Promise<WorkflowHandle> {
  stage.use(books.activities);
  return stage.start(
    workflowIdOf('order', id),
    buildLifecycleStart({
      kind: 'order',
      id,
      owner: { accountId: 'acct_00000001', partnerId: null, clock: { kind: 'wall' } },
      step: NOT_STARTED,
    }),
  );
}

const PLACED = {
  target: 'wallet',
  amount: '600.00',
  currency: 'INR',
  gateway: 'sandbox',
  mode: null,
} as const;

async function payOrder(stage: Stage): Promise<WorkflowHandle> {
  const books = createOrderBooks();
  const order = await openOrder(stage, books, 'ord_00000001');
  await order.executeUpdate(placeOrder, { args: [PLACED] });
  await stage.pass('1 minutes');
  await order.signal(paymentReported, {
    eventId: 'evt_1',
    gateway: 'sandbox',
    gatewayPaymentId: books.pay(),
  });
  return order;
}

async function expireOrder(stage: Stage): Promise<WorkflowHandle> {
  const order = await openOrder(stage, createOrderBooks(), 'ord_00000002');
  await order.executeUpdate(placeOrder, { args: [PLACED] });
  await stage.pass('5 days');
  return order;
}

/** A package that is delivered and a number that cannot be had; paid on the page, after a refusal. */
async function buyInOneOrder(stage: Stage): Promise<WorkflowHandle> {
  const id = 'ord_00000004';
  const items = [packageItem(), numberItem()];
  const books = createPurchaseBooks(id, { items, at: await stage.now(), rupees: 1 });
  stage.use(books.activities);
  const start = buildLifecycleStart({
    kind: 'order',
    id,
    owner: { accountId: 'acct_00000001', partnerId: null, clock: { kind: 'wall' } },
    step: NOT_STARTED,
  });
  const order = await stage.start(workflowIdOf('order', id), start);
  const pay = (mode: 'wallet' | 'upi') =>
    order.executeUpdate(payPurchase, { args: [{ mode, confirmedCapabilities: null }] });
  await order.executeUpdate(openPurchase);
  await pay('wallet');
  await pay('upi');
  await order.signal(paymentReported, {
    eventId: 'evt_1',
    gateway: 'sandbox',
    gatewayPaymentId: books.pay(),
  });
  await stage.pass('1 minutes');
  books.tell('itm_number', 'failed', await stage.now());
  await order.signal(itemSettled, { itemId: 'itm_number' });
  return order;
}

async function placeOrderInSilence(stage: Stage): Promise<WorkflowHandle> {
  const books = createOrderBooks();
  books.silence();
  const order = await openOrder(stage, books, 'ord_00000003');
  const placing = order.executeUpdate(placeOrder, { args: [PLACED] });
  await order.query('__stack_trace');
  await stage.skip('9 seconds');
  await placing;
  books.speak();
  await stage.pass('1 minutes');
  await order.signal(paymentReported, {
    eventId: 'evt_1',
    gateway: 'sandbox',
    gatewayPaymentId: books.pay(),
  });
  return order;
}

const REFUNDED = {
  subject: { kind: 'payment', id: 'pay_00000001' },
  to: 'source',
  amount: '400.00',
  noteId: null,
} as const;

function openRefund(stage: Stage, id: string): Promise<WorkflowHandle> {
  return stage.start(
    workflowIdOf('refund', id),
    buildLifecycleStart({
      kind: 'refund',
      id,
      owner: { accountId: 'acct_00000001', partnerId: null, clock: { kind: 'wall' } },
      step: NOT_STARTED,
    }),
  );
}

/** Warned three times and ended, on a test clock. */
async function expirePackage(stage: Stage): Promise<WorkflowHandle> {
  const workflow = await openPackageOn(stage, 'pkg_00000001');
  await workflow.executeUpdate(advanceClock, { args: [{ now: '2027-03-28T00:00:00.000Z' }] });
  await workflow.executeUpdate(advanceClock, { args: [{ now: '2027-04-02T00:00:00.000Z' }] });
  return workflow;
}

/** Warned once, then taken back by an operator. */
async function voidBought(stage: Stage): Promise<WorkflowHandle> {
  const workflow = await openPackageOn(stage, 'pkg_00000002');
  await workflow.executeUpdate(advanceClock, { args: [{ now: '2027-03-10T00:00:00.000Z' }] });
  await workflow.executeUpdate(voidPackage, { args: [{ noteId: 'note_1', keyId: 'key_1' }] });
  return workflow;
}

async function openPackageOn(stage: Stage, id: string): Promise<WorkflowHandle> {
  const books = createPackageBooks();
  stage.use(books.activities);
  const now = '2027-03-02T10:00:00.000Z';
  const accountId = 'acct_00000001';
  const terms = { id, accountId, orderId: 'ord_1', offer: BULK, timeZone: 'Asia/Kolkata' };
  const { bought } = openPackage({ ...terms, planPaidUntil: null, at: now });
  return stage.start(
    workflowIdOf('package', id),
    buildLifecycleStart({
      kind: 'package',
      id,
      owner: { accountId, partnerId: null, clock: { kind: 'test', now } },
      step: books.give(bought),
    }),
  );
}

async function refundInSilence(stage: Stage): Promise<WorkflowHandle> {
  const books = createRefundBooks();
  stage.use(books.activities);
  books.answer(null);
  const refund = await openRefund(stage, 'rfd_00000001');
  const asking = refund.executeUpdate(requestRefund, { args: [REFUNDED] });
  await refund.query('__stack_trace');
  await stage.skip('9 seconds');
  await asking;
  books.answer({ kind: 'refunded', refundId: 'gw_re_1' });
  await stage.pass('1 minutes');
  return refund;
}

async function refundInVain(stage: Stage): Promise<WorkflowHandle> {
  const books = createRefundBooks();
  stage.use(books.activities);
  books.answer({ kind: 'refused', reason: 'declined' });
  const refund = await openRefund(stage, 'rfd_00000002');
  await refund.executeUpdate(requestRefund, { args: [REFUNDED] });
  return refund;
}

async function setUpMethod(stage: Stage): Promise<WorkflowHandle> {
  const books = createSetupBooks();
  stage.use(books.activities);
  const owner = { accountId: 'acct_00000001', partnerId: null, clock: { kind: 'wall' } } as const;
  const id = 'pms_00000001';
  const setup = await stage.start(
    workflowIdOf('setup', id),
    buildLifecycleStart({ kind: 'setup', id, owner, step: NOT_STARTED }),
  );
  const wish = { gateway: 'sandbox', mode: 'upi', currency: 'INR', maxAmount: '500.00' } as const;
  await setup.executeUpdate(beginSetup, { args: [wish] });
  await stage.pass('20 seconds');
  books.agree();
  await setup.signal(paymentReported, {
    eventId: 'evt_00000001',
    gateway: 'sandbox',
    gatewayPaymentId: 'gw_su_1',
  });
  await setup.result();
  return setup;
}

/** Charged when the balance fell, declined, tried again by the account's test clock, at the cap, silent. */
async function recharge(stage: Stage): Promise<WorkflowHandle> {
  const now = '2027-01-10T10:00:00.000Z';
  const books = createRechargeBooks();
  const { handle } = await openRecharge(stage, books, { kind: 'test', now });
  books.answer({
    kind: 'declined',
    declineCode: 'insufficient_funds',
    declineClass: 'soft',
  });
  books.spend('3100.00', now);
  await handle.signal(balanceFell);
  await stage.settle();
  books.answer({ kind: 'succeeded' });
  await handle.executeUpdate(advanceClock, { args: [{ now: '2027-01-11T10:00:00.000Z' }] });
  books.answer(null);
  const advancing = handle.executeUpdate(advanceClock, {
    args: [{ now: '2027-02-02T00:00:00.000Z' }],
  });
  await handle.query('__stack_trace');
  await stage.skip('3 minutes');
  books.answer({ kind: 'succeeded' });
  await advancing;
  return handle;
}

/** Turned off on the wall clock while a bank is at work; its money is reported. */
async function turnRechargeOff(stage: Stage): Promise<WorkflowHandle> {
  const books = createRechargeBooks();
  const { handle } = await openRecharge(stage, books);
  books.answer({ kind: 'pending' });
  books.spend('200.00', await stage.now());
  await handle.signal(balanceFell);
  await stage.settle();
  await handle.executeUpdate(turnOffAutoRecharge);
  await handle.signal(paymentReported, {
    eventId: 'evt_1',
    gateway: 'sandbox',
    gatewayPaymentId: 'sbx_pay_1',
  });
  await stage.settle();
  return handle;
}

async function loseDispute(stage: Stage): Promise<WorkflowHandle> {
  const reportedAt = '2027-03-01T10:00:00.000Z';
  const id = 'dsp_00000001';
  const books = createDisputeBooks(id, reportedAt);
  books.answer({ evidenceDueAt: '2027-03-04T22:00:00.000Z' });
  const dispute = await openDispute(stage, books, { id, clock: { kind: 'test', now: reportedAt } });
  const args = [{ now: '2027-03-02T12:00:00.000Z' }] as const;
  await dispute.executeUpdate(advanceClock, { args: [...args] });
  books.answer({ status: 'lost' });
  const report = { gateway: 'sandbox', eventId: 'evt_1', gatewayPaymentId: 'gw_pay_1' };
  await dispute.signal(disputeReported, report);
  await stage.settle();
  return dispute;
}

async function advanceTestClock(stage: Stage): Promise<WorkflowHandle> {
  let isBroken = false;
  stage.use({
    beginAdvance: async () => ({ kind: 'done' }),
    findAccountsOnClock: async () => ['acct_00000001', 'acct_00000002'],
    walkAccount: async () => {
      if (isBroken) throw ApplicationFailure.nonRetryable('renew is blocked', 'lifecycle_blocked');
    },
    walkShares: async () => undefined,
    finishAdvance: async () => undefined,
    failAdvance: async () => undefined,
  });
  const clockId = 'clk_00000001';
  const clock = await stage.start(testClockWorkflowId(clockId), buildTestClockStart(clockId));
  await clock.executeUpdate(advanceTo, { args: [{ to: '2026-02-01T00:00:00.000Z' }] });
  isBroken = true;
  await clock.executeUpdate(advanceTo, { args: [{ to: '2026-03-01T00:00:00.000Z' }] });
  await stage.pass('32 days');
  return clock;
}

/** Held, paid by a top-up, paid by a saved method, told things by its owner and an operator. */
async function keepNumber(stage: Stage): Promise<WorkflowHandle> {
  const books = createNumberBooks(0);
  const { handle, advance, topUp } = await openNumber(stage, books);
  await advance('2027-03-02T00:00:00.000Z');
  await topUp(500, '2027-03-02T00:00:00.000Z');
  await stage.settle();
  books.state.hasCard = true;
  await advance('2027-04-01T00:00:00.000Z');
  const fact = {
    eventId: 'evt_00000001',
    gateway: 'sandbox',
    gatewayPaymentId: 'sbx_pay_00000001',
  };
  await handle.signal(paymentReported, fact);
  await handle.executeUpdate(setAutoPay, { args: [{ autoPay: false }] });
  await advance('2027-05-01T00:00:00.000Z');
  await handle.executeUpdate(payRent);
  await handle.executeUpdate(waiveRent, { args: [{ keyId: 'key_1', noteId: 'note_1' }] });
  await stage.settle();
  return handle;
}

/** Not paid, and given back to a carrier that is silent at first. */
async function giveNumberBack(stage: Stage): Promise<WorkflowHandle> {
  const books = createNumberBooks(0);
  const { handle, advance } = await openNumber(stage, books);
  await advance('2027-03-07T09:00:00.000Z');
  books.state.outage = new Error('no answer');
  const silent = advance('2027-03-07T10:00:00.000Z');
  await stage.skip('3 minutes');
  await silent;
  books.state.outage = null;
  await advance('2027-03-07T11:00:00.000Z');
  return handle;
}

/** Two months are closed on a test clock, one is approved and paid out to the wallet. */
async function payShareOut(stage: Stage): Promise<WorkflowHandle> {
  const { handle } = await openShare(stage, createShareBooks());
  await handle.executeUpdate(advanceClock, { args: [{ now: '2027-04-01T00:00:00.000Z' }] });
  await handle.executeUpdate(approveStatement, { args: [{ month: '2027-02', keyId: 'key_1' }] });
  const payout = { payoutId: 'pout_00000001', month: '2027-02', to: 'wallet' } as const;
  await handle.executeUpdate(payOut, { args: [payout] });
  return handle;
}

/** A bank gives no answer while somebody waits, and pays when it is asked again. */
async function payShareInSilence(stage: Stage): Promise<WorkflowHandle> {
  const books = createShareBooks();
  const { handle } = await openShare(stage, books);
  await handle.executeUpdate(advanceClock, { args: [{ now: '2027-03-01T00:00:00.000Z' }] });
  await handle.executeUpdate(approveStatement, { args: [{ month: '2027-02', keyId: 'key_1' }] });
  books.answer(null);
  const payout = { payoutId: 'pout_00000002', month: '2027-02', to: 'bank' } as const;
  const paying = handle.executeUpdate(payOut, { args: [payout] });
  await handle.query('__stack_trace');
  await stage.skip('9 seconds');
  await paying;
  books.answer({ kind: 'paid', payoutId: 'sbx_po_1' });
  await handle.executeUpdate(advanceClock, { args: [{ now: '2027-03-02T00:00:00.000Z' }] });
  return handle;
}

/** A day on which a payment was missing here: its order is told, and the day compared again. */
async function compareSettlement(stage: Stage): Promise<WorkflowHandle> {
  stage.use({
    planSettlements: async () => [{ gateway: 'sandbox', day: '2027-03-01' }],
    compareDay: async ({ repairs }: { readonly repairs: boolean }) => ({ told: repairs ? 1 : 0 }),
  });
  const start = buildSettlementStart({ gateway: 'sandbox', day: '2027-03-01' });
  const workflow = await stage.start('settlements/billing', { ...start, args: [{ only: null }] });
  await stage.pass('4 minutes');
  return workflow;
}

async function reconcileOnce(stage: Stage): Promise<WorkflowHandle> {
  stage.use({
    resendCommands: async () => 1,
    forwardWebhooks: async () => 2,
    restartLifecycles: async () => 0,
    forgetRequests: async () => 4,
    forgetMethods: async () => 1,
    watchMethods: async () => 1,
    startQuotaResets: async () => 1,
    releaseHolds: async () => 2,
    makePartitions: async () => 1,
    wakeRecharges: async () => 1,
  });
  return stage.start('reconciliation/billing', {
    workflowType: RECONCILIATION_WORKFLOW_TYPE,
    args: [],
    summary: 'repairs what drifted',
    searchAttributes: [],
  });
}

/** A zone's month begins, one account is set aside for an hour, and the next month is waited for. */
async function turnZone(stage: Stage): Promise<WorkflowHandle> {
  const timeZone = 'Asia/Jakarta';
  const turnTo = (month: string): QuotaResetInput => ({
    version: 1,
    timeZone,
    month,
    at: `${month}-10T00:00:00.000Z`,
  });
  const today = await stage.now();
  const month = today.slice(0, 'YYYY-MM'.length);
  stage.use({
    turnZone: async () => ({ turned: 9, setAside: 1 }),
    issueUsageDocuments: async () => ({ issued: 3, setAside: 0 }),
    turnSetAside: async () => 0,
    planNextTurn: async () => turnTo(nextMonth(month)),
  });
  const handle = await stage.start(
    quotaResetWorkflowId(timeZone),
    buildQuotaResetStart({ ...turnTo(month), at: today }),
  );
  await stage.pass('2 hours');
  return handle;
}

/** Every run of the workflow, the first one first, as JSON texts. */
async function readRuns(stage: Stage, handle: WorkflowHandle): Promise<string[]> {
  const { workflowId } = handle;
  const latest = await handle.fetchHistory();
  const [started] = latest.events ?? [];
  const runs: string[] = [];
  let runId = started?.workflowExecutionStartedEventAttributes?.firstExecutionRunId;
  while (runId) {
    const history = await stage.client.workflow.getHandle(workflowId, runId).fetchHistory();
    runs.push(toLines(historyToJSON(history)));
    runId =
      history.events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId;
  }
  return runs;
}

/**
 * One event a line: half the size, and a changed event is one changed line. Stack traces name folders
 * of the machine that recorded them, and replay does not look at them.
 */
function toLines(history: string): string {
  const { events } = JSON.parse(history) as { readonly events: readonly unknown[] }; // As the SDK wrote it.
  const lines = events.map((event) =>
    JSON.stringify(event, (key, value: unknown) => (key === 'stackTrace' ? '' : value)),
  );
  return `{"events":[\n${lines.join(',\n')}\n]}\n`;
}

async function record(): Promise<void> {
  await prepareTestRun(['test-server', 'bundle']);
  const stage = await openStage();
  try {
    await mkdir(FOLDER, { recursive: true });
    for (const [name, live] of Object.entries(STORIES)) {
      if (!name.startsWith(BEGINNING)) continue;
      const handle = await live(stage);
      await stage.settle();
      const runs = await readRuns(stage, handle);
      for (const [index, text] of runs.entries()) {
        const suffix = runs.length > 1 ? `.run-${index + 1}` : '';
        await writeFile(path.join(FOLDER, `${name}${suffix}.json`), text);
      }
      process.stdout.write(`${name}: ${runs.length} run(s)\n`);
      await stage.clear();
    }
  } finally {
    await stage.close();
    await closeTestRun();
  }
}

record().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? '') : String(error)}\n`);
  process.exitCode = 1;
});
