import { isDueAction, type NextAction } from '../../domain/next-action';

/** The four columns in which every lifecycle row keeps what happens to it next. */
export interface NextActionColumns {
  readonly next_action_kind: string;
  readonly next_action_at: string | null;
  readonly next_action_reason: string;
  readonly next_action_outside: 'asked' | 'awaited' | null;
}

export function toRowNextAction(next: NextAction): NextActionColumns {
  return {
    next_action_kind: next.kind,
    next_action_at: isDueAction(next) ? next.at : null,
    next_action_reason: next.reason,
    next_action_outside: isDueAction(next) ? (next.outside ?? null) : null,
  };
}

/** What happens next, as the API shows it: null once nothing ever will. */
export function fromRowNextAction(row: NextActionColumns): NextAction | null {
  const { next_action_kind: kind, next_action_at: at, next_action_reason: reason } = row;
  const outside = row.next_action_outside;
  if (at !== null) return { kind, at, reason, ...(outside !== null && { outside }) };
  return kind === 'end' ? null : { kind: 'rest', reason };
}
