/** Bundles the workflows once, at build time: `build-bundle.ts FILE`. Workers then start faster and alike. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { bundleWorkflowCode } from '@temporalio/worker';

/**
 * The SDK takes a stack of every promise, each frame through the source map, for a query about open calls: a
 * tenth of the worker's CPU. One frame still says where a task failed. Workflows themselves find Error frozen.
 */
const ONE_FRAME = 'Error.stackTraceLimit = 1;';

/** The code of the bundle of the workflows that a module exports. */
export async function bundleWorkflows(workflowsPath: string): Promise<string> {
  const { code } = await bundleWorkflowCode({ workflowsPath });
  return ONE_FRAME + code;
}

/** Writes the bundle of every workflow to `file`. */
async function buildBundle(file: string): Promise<void> {
  const code = await bundleWorkflows(require.resolve('../workflows'));
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, code);
}

const [, script, target] = process.argv;
if (script !== undefined && path.resolve(script) === __filename && target !== undefined) {
  buildBundle(target).then(
    () => process.stdout.write(`bundle written to ${target}\n`),
    (error: unknown) => {
      process.stderr.write(`${String(error)}\n`);
      process.exitCode = 1;
    },
  );
}
