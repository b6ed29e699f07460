import { listToTryMoney } from '../../db/repositories/lifecycle.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import { workflowIdOf, type LifecycleKind } from '../../domain/lifecycle';
import { moneyArrived } from '../../workflows/payment.messages';
import type { ActivityDependencies } from '../dependencies';
import { signalIfRunning } from '../../gateways/signal-if-running';

/** Whose workflow asked for an activity. */
interface Asker {
  readonly id: string;
  readonly accountId: string;
}

/**
 * Wraps each activity that may bring money into a wallet. Once it has committed, the account's lifecycles
 * whose rows say that there is money to be tried (`markWaiting`) are woken, also when it did nothing this
 * time: a worker may have died in between, and then only the repeat tells them. A hint, so nobody is waited
 * for; the workflow that asked for the activity is not told, it gets the answer.
 */
export function createWaking(
  { database, client }: Pick<ActivityDependencies, 'database' | 'client'>,
  kind: LifecycleKind,
) {
  return <Request extends Asker, Answer>(activity: (request: Request) => Promise<Answer>) =>
    async (request: Request): Promise<Answer> => {
      const answer = await activity(request);
      const { accountId, id } = request;
      const from = workflowIdOf(kind, id);
      const waiting = await withTransaction(database, SYSTEM, (trx) =>
        listToTryMoney(trx, accountId),
      );
      for (const workflowId of waiting) {
        if (workflowId !== from) await signalIfRunning(client, workflowId, moneyArrived, { from });
      }
      return answer;
    };
}
