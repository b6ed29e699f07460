/**
 * Owns: the carrier's knobs over HTTP: faults, its leases for comparison with ours, and making things
 * happen now instead of later, so that no test has to wait.
 * Does not own: doing it (faults.ts, leases.ts).
 * There is no key on these calls: a sandbox rents nothing, and listens on this machine only unless it
 * is told otherwise. They take JSON only, which a page of another site cannot send.
 */
import express, { type Router } from 'express';
import { createFaultRoutes } from '../../sandbox/server/fault-queue';
import { parseRequest } from '../../sandbox/server/parse-request';
import { emptySchema } from '../wire';
import { faultSchema } from './faults';
import { settleLeases, type Carrier } from './leases';
import { isHeld } from './lease-store';
import { presentLease } from './present';

const BODY_MAX = '16kb';

export function createControlRoutes(carrier: Carrier): Router {
  const router = express.Router();
  const { faults, store } = carrier;
  router.use(express.json({ limit: BODY_MAX }));

  router.use(createFaultRoutes(faults, faultSchema));
  router.get('/state', (_request, response) => {
    const leases = store.list();
    response.json({
      leased: leases.filter(isHeld).map(presentLease),
      ended: leases.filter((lease) => !isHeld(lease)).map(presentLease),
      faults: faults.list(),
    });
  });
  router.post('/settle', (request, response) => {
    parseRequest(emptySchema, request.body);
    response.json({ settled: settleLeases(carrier, null).map(presentLease) });
  });
  return router;
}
