import { isDueAction, type NextAction } from '../../domain/next-action';

/** What happens next, as JSON: null once nothing will ever happen again. */
export function toApiNextAction(next: NextAction) {
  if (next.kind === 'end') return null;
  return { kind: next.kind, at: isDueAction(next) ? next.at : null, reason: next.reason };
}
