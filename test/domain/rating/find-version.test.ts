import fc from 'fast-check';
import { startOfDay } from '../../../domain/calendar';
import { toEpochMs } from '../../../domain/instant';
import { compareVersions, findVersion } from '../../../domain/rating/find-version';
import type { RateCardVersion } from '../../../domain/rating/rate-card';
import { draftOf } from '../../support/rate-cards';

function versionOf(version: number, startsAtMs: number): RateCardVersion {
  return { ...draftOf(), id: version, version, cardCode: 'card', startsAtMs };
}

/** The eras of Meta's prices in a zone, made in this order. */
function eras(timeZone: string): RateCardVersion[] {
  const days = ['2023-06-01', '2024-11-01', '2025-07-01', '2026-01-01', '2026-10-01'];
  return days.map((day, index) => versionOf(index + 1, toEpochMs(startOfDay(day, timeZone))));
}

describe('the version that counts', () => {
  it.each([
    ['Asia/Jakarta', '2025-06-30T16:59:59.999Z', 2],
    ['Asia/Jakarta', '2025-06-30T17:00:00.000Z', 3],
    ['Asia/Kolkata', '2025-12-31T18:29:59.999Z', 3],
    ['Asia/Kolkata', '2025-12-31T18:30:00.000Z', 4],
    ['Europe/Istanbul', '2025-06-30T20:59:59.999Z', 2],
    ['Europe/Istanbul', '2025-06-30T21:00:00.000Z', 3],
    ['America/New_York', '2026-10-01T03:59:59.999Z', 4],
    ['America/New_York', '2026-10-01T04:00:00.000Z', 5],
    ['UTC', '2026-11-22T10:00:00.000Z', 5],
  ])("R3.25 R3.29 begins at 00:00 in the card's zone: %s at %s", (zone, instant, version) => {
    expect(findVersion(eras(zone), toEpochMs(instant))?.version).toBe(version);
  });

  it('R3.25 is none before the first one begins', () => {
    expect(findVersion(eras('Asia/Jakarta'), toEpochMs('2023-05-31T16:59:59.999Z'))).toBeNull();
    expect(findVersion([], 0)).toBeNull();
  });

  it('R3.27 is the later made of two that begin together', () => {
    const versions = [versionOf(3, 20), versionOf(1, 20), versionOf(2, 10)].sort(compareVersions);
    expect(versions.map(({ version }) => version)).toEqual([2, 1, 3]);
    expect(findVersion(versions, 20)?.version).toBe(3);
  });

  it('R3.25 is always that of the last start at or before the instant', () => {
    const starts = fc.array(fc.integer({ min: 0, max: 30 }), { maxLength: 12 });
    fc.assert(
      fc.property(starts, fc.integer({ min: -1, max: 31 }), (all, at) => {
        const versions = all.map((start, index) => versionOf(index + 1, start));
        const found = findVersion(versions.toSorted(compareVersions), at);
        const begun = versions.filter(({ startsAtMs }) => startsAtMs <= at);
        const last = Math.max(...begun.map(({ startsAtMs }) => startsAtMs));
        const candidates = begun.filter(({ startsAtMs }) => startsAtMs === last);
        expect(found?.version ?? null).toBe(candidates.at(-1)?.version ?? null);
      }),
    );
  });
});
