/** The phone number's contract: its id, its commands and one line per message. */

export const PHONE_NUMBER_WORKFLOW_TYPE = 'phoneNumberLifecycle';

export function phoneNumberWorkflowId(phoneNumberId: string): string {
  return `phone-number/${phoneNumberId}`;
}
