import { noteAnswer, noteInbound, type Windows } from '../../../domain/rating/service-window';

const NONE: Windows = { service: null, entryPoint: null, freeEntry: null };
const HOUR = 3_600_000;

function write(windows: Windows, hours: number, isEntryPoint = false): Windows {
  return noteInbound(windows, { atMs: hours * HOUR, isEntryPoint });
}

function answer(windows: Windows, hours: number): Windows {
  return noteAnswer(windows, hours * HOUR);
}

/** In hours. */
function stretchOf(stretch: Windows['service']): readonly number[] | null {
  return stretch && [stretch.startsAtMs / HOUR, stretch.endsAtMs / HOUR];
}

describe('the service window', () => {
  test.each([
    ['once', [10], [10, 34]],
    ['again within it', [10, 20], [10, 44]],
    ['at its very end', [10, 34], [10, 58]],
    ['after its end', [10, 35], [35, 59]],
    ['told late, and earlier', [20, 10], [10, 44]],
    ['told late, from a window long over', [100, 10], [100, 124]],
    ['told late, within what is known', [10, 30, 20], [10, 54]],
  ])('written to %s', (_, instants, expected) => {
    const windows = instants.reduce((known, hours) => write(known, hours), NONE);
    expect(stretchOf(windows.service)).toEqual(expected);
  });

  test('stays the same object when nothing changes', () => {
    const windows = write(NONE, 10);
    expect(write(windows, 10)).toBe(windows);
    expect(answer(windows, 11)).toBe(windows);
  });
});

describe('the free entry point', () => {
  test.each([
    ['at once', [10], [10, 82]],
    ['a moment before a day is over', [33.9], [33.9, 105.9]],
    ['by its first answer only', [11, 20], [11, 83]],
    ['told late, with an earlier first answer', [20, 11], [11, 92]],
  ])('answered %s', (_, answers, expected) => {
    const windows = answers.reduce(answer, write(NONE, 10, true));
    expect(stretchOf(windows.freeEntry)).toEqual(expected);
  });

  test.each([
    ['a day later', 34],
    ['before the customer came', 9],
  ])('is not opened by an answer %s', (_, hours) => {
    expect(answer(write(NONE, 10, true), hours).freeEntry).toBeNull();
  });

  test('an arrival opens nothing for whom writes without one', () => {
    expect(answer(write(NONE, 10), 11).freeEntry).toBeNull();
  });

  test('a second arrival, answered, adds to the first', () => {
    const first = answer(write(NONE, 10, true), 11);
    const second = answer(write(first, 50, true), 60);
    expect(stretchOf(second.freeEntry)).toEqual([11, 132]);
  });

  test('an arrival told late takes nothing from a later one', () => {
    const windows = answer(write(NONE, 50, true), 51);
    expect(write(windows, 10, true).entryPoint).toBe(windows.entryPoint);
  });
});
