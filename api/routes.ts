/** Every route of the API. A route that is not in this list does not exist; api/route.ts tells how to add one. */
import { ok } from './answer';
import { buildOpenApi, type OpenApiDocument } from './openapi';
import { openRoute, type Route } from './route';
import { accountRoutes } from './routes/account.routes';
import { apiKeyRoutes } from './routes/api-key.routes';
import { autoRechargeRoutes } from './routes/auto-recharge.routes';
import { billingAddressRoutes } from './routes/billing-address.routes';
import { billingOverviewRoutes } from './routes/billing-overview.routes';
import { carrierNumberRoutes } from './routes/carrier-number.routes';
import { disputeRoutes } from './routes/dispute.routes';
import { documentRoutes } from './routes/document.routes';
import { entitlementRoutes } from './routes/entitlement.routes';
import { eventRoutes } from './routes/event.routes';
import { ledgerRoutes } from './routes/ledger.routes';
import { memberRoutes } from './routes/member.routes';
import { holdRoutes } from './routes/hold.routes';
import { metaRoutes } from './routes/meta.routes';
import { operatorNumberRoutes } from './routes/operator-number.routes';
import { operatorTaskRoutes } from './routes/operator-task.routes';
import { operatorRefundRoutes } from './routes/operator-refund.routes';
import { orderRoutes } from './routes/order.routes';
import { packageOfferRoutes } from './routes/package-offer.routes';
import { packageRoutes } from './routes/package.routes';
import { partnerPlanRoutes } from './routes/partner-plan.routes';
import { partnerRoutes } from './routes/partner.routes';
import { paymentMethodRoutes } from './routes/payment-method.routes';
import { paymentMethodSetupRoutes } from './routes/payment-method-setup.routes';
import { paymentRoutes } from './routes/payment.routes';
import { phoneNumberRoutes } from './routes/phone-number.routes';
import { planRoutes } from './routes/plan.routes';
import { quotaRoutes } from './routes/quota.routes';
import { rateCardRoutes } from './routes/rate-card.routes';
import { quoteRoutes } from './routes/quote.routes';
import { refundRoutes } from './routes/refund.routes';
import { revenueShareRoutes } from './routes/revenue-share.routes';
import { settlementRoutes } from './routes/settlement.routes';
import { subscriptionRoutes } from './routes/subscription.routes';
import { taxRegistrationRoutes } from './routes/tax-registration.routes';
import { testClockRoutes } from './routes/test-clock.routes';
import { topUpRoutes } from './routes/top-up.routes';
import { reratingRoutes } from './routes/rerating.routes';
import { usageCorrectionRoutes } from './routes/usage-correction.routes';
import { usageRoutes } from './routes/usage.routes';
import { usageReportRoutes } from './routes/usage-report.routes';
import { usageEventRoutes } from './routes/usage-event.routes';
import { assignmentRoutes } from './routes/assignment.routes';
import { balanceTransferRoutes } from './routes/balance-transfer.routes';
import { webhookDeliveryRoutes } from './routes/webhook-delivery.routes';
import { webhookEndpointRoutes } from './routes/webhook-endpoint.routes';
import { webhookRoutes } from './routes/webhook.routes';

const openApi: Route = openRoute({
  method: 'get',
  path: '/openapi.json',
  operation: 'getOpenApi',
  summary: 'The OpenAPI 3.1 document',
  tag: 'Meta',
  responses: { 200: { description: 'The document.', contentType: 'application/json' } },
  handler: async (_request, { publicUrl }) => ok(describeOnce(publicUrl)),
});

export const ROUTES: readonly Route[] = [
  openApi,
  ...metaRoutes,
  ...apiKeyRoutes,
  ...partnerRoutes,
  ...partnerPlanRoutes,
  ...assignmentRoutes,
  ...balanceTransferRoutes,
  ...accountRoutes,
  ...billingAddressRoutes,
  ...billingOverviewRoutes,
  ...planRoutes,
  ...packageOfferRoutes,
  ...rateCardRoutes,
  ...packageRoutes,
  ...ledgerRoutes,
  ...eventRoutes,
  ...testClockRoutes,
  ...topUpRoutes,
  ...autoRechargeRoutes,
  ...orderRoutes,
  ...paymentRoutes,
  ...paymentMethodRoutes,
  ...paymentMethodSetupRoutes,
  ...refundRoutes,
  ...operatorRefundRoutes,
  ...settlementRoutes,
  ...operatorTaskRoutes,
  ...disputeRoutes,
  ...revenueShareRoutes,
  ...subscriptionRoutes,
  ...entitlementRoutes,
  ...memberRoutes,
  ...quotaRoutes,
  ...usageRoutes,
  ...quoteRoutes,
  ...holdRoutes,
  ...usageReportRoutes,
  ...usageEventRoutes,
  ...usageCorrectionRoutes,
  ...reratingRoutes,
  ...phoneNumberRoutes,
  ...operatorNumberRoutes,
  ...carrierNumberRoutes,
  ...documentRoutes,
  ...taxRegistrationRoutes,
  ...webhookRoutes,
  ...webhookEndpointRoutes,
  ...webhookDeliveryRoutes,
];

const described = new Map<string, OpenApiDocument>();

/** The routes do not change while the process runs, and converting their schemas takes a while. */
function describeOnce(publicUrl: string): OpenApiDocument {
  const document = described.get(publicUrl) ?? buildOpenApi(ROUTES, publicUrl);
  described.set(publicUrl, document);
  return document;
}
