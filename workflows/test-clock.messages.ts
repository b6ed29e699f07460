/** The test clock's contract: one short run per advance, so a second advance meanwhile is refused. */
import type { Instant } from '../domain/instant';

export interface AdvanceTestClockInput {
  readonly clockId: string;
  readonly to: Instant;
}

export const TEST_CLOCK_WORKFLOW_TYPE = 'advanceTestClock';

export function testClockWorkflowId(clockId: string): string {
  return `test-clock/${clockId}`;
}
