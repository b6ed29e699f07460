/**
 * A merchant's webhook endpoint for tests: keeps every message as it came, answers what it is told to.
 * Example: `const receiver = await startWebhookReceiver(); receiver.answerWith(503); …`
 */
import { createServer, type IncomingHttpHeaders } from 'node:http';

export interface ReceivedMessage {
  readonly rawBody: Buffer;
  readonly headers: IncomingHttpHeaders;
  readonly receivedAt: string;
}

export interface WebhookReceiver {
  readonly url: string;
  readonly messages: readonly ReceivedMessage[];
  /** The status of every answer from now on; 200 at first. */
  readonly answerWith: (httpStatus: number) => void;
  /** Forgets what came so far. */
  readonly clear: () => void;
  /** Resolves when `fits` holds for what came; rejects when it does not within the deadline. */
  readonly waitUntil: (fits: (messages: readonly ReceivedMessage[]) => boolean) => Promise<void>;
  readonly stop: () => Promise<void>;
}

const DEADLINE_MS = 5_000;

export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  let messages: ReceivedMessage[] = [];
  let httpStatus = 200;
  const watchers = new Set<() => void>();

  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const receivedAt = new Date().toISOString();
      messages.push({ rawBody: Buffer.concat(chunks), headers: request.headers, receivedAt });
      response.writeHead(httpStatus).end();
      for (const watcher of watchers) watcher();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;

  function waitUntil(fits: (messages: readonly ReceivedMessage[]) => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const deadline = setTimeout(() => {
        watchers.delete(look);
        reject(new Error(`only ${messages.length} webhooks came within ${DEADLINE_MS} ms`));
      }, DEADLINE_MS);
      function look(): void {
        if (!fits(messages)) return;
        clearTimeout(deadline);
        watchers.delete(look);
        resolve();
      }
      watchers.add(look);
      look();
    });
  }

  return {
    url: `http://127.0.0.1:${port}/webhooks/sandbox`,
    get messages() {
      return messages;
    },
    answerWith: (status) => {
      httpStatus = status;
    },
    clear: () => {
      messages = [];
    },
    waitUntil,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
