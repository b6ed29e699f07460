/**
 * The sandbox carrier as a process of its own: reads its environment, says one line when it is
 * ready, and stops cleanly on SIGTERM and SIGINT.
 */
import { pino } from 'pino';
import { parseCarrierEnvironment } from './server/carrier-config';
import { startCarrierServer } from './server/carrier-server';

/** Shorter than the eight seconds every process of ours gets to stop. */
const STOP_WITHIN_MS = 7_000;

async function main(): Promise<void> {
  const log = pino({ name: 'sandbox-carrier', level: process.env['BILLING_LOG_LEVEL'] ?? 'info' });
  const options = parseCarrierEnvironment(process.env);
  const carrier = await startCarrierServer({
    ...options,
    onError: (error) => log.error({ err: error }, 'a request failed'),
  });

  let isStopping = false;
  function stop(): void {
    if (isStopping) return;
    isStopping = true;
    setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref();
    carrier.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'the sandbox carrier did not stop cleanly');
        process.exit(1);
      },
    );
  }
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  process.stdout.write(`sandbox carrier ready on ${carrier.url}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
