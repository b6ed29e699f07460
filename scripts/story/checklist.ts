import { isDeepStrictEqual } from 'node:util';

export interface FailedCheck {
  readonly claim: string;
  readonly expected: unknown;
  readonly actual: unknown;
}

export interface Checklist {
  /** Notes whether the two are equal, and goes on: a story that fails tells all that is wrong. */
  readonly equal: (claim: string, actual: unknown, expected: unknown) => void;
  readonly heldCount: () => number;
  readonly failed: () => readonly FailedCheck[];
}

/** The assertions of a story, counted. */
export function createChecklist(): Checklist {
  const failed: FailedCheck[] = [];
  let heldCount = 0;
  return {
    equal(claim, actual, expected) {
      if (isDeepStrictEqual(actual, expected)) heldCount += 1;
      else failed.push({ claim, expected, actual });
    },
    heldCount: () => heldCount,
    failed: () => failed,
  };
}
