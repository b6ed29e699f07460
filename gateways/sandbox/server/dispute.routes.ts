/**
 * Owns: the control calls about disputes.
 * Does not own: the disputes themselves (disputes.ts), the other control calls (control.routes.ts).
 * Example: `POST /_control/disputes {"payment_id": "sbx_pay_1", "amount": "400.00"}`, then
 * `POST /_control/disputes/sbx_dp_1/close {"outcome": "lost"}`.
 */
import express, { type Router } from 'express';
import { z } from 'zod';
import type { SandboxContext } from './context';
import { closeDispute, openDispute, updateDispute } from './disputes';
import { parseRequest } from './parse-request';
import { presentDispute } from './present';
import { amount, currency, instant } from '../wire';

const id = z.string().min(1).max(255);
const openSchema = z.strictObject({
  payment_id: id,
  amount: amount.optional(),
  currency: currency.optional(),
  fee: amount.optional(),
  reason: z.string().min(1).max(255).default('fraudulent'),
  status: z.enum(['warning', 'needs_response']).default('needs_response'),
  evidence_due_at: instant.optional(),
});
const updateSchema = z.strictObject({
  status: z.enum(['warning', 'needs_response', 'under_review']).optional(),
  evidence_due_at: instant.nullable().optional(),
});
const closeSchema = z.strictObject({ outcome: z.enum(['won', 'lost']) });

export function createDisputeRoutes(context: SandboxContext): Router {
  const router = express.Router();
  router.post('/disputes', (request, response) => {
    const asked = parseRequest(openSchema, request.body);
    const opened = openDispute(context, {
      paymentId: asked.payment_id,
      amount: asked.amount ?? null,
      currency: asked.currency ?? null,
      fee: asked.fee ?? null,
      reason: asked.reason,
      status: asked.status,
      evidenceDueAt: asked.evidence_due_at ?? null,
    });
    response.status(201).json(presentDispute(opened));
  });
  router.post('/disputes/:id/update', (request, response) => {
    const { status, evidence_due_at: evidenceDueAt } = parseRequest(updateSchema, request.body);
    const change = {
      ...(status !== undefined && { status }),
      ...(evidenceDueAt !== undefined && { evidenceDueAt }),
    };
    response.json(presentDispute(updateDispute(context, request.params.id, change)));
  });
  router.post('/disputes/:id/close', (request, response) => {
    const { outcome } = parseRequest(closeSchema, request.body);
    response.json(presentDispute(closeDispute(context, request.params.id, outcome)));
  });
  return router;
}
