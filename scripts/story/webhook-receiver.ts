/**
 * Owns: a customer's receiver of our webhooks: it verifies each with the public library and keeps what is genuine.
 * Does not own: making the endpoint; `trust` takes the secret that its creation answered.
 * Example: `const receiver = await startReceiver(); … receiver.trust(secret); await receiver.waitFor('order.paid');`
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { z } from 'zod';
import { waitFor } from './wait-for';

const messageSchema = z.looseObject({
  type: z.string(),
  timestamp: z.string(),
  data: z.looseObject({
    id: z.string(),
    subject_id: z.string(),
    reason: z.string(),
    data: z.record(z.string(), z.unknown()),
  }),
});

/** A webhook whose signature is right. */
export type GenuineWebhook = z.output<typeof messageSchema> & {
  readonly webhookId: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
};

export interface StoryReceiver {
  readonly url: string;
  /** What came and is genuine, oldest first; a repeated one stands there again. */
  readonly received: readonly GenuineWebhook[];
  /** How many came that no trusted secret has signed. They were answered 401. */
  readonly refused: () => number;
  readonly trust: (secret: string) => void;
  /** The status of every answer to what is genuine, from now on; 204 at first; null: it never answers. */
  readonly answerWith: (status: number | null) => void;
  /** The first of a type that came; rejects when none comes in time. */
  readonly waitFor: (type: string) => Promise<GenuineWebhook>;
  readonly stop: () => Promise<void>;
}

export async function startReceiver(): Promise<StoryReceiver> {
  const received: GenuineWebhook[] = [];
  const secrets: string[] = [];
  let refused = 0;
  let status: number | null = 204;

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      const headers = z.record(z.string(), z.string()).parse(request.headers);
      if (!secrets.some((secret) => isGenuine(secret, body, headers))) {
        refused += 1;
        response.writeHead(401).end();
        return;
      }
      const message = messageSchema.parse(JSON.parse(body));
      received.push({ ...message, body, headers, webhookId: headers['webhook-id'] ?? '' });
      if (status !== null) response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // A server on a port has one.

  return {
    url: `http://127.0.0.1:${port}/webhooks`,
    received,
    refused: () => refused,
    trust: (secret) => void secrets.push(secret),
    answerWith: (next) => {
      status = next;
    },
    async waitFor(type) {
      const find = async () => received.find((message) => message.type === type);
      const isThere = (found: GenuineWebhook | undefined) => found !== undefined;
      const found = await waitFor(find, { waitingFor: `webhook ${type}`, isThere });
      if (found === undefined) throw new Error(`no webhook ${type}`);
      return found;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function isGenuine(
  secret: string,
  body: string,
  headers: Readonly<Record<string, string>>,
): boolean {
  try {
    new Webhook(secret).verify(body, headers);
    return true;
  } catch {
    return false; // The library says no by throwing.
  }
}
