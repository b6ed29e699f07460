/**
 * Owns: the numbers the sandbox carrier has: 22 or more in each of four countries, what they can do and
 * what they cost.
 * Does not own: which of them are rented (lease-store.ts).
 * Nobody owns these numbers: 555-0100 to 0199 are kept free for stories in the US, and elsewhere they
 * begin with digits that no exchange gives out.
 * Example: `findOffer('+912200000001')` can speak but takes no SMS, and costs 499.00 INR a month.
 */
import type { NumberCapability, NumberType } from '../../../domain/number-capability';

export interface Offer {
  readonly number: string;
  readonly country: string;
  readonly type: NumberType;
  readonly capabilities: readonly NumberCapability[];
  readonly upFrontFee: string;
  readonly monthlyPrice: string;
  readonly currency: string;
}

interface Block extends Omit<Offer, 'number'> {
  /** The first number, with the plus; the others follow it. */
  readonly first: string;
  readonly count: number;
}

const VOICE = ['voice'] as const;
const TEXT_AND_VOICE = ['sms', 'voice'] as const;
const ALL = ['sms', 'voice', 'mms'] as const;

const US = { country: 'US', currency: 'USD' } as const;
const IN = { country: 'IN', currency: 'INR' } as const;
const TR = { country: 'TR', currency: 'TRY' } as const;
const ID = { country: 'ID', currency: 'IDR' } as const;

function price(upFrontFee: string, monthlyPrice: string) {
  return { upFrontFee, monthlyPrice };
}

const BLOCKS: readonly Block[] = [
  block('+12025550100', 10, { ...US, ...price('1.00', '1.15'), type: 'local', capabilities: ALL }),
  block('+14155550100', 6, { ...US, ...price('0.00', '1.15'), type: 'local', capabilities: VOICE }),
  block('+18005550100', 6, {
    ...US,
    ...price('2.00', '2.15'),
    type: 'toll_free',
    capabilities: TEXT_AND_VOICE,
  }),
  block('+918000000001', 40, {
    ...IN,
    ...price('100.00', '500.00'),
    type: 'local',
    capabilities: TEXT_AND_VOICE,
  }),
  block('+912200000001', 6, {
    ...IN,
    ...price('100.00', '499.00'),
    type: 'local',
    capabilities: VOICE,
  }),
  block('+915000000001', 6, {
    ...IN,
    ...price('250.00', '799.00'),
    type: 'mobile',
    capabilities: TEXT_AND_VOICE,
  }),
  block('+902120000001', 10, {
    ...TR,
    ...price('50.00', '120.00'),
    type: 'local',
    capabilities: TEXT_AND_VOICE,
  }),
  block('+903120000001', 6, {
    ...TR,
    ...price('50.00', '95.50'),
    type: 'local',
    capabilities: VOICE,
  }),
  block('+905000000001', 6, {
    ...TR,
    ...price('150.00', '249.90'),
    type: 'mobile',
    capabilities: ALL,
  }),
  block('+622100000001', 8, {
    ...ID,
    ...price('50000.00', '75000.00'),
    type: 'local',
    capabilities: VOICE,
  }),
  block('+623100000001', 8, {
    ...ID,
    ...price('50000.00', '110000.00'),
    type: 'local',
    capabilities: TEXT_AND_VOICE,
  }),
  block('+628000000001', 6, {
    ...ID,
    ...price('25000.00', '60000.00'),
    type: 'mobile',
    capabilities: ['sms'],
  }),
];

function block(first: string, count: number, facts: Omit<Offer, 'number'>): Block {
  return { first, count, ...facts };
}

/** In the order of the blocks. */
export const INVENTORY: readonly Offer[] = BLOCKS.flatMap(listNumbers);

const byNumber = new Map(INVENTORY.map((offer) => [offer.number, offer]));

export function findOffer(number: string): Offer | null {
  return byNumber.get(number) ?? null;
}

function listNumbers({ first, count, ...facts }: Block): Offer[] {
  const digits = BigInt(first.slice(1));
  return Array.from({ length: count }, (_, index) => ({
    number: `+${digits + BigInt(index)}`,
    ...facts,
  }));
}
