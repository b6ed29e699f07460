/** The contract of a bought package, of messages or of call minutes: its id and one line per message. */
import { defineUpdate } from '@temporalio/workflow';
import type { Step } from '../domain/lifecycle';
import type { PackageActionKind } from '../domain/package/package';
import type { CommandAnswer, LifecycleInput } from './lifecycle.messages';

export type PackageInput = LifecycleInput<PackageActionKind>;
export type PackageStep = Step<PackageActionKind>;

export interface PackageCommand {
  readonly kind: 'void';
  /** Names the words of who asked; they are not written into history. */
  readonly noteId: string;
  /** The API key of the operator. */
  readonly keyId: string;
}

export const voidPackage = defineUpdate<CommandAnswer, [Omit<PackageCommand, 'kind'>]>(
  'voidPackage',
);
