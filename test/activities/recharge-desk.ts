/** An account with an auto-recharge over a real PostgreSQL and the sandbox: what its workflow does, done by hand. */
import { createAutoRechargeActivities } from '../../activities/auto-recharge/auto-recharge.activities';
import { createRechargeCollectionActivities } from '../../activities/auto-recharge/recharge-collection';
import type { ActivityDependencies } from '../../activities/dependencies';
import { listenToCrossings } from '../../db/after-commit';
import { autoRecharges } from '../../db/repositories/auto-recharge.repository';
import { listEvents } from '../../db/repositories/event.repository';
import { readLedger } from '../../db/repositories/ledger.repository';
import type { AutoRecharge } from '../../domain/auto-recharge/auto-recharge';
import { isAtOrBefore, type Instant } from '../../domain/instant';
import { chargeMoney, findBalance } from '../../domain/ledger/charge';
import { formatAmount, parseAmount } from '../../domain/money';
import { isDueAction } from '../../domain/next-action';
import type { PaymentGateway } from '../../gateways/payment-gateway';
import type { SetAutoRecharge } from '../../workflows/auto-recharge.messages';
import { cardForm, type RunningSandbox } from '../support/sandbox-gateway';
import { changeLedger } from '../support/ledger-accounts';
import type { BillingUnderTest } from './billing-under-test';
import { keepMethod } from './keep-method';
import { createSignalRecorder } from './signal-recorder';

export const AT = '2027-03-02T10:00:00.000Z';
export const LATER = '2027-03-03T10:00:00.000Z';

/** Threshold 500.00 INR, 1 000.00 at a time, at most 5 000.00 a month. */
export const LIMITS = {
  enabled: true,
  threshold: '500.00',
  amount: '1000.00',
  monthlyCap: '5000.00',
  paymentMethodId: null,
} satisfies SetAutoRecharge;

interface DeskOptions {
  readonly wallet?: string;
  /** What its owner pays with; null: nothing is kept. */
  readonly form?: Readonly<Record<string, string>> | null;
  readonly gateway?: PaymentGateway;
}

let asked = 0;

/** An account with 600.00 INR in its wallet and a card that pays, unless said otherwise. */
export async function openRechargeDesk(
  billing: BillingUnderTest,
  sandbox: RunningSandbox,
  options: DeskOptions = {},
) {
  const { wallet = '600.00', form = cardForm(), gateway = sandbox.gateway } = options;
  const id = await billing.makeAccount(wallet);
  const methodId =
    form === null ? null : await keepMethod(billing, sandbox, { accountId: id, form });
  const told: string[] = [];
  const heard: string[] = [];
  listenToCrossings(billing.database, (accountId) => void heard.push(accountId));
  const dependencies = {
    database: billing.database,
    gateways: new Map([[gateway.name, gateway]]),
    client: createSignalRecorder(told),
    now: () => AT,
  } as unknown as ActivityDependencies; // What these activities do not touch is not there.
  const commands = createAutoRechargeActivities(dependencies);
  const collection = createRechargeCollectionActivities(dependencies);
  const target = { id, accountId: id };

  async function row(): Promise<AutoRecharge> {
    const record = await billing.read((trx) => autoRecharges.find(trx, id));
    if (record === null) throw new Error(`${id} has no auto-recharge`);
    return record.state;
  }

  async function due() {
    const record = await billing.read((trx) => autoRecharges.find(trx, id));
    if (record === null) throw new Error(`${id} has no auto-recharge`);
    const action = autoRecharges.decideNextAction(record.state);
    if (!isDueAction(action)) throw new Error(`${id} rests`);
    const { workflowId, revision } = record;
    const operationKey = `${workflowId}/${action.kind}/${action.at}/${revision}`;
    return { ...target, action, now: action.at, operationKey };
  }

  const collect = async () => collection.collectRecharge(await due());

  return {
    id,
    methodId,
    heard,
    told,
    row,
    due,
    collect,
    repeat: (request: Awaited<ReturnType<typeof due>>) => collection.collectRecharge(request),
    noteUncollected: async () => collection.noteRechargeUncollected(await due()),
    /** Does everything due up to the instant, as the workflow does. */
    async advanceTo(at: Instant): Promise<void> {
      for (;;) {
        const next = autoRecharges.decideNextAction(await row());
        if (!isDueAction(next) || !isAtOrBefore(next.at, at)) return;
        await collect();
      }
    },
    async set(settings: Partial<SetAutoRecharge> = {}, now = AT): Promise<string> {
      asked += 1;
      const command = { kind: 'set', ...LIMITS, ...settings } as const;
      const operationKey = `auto-recharge/${id}/set/${asked}`;
      const { answer } = await commands.answerAutoRechargeCommand({
        ...target,
        command,
        now,
        operationKey,
      });
      return answer.kind === 'refused' ? `${answer.code} ${answer.details['field']}` : answer.kind;
    },
    async turnOff(now = AT): Promise<void> {
      asked += 1;
      const operationKey = `auto-recharge/${id}/turn_off/${asked}`;
      const command = { kind: 'turn_off' } as const;
      await commands.answerAutoRechargeCommand({ ...target, command, now, operationKey });
    },
    report: (gatewayPaymentId: string, now = LATER) =>
      collection.settleReportedRecharge({
        ...target,
        gateway: 'sandbox',
        gatewayPaymentId,
        now,
        operationKey: `auto-recharge/${id}/payment_reported/${gatewayPaymentId}/${now}`,
      }),
    /** Anything that is charged to the wallet, at an instant. */
    async spend(amount: string, at = AT): Promise<void> {
      asked += 1;
      const reference = `spent/${asked}`;
      await changeLedger(billing.database, { accountId: id, reference, at }, (plan, ledger) =>
        chargeMoney(plan, ledger, {
          amountMicros: parseAmount(amount),
          at,
          kind: 'charge',
          reference,
        }),
      );
    },
    async balance(): Promise<string> {
      const ledger = await billing.read((trx) => readLedger(trx, id));
      return formatAmount({ amountMicros: findBalance(ledger, LATER), currency: 'INR' });
    },
    async watched(): Promise<string | null> {
      const [found] = await billing
        .owner('ledgers')
        .where({ account_id: id })
        .pluck<bigint[]>('watched_micros');
      return found === null || found === undefined ? null : String(found);
    },
    /** What the gateway's books hold for it, with the number of the charge: "succeeded 1000.00 1". */
    async charges(): Promise<string[]> {
      const { payments } = await sandbox.readState();
      return payments
        .filter(({ reference }) => reference.startsWith(`auto-recharge/${id}/`))
        .map(
          ({ status, amount, reference }) => `${status} ${amount} ${reference.split('/').at(-1)}`,
        );
    },
    async story(): Promise<string[]> {
      const events = await billing.events(id);
      return events.map((type) => type.replace('auto_recharge.', ''));
    },
    async lastEvent(): Promise<{ readonly reason: string; readonly data: object }> {
      const query = { limit: 1, beforePosition: null, accountId: id };
      const [event] = await billing.read((trx) => listEvents(trx, query));
      if (event === undefined) throw new Error('nothing was told');
      return event;
    },
  };
}
