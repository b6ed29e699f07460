/** Parts of a platform that are killed and started again, and who asks on until they are back. */
import { Client as TemporalClient, Connection } from '@temporalio/client';
import { NoAnswer, type ApiAnswer } from '../../scripts/story/api-client';
import { waitFor } from '../../scripts/story/wait-for';
import type { PlatformPart, TestPlatform } from '../support/platform';

export interface Deaths {
  /** Ends a part without warning. */
  readonly kill: (part: PlatformPart) => Promise<void>;
  readonly restart: (part: PlatformPart) => Promise<void>;
  /** For `afterEach`: whatever a test has killed and not started again. */
  readonly restartAll: () => Promise<void>;
}

export function createDeaths(platformOf: () => TestPlatform): Deaths {
  const killed = new Set<PlatformPart>();
  const restart = async (part: PlatformPart): Promise<void> => {
    await platformOf().restart(part);
    killed.delete(part);
  };
  return {
    async kill(part) {
      killed.add(part);
      await platformOf().kill(part);
    },
    restart,
    async restartAll() {
      for (const part of killed) await restart(part);
    },
  };
}

/** Sends until somebody answers anything but "ask again". Give every sending the same key. */
export async function sendUntilAnswered(send: () => Promise<ApiAnswer>): Promise<ApiAnswer> {
  const silence = { status: 0, headers: new Headers(), body: undefined };
  return waitFor(
    () =>
      send().catch((error: unknown) => {
        if (error instanceof NoAnswer) return silence;
        throw error;
      }),
    {
      waitingFor: 'an answer',
      isThere: ({ status }) => status !== 0 && status !== 503,
      deadlineMs: 60_000,
    },
  );
}

/** Does something with a client of the platform's Temporal. */
export async function withTemporal<T>(
  { temporalAddress: address, temporalNamespace: namespace }: TestPlatform,
  work: (client: TemporalClient) => Promise<T>,
): Promise<T> {
  const connection = await Connection.connect({ address });
  try {
    return await work(new TemporalClient({ connection, namespace }));
  } finally {
    await connection.close();
  }
}

/** Lets the reconciliation run now instead of at the next minute. */
export async function reconcile(platform: TestPlatform): Promise<void> {
  await withTemporal(platform, (client) =>
    client.schedule.getHandle('reconciliation/billing').trigger(),
  );
}
