import type { WorkflowCommand } from '../../domain/command';
import { workflowIdOf, type LifecycleKind } from '../../domain/lifecycle';
import {
  buildLifecycleStart,
  NOT_STARTED,
  type LifecycleOwner,
} from '../../workflows/lifecycle.messages';

interface Beginning {
  readonly kind: LifecycleKind;
  readonly id: string;
  readonly owner: LifecycleOwner;
  /** What operators can filter by before the first command is answered. */
  readonly attributes?: Parameters<typeof buildLifecycleStart>[0]['step']['attributes'];
  /** Its id is not new with each request: what was refused and ended may be asked for again. */
  readonly startsAgain?: true;
}

/** The command that starts a lifecycle's workflow with its first update. */
export function startWith(
  { update, args }: Pick<WorkflowCommand, 'update' | 'args'>,
  { kind, id, owner, attributes, startsAgain }: Beginning,
): WorkflowCommand {
  const step = attributes === undefined ? NOT_STARTED : { ...NOT_STARTED, attributes };
  return {
    workflow: kind,
    workflowId: workflowIdOf(kind, id),
    update,
    args,
    start: {
      ...buildLifecycleStart({ kind, id, owner, step }),
      ...(startsAgain && { startsAgain }),
    },
  };
}
