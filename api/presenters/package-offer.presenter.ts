import type { z } from 'zod';
import type { PackageOfferRecord } from '../../db/repositories/package-offer.repository';
import { toWireMoney } from '../../domain/money';
import {
  computeSaving,
  computeUnitPrice,
  type PlanUnitPrice,
} from '../../domain/package/package-offer';
import type { messagePackageSchema, minuteBundleSchema } from '../schemas/package-offer.schema';

/** What an offer is compared with. */
export interface OfferComparison {
  /** The account's plan; null: nobody's view, no plan, or a plan without a price for the unit. */
  readonly plan: PlanUnitPrice | null;
  /** Plans whose unit costs no more than the offer's. */
  readonly notCheaperThan: readonly string[];
}

export function toApiMessagePackage(
  record: PackageOfferRecord,
  comparison: OfferComparison,
): z.output<typeof messagePackageSchema> {
  const { offer } = record;
  const { channels } = offer;
  return {
    ...toApiOffer(record, comparison),
    messages: offer.units,
    // Of messages it is never null: the catalogue's table asks for it.
    validity_days: offer.validityDays ?? 0,
    channels: channels === null ? null : [...channels],
  };
}

export function toApiMinuteBundle(
  record: PackageOfferRecord,
  comparison: OfferComparison,
): z.output<typeof minuteBundleSchema> {
  const { units, upFrontFee, validityDays } = record.offer;
  return {
    ...toApiOffer(record, comparison),
    minutes: units,
    up_front_fee: toWireMoney(upFrontFee),
    validity_days: validityDays,
  };
}

function toApiOffer(
  { offer, createdAt, archivedAt }: PackageOfferRecord,
  { plan, notCheaperThan }: OfferComparison,
) {
  const saving = plan === null ? null : computeSaving(offer, plan);
  return {
    code: offer.code,
    name: offer.name,
    price: toWireMoney(offer.price),
    effective_unit_price: computeUnitPrice(offer),
    saving_vs_plan: saving && {
      plan_code: saving.planCode,
      plan_unit_price: saving.planUnitPrice,
      per_unit: saving.perUnit,
      percent: saving.percent,
    },
    warning: toApiWarning(notCheaperThan),
    created_at: createdAt,
    archived_at: archivedAt,
  };
}

function toApiWarning(planCodes: readonly string[]) {
  if (planCodes.length === 0) return null;
  const message = `A unit of it costs no less than with the plan ${planCodes.join(', ')}.`;
  return { code: 'not_cheaper_than_plan' as const, message, plan_codes: [...planCodes] };
}
