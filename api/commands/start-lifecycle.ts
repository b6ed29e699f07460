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
}

/** The command that starts a lifecycle's workflow with its first update. */
export function startWith(
  { update, args }: Pick<WorkflowCommand, 'update' | 'args'>,
  { kind, id, owner, attributes }: Beginning,
): WorkflowCommand {
  const step = attributes === undefined ? NOT_STARTED : { ...NOT_STARTED, attributes };
  return {
    workflow: kind,
    workflowId: workflowIdOf(kind, id),
    update,
    args,
    start: buildLifecycleStart({ kind, id, owner, step }),
  };
}
