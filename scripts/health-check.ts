/** Says with its exit status whether an address answers 200: `node dist/scripts/health-check.js URL`. */
const DEADLINE_MS = 3_000;

async function check(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(DEADLINE_MS) });
  return response.ok;
}

check(process.argv[2] ?? '').then(
  (isHealthy) => {
    process.exitCode = isHealthy ? 0 : 1;
  },
  (error: unknown) => {
    process.stderr.write(`${String(error)}\n`);
    process.exitCode = 1;
  },
);
