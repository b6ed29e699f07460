import { isDueAction, type NextAction } from '../../domain/next-action';

/** The three columns in which every lifecycle row keeps what happens to it next. */
export interface NextActionColumns {
  readonly next_action_kind: string;
  readonly next_action_at: string | null;
  readonly next_action_reason: string;
}

export function toRowNextAction(next: NextAction): NextActionColumns {
  return {
    next_action_kind: next.kind,
    next_action_at: isDueAction(next) ? next.at : null,
    next_action_reason: next.reason,
  };
}

/** What happens next, as the API shows it: null once nothing ever will. */
export function fromRowNextAction(row: NextActionColumns): NextAction | null {
  const { next_action_kind: kind, next_action_at: at, next_action_reason: reason } = row;
  if (at !== null) return { kind, at, reason };
  return kind === 'end' ? null : { kind: 'rest', reason };
}
