/**
 * Owns: the calls of a story about a reseller: partner plans, who has them, the pool, transfers, the share.
 * Does not own: HTTP (api-client.ts) or which of them make a story.
 */
import { z } from 'zod';
import { moneySchema } from './answers';
import type { ApiClient } from './api-client';
import type { NewAccount } from './billing-calls';

const partnerSchema = z.object({ id: z.string(), house_account_id: z.string() });
const planSchema = z.object({ id: z.string(), version: z.number(), display_name: z.string() });
type PartnerPlan = z.output<typeof planSchema>;

const assignmentSchema = z.object({
  id: z.string(),
  display_name: z.string(),
  paid_by: z.string(),
  price: moneySchema.nullable(),
  version: z.number(),
  status: z.string(),
  workflow_id: z.string(),
});
type Assignment = z.output<typeof assignmentSchema>;

const statementSchema = z.object({
  status: z.string(),
  collected: moneySchema,
  base: moneySchema,
  share_bps: z.number().nullable(),
  accrued: moneySchema,
  clawed_back: moneySchema,
  payable: moneySchema,
  document_id: z.string().nullable(),
});
export type Statement = z.output<typeof statementSchema>;

/** A reseller with an account of its own. */
export function createPartner(client: ApiClient, body: NewAccount) {
  return client.write('POST', '/v1/partners', { body, schema: partnerSchema });
}

/** The secret of a key of this partner, or of one account. */
export async function createKey(client: ApiClient, body: object): Promise<string> {
  const schema = z.object({ secret: z.string() });
  return (await client.write('POST', '/v1/api_keys', { body, schema })).secret;
}

export function createPlan(client: ApiClient, body: object): Promise<PartnerPlan> {
  return client.write('POST', '/v1/partner_plans', { body, schema: planSchema });
}

export function changePlan(client: ApiClient, id: string, body: object): Promise<PartnerPlan> {
  return client.write('PATCH', `/v1/partner_plans/${id}`, { body, schema: planSchema });
}

export async function switchPlan(
  client: ApiClient,
  id: string,
  verb: 'archive' | 'hide' | 'show',
): Promise<void> {
  await client.write('POST', `/v1/partner_plans/${id}/${verb}`, { schema: planSchema });
}

/** Display names of the plans in a list, the oldest first. */
export async function listPlanNames(client: ApiClient, path: string): Promise<string[]> {
  const plans = await client.readAll(path, planSchema);
  return plans.map(({ display_name: name }) => name).toReversed();
}

/** Who holds a plan: a reseller itself, or a customer. */
type Holder = `/v1/partners/${string}` | `/v1/accounts/${string}`;

export function assignPlan(client: ApiClient, holder: Holder, planId: string): Promise<Assignment> {
  const body = { partner_plan_id: planId, cycle: 'monthly' };
  return client.write('POST', `${holder}/partner_plan`, { body, schema: assignmentSchema });
}

export function readAssignment(client: ApiClient, holder: Holder): Promise<Assignment> {
  return client.read(`${holder}/partner_plan`, assignmentSchema);
}

export function endAssignment(client: ApiClient, holder: Holder): Promise<Assignment> {
  return client.write('DELETE', `${holder}/partner_plan?at=now`, { schema: assignmentSchema });
}

const allocationSchema = z.object({
  items: z.array(
    z.object({
      benefit: z.string(),
      total: z.number().nullable(),
      allocated: z.number().nullable(),
      used: z.number(),
      free: z.number().nullable(),
    }),
  ),
});
export type Allocation = z.output<typeof allocationSchema>;

export function readAllocation(client: ApiClient, partnerId: string): Promise<Allocation> {
  return client.read(`/v1/partners/${partnerId}/allocation`, allocationSchema);
}

/** Moves rupees from the reseller's wallet to a customer's. */
export async function transfer(
  client: ApiClient,
  partnerId: string,
  { accountId, amount }: { readonly accountId: string; readonly amount: string },
): Promise<void> {
  const body = { account_id: accountId, amount, currency: 'INR' };
  const schema = z.object({ amount: z.string() });
  await client.write('POST', `/v1/partners/${partnerId}/transfers`, { body, schema });
}

export function readStatement(client: ApiClient, partnerId: string, month: string) {
  return client.read(`/v1/partners/${partnerId}/statements/${month}`, statementSchema);
}

export function approveStatement(client: ApiClient, partnerId: string, month: string) {
  const path = `/v1/partners/${partnerId}/statements/${month}/approve`;
  return client.write('POST', path, { schema: statementSchema });
}

/** Pays out what is approved up to a month, into the wallet of the reseller. */
export function payOut(client: ApiClient, partnerId: string, month: string) {
  const schema = z.object({ status: z.string(), amount: moneySchema, total: moneySchema });
  const body = { month, to: 'wallet' };
  return client.write('POST', `/v1/partners/${partnerId}/payouts`, { body, schema });
}

/** The self-billed invoice of an approved statement. */
export function readInvoice(client: ApiClient, id: string) {
  const schema = z.object({
    number: z.string(),
    kind: z.string(),
    total: moneySchema,
    pdf_url: z.string(),
  });
  return client.read(`/v1/invoices/${id}`, schema);
}
