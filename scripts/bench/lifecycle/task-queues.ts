export const TASK_QUEUE = 'bench';
/** Here renewals run as they did before transactions were tried inside the workflow's task. */
export const BASE_TASK_QUEUE = 'bench-base';
