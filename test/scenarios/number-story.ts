/** What a customer's program does with phone numbers, over HTTP. */
import { z } from 'zod';
import { waitFor } from '../../scripts/story/wait-for';
import type { Customer, Stage } from './stage';

const orderSchema = z.object({ id: z.string(), status: z.string() });

const numberSchema = z.object({
  id: z.string(),
  number: z.string(),
  status: z.string(),
  auto_pay: z.boolean(),
  current_period: z.object({ ends_at: z.string() }),
  hold: z.object({ reason: z.string(), releases_at: z.string() }).nullable(),
  release_cause: z.string().nullable(),
  next_action: z.object({ kind: z.string() }).nullable(),
});
export type RentedNumber = z.output<typeof numberSchema>;

/** Buys numbers in one order from the wallet, and waits until the carrier has given them. */
export async function buyNumbers(
  stage: Stage,
  customer: Customer,
  numbers: readonly string[],
): Promise<void> {
  const items = numbers.map((number) => ({
    kind: 'phone_number',
    number,
    required_capabilities: ['voice'],
  }));
  const path = `/v1/accounts/${customer.accountId}/orders`;
  const { id } = await stage.client.write('POST', path, { schema: orderSchema, body: { items } });
  const pay = `/v1/orders/${id}/pay`;
  await stage.client.write('POST', pay, { schema: orderSchema, body: { mode: 'wallet' } });
  await untilNumbers(stage, customer, 'active numbers', (all) =>
    numbers.every((number) =>
      all.some((rented) => rented.number === number && rented.status === 'active'),
    ),
  );
}

/** By the number itself, which a customer knows it by. */
export async function listNumbers(
  { client }: Stage,
  { accountId }: Customer,
): Promise<RentedNumber[]> {
  const all = await client.readAll(`/v1/accounts/${accountId}/phone_numbers`, numberSchema);
  return all.toSorted((a, b) => a.number.localeCompare(b.number));
}

export async function untilNumbers(
  stage: Stage,
  customer: Customer,
  waitingFor: string,
  isThere: (all: readonly RentedNumber[]) => boolean,
): Promise<RentedNumber[]> {
  const deadlineMs = 90_000;
  return waitFor(() => listNumbers(stage, customer), { waitingFor, isThere, deadlineMs });
}

/** How many there are of each status. */
export async function countByStatus(
  stage: Stage,
  customer: Customer,
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { status } of await listNumbers(stage, customer)) {
    counts[status] = (counts[status] ?? 0) + 1;
  }
  return counts;
}

/** Puts these first, in this order. */
export async function prefer(
  stage: Stage,
  customer: Customer,
  numbers: readonly string[],
): Promise<void> {
  const all = await listNumbers(stage, customer);
  const ids = numbers.map((number) => all.find((rented) => rented.number === number)?.id);
  await stage.client.write('PUT', `/v1/accounts/${customer.accountId}/phone_number_priority`, {
    schema: z.unknown(),
    body: { phone_number_ids: ids },
  });
}
