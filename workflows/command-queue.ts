import { currentUpdateInfo, log } from '@temporalio/workflow';

/** Someone who waits: an update's caller for its answer, a test clock until nothing is due. */
export interface Settle<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

export interface PendingCommand<Command, Answer> extends Settle<Answer> {
  readonly command: Command;
  readonly id: string;
}

export type CommandQueue<Command, Answer> = ReturnType<typeof createCommandQueue<Command, Answer>>;

/**
 * Commands wait here in the order they came; the lifecycle's loop answers them one by one, so that
 * no handler ever runs an activity and no two commands interleave.
 */
export function createCommandQueue<Command, Answer>() {
  const pending: PendingCommand<Command, Answer>[] = [];
  return {
    pending,
    /** For an update: its caller waits for the answer. The update's id makes the command happen once. */
    submit(command: Command): Promise<Answer> {
      const id = currentUpdateInfo()?.id ?? '';
      return new Promise<Answer>((resolve, reject) => {
        pending.push({ command, id, resolve, reject });
      });
    },
    /** For a signal: a fact with an id of its own; nobody waits. */
    note(command: Command, id: string): void {
      pending.push({
        command,
        id,
        resolve: () => undefined,
        reject: (error) =>
          log.warn('a fact could not be recorded; it is asked for again', { error }),
      });
    },
  };
}
