/** Owns: checking what came in against a schema, and refusing it in the sandbox's words. */
import type { z } from 'zod';
import { SandboxRefusal } from './sandbox-refusal';

/** Throws SandboxRefusal `invalid_request`, naming the first field that is wrong. */
export function parseRequest<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
): z.infer<Schema> {
  const result = schema.safeParse(value ?? {});
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = issue?.path.join('.') ?? '';
  const prefix = field === '' ? '' : `${field}: `;
  throw new SandboxRefusal('invalid_request', `${prefix}${issue?.message ?? 'is not valid'}`);
}
