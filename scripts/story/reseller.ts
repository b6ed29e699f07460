/**
 * Owns: the reseller of the story, its customers, and the plans it is offered.
 * Does not own: how the story goes (tell-resellers.ts).
 * The pool holds two teams and two pairs: 10 000 messages are 4 000, 4 000, 1 000 and 1 000.
 */
import { UPI_THAT_PAYS } from './billing-calls';
import type { Role } from './scene';

export const TIME_ZONE = 'Asia/Kolkata';
const PLACE = { country: 'IN', currency: 'INR', time_zone: TIME_ZONE };

export const RESELLER: Role = {
  name: 'Pune',
  account: { name: 'Sahyadri Cloud', ...PLACE },
  address: {
    business_name: 'Sahyadri Cloud',
    address_line1: '4 Baner Road',
    city: 'Pune',
    state: 'MH',
    postal_code: '411045',
    country: 'IN',
    email: 'accounts@sahyadri.example',
  },
  payment: UPI_THAT_PAYS,
  // 10:00 in Pune.
  time: 'T04:30:00Z',
};

export const CUSTOMERS = ['Clinic', 'Bakery', 'School'].map((name) => ({ name, ...PLACE }));

const BASICS = { currency: 'INR', gst: true, on_exhausted: 'block' };

/** Without their internal names, which are new each time. */
export const PLANS = {
  pool: {
    ...BASICS,
    type: 'usage_based',
    display_name: 'Reseller 10k',
    prices: { monthly: '4999.00' },
    benefits: { messages: 10_000, wa_conversations: 1_000, team_members: 10 },
  },
  team: {
    ...BASICS,
    type: 'usage_based',
    display_name: 'Team',
    prices: { monthly: '999.00' },
    benefits: { messages: 4_000, wa_conversations: 400, team_members: 4 },
  },
  pair: {
    ...BASICS,
    type: 'revenue_sharing',
    display_name: 'Pair',
    prices: { monthly: '1499.00' },
    benefits: { messages: 1_000, wa_conversations: 100, team_members: 1 },
    revenue_share_bps: 2_500,
  },
} as const;
