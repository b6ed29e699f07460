import type { Client } from 'pg';
import { listFacts } from '../../domain/event-catalogue';

/**
 * Throws when a written event has other facts than the catalogue promises, or when nobody could tell two
 * events apart: same subject, type, instants and facts.
 */
export async function assertEventsKeepPromises(client: Client): Promise<void> {
  const { rows: kinds } = await client.query<{ type: string; facts: string[] }>(
    `select distinct type, array(select jsonb_object_keys(data)) as facts from events`,
  );
  const odd = kinds
    .filter(({ type, facts }) => facts.toSorted().join() !== listFacts(type).toSorted().join())
    .map(({ type, facts }) => `${type} has ${facts.join(', ')}`);
  const { rows: twins } = await client.query<{ type: string; data: unknown }>(
    `select type, data from events
      group by account_id, subject_id, type, data, occurred_at, recorded_at having count(*) > 1`,
  );
  const equal = twins.map(({ type, data }) => `${type} twice with ${JSON.stringify(data)}`);
  if (odd.length + equal.length === 0) return;
  throw new Error(`events that docs/events.md does not promise:\n${[...odd, ...equal].join('\n')}`);
}
