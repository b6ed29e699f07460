import type { NewEvent } from '../../db/repositories/event.repository';
import type { DocumentReference } from '../../domain/document/document';
import { formatAmount } from '../../domain/money';
import type { PhoneNumberDecision } from '../../domain/phone-number/decision';
import { buildEvents } from '../lifecycle/build-events';

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
  const { rent, hold } = phoneNumber;
  const facts = {
    status: phoneNumber.status,
    number: phoneNumber.number,
    rent: formatAmount(rent),
    currency: rent.currency,
    charged: sale ? formatAmount(sale.taxed.total) : null,
    document_id: document?.id ?? null,
    hold_reason: hold?.reason ?? null,
    releases_at: hold?.releasesAt ?? null,
    ...(audit ? { operator_key_id: audit.keyId, operator_note: audit.note } : {}),
  };
  return buildEvents(phoneNumber, { events, facts, at });
}
