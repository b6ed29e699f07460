import { BillingError } from '../domain/billing-error';
import type { CommandAnswer } from '../workflows/lifecycle.messages';

/** Passes when the workflow did what was asked. Throws its refusal, with the workflow's own words. */
export function assertDone(answer: CommandAnswer): void {
  if (answer.kind === 'refused') {
    throw new BillingError(answer.code, answer.message, answer.details);
  }
}
