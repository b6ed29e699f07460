/**
 * The base: on its queue a transaction is never tried inside the workflow's task, so that it runs as the
 * ordinary activity it once was, with the same workflow code and the same events of history.
 */
import { ApplicationFailure, workflowInfo, type WorkflowInterceptors } from '@temporalio/workflow';
import { BASE_TASK_QUEUE } from './task-queues';

export const interceptors = (): WorkflowInterceptors => ({
  outbound: [
    {
      async scheduleLocalActivity(input, next) {
        const isBase = workflowInfo().taskQueue === BASE_TASK_QUEUE;
        if (isBase) throw ApplicationFailure.create({ message: 'not inside the task' });
        return next(input);
      },
    },
  ],
});
