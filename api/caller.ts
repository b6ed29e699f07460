import type { Tenant } from '../db/tenant';
import { invariant } from '../domain/invariant';

export const ROLES = ['operator', 'partner', 'account'] as const;
export type Role = (typeof ROLES)[number];

export const SCOPES = ['read', 'write'] as const;
export type Scope = (typeof SCOPES)[number];

/** Who asks, as told by the API key and by nothing else in the request. */
export interface Caller {
  readonly keyId: string;
  readonly role: Role;
  readonly scopes: readonly Scope[];
  readonly partnerId: string | null;
  readonly accountId: string | null;
}

/** The rows this caller may see and change. */
export function tenantOf(caller: Caller): Tenant {
  switch (caller.role) {
    case 'operator':
      return { scope: 'system' };
    case 'partner':
      return { scope: 'partner', partnerId: idOf(caller.partnerId) };
    case 'account':
      return { scope: 'account', accountId: idOf(caller.accountId) };
  }
}

/** The name idempotency keys are kept under: keys of one tenant never meet another's. */
export function tenantNameOf(caller: Caller): string {
  switch (caller.role) {
    case 'operator':
      return 'operator';
    case 'partner':
      return idOf(caller.partnerId);
    case 'account':
      return idOf(caller.accountId);
  }
}

function idOf(id: string | null): string {
  invariant(id !== null, 'an API key of a partner or account names it');
  return id;
}
