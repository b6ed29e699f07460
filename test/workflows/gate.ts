/** Stops somebody at a point that a test names, until the test lets them go on. */
export interface Gate {
  /** For who is to be stopped: resolves once the gate is open. */
  pass(): Promise<void>;
  /** Resolves once somebody stands before the gate. */
  readonly reached: Promise<void>;
  open(): void;
}

const closed = new Set<Gate>();

/**
 * Whether a gate is closed. A transaction's first try, inside the workflow's task, then fails, so that its
 * ordinary activity stands before the gate: for as long as a task runs, no message and no query gets through.
 */
export function isAnyGateClosed(): boolean {
  return closed.size > 0;
}

/** `inTask`: the first try inside the workflow's task is what stands before it, for a second at most. */
export function createGate({ inTask = false }: { readonly inTask?: boolean } = {}): Gate {
  let reach: () => void = () => undefined;
  let release: () => void = () => undefined;
  const reached = new Promise<void>((resolve) => void (reach = resolve));
  const opened = new Promise<void>((resolve) => void (release = resolve));
  const gate: Gate = {
    pass: () => {
      reach();
      return opened;
    },
    reached,
    open: () => {
      closed.delete(gate);
      release();
    },
  };
  if (!inTask) closed.add(gate);
  return gate;
}
