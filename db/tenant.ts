/**
 * Whose rows a transaction may see. It comes from the API key (or is `system` inside activities),
 * never from a request. PostgreSQL's row level security enforces it (migration 0001).
 */
export type Tenant =
  | { readonly scope: 'system' }
  | { readonly scope: 'partner'; readonly partnerId: string }
  | { readonly scope: 'account'; readonly accountId: string };

export const SYSTEM: Tenant = { scope: 'system' };
