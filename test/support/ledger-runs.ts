/**
 * How long the random tests of the ledger run, and from where. LEDGER_TEST_SEED repeats a run (the seed
 * stands in each test's name), LEDGER_TEST_SCALE multiplies the number of runs.
 */
const { LEDGER_TEST_SEED, LEDGER_TEST_SCALE } = process.env;

export const SEED = Number(LEDGER_TEST_SEED ?? Date.now() % 1_000_000_000);
export const RUNS_SCALE = Number(LEDGER_TEST_SCALE ?? 1);
