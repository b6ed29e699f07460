/**
 * Owns: the shop of the story about WhatsApp messages, its price lists and whom it writes to.
 * Does not own: how the story goes (tell-whatsapp.ts).
 */
import { CARD_THAT_PAYS } from './billing-calls';
import type { Role } from './scene';

export const TIME_ZONE = 'Asia/Jakarta';
/** Noon in Jakarta. */
export const TIME = 'T05:00:00Z';
export const SHOP: Role = {
  name: 'Jakarta',
  account: {
    name: 'Toko Melati',
    country: 'ID',
    currency: 'IDR',
    time_zone: TIME_ZONE,
  },
  address: {
    business_name: 'Toko Melati',
    address_line1: 'Jalan Kemang Raya 8',
    city: 'Jakarta',
    postal_code: '12730',
    country: 'ID',
    email: 'kasir@melati.example',
  },
  payment: CARD_THAT_PAYS,
  time: TIME,
};

/** From its first version on: a file changes prices, never the rule. */
export const RULE = {
  unit: 'message',
  charge_on: 'delivered',
  service_window: { utility: 'free' },
  covered_by_quota: ['service'],
};
export const FIRST_PRICES = [
  { category: 'marketing', market: 'ID', rate: '480' },
  { category: 'utility', market: 'ID', rate: '250' },
  { category: 'authentication', market: 'ID', rate: '250' },
  { category: 'service', market: 'ID', rate: '250' },
];
export const NEW_PRICES = [
  'category,market,rate,fee_fixed,fee_percent',
  'marketing,ID,500,0,0',
  'marketing,SG,900,0,0',
  'utility,ID,250,0,0',
  'authentication,ID,200,30,10',
  'service,ID,250,0,0',
].join('\r\n');

export const RECIPIENTS = Array.from(
  { length: 100 },
  (_, index) => `+62812000${String(1_000 + index)}`,
);
export const CUSTOMER = '+628120001000';

/** Without its code, which is new each time. */
export const CARD = {
  name: 'Toko Melati’s prices',
  channel: 'whatsapp',
  currency: 'IDR',
  time_zone: TIME_ZONE,
  markets: [
    { prefix: '62', market: 'ID' },
    { prefix: '65', market: 'SG' },
  ],
};
