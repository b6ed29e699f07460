/**
 * Owns: which search attributes the workflows need on a Temporal server, and putting them there.
 * Does not own: their values (workflows/ set them) and the filters over them (docs/operations.md).
 */
import type { Connection } from '@temporalio/client';
import { pollUntil } from './poll-until';
import { messageOf, SetupError } from './setup-error';

/** A workflow that sets an attribute the server does not know stands still until it does. */
export const SEARCH_ATTRIBUTES = {
  AccountId: 'Keyword',
  PartnerId: 'Keyword',
  LifecycleKind: 'Keyword',
  LifecycleState: 'Keyword',
  PlanCode: 'Keyword',
  NextActionAt: 'Datetime',
  ExpiresAt: 'Datetime',
  AutoPay: 'Bool',
} as const;

// The numbers of temporal.api.enums.v1.IndexedValueType, which never change.
const TYPES = { Keyword: 2, Bool: 5, Datetime: 6 } as const;
const VISIBLE_DEADLINE_MS = 30_000;

/**
 * Registers what is missing in the namespace and waits until the server knows it. Answers the names
 * it added. Throws a SetupError when the server refuses, or has one with another type.
 */
export async function registerSearchAttributes(
  connection: Connection,
  namespace: string,
): Promise<string[]> {
  const known = await listKnown(connection, namespace);
  assertTypes(known);
  const missing = Object.entries(SEARCH_ATTRIBUTES).filter(([name]) => known[name] === undefined);
  if (missing.length === 0) return [];
  const searchAttributes = Object.fromEntries(missing.map(([name, type]) => [name, TYPES[type]]));
  try {
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
  } catch (error) {
    throw new SetupError(
      `Temporal refused to register search attributes in namespace ${namespace}: ${messageOf(error)}`,
      `let an administrator add them: ${missing.map(([name, type]) => `${name} (${type})`).join(', ')}.`,
    );
  }
  await pollUntil(
    async () => {
      const now = await listKnown(connection, namespace);
      return missing.every(([name]) => now[name] !== undefined);
    },
    { deadlineMs: VISIBLE_DEADLINE_MS, waitingFor: 'search attributes on the server' },
  );
  return missing.map(([name]) => name);
}

async function listKnown(
  connection: Connection,
  namespace: string,
): Promise<Record<string, number>> {
  const answer = await connection.operatorService.listSearchAttributes({ namespace });
  return answer.customAttributes;
}

function assertTypes(known: Record<string, number>): void {
  for (const [name, type] of Object.entries(SEARCH_ATTRIBUTES)) {
    const found = known[name];
    if (found === undefined || found === TYPES[type]) continue;
    throw new SetupError(
      `The search attribute ${name} exists with another type than ${type}.`,
      `use another namespace (TEMPORAL_NAMESPACE), or remove it: \`temporal operator search-attribute remove --name ${name}\`.`,
    );
  }
}
