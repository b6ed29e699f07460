/**
 * Owns: what every rule of the sandbox gateway works on, passed as one value.
 * Does not own: the HTTP around it (api.routes.ts, page.routes.ts, control.routes.ts).
 */
import type { Instant } from '../../../domain/instant';
import type { Books } from './books';
import type { Faults } from './faults';
import type { FeeRate } from './fee';
import type { SettlementKnobs } from './settlements';

export interface SandboxContext {
  readonly books: Books;
  readonly faults: Faults;
  readonly settlementKnobs: SettlementKnobs;
  readonly feeRate: FeeRate;
  /** The sandbox's own clock: real time, which no test clock of an account moves. */
  readonly now: () => Instant;
  readonly checkoutUrl: (checkoutId: string) => string;
  readonly setupUrl: (setupId: string) => string;
  /** How long `slow@sandbox` takes to succeed. */
  readonly slowSeconds: number;
  /** How long after its failure `late@sandbox` is authorised. */
  readonly lateSeconds: number;
}
