/** Bundles the workflows once, at build time: `build-bundle.ts FILE`. Workers then start faster and alike. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { bundleWorkflowCode } from '@temporalio/worker';

/** Writes the bundle of every workflow to `file`. */
export async function buildBundle(file: string): Promise<void> {
  const { code } = await bundleWorkflowCode({ workflowsPath: require.resolve('../workflows') });
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
