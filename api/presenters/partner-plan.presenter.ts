import type { z } from 'zod';
import type { CatalogueChangeRecord } from '../../db/repositories/catalogue-change.repository';
import type { PartnerPlanRecord } from '../../db/repositories/partner-plan.repository';
import type { Fields } from '../../domain/catalogue-change';
import { formatAmount } from '../../domain/money';
import { listPrices, type PartnerPlanTerms } from '../../domain/partner-plan/partner-plan';
import type { offeredPartnerPlanSchema, partnerPlanSchema } from '../schemas/partner-plan.schema';

type ApiPartnerPlan = z.input<typeof partnerPlanSchema>;

/** A partner plan as its owner sees it. */
export function toApiPartnerPlan(record: PartnerPlanRecord): ApiPartnerPlan {
  return {
    id: record.id,
    version: record.version,
    type: record.terms.type,
    plan_name: record.terms.planName,
    ...toApiTerms(record.terms),
    status: statusOf(record),
    visibility: record.isVisible ? 'visible' : 'hidden',
    archived_at: record.archivedAt,
    assignments: record.assignments,
    created_at: record.createdAt,
    updated_at: record.updatedAt,
  };
}

/** A partner plan as a reseller sees it: by its display name (R4.12). */
export function toApiOfferedPartnerPlan(
  record: PartnerPlanRecord,
): z.input<typeof offeredPartnerPlanSchema> {
  return {
    id: record.id,
    version: record.version,
    type: record.terms.type,
    ...toApiTerms(record.terms),
    status: statusOf(record),
    archived_at: record.archivedAt,
  };
}

/** What of a partner plan somebody states: all but what follows from it. */
export function toAuditedFields(record: PartnerPlanRecord): Fields {
  const {
    id: _id,
    assignments: _assignments,
    created_at: _createdAt,
    updated_at: _updatedAt,
    ...fields
  } = toApiPartnerPlan(record);
  return fields;
}

/** A change as it was kept. */
export function toApiHistoryEntry(change: CatalogueChangeRecord) {
  const { action, changedAt, role, apiKeyId, before, after } = change;
  return {
    action,
    changed_at: changedAt,
    changed_by: { role, api_key_id: apiKeyId },
    before,
    after,
  };
}

function toApiTerms(terms: PartnerPlanTerms) {
  const { currency } = terms;
  return {
    display_name: terms.displayName,
    currency,
    prices: Object.fromEntries(
      listPrices(terms).map(([cycle, amountMicros]) => [
        cycle,
        formatAmount({ amountMicros, currency }),
      ]),
    ),
    gst: terms.hasGst,
    benefits: terms.benefits,
    revenue_share_bps: terms.revenueShareBps,
    on_exhausted: terms.onExhausted,
    unit_prices: terms.unitPrices,
  };
}

function statusOf({ isEnabled }: PartnerPlanRecord): ApiPartnerPlan['status'] {
  return isEnabled ? 'enabled' : 'disabled';
}
