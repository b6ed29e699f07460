/** The test clock's contract: one workflow per clock; advances are done one after the other. */
import { defineUpdate } from '@temporalio/workflow';
import type { CommandStart } from '../domain/command';
import type { Instant } from '../domain/instant';
import type { CommandAnswer } from './lifecycle.messages';

export interface TestClockInput {
  readonly version: 1;
  readonly clockId: string;
}

export interface AdvanceRequest {
  readonly to: Instant;
}

/** Answers once every account on the clock has lived up to the instant, or could not. */
export const advanceTo = defineUpdate<CommandAnswer, [AdvanceRequest]>('advanceTo');

export function testClockWorkflowId(clockId: string): string {
  return `test-clock/${clockId}`;
}

/** How the clock's workflow is started, with its first advance. */
export function buildTestClockStart(clockId: string): CommandStart {
  const input: TestClockInput = { version: 1, clockId };
  return {
    workflowType: 'testClock',
    args: [input],
    summary: `test clock ${clockId}`,
    searchAttributes: [{ name: 'LifecycleKind', type: 'KEYWORD', value: 'test_clock' }],
  };
}
