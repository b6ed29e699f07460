/** Something on this machine stands in the way. `fix` says what a person can do about it. */
export class SetupError extends Error {
  override readonly name = 'SetupError';
  constructor(
    readonly problem: string,
    readonly fix: string,
  ) {
    super(`${problem}\nFix: ${fix}`);
  }
}

/** A process did not get ready. That may pass: what it needs was slow, or away for a moment. */
export class StartFailure extends SetupError {}

/** The text of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
