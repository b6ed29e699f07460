/** Webhooks through real processes: what a worker was sending when it died is sent by the next one. */
import { startReceiver, type StoryReceiver } from '../../scripts/story/webhook-receiver';
import { waitFor } from '../../scripts/story/wait-for';
import { startPlatform, type TestPlatform } from '../support/platform';
import { connectAsOwner } from './standstill';

jest.setTimeout(150_000);

let platform: TestPlatform;
let receiver: StoryReceiver;

beforeAll(async () => {
  platform = await startPlatform();
  receiver = await startReceiver();
});
afterAll(async () => {
  await platform?.stop();
  await receiver?.stop();
});

async function ask(method: string, path: string, body?: object): Promise<Record<string, unknown>> {
  const response = await fetch(platform.apiUrl + path, {
    method,
    headers: {
      authorization: `Bearer ${platform.operatorKey}`,
      'content-type': 'application/json',
    },
    ...(body && { body: JSON.stringify(body) }),
  });
  expect(response.ok).toBe(true);
  return (await response.json()) as Record<string, unknown>;
}

test('a webhook that a worker was sending when it was killed arrives, under the same id', async () => {
  const endpoint = await ask('POST', '/v1/webhook_endpoints', { url: receiver.url });
  receiver.trust(String(endpoint.secret));
  receiver.answerWith(null);
  const path = `/v1/webhook_endpoints/${String(endpoint.id)}`;
  const test_ = await ask('POST', `${path}/test`);
  const first = await receiver.waitFor('webhook.test');
  await platform.kill('worker');
  receiver.answerWith(204);

  // The minute of the dead worker's claim passes.
  const owner = await connectAsOwner(platform);
  await owner.query(
    `update webhook_deliveries set claimed_until = now() where claimed_until > now()`,
  );
  await owner.end();
  await platform.restart('worker');
  const { items } = await waitFor(() => ask('GET', `${path}/deliveries?status=delivered`), {
    waitingFor: 'delivery',
    isThere: (page) => Array.isArray(page.items) && page.items.length === 1,
    deadlineMs: 30_000,
  });
  expect(items).toMatchObject([{ id: test_.id, attempts: [{ status: 204 }] }]);
  const [, second] = receiver.received;
  expect(second?.webhookId).toBe(first.webhookId);
  expect(second?.body).toBe(first.body);
  expect(receiver.refused()).toBe(0);
});
