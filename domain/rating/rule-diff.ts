/**
 * Owns: in which fields two rules differ.
 * Does not own: prices and markets (card-diff.ts), what a rule means (rate-card.ts).
 * Example: `{ field: 'service_window.utility', before: 'free', after: 'charge' }`.
 */
import { type RatingRule, WHATSAPP_CATEGORIES } from './rate-card';

export interface RuleChange {
  /** As on the wire. */
  readonly field: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** What differs, in the order of the fields; all of it when there was no rule before. */
export function findRuleChanges(before: RatingRule | null, after: RatingRule): RuleChange[] {
  const earlier = before === null ? new Map<string, string | null>() : fieldsOf(before);
  return [...fieldsOf(after)]
    .map(([field, value]) => ({ field, before: earlier.get(field) ?? null, after: value }))
    .filter((change) => change.before !== change.after);
}

/** A rule as texts: an allowance is "1000 service per number", a rounding "60/60". */
function fieldsOf(rule: RatingRule): ReadonlyMap<string, string | null> {
  const { freeAllowance, rounding, group } = rule;
  return new Map<string, string | null>([
    ['unit', rule.unit],
    ['charge_on', rule.chargeOn],
    ['conversation_hours', String(rule.conversationHours)],
    ...WHATSAPP_CATEGORIES.map(
      (category) => [`service_window.${category}`, rule.serviceWindow[category]] as const,
    ),
    ['free_entry_point', rule.freeEntryPoint],
    ['group.members_max', String(group.membersMax)],
    ['group.priced_as', group.pricedAs],
    ['group.in_window', group.inWindow],
    [
      'free_allowance',
      freeAllowance &&
        `${freeAllowance.quantity} ${freeAllowance.category} per ${freeAllowance.per}`,
    ],
    ['covered_by_quota', rule.coveredByQuota.join(', ') || null],
    ['tier_mode', rule.tierMode],
    ['rounding', rounding && `${rounding.initialSeconds}/${rounding.incrementSeconds}`],
  ]);
}
