import type { DocumentReference } from '../../domain/document/document';
import { buildEvents, type NewEvent } from '../../domain/event';
import { formatAmount } from '../../domain/money';
import type { PhoneNumberDecision } from '../../domain/phone-number/decision';

/** Who asked for it, where that was an operator: the key's id and their own words, for the audit. */
export interface OperatorAudit {
  readonly keyId: string;
  readonly note: string;
}

/** A decision's events, with the facts a receiver needs. */
export function buildNumberEvents(
  {
    phoneNumber,
    at,
    events,
    sale,
  }: Pick<PhoneNumberDecision, 'phoneNumber' | 'at' | 'events'> &
    Partial<Pick<PhoneNumberDecision, 'sale'>>,
  {
    document,
    audit,
  }: {
    readonly document?: DocumentReference | null;
    readonly audit?: OperatorAudit | null;
  } = {},
): NewEvent[] {
  const { rent, hold, period } = phoneNumber;
  const facts = {
    status: phoneNumber.status,
    number: phoneNumber.number,
    order_id: phoneNumber.orderId,
    order_item_id: phoneNumber.orderItemId,
    rent: formatAmount(rent),
    currency: rent.currency,
    period_starts_at: period.startsAt,
    period_ends_at: period.endsAt,
    charged: sale ? formatAmount(sale.taxed.total) : null,
    document_id: document?.id ?? null,
    hold_reason: hold?.reason ?? null,
    releases_at: hold?.releasesAt ?? null,
    ...factsOfOperator(audit),
  };
  return buildEvents<'phone_number'>(phoneNumber, { events, facts, at });
}

function factsOfOperator(audit: OperatorAudit | null | undefined) {
  return { operator_key_id: audit?.keyId ?? null, operator_note: audit?.note ?? null };
}
