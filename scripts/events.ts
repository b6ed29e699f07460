/**
 * `npm run events`: writes docs/events.md from the catalogue in domain/event-catalogue.ts. The house tests
 * compare the two, so that the document is never behind.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { EVENT_CATALOGUE } from '../domain/event-catalogue';
import type { Facts, SubjectOfEvents } from '../domain/events-of-use';

const INTRODUCTION = `# Events

What happened, newest first, is at \`GET /v1/events\`, one object per event:

- \`id\`: of the event. It counts once, however often it is read.
- \`account_id\`: whose it is.
- \`type\`: one of those below. The list is closed.
- \`subject_id\`: what it happened to; each section says what that is.
- \`reason\`: one sentence for people. Its words may change.
- \`data\`: the facts, for programs. An event always has all facts of its type, null where they do not apply.
  Amounts are decimal text, instants are in UTC, ids lead to the thing itself. The only personal data is a
  rented number.
- \`occurred_at\`: when it happened, in the account's time (its test clock's, if it has one).
- \`recorded_at\`: when it was written down.

This page is written by \`npm run events\`.
`;

/** The whole of docs/events.md. */
export function describeCatalogue(): string {
  const subjects: [string, SubjectOfEvents][] = Object.entries(EVENT_CATALOGUE);
  return [INTRODUCTION, ...subjects.map(([name, told]) => describeSubject(name, told))].join('\n');
}

function describeSubject(name: string, { about, facts, events }: SubjectOfEvents): string {
  const shared =
    Object.keys(facts).length === 0 ? [] : ['Each event has:', '', ...listFacts(facts), ''];
  const types = Object.entries(events).flatMap(([type, { says, facts: own = {} }]) => [
    `- **\`${type}\`** ${says}`,
    ...listFacts(own).map((line) => `  ${line}`),
  ]);
  const title = `## ${name.charAt(0).toUpperCase()}${name.slice(1).replace('_', ' ')}`;
  return [
    title,
    '',
    `\`subject_id\` is ${about}.`,
    '',
    ...shared,
    'Events:',
    '',
    ...types,
    '',
  ].join('\n');
}

function listFacts(facts: Facts): string[] {
  return Object.entries(facts).map(([name, meaning]) => `- \`${name}\`: ${meaning}`);
}

if (require.main === module) {
  writeFileSync(path.join(__dirname, '../docs/events.md'), describeCatalogue());
}
