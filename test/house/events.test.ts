import { describeCatalogue } from '../../scripts/events';
import { EVENT_CATALOGUE } from '../../domain/event-catalogue';
import { EVENT_TYPES } from '../../domain/event';
import { readProjectFile } from './project-files';

describe('the catalogue of events', () => {
  it('is what docs/events.md says: `npm run events` writes it', () => {
    expect(readProjectFile('docs/events.md').text).toBe(describeCatalogue());
  });

  it('names each type once, under what it is about', () => {
    expect(EVENT_TYPES).toEqual([...new Set(EVENT_TYPES)]);
    const told = Object.entries(EVENT_CATALOGUE).filter(([subject]) => subject !== 'account');
    const elsewhere = told.flatMap(([subject, { events }]) =>
      Object.keys(events).filter((type) => !type.startsWith(`${subject}.`)),
    );
    expect(elsewhere).toEqual([]);
  });
});
