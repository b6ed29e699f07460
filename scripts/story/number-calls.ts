/**
 * Owns: the calls around phone numbers, one function each, and what a client reads of their answers.
 * Does not own: HTTP (api-client.ts) or which of them make a story.
 */
import { z } from 'zod';
import { moneySchema } from './answers';
import type { ApiClient } from './api-client';
import { waitFor } from './wait-for';

export const offeredSchema = z.object({
  number: z.string(),
  capabilities: z.array(z.string()),
  up_front_fee: moneySchema,
  monthly_price: moneySchema,
});
export type OfferedNumber = z.output<typeof offeredSchema>;

const orderSchema = z.object({
  id: z.string(),
  status: z.string(),
  items: z.array(
    z.object({
      number: z.string().nullable(),
      status: z.string(),
      delivered_id: z.string().nullable(),
    }),
  ),
  order_details: z.object({
    amount: moneySchema,
    up_front_fees: moneySchema,
    total_amount: moneySchema,
  }),
  features: z.array(z.object({ capability: z.string(), included: z.boolean() })),
  payment_modes: z.array(z.string()),
  checkout_url: z.string().nullable(),
  workflow_id: z.string(),
});
export type Order = z.output<typeof orderSchema>;

const phoneNumberSchema = z.object({
  id: z.string(),
  number: z.string(),
  status: z.string(),
  auto_pay: z.boolean(),
  hold: z
    .object({
      reason: z.string(),
      since: z.string(),
      releases_at: z.string(),
      pay_to_keep: moneySchema.nullable(),
    })
    .nullable(),
  next_charge: z.object({ amount: moneySchema, at: z.string() }).nullable(),
  warnings: z.array(z.object({ code: z.string(), message: z.string() })),
  next_action: z.object({ kind: z.string(), at: z.string().nullable() }).nullable(),
  workflow_id: z.string(),
});
export type PhoneNumber = z.output<typeof phoneNumberSchema>;

export interface WantedNumber {
  readonly number: string;
  readonly required_capabilities: readonly string[];
}

/** The first number on offer, or an error: a story told too often may have rented them all. */
export async function findOffered(client: ApiClient, query: string): Promise<OfferedNumber> {
  const schema = z.object({ items: z.array(offeredSchema) });
  const { items } = await client.read(`/v1/carrier_numbers?${query}&limit=1`, schema);
  const [first] = items;
  if (first === undefined) throw new Error(`the carrier has no number left for ${query}`);
  return first;
}

export function placeOrder(
  client: ApiClient,
  accountId: string,
  numbers: readonly WantedNumber[],
): Promise<Order> {
  const body = { items: numbers.map((number) => ({ kind: 'phone_number', ...number })) };
  return client.write('POST', `/v1/accounts/${accountId}/orders`, { body, schema: orderSchema });
}

export function payOrder(
  client: ApiClient,
  id: string,
  body: { readonly mode: string; readonly confirmed_capabilities: readonly string[] },
): Promise<Order> {
  return client.write('POST', `/v1/orders/${id}/pay`, { body, schema: orderSchema });
}

/** Asks until everything in it was delivered. */
export function waitForDelivery(client: ApiClient, id: string): Promise<Order> {
  return waitFor(() => client.read(`/v1/orders/${id}`, orderSchema), {
    waitingFor: 'delivery of the order',
    isThere: ({ status }) => status === 'fulfilled',
  });
}

export function getNumber(client: ApiClient, id: string): Promise<PhoneNumber> {
  return client.read(`/v1/phone_numbers/${id}`, phoneNumberSchema);
}

/** Asks until the number is in that state. */
export function waitForNumber(client: ApiClient, id: string, wanted: string): Promise<PhoneNumber> {
  return waitFor(() => getNumber(client, id), {
    waitingFor: `number that is ${wanted}`,
    isThere: ({ status }) => status === wanted,
  });
}

export function releaseNumber(client: ApiClient, id: string): Promise<PhoneNumber> {
  return client.write('POST', `/v1/phone_numbers/${id}/release`, { schema: phoneNumberSchema });
}

export async function savePriority(
  client: ApiClient,
  accountId: string,
  ids: readonly string[],
): Promise<readonly string[]> {
  const path = `/v1/accounts/${accountId}/phone_number_priority`;
  const schema = z.object({ phone_number_ids: z.array(z.string()) });
  const body = { phone_number_ids: ids };
  return (await client.write('PUT', path, { body, schema })).phone_number_ids;
}

const warningsSchema = z.object({
  warnings: z.array(z.object({ code: z.string(), phone_number_id: z.string().nullable() })),
});

/** What the billing overview warns of about numbers: "num_1 on_hold". */
export async function listNumberWarnings(client: ApiClient, accountId: string): Promise<string[]> {
  const path = `/v1/accounts/${accountId}/billing_overview`;
  const { warnings } = await client.read(path, warningsSchema);
  return warnings
    .filter(({ phone_number_id: id }) => id !== null)
    .map(({ phone_number_id: id, code }) => `${id} ${code}`);
}

const stateSchema = z.object({ leased: z.array(z.object({ number: z.string() })) });

/** Whether the sandbox carrier still rents us a number: the other side of the books. */
export async function isRentedAtCarrier(carrierUrl: string, number: string): Promise<boolean> {
  const response = await fetch(`${carrierUrl}/_control/state`);
  const { leased } = stateSchema.parse(await response.json());
  return leased.some((lease) => lease.number === number);
}
