/**
 * `npm test`: every test, one after the other. On two cores a second jest worker gains little, because
 * scenarios start processes of their own; and Temporal's servers answer late when they share a core.
 * Arguments go to jest: `npm test -- --selectProjects domain`, `npm test -- test/db`.
 */
import { spawn } from 'node:child_process';

const jest = spawn(
  process.execPath,
  [require.resolve('jest/bin/jest'), '--runInBand', ...process.argv.slice(2)],
  { stdio: 'inherit' },
);
// Ctrl-C reaches jest by itself; a signal sent to us alone has to be handed on.
process.on('SIGINT', () => undefined);
for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => jest.kill(signal));
jest.once('exit', (code) => {
  process.exitCode = code ?? 1;
});
