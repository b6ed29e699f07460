/**
 * For the base: a transaction is never tried inside the workflow's task, so that it runs as the ordinary
 * activity it once was, with the same workflow code and the same events of history.
 */
import { ApplicationFailure, type WorkflowInterceptors } from '@temporalio/workflow';

export const interceptors = (): WorkflowInterceptors => ({
  outbound: [
    {
      scheduleLocalActivity: () =>
        Promise.reject(ApplicationFailure.create({ message: 'not inside the task' })),
    },
  ],
});
