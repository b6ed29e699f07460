/**
 * Owns: how a write is found again at a gateway without idempotency keys: what we call it there, and what we
 * note on it.
 * Does not own: the writes themselves.
 * A receipt and a reference_id hold 40 characters and must be unique, while our references are longer and one
 * reference may be asked for several times. So the first write for an owner is called by a digest of "owner, 1",
 * the next by "owner, 2", and so on; a look-up walks the names until nothing is found. Two that write at once want
 * the same name, and Razorpay refuses one of them.
 * Example: the second try for `subscription/sub_1/period/3` is the order whose receipt is
 * `nameSlot('charge', 'subscription/sub_1/period/3', 2)`.
 */
import { createHash } from 'node:crypto';
import { GatewayRejected } from '../payment-gateway';

type SlotKind = 'charge' | 'checkout' | 'setup';

/** Far above what one reference is ever charged, or one customer keeps. */
const SLOTS_MAX = 100;

const NAME_LENGTH = 40;

export interface Walked<Thing> {
  /** In the order they were made in. */
  readonly things: readonly Thing[];
  /** The first name nothing has. */
  readonly freeName: string;
}

/** Everything written for an owner, read slot by slot. */
export async function walkSlots<Thing>(
  { kind, owner }: { readonly kind: SlotKind; readonly owner: string },
  read: (name: string) => Promise<readonly Thing[]>,
): Promise<Walked<Thing>> {
  const things: Thing[] = [];
  for (let number = 1; number <= SLOTS_MAX; number += 1) {
    const freeName = nameSlot(kind, owner, number);
    const found = await read(freeName);
    if (found.length === 0) return { things, freeName };
    things.push(...found);
  }
  throw new GatewayRejected('too_many', 400, `${owner} was asked for ${SLOTS_MAX} times`);
}

function nameSlot(kind: SlotKind, owner: string, number: number): string {
  return digest(`${kind}\n${owner}\n${number}`);
}

/** 40 hexadecimal digits: they fit wherever Razorpay takes a name of ours, in any case of letters. */
export function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, NAME_LENGTH);
}

/** What we note on whatever we make there; a payment inherits it from its page or its order. */
export type Notes = {
  readonly purpose?: string | undefined;
  readonly reference?: string | undefined;
  readonly customer_reference?: string | undefined;
  readonly key?: string | undefined;
  /** Of a charge: the kept method, as `chargeSaved` takes it. */
  readonly method?: string | undefined;
  /** `upi` or `card`. */
  readonly mode?: string | undefined;
  /** Of a mandate: in sub-units. */
  readonly max_amount?: string | undefined;
  /** Of a charge: when the payment was asked for, in ms. */
  readonly asked_at?: string | undefined;
  /** Of a charge refused before there was a payment. */
  readonly decline_code?: string | undefined;
};

const NOTE_LENGTH_MAX = 255;

/** The notes to send. Throws GatewayRejected for one that Razorpay would cut. */
export function writeNotes(notes: Notes): Readonly<Record<string, string>> {
  const written: Record<string, string> = {};
  for (const [name, value] of Object.entries(notes)) {
    if (value !== undefined) written[name] = value;
  }
  const isShort = Object.values(written).every((value) => value.length <= NOTE_LENGTH_MAX);
  if (isShort) return written;
  throw new GatewayRejected('too_long', 400, `razorpay keeps ${NOTE_LENGTH_MAX} letters of a note`);
}
