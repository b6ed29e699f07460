/**
 * Owns: finding the running platform: the file `npm start` writes, and whether its API still answers.
 * Does not own: starting it (scripts/start.ts).
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { dataDirectoryOf } from '../platform/data-directory';

/** The reader did something in the wrong order; the message says what to do. */
export class NotRunning extends Error {
  override readonly name = 'NotRunning';
}

const demoFileSchema = z.object({
  api_url: z.string(),
  docs_url: z.string(),
  temporal_ui_url: z.string().nullish(),
  sandbox_gateway_url: z.string(),
  sandbox_carrier_url: z.string().optional(),
  operator_key: z.string(),
});

export interface Platform {
  readonly apiUrl: string;
  readonly docsUrl: string;
  /** Null when Temporal runs elsewhere, without a UI we know of. */
  readonly temporalUiUrl: string | null;
  readonly sandboxGatewayUrl: string;
  /** Null when numbers come from a carrier of one's own. */
  readonly sandboxCarrierUrl: string | null;
  readonly operatorKey: string;
}

const ANSWER_WITHIN_MS = 3_000;

/** The platform that runs from this folder. Throws NotRunning with what to do when none does. */
export async function findPlatform(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Platform> {
  const directory = dataDirectoryOf(environment, path.join(__dirname, '../..'));
  const file = path.join(directory, 'demo.json');
  const platform = readDemoFile(file);
  if (await answers(platform.apiUrl)) return platform;
  throw new NotRunning(
    `Nothing answers at ${platform.apiUrl} (${file} names it). Run \`npm start\` first, in a terminal of its own.`,
  );
}

function readDemoFile(file: string): Platform {
  const read = demoFileSchema.parse(JSON.parse(readText(file)));
  return {
    apiUrl: read.api_url,
    docsUrl: read.docs_url,
    temporalUiUrl: read.temporal_ui_url ?? null,
    sandboxGatewayUrl: read.sandbox_gateway_url,
    sandboxCarrierUrl: read.sandbox_carrier_url ?? null,
    operatorKey: read.operator_key,
  };
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    const advice = 'Run `npm start` first, in a terminal of its own.';
    throw new NotRunning(`The platform is not running: there is no ${file}. ${advice}`);
  }
}

async function answers(apiUrl: string): Promise<boolean> {
  try {
    const response = await fetch(`${apiUrl}/healthz`, {
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false; // Refused or silent: either way it does not serve us.
  }
}

/** Where a workflow is looked at in the Temporal UI; its id where there is no UI we know of. */
export function linkToWorkflow(workflowId: string, { temporalUiUrl }: Platform): string {
  if (temporalUiUrl === null) return workflowId;
  return `${temporalUiUrl}/namespaces/default/workflows/${encodeURIComponent(workflowId)}`;
}
