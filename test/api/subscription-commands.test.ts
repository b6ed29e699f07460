import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import { startApi, type ApiUnderTest } from './api-under-test';
import { createWorld, type World } from './world';

let api: ApiUnderTest;
let world: World;

beforeAll(async () => {
  api = await startApi();
  world = await createWorld(api);
  api.sender.answerWith(() => ({ kind: 'not_running' }));
});
afterAll(async () => {
  await api?.close();
});

function cancel(idempotencyKey: string) {
  return api.call('POST', `/v1/subscriptions/${world.ours.subscriptionId}/cancel`, {
    key: api.operatorKey,
    body: { at: 'now' },
    headers: { 'idempotency-key': idempotencyKey },
  });
}

async function endSubscription(): Promise<void> {
  await withTransaction(api.database, SYSTEM, (trx) =>
    trx('subscriptions')
      .where({ id: world.ours.subscriptionId })
      .update({ status: 'ended', next_action_kind: 'end', next_action_at: null }),
  );
}

describe('a command to a subscription whose workflow does not run', () => {
  it('is 503 while the row is open: it will be started again, the customer must get through', async () => {
    const first = await cancel('to a workflow that is gone');
    const again = await cancel('to a workflow that is gone');
    expect([first.status, first.body.code]).toEqual([503, 'unavailable']);
    expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([503, null]);
  });

  it('is 409 once the row has ended, and stays it', async () => {
    await endSubscription();
    const first = await cancel('to a subscription that ended');
    const again = await cancel('to a subscription that ended');
    expect([first.status, first.body.code]).toEqual([409, 'invalid_state']);
    expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([409, 'true']);
  });
});
