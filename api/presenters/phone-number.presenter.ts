import type { z } from 'zod';
import type { PhoneNumberRecord } from '../../db/repositories/phone-number.repository';
import { toWireMoney } from '../../domain/money';
import { decideNextAction } from '../../domain/phone-number/decide-next';
import type { NumberWarning } from '../../domain/phone-number/reminder';
import type { NextRent, NumberStanding } from '../../domain/phone-number/standing';
import type { numberWarningSchema, phoneNumberSchema } from '../schemas/phone-number.schema';
import { toApiNextAction } from './next-action.presenter';

type ApiPhoneNumber = z.input<typeof phoneNumberSchema>;

/** A phone number as JSON. One that has ended has no standing. Months are numbered from 1 for people. */
export function toApiPhoneNumber(
  { state: phoneNumber, workflowId }: PhoneNumberRecord,
  standing: NumberStanding | null,
): ApiPhoneNumber {
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
    hold: toApiHold(phoneNumber, standing),
    next_charge: toApiNextCharge(standing?.nextRent ?? null),
    warnings: (standing?.warnings ?? []).map(toApiNumberWarning),
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
  standing: NumberStanding | null,
): ApiPhoneNumber['hold'] {
  if (hold === null) return null;
  const payToKeep = standing?.payToKeep ?? null;
  return {
    reason: hold.reason,
    since: hold.since,
    releases_at: hold.releasesAt,
    pay_to_keep: payToKeep && toWireMoney(payToKeep),
  };
}

function toApiNextCharge(rent: NextRent | null): ApiPhoneNumber['next_charge'] {
  return rent && { amount: toWireMoney(rent.total), at: rent.at, owed: rent.isOwed };
}

export function toApiNumberWarning(warning: NumberWarning): z.input<typeof numberWarningSchema> {
  const { code, message, missing, at } = warning;
  return { code, message, missing: missing && toWireMoney(missing), at };
}
