/**
 * Owns: the faults that wait in a sandbox, each used up by count, and their calls over HTTP.
 * Does not own: which faults there are and whom one strikes (faults.ts of each sandbox).
 * Faults are kept in memory only: a restart of the sandbox clears them.
 */
import express, { type Router } from 'express';
import { z } from 'zod';
import { parseRequest } from './parse-request';

const COUNT_MAX = 100_000;
const DELAY_MAX_MS = 60_000;
const WAITING_MAX = 1_000;
const NAME_MAX = 255;

export const count = z.int().min(1).max(COUNT_MAX).default(1);
export const delayMs = z.int().min(0).max(DELAY_MAX_MS);
/** What a fault may be aimed at; without any name it strikes whoever comes next. */
export const aimName = z.string().min(1).max(NAME_MAX).optional();

export interface FaultQueue<Fault, Subject> {
  /** Throws a RangeError when too many are waiting already. */
  readonly add: (fault: Fault) => void;
  readonly clear: () => void;
  /** Forgets those that are aimed at nobody, and leaves what others have set for themselves. */
  readonly clearUnaimed: () => void;
  /** What is left, oldest first. */
  readonly list: () => readonly Fault[];
  /** Uses up the oldest fault that fits and strikes this subject, once. */
  readonly take: <Found extends Fault>(
    subject: Subject,
    fits: (fault: Fault) => fault is Found,
  ) => Found | null;
}

export function createFaultQueue<Fault extends { readonly count: number }, Subject extends object>(
  strikes: (fault: Fault, subject: Subject | Record<never, never>) => boolean,
): FaultQueue<Fault, Subject> {
  let waiting: readonly Fault[] = [];
  return {
    add: (fault) => {
      if (waiting.length >= WAITING_MAX) throw new RangeError('too many faults are waiting');
      waiting = [...waiting, fault];
    },
    clear: () => {
      waiting = [];
    },
    clearUnaimed: () => {
      waiting = waiting.filter((fault) => !strikes(fault, {}));
    },
    list: () => waiting,
    take(subject, fits) {
      const isFound = (fault: Fault) => fits(fault) && strikes(fault, subject);
      const found = waiting.find(isFound);
      if (found === undefined || !fits(found)) return null;
      waiting = waiting.flatMap((fault) => (fault === found ? useOnce(fault) : [fault]));
      return found;
    },
  };
}

function useOnce<Fault extends { readonly count: number }>(fault: Fault): Fault[] {
  return fault.count > 1 ? [{ ...fault, count: fault.count - 1 }] : [];
}

const clearSchema = z.strictObject({ aimed: z.literal('false').optional() });

/** `POST /faults` sets one, `DELETE /faults` forgets all, with `?aimed=false` those aimed at nobody. */
export function createFaultRoutes<Schema extends z.ZodType>(
  faults: Pick<FaultQueue<z.output<Schema>, object>, 'add' | 'clear' | 'clearUnaimed' | 'list'>,
  schema: Schema,
): Router {
  const router = express.Router();
  router.post('/faults', (request, response) => {
    faults.add(parseRequest(schema, request.body));
    response.status(201).json({ faults: faults.list() });
  });
  router.delete('/faults', (request, response) => {
    const { aimed } = parseRequest(clearSchema, request.query);
    if (aimed === undefined) faults.clear();
    else faults.clearUnaimed();
    response.json({ faults: faults.list() });
  });
  return router;
}
