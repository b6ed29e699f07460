/**
 * Owns: what a phone number can do and what kind of number it is, and whether that is enough.
 * Does not own: who rents which number, or what it costs (gateways/number-carrier.ts tells both).
 * Rule's source: R2.10 (product page S2, L19): a number lacking a required capability is not sold.
 * Example: `missingCapabilities({ offered: ['voice'], required: ['sms', 'voice'] })` is `['sms']`.
 */
export const NUMBER_CAPABILITIES = ['sms', 'voice', 'mms'] as const;
export type NumberCapability = (typeof NUMBER_CAPABILITIES)[number];

export const NUMBER_TYPES = ['local', 'mobile', 'toll_free'] as const;
export type NumberType = (typeof NUMBER_TYPES)[number];

/** The required capabilities a number does not have, in the order they were asked for; none: sell it. */
export function missingCapabilities(compared: {
  readonly offered: readonly NumberCapability[];
  readonly required: readonly NumberCapability[];
}): readonly NumberCapability[] {
  return compared.required.filter((capability) => !compared.offered.includes(capability));
}
