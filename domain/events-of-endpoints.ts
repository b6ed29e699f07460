/**
 * Owns: the events about webhook endpoints.
 * Does not own: the other events, and what all of them have in common (event-catalogue.ts).
 * Example: `webhook_endpoint.disabled` reaches the other endpoints of its owner, never the one that is disabled.
 */
export const EVENTS_OF_ENDPOINTS = {
  about: 'the webhook endpoint, `whe_…`',
  facts: {
    status: 'Of the endpoint, after the event.',
    failing_since: 'The first try that failed after the last one that succeeded.',
    failures: 'How many tries have failed since.',
  },
  events: {
    'webhook_endpoint.disabled': {
      says: 'It failed for days, or answered 410 Gone: it is sent nothing until somebody enables it.',
    },
  },
} as const;
