import { BULK, NEXUS } from '../support/give-package';
import type { World } from './world';
import { CARD_CODE, PLAN_CODE } from './world';

/** A good request to a route, made by or for our tenant. */
export interface RouteExample {
  readonly path: string;
  readonly body?: Readonly<Record<string, unknown>>;
  /** Of the account that the path names, where it is not the one that most of them name. */
  readonly accountKey?: string;
  /**
   * Requests that name our tenant's things in their body or query: for another tenant they must be
   * refused, though their path names nothing.
   */
  readonly naming?: readonly Pick<RouteExample, 'path' | 'body'>[];
}

function onPartnerPlan({ changedPartnerPlanId }: World, part: string): RouteExample {
  return { path: `/v1/partner_plans/${changedPartnerPlanId}/${part}` };
}

const AUTO_RECHARGE = { threshold: '500.00', amount: '1000.00', monthly_cap: '5000.00' };

/** The name of every operation of the OpenAPI document. A new route needs its example here. */
export const ROUTE_EXAMPLES: Readonly<Record<string, (world: World) => RouteExample>> = {
  getOpenApi: () => ({ path: '/openapi.json' }),
  getHealth: () => ({ path: '/healthz' }),
  getReadiness: () => ({ path: '/readyz' }),
  getMetrics: () => ({ path: '/metrics' }),
  getDocs: () => ({ path: '/docs' }),
  getDocsScript: () => ({ path: '/docs/start.js' }),
  getErrorCodes: () => ({ path: '/docs/errors' }),
  showCheckoutReturn: () => ({ path: '/checkout/return' }),
  receiveWebhook: () => ({ path: '/webhooks/sandbox', body: {} }),

  createApiKey: ({ ours }) => ({
    path: '/v1/api_keys',
    body: { role: 'account', scopes: ['read'], account_id: ours.accountId },
    naming: [
      {
        path: '/v1/api_keys',
        body: { role: 'account', scopes: ['read'], account_id: ours.accountId },
      },
      {
        path: '/v1/api_keys',
        body: { role: 'partner', scopes: ['read'], partner_id: ours.partnerId },
      },
    ],
  }),
  listApiKeys: () => ({ path: '/v1/api_keys' }),
  revokeApiKey: ({ ours }) => ({ path: `/v1/api_keys/${ours.spareKeyId}/revoke` }),

  createWebhookEndpoint: ({ ours }) => ({
    path: '/v1/webhook_endpoints',
    body: { url: 'https://hooks.example.com/a', event_types: ['order.paid'] },
    naming: [
      {
        path: '/v1/webhook_endpoints',
        body: { url: 'https://hooks.example.com/a', partner_id: ours.partnerId },
      },
      {
        path: '/v1/webhook_endpoints',
        body: { url: 'https://hooks.example.com/a', account_id: ours.accountId },
      },
    ],
  }),
  listWebhookEndpoints: () => ({ path: '/v1/webhook_endpoints' }),
  getWebhookEndpoint: ({ ours }) => ({
    path: `/v1/webhook_endpoints/${ours.webhookEndpointId}`,
  }),
  changeWebhookEndpoint: ({ ours }) => ({
    path: `/v1/webhook_endpoints/${ours.webhookEndpointId}`,
    body: { event_types: ['*'], status: 'enabled' },
  }),
  deleteWebhookEndpoint: ({ ours }) => ({
    path: `/v1/webhook_endpoints/${ours.spareEndpointId}`,
  }),
  rotateWebhookSecret: ({ ours }) => ({
    path: `/v1/webhook_endpoints/${ours.webhookEndpointId}/rotate_secret`,
  }),
  testWebhookEndpoint: ({ ours }) => ({
    path: `/v1/webhook_endpoints/${ours.webhookEndpointId}/test`,
  }),
  listWebhookDeliveries: ({ ours }) => ({
    path: `/v1/webhook_endpoints/${ours.webhookEndpointId}/deliveries`,
  }),
  redeliverWebhook: ({ ours }) => ({
    path: `/v1/webhook_deliveries/${ours.webhookDeliveryId}/redeliver`,
  }),

  createPartner: () => ({
    path: '/v1/partners',
    body: { name: 'A partner', country: 'IN', currency: 'INR', time_zone: 'Asia/Kolkata' },
  }),
  listPartners: () => ({ path: '/v1/partners' }),
  getPartner: ({ ours }) => ({ path: `/v1/partners/${ours.partnerId}` }),

  listPartnerAccounts: ({ ours }) => ({ path: `/v1/partners/${ours.partnerId}/accounts` }),
  listPlansOfPartner: ({ ours }) => ({ path: `/v1/partners/${ours.partnerId}/plans` }),

  createPartnerPlan: () => ({
    path: '/v1/partner_plans',
    body: {
      type: 'revenue_sharing',
      plan_name: 'Silver for resellers',
      display_name: 'Silver',
      currency: 'INR',
      prices: { monthly: '499.00', yearly: '4990.00' },
      gst: true,
      benefits: { messages: 5_000, wa_conversations: 500, team_members: null },
      revenue_share_bps: 2_500,
      on_exhausted: 'charge',
      unit_prices: { message: '0.25' },
    },
  }),
  listPartnerPlans: () => ({ path: '/v1/partner_plans' }),
  getPartnerPlan: ({ partnerPlanId }) => ({ path: `/v1/partner_plans/${partnerPlanId}` }),
  changePartnerPlan: (world) => ({
    path: `/v1/partner_plans/${world.changedPartnerPlanId}`,
    body: { display_name: 'Gold, renamed', prices: { yearly: '9990.00' } },
  }),
  duplicatePartnerPlan: (world) => onPartnerPlan(world, 'duplicate'),
  archivePartnerPlan: (world) => onPartnerPlan(world, 'archive'),
  unarchivePartnerPlan: (world) => onPartnerPlan(world, 'unarchive'),
  enablePartnerPlan: (world) => onPartnerPlan(world, 'enable'),
  disablePartnerPlan: (world) => onPartnerPlan(world, 'disable'),
  showPartnerPlan: (world) => onPartnerPlan(world, 'show'),
  hidePartnerPlan: (world) => onPartnerPlan(world, 'hide'),
  listPartnerPlanHistory: (world) => onPartnerPlan(world, 'history'),

  assignPlanToAccount: ({ ours, partnerPlanId }) => ({
    path: `/v1/accounts/${ours.accountId}/partner_plan`,
    body: { partner_plan_id: partnerPlanId, cycle: 'monthly' },
  }),
  getPlanOfAccount: ({ ours }) => ({
    path: `/v1/accounts/${ours.customerId}/partner_plan`,
    accountKey: ours.customerKey,
  }),
  changePlanOfAccount: ({ ours, largerPartnerPlanId }) => ({
    path: `/v1/accounts/${ours.customerId}/partner_plan/change`,
    body: { partner_plan_id: largerPartnerPlanId, cycle: 'monthly' },
  }),
  scheduleChangeOfAccount: ({ ours, largerPartnerPlanId }) => ({
    path: `/v1/accounts/${ours.customerId}/partner_plan/scheduled_change`,
    body: {
      partner_plan_id: largerPartnerPlanId,
      cycle: 'monthly',
      effective_at: '2099-01-01T00:00:00Z',
    },
  }),
  unscheduleChangeOfAccount: ({ ours }) => ({
    path: `/v1/accounts/${ours.customerId}/partner_plan/scheduled_change`,
  }),
  endPlanOfAccount: ({ ours }) => ({
    path: `/v1/accounts/${ours.customerId}/partner_plan?at=now`,
  }),
  assignPlanToPartner: ({ ours, partnerPlanId }) => ({
    path: `/v1/partners/${ours.partnerId}/partner_plan`,
    body: { partner_plan_id: partnerPlanId, cycle: 'monthly' },
  }),
  getPlanOfPartner: ({ ours }) => ({ path: `/v1/partners/${ours.partnerId}/partner_plan` }),
  changePlanOfPartner: ({ ours, largerPartnerPlanId }) => ({
    path: `/v1/partners/${ours.partnerId}/partner_plan/change`,
    body: { partner_plan_id: largerPartnerPlanId, cycle: 'monthly' },
  }),
  scheduleChangeOfPartner: ({ ours, largerPartnerPlanId }) => ({
    path: `/v1/partners/${ours.partnerId}/partner_plan/scheduled_change`,
    body: {
      partner_plan_id: largerPartnerPlanId,
      cycle: 'monthly',
      effective_at: '2099-01-01T00:00:00Z',
    },
  }),
  unscheduleChangeOfPartner: ({ ours }) => ({
    path: `/v1/partners/${ours.partnerId}/partner_plan/scheduled_change`,
  }),
  endPlanOfPartner: ({ ours }) => ({ path: `/v1/partners/${ours.partnerId}/partner_plan` }),
  getAllocation: ({ ours }) => ({ path: `/v1/partners/${ours.partnerId}/allocation` }),
  transferBalance: ({ ours }) => ({
    path: `/v1/partners/${ours.partnerId}/transfers`,
    body: { account_id: ours.customerId, amount: '1.50', currency: 'INR' },
  }),

  createAccount: ({ ours }) => ({
    path: '/v1/accounts',
    body: NEW_ACCOUNT,
    naming: [
      { path: '/v1/accounts', body: { ...NEW_ACCOUNT, partner_id: ours.partnerId } },
      { path: '/v1/accounts', body: { ...NEW_ACCOUNT, test_clock_id: ours.testClockId } },
    ],
  }),
  listAccounts: () => ({ path: '/v1/accounts' }),
  getAccount: ({ ours }) => ({ path: `/v1/accounts/${ours.accountId}` }),
  changeAccount: ({ ours }) => ({
    path: `/v1/accounts/${ours.accountId}`,
    body: { name: 'Another name' },
  }),
  saveBillingAddress: ({ ours }) => ({
    path: `/v1/accounts/${ours.accountId}/billing_address`,
    body: {
      business_name: 'Kadıköy Çiçek A.Ş.',
      address_line1: 'Moda Caddesi 1',
      city: 'İstanbul',
      postal_code: '34710',
      country: 'TR',
      tax_id: '1234567890',
      tax_id_type: 'vkn',
      tax_office: 'Kadıköy',
      email: 'fatura@example.com',
    },
  }),
  getBillingAddress: ({ ours }) => ({ path: `/v1/accounts/${ours.accountId}/billing_address` }),
  getBillingOverview: ({ ours }) => ({ path: `/v1/accounts/${ours.accountId}/billing_overview` }),
  getBalances: ({ ours }) => ({ path: `/v1/accounts/${ours.accountId}/balances` }),
  listTransfers: ({ ours }) => ({ path: `/v1/accounts/${ours.accountId}/ledger` }),
  checkLedger: ({ ours }) => ({ path: `/v1/accounts/${ours.accountId}/ledger/check` }),
  listEvents: () => ({ path: '/v1/events' }),

  createPlan: () => ({
    path: '/v1/plans',
    body: {
      kind: 'plan',
      code: 'starter',
      name: 'Starter',
      prices: [{ cycle: 'monthly', amount: '499.00', currency: 'INR' }],
    },
  }),
  listPlans: () => ({ path: '/v1/plans' }),
  comparePlans: () => ({ path: `/v1/plans/compare?codes=${PLAN_CODE}` }),
  getPlan: () => ({ path: `/v1/plans/${PLAN_CODE}` }),
  changePlan: () => ({ path: `/v1/plans/${PLAN_CODE}`, body: { name: 'Growth, renamed' } }),
  saveAgreement: ({ ours }) => ({
    path: `/v1/accounts/${ours.accountId}/agreements/${PLAN_CODE}`,
    body: { allowances: { messages: 50_000 } },
  }),
  getAgreement: ({ ours }) => ({ path: `/v1/accounts/${ours.accountId}/agreements/${PLAN_CODE}` }),

  createMessagePackage: () => ({
    path: '/v1/message_packages',
    body: {
      code: 'bulk-5k',
      name: 'Bulk 5k',
      messages: 5_000,
      price: { amount: '2500.00', currency: 'INR' },
      validity_days: 30,
      channels: ['sms'],
    },
  }),
  listMessagePackages: ({ ours }) => ({
    path: '/v1/message_packages',
    naming: [{ path: `/v1/message_packages?account_id=${ours.accountId}` }],
  }),
  archiveMessagePackage: () => ({
    path: `/v1/message_packages/${BULK.code}/archive`,
    body: { currency: 'INR' },
  }),
  createMinuteBundle: () => ({
    path: '/v1/minute_bundles',
    body: {
      code: 'elite',
      name: 'Elite',
      minutes: 100,
      price: { amount: '220.00', currency: 'INR' },
      up_front_fee: { amount: '20.00', currency: 'INR' },
    },
  }),
  listMinuteBundles: ({ ours }) => ({
    path: '/v1/minute_bundles',
    naming: [{ path: `/v1/minute_bundles?account_id=${ours.accountId}` }],
  }),
  archiveMinuteBundle: () => ({
    path: `/v1/minute_bundles/${NEXUS.code}/archive`,
    body: { currency: 'INR' },
  }),
  createRateCard: () => ({
    path: '/v1/rate_cards',
    body: {
      code: 'wa-new',
      name: 'WhatsApp, new',
      channel: 'whatsapp',
      currency: 'INR',
      time_zone: 'Asia/Kolkata',
      markets: [{ prefix: '91', market: 'IN' }],
    },
  }),
  listRateCards: () => ({ path: '/v1/rate_cards' }),
  getRateCard: () => ({ path: `/v1/rate_cards/${CARD_CODE}` }),
  changeRateCard: () => ({
    path: `/v1/rate_cards/${CARD_CODE}`,
    body: { name: 'WhatsApp, renamed' },
  }),
  createRateCardVersion: () => ({
    path: `/v1/rate_cards/${CARD_CODE}/versions`,
    body: NEW_VERSION,
  }),
  previewRateCardVersion: () => ({
    path: `/v1/rate_cards/${CARD_CODE}/versions/preview`,
    body: NEW_VERSION,
  }),
  listRateCardVersions: () => ({ path: `/v1/rate_cards/${CARD_CODE}/versions` }),
  getRateCardVersion: () => ({ path: `/v1/rate_cards/${CARD_CODE}/versions/1` }),
  saveAccountRateCards: ({ ours }) => ({
    path: `/v1/accounts/${ours.accountId}/rate_cards`,
    body: { whatsapp: CARD_CODE },
  }),
  getAccountRateCards: ({ ours }) => ({ path: `/v1/accounts/${ours.accountId}/rate_cards` }),
  listExtraPackages: ({ ours }) => ({ path: `/v1/accounts/${ours.accountId}/extra_packages` }),
  getExtraPackage: ({ ours }) => ({ path: `/v1/extra_packages/${ours.packageId}` }),
  voidExtraPackage: ({ ours }) => ({
    path: `/v1/extra_packages/${ours.packageId}/void`,
    body: { reason: 'sold by mistake' },
  }),
  getMinutes: ({ ours }) => ({ path: `/v1/accounts/${ours.accountId}/minutes` }),

  createTestClock: () => ({
    path: '/v1/test_clocks',
    body: { name: 'A clock', frozen_at: '2026-11-22T10:00:00Z' },
  }),
  listTestClocks: () => ({ path: '/v1/test_clocks' }),
  getTestClock: ({ ours }) => ({ path: `/v1/test_clocks/${ours.testClockId}` }),
  advanceTestClock: ({ ours }) => ({
    path: `/v1/test_clocks/${ours.testClockId}/advance`,
    body: { to: '2026-12-01T00:00:00Z' },
  }),

  setAutoRecharge: ({ ours, theirs }) => ({
    path: `/v1/accounts/${ours.accountId}/auto_recharge`,
    body: AUTO_RECHARGE,
    naming: [
      {
        path: `/v1/accounts/${theirs.accountId}/auto_recharge`,
        body: { ...AUTO_RECHARGE, payment_method_id: ours.paymentMethodId },
      },
    ],
  }),
  getAutoRecharge: ({ ours }) => ({ path: `/v1/accounts/${ours.accountId}/auto_recharge` }),
  turnOffAutoRecharge: ({ ours }) => ({ path: `/v1/accounts/${ours.accountId}/auto_recharge` }),

  createTopUp: ({ ours }) => ({
    path: `/v1/accounts/${ours.accountId}/top_ups`,
    body: { amount: '600.00', currency: 'INR' },
  }),
  listTopUps: ({ ours }) => ({ path: `/v1/accounts/${ours.accountId}/top_ups` }),
  getTopUp: ({ ours }) => ({ path: `/v1/top_ups/${ours.topUpId}` }),
  placeOrder: ({ ours }) => ({
    path: `/v1/accounts/${ours.accountId}/orders`,
    body: { items: [{ kind: 'phone_number', number: '+918000000009' }] },
  }),
  payOrder: ({ ours }) => ({
    path: `/v1/orders/${ours.orderId}/pay`,
    body: { mode: 'wallet', confirmed_capabilities: ['sms'] },
  }),
  getOrder: ({ ours }) => ({ path: `/v1/orders/${ours.orderId}` }),
  listOrders: ({ ours }) => ({ path: `/v1/accounts/${ours.accountId}/orders` }),
  listPurchaseHistory: ({ ours }) => ({ path: `/v1/accounts/${ours.accountId}/purchases` }),
  listPayments: () => ({ path: '/v1/payments' }),
  searchCarrierNumbers: () => ({ path: '/v1/carrier_numbers?country=IN&capabilities=sms,voice' }),
  listDocuments: ({ ours }) => ({ path: `/v1/accounts/${ours.accountId}/invoices` }),
  getInvoice: ({ ours }) => ({ path: `/v1/invoices/${ours.invoiceId}` }),
  getInvoicePdf: ({ ours }) => ({ path: `/v1/invoices/${ours.invoiceId}.pdf` }),
  getCreditNote: ({ ours }) => ({ path: `/v1/credit_notes/${ours.creditNoteId}` }),
  getCreditNotePdf: ({ ours }) => ({ path: `/v1/credit_notes/${ours.creditNoteId}.pdf` }),
  createTaxRegistration: () => ({ path: '/v1/tax_registrations', body: NEW_REGISTRATION }),
  listTaxRegistrations: () => ({ path: '/v1/tax_registrations' }),
  refundPayment: ({ ours }) => ({
    path: `/v1/payments/${ours.paymentId}/refund`,
    body: { amount: '100.00', reason: 'paid twice' },
  }),
  refundInvoice: ({ ours }) => ({
    path: `/v1/invoices/${ours.invoiceId}/refund`,
    body: { amount: '100.00' },
  }),
  getDispute: ({ ours }) => ({ path: `/v1/disputes/${ours.disputeId}` }),
  listDisputes: () => ({ path: '/v1/disputes' }),
  listAccountDisputes: ({ ours }) => ({ path: `/v1/accounts/${ours.accountId}/disputes` }),
  getRefund: ({ ours }) => ({ path: `/v1/refunds/${ours.refundId}` }),
  confirmRefund: ({ ours }) => ({
    path: `/v1/refunds/${ours.refundId}/confirm`,
    body: { gateway_refund_id: 're_9', reason: 'paid, as the gateway shows' },
  }),
  rejectRefund: ({ ours }) => ({
    path: `/v1/refunds/${ours.refundId}/reject`,
    body: { reason: 'canceled, as the gateway shows' },
  }),
  askRefundAgain: ({ ours }) => ({ path: `/v1/refunds/${ours.refundId}/ask_again` }),
  createSettlementReport: () => ({
    path: '/v1/settlement_reports',
    body: { gateway: 'sandbox', date: '2026-11-19' },
  }),
  listSettlementReports: () => ({ path: '/v1/settlement_reports' }),
  getSettlementReport: ({ ours }) => ({ path: `/v1/settlement_reports/${ours.reportId}` }),
  listSettlementLines: ({ ours }) => ({ path: `/v1/settlement_reports/${ours.reportId}/lines` }),
  listOperatorTasks: () => ({ path: '/v1/operator_tasks' }),
  closeOperatorTask: ({ ours }) => ({
    path: `/v1/operator_tasks/${ours.taskId}/close`,
    body: { note: 'given back in the pages of the gateway' },
  }),
  listRefunds: ({ ours }) => ({ path: `/v1/accounts/${ours.accountId}/refunds` }),
  listPaymentMethods: ({ ours }) => ({ path: `/v1/accounts/${ours.accountId}/payment_methods` }),
  changePaymentMethod: ({ ours }) => ({
    path: `/v1/accounts/${ours.accountId}/payment_methods/${ours.paymentMethodId}`,
    body: { default: true },
  }),
  createPaymentMethodSetup: ({ ours }) => ({
    path: `/v1/accounts/${ours.accountId}/payment_method_setups`,
    body: { mode: 'upi', max_amount: '500.00' },
  }),
  listPaymentMethodSetups: ({ ours }) => ({
    path: `/v1/accounts/${ours.accountId}/payment_method_setups`,
  }),
  getPaymentMethodSetup: ({ ours }) => ({ path: `/v1/payment_method_setups/${ours.setupId}` }),
  detachPaymentMethod: ({ ours }) => ({
    path: `/v1/accounts/${ours.accountId}/payment_methods/${ours.paymentMethodId}`,
  }),

  startSubscription: ({ ours }) => ({
    path: `/v1/accounts/${ours.accountId}/subscriptions`,
    body: { plan_code: PLAN_CODE, cycle: 'monthly' },
  }),
  listSubscriptions: ({ ours }) => ({ path: `/v1/accounts/${ours.accountId}/subscriptions` }),
  getSubscription: ({ ours }) => ({ path: `/v1/subscriptions/${ours.subscriptionId}` }),
  cancelSubscription: ({ ours }) => ({
    path: `/v1/subscriptions/${ours.subscriptionId}/cancel`,
    body: { at: 'period_end' },
  }),
  previewChange: ({ ours }) => ({
    path: `/v1/subscriptions/${ours.subscriptionId}/preview_change`,
    body: { plan_code: PLAN_CODE, cycle: 'yearly' },
  }),
  changeSubscription: ({ ours }) => ({
    path: `/v1/subscriptions/${ours.subscriptionId}/change`,
    body: { plan_code: PLAN_CODE, cycle: 'yearly' },
  }),
  scheduleChange: ({ ours }) => ({
    path: `/v1/subscriptions/${ours.subscriptionId}/scheduled_change`,
    body: { plan_code: PLAN_CODE, cycle: 'yearly', effective_at: '2099-01-01T00:00:00Z' },
  }),
  unscheduleChange: ({ ours }) => ({
    path: `/v1/subscriptions/${ours.subscriptionId}/scheduled_change`,
  }),
  pauseSubscription: ({ ours }) => ({
    path: `/v1/subscriptions/${ours.subscriptionId}/pause`,
    body: { at: 'period_end' },
  }),
  resumeSubscription: ({ ours }) => ({ path: `/v1/subscriptions/${ours.subscriptionId}/resume` }),

  checkEntitlement: ({ ours }) => ({
    path: '/v1/entitlements/check',
    body: { account_id: ours.accountId, feature: 'phone_numbers' },
    naming: [
      {
        path: '/v1/entitlements/check',
        body: { account_id: ours.accountId, feature: 'concurrent_calls', amount: 2 },
      },
    ],
  }),
  listMembers: ({ ours }) => ({ path: `/v1/accounts/${ours.accountId}/members` }),
  getMember: ({ ours }) => ({ path: `/v1/accounts/${ours.accountId}/members/${ours.memberId}` }),
  saveMember: ({ ours }) => ({
    path: `/v1/accounts/${ours.accountId}/members/asha`,
    body: { role: 'agent' },
  }),
  removeMember: ({ ours }) => ({
    path: `/v1/accounts/${ours.accountId}/members/${ours.memberId}`,
  }),
  getQuotas: ({ ours }) => ({ path: `/v1/accounts/${ours.accountId}/quotas` }),
  listPhoneNumbers: ({ ours }) => ({
    path: `/v1/accounts/${ours.accountId}/phone_numbers`,
  }),
  getPhoneNumber: ({ ours }) => ({ path: `/v1/phone_numbers/${ours.phoneNumberId}` }),
  changePhoneNumber: ({ ours }) => ({
    path: `/v1/phone_numbers/${ours.phoneNumberId}`,
    body: { auto_pay: false },
  }),
  payPhoneNumber: ({ ours }) => ({ path: `/v1/phone_numbers/${ours.phoneNumberId}/pay` }),
  releasePhoneNumber: ({ ours }) => ({ path: `/v1/phone_numbers/${ours.phoneNumberId}/release` }),
  savePhoneNumberPriority: ({ ours }) => ({
    path: `/v1/accounts/${ours.accountId}/phone_number_priority`,
    body: { phone_number_ids: [ours.phoneNumberId] },
  }),
  extendPhoneNumberGrace: ({ ours }) => ({
    path: `/v1/phone_numbers/${ours.phoneNumberId}/extend_grace`,
    body: { until: '2099-12-24T00:00:00Z', reason: 'a bank holiday' },
  }),
  waivePhoneNumberRent: ({ ours }) => ({
    path: `/v1/phone_numbers/${ours.phoneNumberId}/waive_rent`,
    body: { reason: 'an outage of ours' },
  }),
  forcePhoneNumberRenewal: ({ ours }) => ({
    path: `/v1/phone_numbers/${ours.phoneNumberId}/force_renewal`,
    body: { reason: 'asked for on the phone' },
  }),
  releasePhoneNumberNow: ({ ours }) => ({
    path: `/v1/phone_numbers/${ours.phoneNumberId}/release_now`,
    body: { reason: 'used for fraud' },
  }),
  quoteUsage: ({ ours }) => ({
    path: '/v1/quotes',
    body: quotedCall(ours.accountId),
    naming: [{ path: '/v1/quotes', body: quotedCall(ours.accountId) }],
  }),
  placeHold: ({ ours }) => ({
    path: '/v1/holds',
    body: heldCall(ours.accountId),
    naming: [{ path: '/v1/holds', body: heldCall(ours.accountId) }],
  }),
  getHold: ({ ours }) => ({ path: `/v1/holds/${ours.holdId}` }),
  captureHold: ({ ours }) => ({
    path: `/v1/holds/${ours.holdId}/capture`,
    body: { quantity: 1 },
  }),
  extendHold: ({ ours }) => ({ path: `/v1/holds/${ours.holdId}/extend`, body: { by: 60 } }),
  releaseHold: ({ ours }) => ({ path: `/v1/holds/${ours.holdId}/release` }),
  recordUsage: ({ ours }) => ({
    path: '/v1/usage',
    body: {
      events: [
        {
          id: 'wamid.example:delivered',
          account_id: ours.accountId,
          type: 'message',
          channel: 'sms',
          occurred_at: '2026-11-20T10:00:00Z',
        },
      ],
    },
  }),
  cancelUsageEvent: ({ ours }) => ({
    path: `/v1/usage_events/${ours.cancelledEventId}/cancel`,
    body: { account_id: ours.accountId, reason: 'It was told by mistake' },
    naming: [
      {
        path: `/v1/usage_events/${ours.cancelledEventId}/cancel`,
        body: { account_id: ours.accountId, reason: 'It was told by mistake' },
      },
    ],
  }),
  amendUsageEvent: ({ ours }) => ({
    path: `/v1/usage_events/${ours.usageEventId}/amend`,
    body: amendment(ours.accountId),
    naming: [
      { path: `/v1/usage_events/${ours.usageEventId}/amend`, body: amendment(ours.accountId) },
    ],
  }),
  createRerating: ({ ours }) => ({
    path: `/v1/accounts/${ours.accountId}/reratings`,
    body: { from: '2026-11-01', to: '2026-11-20', reason: 'The price was wrong' },
  }),
  applyRerating: ({ ours }) => ({
    path: `/v1/accounts/${ours.accountId}/reratings/${ours.reratingId}/apply`,
  }),
  listReratings: ({ ours }) => ({ path: `/v1/accounts/${ours.accountId}/reratings` }),
  getRerating: ({ ours }) => ({
    path: `/v1/accounts/${ours.accountId}/reratings/${ours.reratingId}`,
  }),
  getUsageTrend: ({ ours }) => ({ path: `/v1/accounts/${ours.accountId}/usage_trend` }),
  getBroadcastReport: ({ ours }) => ({ path: `/v1/accounts/${ours.accountId}/reports/broadcast` }),
  downloadBroadcastReport: ({ ours }) => ({
    path: `/v1/accounts/${ours.accountId}/reports/broadcast.csv`,
  }),
  getWhatsappUsageReport: ({ ours }) => ({
    path: `/v1/accounts/${ours.accountId}/reports/whatsapp_usage`,
  }),
  downloadWhatsappUsageReport: ({ ours }) => ({
    path: `/v1/accounts/${ours.accountId}/reports/whatsapp_usage.csv`,
  }),
  getWhatsappBalanceReport: ({ ours }) => ({
    path: `/v1/accounts/${ours.accountId}/reports/whatsapp_balance`,
  }),
  downloadWhatsappBalanceReport: ({ ours }) => ({
    path: `/v1/accounts/${ours.accountId}/reports/whatsapp_balance.csv`,
  }),
  getUniqueVisitorsReport: ({ ours }) => ({
    path: `/v1/accounts/${ours.accountId}/reports/unique_visitors`,
  }),
  downloadUniqueVisitorsReport: ({ ours }) => ({
    path: `/v1/accounts/${ours.accountId}/reports/unique_visitors.csv`,
  }),
  explainUsageEvent: ({ ours }) => ({
    path: `/v1/usage_events/${ours.usageEventId}/explanation?account_id=${ours.accountId}`,
  }),
  getRevenueShare: ({ ours }) => ({ path: `/v1/partners/${ours.partnerId}/revenue_share` }),
  getRevenueShareTerms: ({ ours }) => ({
    path: `/v1/partners/${ours.partnerId}/revenue_share_terms`,
  }),
  saveRevenueShareTerms: ({ ours }) => ({
    path: `/v1/partners/${ours.partnerId}/revenue_share_terms`,
    body: { reserve_bps: 1_000, reserve_days: 45, payout_minimum: '500.00' },
  }),
  listRevenueShareStatements: ({ ours }) => ({
    path: `/v1/partners/${ours.partnerId}/statements`,
  }),
  getRevenueShareStatement: ({ ours }) => ({
    path: `/v1/partners/${ours.partnerId}/statements/2026-10`,
  }),
  downloadRevenueShareStatement: ({ ours }) => ({
    path: `/v1/partners/${ours.partnerId}/statements/2026-10.csv`,
  }),
  approveRevenueShareStatement: ({ ours }) => ({
    path: `/v1/partners/${ours.partnerId}/statements/2026-10/approve`,
  }),
  listPayouts: ({ ours }) => ({ path: `/v1/partners/${ours.partnerId}/payouts` }),
  getPayout: ({ ours }) => ({ path: `/v1/partners/${ours.partnerId}/payouts/${ours.payoutId}` }),
  createPayout: ({ ours }) => ({
    path: `/v1/partners/${ours.partnerId}/payouts`,
    body: { month: '2026-10', to: 'wallet' },
  }),
  listUsageEvents: ({ ours }) => ({
    path: `/v1/accounts/${ours.accountId}/usage_events`,
  }),
};

function amendment(accountId: string): Readonly<Record<string, unknown>> {
  return {
    account_id: accountId,
    reason: 'It came by an ad',
    event: {
      id: 'wamid.example:corrected',
      account_id: accountId,
      type: 'wa_inbound',
      from: '628912345678',
      entry_point: 'ad',
      occurred_at: '2026-11-01T00:00:00Z',
    },
  };
}

const NEW_REGISTRATION = {
  country: 'TR',
  tax_id: '7290000004',
  tax_id_type: 'vkn',
  tax_office: 'Şişli',
  legal_name: 'Tollgate İletişim A.Ş.',
  address_line1: 'Büyükdere Caddesi 100',
  city: 'İstanbul',
  postal_code: '34394',
  time_zone: 'Europe/Istanbul',
  valid_from: '2098-01-01T00:00:00Z',
};

const NEW_ACCOUNT = {
  name: 'Kadıköy Çiçek',
  country: 'TR',
  currency: 'TRY',
  time_zone: 'Europe/Istanbul',
};

const NEW_VERSION = {
  effective_from: '2027-01-01',
  rule: { unit: 'message' },
  rows: [{ category: 'marketing', market: '*', rate: '0.8631' }],
};
function quotedCall(accountId: string) {
  return { account_id: accountId, kind: 'call', duration_seconds: 60 };
}

function heldCall(accountId: string) {
  return { ...quotedCall(accountId), deadline_at: '2026-11-20T00:00:00Z' };
}
