export const TASK_QUEUE = 'bench';
/** Here workflows run as they did before transactions were tried inside their tasks. */
export const BASE_TASK_QUEUE = 'bench-base';
