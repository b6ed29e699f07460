/**
 * Owns: the readable prefixes of public ids, so that an id says what it names.
 * Does not own: making them; randomness is not domain (db/new-id.ts makes ids).
 * Example: `ID_PREFIXES.subscription === 'sub'`, so a subscription's id reads `sub_9nsd4hfk2pgj13yy8yd4`.
 */
export const ID_PREFIXES = {
  account: 'acct',
  partner: 'prt',
  partner_plan: 'pplan',
  subscription: 'sub',
  phone_number: 'num',
  message_package: 'pkg',
  minute_bundle: 'bun',
  order: 'ord',
  order_item: 'itm',
  payment: 'pay',
  payment_method: 'pm',
  payment_method_setup: 'pms',
  top_up: 'top',
  invoice: 'inv',
  credit_note: 'cn',
  debit_note: 'dn',
  receipt_voucher: 'rcv',
  refund_voucher: 'rfv',
  statement: 'stm',
  self_billed_invoice: 'sbi',
  refund: 'rfd',
  settlement_report: 'srep',
  operator_task: 'task',
  dispute: 'dsp',
  payout: 'pout',
  tax_registration: 'tax',
  hold: 'hold',
  balance_transfer: 'btr',
  rerating: 'rrt',
  test_clock: 'clk',
  event: 'evt',
  webhook_endpoint: 'whe',
  webhook_delivery: 'whd',
  api_key: 'key',
  command_note: 'note',
} as const;
export type IdKind = keyof typeof ID_PREFIXES;
