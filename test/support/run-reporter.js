// Tells the end of a platform's logs when a scenario fails, and ends every run with one plain line,
// "N passed, N failed", which continuous integration reads. Plain JavaScript: jest loads reporters as they are.
const { existsSync, readdirSync, readFileSync, writeFileSync } = require('node:fs');
const path = require('node:path');

const LOG_LINES = 25;

class RunReporter {
  onTestFileResult(test, result) {
    if (result.numFailingTests === 0 && !result.testExecError) return;
    const state = process.env.TOLLGATE_TEST_RUN;
    if (state === undefined) return;
    // The folder test-run-state.ts names after the test file.
    const platform = path.basename(test.path, '.test.ts');
    const logs = path.join(path.dirname(state), 'platforms', platform, 'logs');
    if (!existsSync(logs)) return;
    for (const name of readdirSync(logs)) {
      const lines = readFileSync(path.join(logs, name), 'utf8').trimEnd().split('\n');
      const shown = lines.slice(-LOG_LINES).join('\n');
      process.stderr.write(`\n--- the end of ${name} of ${platform} ---\n${shown}\n`);
    }
  }

  onRunComplete(_contexts, results) {
    const passed = results.numPassedTests;
    // A file that could not be run has no tests to count, but it did fail.
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const summary = `${passed} passed, ${failed} failed`;
    const file = process.env.TOLLGATE_TEST_SUMMARY;
    if (file !== undefined) writeFileSync(file, summary);
    // Jest adds its own summary after all reporters; ours is the last word.
    process.once('exit', () => process.stdout.write(`${summary}\n`));
  }
}

module.exports = RunReporter;
