import type { z } from 'zod';
import type { PhoneNumberRecord } from '../../db/repositories/phone-number.repository';
import { toWireMoney } from '../../domain/money';
import type { NumberOutlook, Outlook } from '../../domain/outlook/outlook';
import type { UpcomingCharge } from '../../domain/outlook/upcoming-charge';
import type { Warning } from '../../domain/outlook/warning';
import { decideNextAction } from '../../domain/phone-number/decide-next';
import type { phoneNumberSchema } from '../schemas/phone-number.schema';
import { toApiNextAction } from './next-action.presenter';

type ApiPhoneNumber = z.input<typeof phoneNumberSchema>;

/** A phone number as JSON. One that has ended has no outlook. Months are numbered from 1 for people. */
export function toApiPhoneNumber(
  { state: phoneNumber, workflowId }: PhoneNumberRecord,
  { numbers }: Outlook,
): ApiPhoneNumber {
  const outlook = numbers.get(phoneNumber.id) ?? null;
  const { period } = phoneNumber;
  return {
    id: phoneNumber.id,
    account_id: phoneNumber.accountId,
    order_id: phoneNumber.orderId,
    number: phoneNumber.number,
    country: phoneNumber.country,
    capabilities: [...phoneNumber.capabilities],
    status: phoneNumber.status,
    auto_pay: phoneNumber.autoPay,
    rent: toWireMoney(phoneNumber.rent),
    anchor_at: phoneNumber.anchorAt,
    current_period: {
      number: period.number + 1,
      starts_at: period.startsAt,
      ends_at: period.endsAt,
    },
    hold: toApiHold(phoneNumber, outlook),
    next_charge: toApiNextCharge(outlook?.nextCharge ?? null),
    warnings: (outlook?.warnings ?? []).map(toApiWarning),
    priority: phoneNumber.priority,
    ordered_at: phoneNumber.orderedAt,
    activated_at: phoneNumber.activatedAt,
    release_cause: phoneNumber.releaseCause,
    released_at: phoneNumber.releasedAt,
    failure_reason: phoneNumber.failureReason,
    operator_note: phoneNumber.operatorNote,
    next_action: toApiNextAction(decideNextAction(phoneNumber)),
    workflow_id: workflowId,
  };
}

function toApiHold(
  { hold }: PhoneNumberRecord['state'],
  outlook: NumberOutlook | null,
): ApiPhoneNumber['hold'] {
  if (hold === null) return null;
  const payToKeep = outlook?.payToKeep ?? null;
  return {
    reason: hold.reason,
    since: hold.since,
    releases_at: hold.releasesAt,
    pay_to_keep: payToKeep && toWireMoney(payToKeep),
  };
}

function toApiNextCharge(charge: UpcomingCharge | null): ApiPhoneNumber['next_charge'] {
  return charge && { amount: toWireMoney(charge.total), at: charge.at, owed: charge.isOwed };
}

/** A warning as JSON, of a number or of a subscription. */
export function toApiWarning<Code extends string>({ code, message, missing, at }: Warning<Code>) {
  return { code, message, missing: missing && toWireMoney(missing), at };
}
