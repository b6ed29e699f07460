/** Stops somebody at a point that a test names, until the test lets them go on. */
export interface Gate {
  /** For who is to be stopped: resolves once the gate is open. */
  pass(): Promise<void>;
  /** Resolves once somebody stands before the gate. */
  readonly reached: Promise<void>;
  open(): void;
}

export function createGate(): Gate {
  let reach: () => void = () => undefined;
  let open: () => void = () => undefined;
  const reached = new Promise<void>((resolve) => void (reach = resolve));
  const opened = new Promise<void>((resolve) => void (open = resolve));
  return {
    pass: () => {
      reach();
      return opened;
    },
    reached,
    open: () => open(),
  };
}
