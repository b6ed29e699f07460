/**
 * What the local Stripe knows: every object by its id, as Stripe prints it, and the events it tells of them.
 * What Stripe keeps to itself (a card's number, whether a box was ticked) is in `secrets`.
 * Example: `books.expand(intent, ['payment_method'])` prints the method where its id was.
 */
import type Stripe from 'stripe';

/** As much of an object of the SDK's types as a test needs; what is there has the published name and type. */
export type Told<T> = T extends string
  ? T
  : T extends (infer Item)[]
    ? Told<Item>[]
    : T extends object
      ? { [Key in keyof T]?: Told<T[Key]> }
      : T;

export type Instrument =
  | { readonly kind: 'pay' }
  | { readonly kind: 'decline'; readonly error: CardError }
  /** A UPI debit, or a debit of an Indian card: it takes a day and more. */
  | { readonly kind: 'process' }
  | { readonly kind: 'authenticate' };

export interface CardError {
  readonly code: string;
  readonly decline_code?: string;
  readonly advice_code?: string;
}

export interface MethodSecret {
  readonly now: Instrument;
  /** When it is charged without its owner. */
  readonly later: Instrument;
}

export interface SessionSecret {
  readonly intentMetadata: Stripe.Metadata;
  readonly offersSaving: boolean;
  readonly upiCeiling: number | null;
}

export type StripeObject = Told<
  | Stripe.BalanceTransaction
  | Stripe.Charge
  | Stripe.Checkout.Session
  | Stripe.Customer
  | Stripe.Dispute
  | Stripe.Mandate
  | Stripe.PaymentIntent
  | Stripe.PaymentMethod
  | Stripe.Product
  | Stripe.Refund
  | Stripe.SetupIntent
> & { readonly id: string; readonly object: string };

export interface StripeEvent {
  readonly id: string;
  readonly object: 'event';
  readonly api_version: string;
  readonly type: string;
  readonly created: number;
  readonly data: { readonly object: unknown };
}

export class StripeRefusal extends Error {
  constructor(
    readonly status: number,
    readonly error: {
      readonly type: string;
      readonly message: string;
      readonly code?: string;
      readonly decline_code?: string;
      readonly advice_code?: string;
      readonly param?: string;
      readonly payment_intent?: unknown;
    },
  ) {
    super(error.message);
  }
}

export function refuse(message: string, code?: string): StripeRefusal {
  return new StripeRefusal(400, {
    type: 'invalid_request_error',
    message,
    ...(code === undefined ? {} : { code }),
  });
}

const PREFIXES = {
  balance_transaction: 'txn',
  charge: 'ch',
  'checkout.session': 'cs_test',
  customer: 'cus',
  dispute: 'du',
  mandate: 'mandate',
  payment_intent: 'pi',
  payment_method: 'pm',
  product: 'prod',
  refund: 're',
  setup_intent: 'seti',
} as const;
export type Kind = keyof typeof PREFIXES;

interface KindOf {
  balance_transaction: Stripe.BalanceTransaction;
  charge: Stripe.Charge;
  'checkout.session': Stripe.Checkout.Session;
  customer: Stripe.Customer;
  dispute: Stripe.Dispute;
  mandate: Stripe.Mandate;
  payment_intent: Stripe.PaymentIntent;
  payment_method: Stripe.PaymentMethod;
  product: Stripe.Product;
  refund: Stripe.Refund;
  setup_intent: Stripe.SetupIntent;
}
export type Row<K extends Kind> = Told<KindOf[K]> & { id: string; object: K; created: number };

const EXPAND_DEPTH_MAX = 4;

export class StripeBooks {
  readonly events: StripeEvent[] = [];
  readonly methodSecrets = new Map<string, MethodSecret>();
  readonly sessionSecrets = new Map<string, SessionSecret>();
  private readonly rows = new Map<string, Row<Kind>>();
  private made = 0;

  constructor(private readonly apiVersion: string) {}

  add<K extends Kind>(kind: K, facts: Told<KindOf[K]> & { id?: string }): Row<K> {
    this.made += 1;
    const id = facts.id ?? `${PREFIXES[kind]}_${String(this.made).padStart(8, '0')}`;
    const row = { created: nowSeconds(), ...facts, id, object: kind } as unknown as Row<K>;
    this.rows.set(id, row);
    return row;
  }

  find<K extends Kind>(kind: K, id: string | undefined): Row<K> | null {
    const row = this.rows.get(id ?? '');
    return row?.object === kind ? (row as Row<K>) : null;
  }

  get<K extends Kind>(kind: K, id: string | undefined): Row<K> {
    const row = this.find(kind, id);
    if (row !== null) return row;
    const error = { type: 'invalid_request_error', code: 'resource_missing', param: 'id' };
    throw new StripeRefusal(404, { ...error, message: `No such ${kind}: '${id}'` });
  }

  /** Newest first, as every list of Stripe is. */
  list<K extends Kind>(kind: K, fits: (row: Row<K>) => boolean): Row<K>[] {
    const rows = [...this.rows.values()].filter((row): row is Row<Kind> => row.object === kind);
    return (rows as Row<K>[]).filter(fits).toReversed();
  }

  tell(type: string, object: StripeObject | Row<Kind>): void {
    const event: StripeEvent = {
      id: `evt_${this.events.length + 1}`,
      object: 'event',
      api_version: this.apiVersion,
      type,
      created: nowSeconds(),
      data: { object: structuredClone(object) },
    };
    this.events.push(event);
  }

  /** A copy, with the objects where `paths` lead instead of their ids. */
  print(row: Row<Kind>, paths: readonly string[]): Record<string, unknown> {
    const printed = structuredClone(row) as unknown as Record<string, unknown>;
    for (const path of paths) this.expand(printed, path.split('.'));
    return printed;
  }

  private expand(object: Record<string, unknown>, [name = '', ...rest]: string[]): void {
    if (rest.length >= EXPAND_DEPTH_MAX) throw refuse('You cannot expand more than 4 levels.');
    const value = object[name];
    const found = typeof value === 'string' ? this.rows.get(value) : undefined;
    if (found !== undefined) object[name] = structuredClone(found);
    const inner = object[name];
    if (inner === undefined || (typeof inner === 'string' && found === undefined)) {
      throw refuse(`This property cannot be expanded (${name}).`);
    }
    if (rest.length > 0 && inner !== null) this.expand(inner as Record<string, unknown>, rest);
  }
}

export function nowSeconds(): number {
  return Math.floor(Date.now() / 1_000);
}
