/**
 * Owns: the shop of the story about auto-recharge, its price and its limits.
 * Does not own: how the story goes (tell-recharge.ts).
 */
import { CARD_THAT_PAYS } from './billing-calls';
import type { Role } from './scene';

const TIME_ZONE = 'Asia/Kolkata';
/** 10:00 in Pune. */
export const TIME = 'T04:30:00Z';

export const KITCHEN: Role = {
  name: 'Pune',
  account: { name: 'Deccan Kitchen', country: 'IN', currency: 'INR', time_zone: TIME_ZONE },
  address: {
    business_name: 'Deccan Kitchen',
    address_line1: '9 FC Road',
    city: 'Pune',
    state: 'MH',
    postal_code: '411004',
    country: 'IN',
    email: 'accounts@deccan.example',
  },
  payment: { ...CARD_THAT_PAYS, save: 'on' },
  time: TIME,
};

/** One rupee a message, so that messages are rupees. Without its code, which is new each time. */
export const CARD = {
  name: 'Deccan Kitchen’s price',
  channel: 'message',
  currency: 'INR',
  time_zone: TIME_ZONE,
  markets: [{ prefix: '91', market: 'IN' }],
};
export const PRICES = [{ category: 'message', market: 'IN', rate: '1' }];

/** With 18 % IGST an increment costs the card 1 180.00: four fit into a month. */
export const LIMITS = { threshold: '500.00', amount: '1000.00', monthly_cap: '5000.00' };
