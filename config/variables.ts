/**
 * Owns: the kinds of variables an environment has, and what is said of one that is wrong.
 * Does not own: which variables a process reads (config.ts, payment-gateways.ts).
 * Example: `httpUrl('the address of the API')` takes `http://127.0.0.1:3000/` as `http://127.0.0.1:3000`.
 */
import { z } from 'zod';

/** A text that must be there; `fix` tells what to put into it. */
export function required(fix: string) {
  return z.string({ error: `is missing: set it to ${fix}` });
}

export const secret = (fix: string) =>
  required(fix).min(1, { error: `is empty: set it to ${fix}` });

export function url(fix: string, protocols: readonly string[]) {
  return required(fix).refine((text) => protocols.includes(protocolOf(text)), {
    error: `is not a URL of the kind ${protocols.join('// or ')}//: set it to ${fix}`,
  });
}

export const httpUrl = (fix: string) =>
  url(fix, ['http:', 'https:']).transform((text) => text.replace(/\/+$/, ''));

/** The parts between commas, without blanks around them and without empty ones. */
export function commaList(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function protocolOf(text: string): string {
  return URL.canParse(text) ? new URL(text).protocol : '';
}
