import type { Mutant } from './ledger-mutants';

/** Lies about corrections of usage, the notes to its documents, and captures. */
export const CORRECTION_MUTANTS: readonly Mutant[] = [
  {
    name: 'an inherited visitor stays with nobody',
    file: 'db/correct-usage.ts',
    find: 'taking.keepsVisitor ? null : await findInherited(trx, ledger, use)',
    become: 'taking.keepsVisitor ? null : null',
  },
  {
    name: 'the tax of a visitor is that of the use',
    file: 'domain/usage/correction.ts',
    find: 'visitorTaxMicros, taxMicros: visitorTaxMicros }',
    become: 'visitorTaxMicros, taxMicros: sum.taxMicros }',
  },
  {
    name: 'a correction on paper counts free units',
    file: 'domain/usage/correction.ts',
    find: 'quantity: correction.paidQuantity,',
    become: 'quantity: correction.quantity,',
  },
  {
    name: 'a note rounds by itself',
    file: 'domain/usage/usage-note.ts',
    find: 'right.backMicros - said.backMicros',
    become: 'right.backMicros',
  },
  {
    name: 'a note takes no rounding back',
    file: 'domain/usage/usage-note.ts',
    find: 'if (backMicros < 0n) takeRounding(',
    become: 'if (backMicros < -1_000_000_000n) takeRounding(',
  },
  {
    name: 'captures without their tax',
    file: 'domain/usage/capture-money.ts',
    find: 'taxMicros: money.taxMicros, moment',
    become: 'taxMicros: 0n, moment',
  },
];
