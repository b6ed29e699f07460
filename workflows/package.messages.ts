/** The contract of a bought package, of messages or of call minutes: its id. */

export const PACKAGE_WORKFLOW_TYPE = 'packageLifecycle';

export function packageWorkflowId(packageId: string): string {
  return `package/${packageId}`;
}
