/**
 * Owns: the two customers of the story of changing subscriptions, with the figures their story must come
 * to, written out.
 * Does not own: how it goes (tell-subscriptions.ts), who sells to them (seller.ts).
 */
import { CARD_THAT_PAYS, UPI_THAT_PAYS } from './billing-calls';
import type { Role } from './scene';

export interface Customer extends Role {
  readonly topUp: string;
  /** What the hosted page collects for it. */
  readonly topUpWithTax: string;
  /** What Growth to Enterprise costs with 14 of 28 days left. */
  readonly changeDue: string;
  readonly taxes: readonly string[];
}

const TIME = 'T07:00:00Z';

export const CUSTOMERS: readonly Customer[] = [
  {
    name: 'Bengaluru',
    account: {
      name: 'Asha Textiles',
      country: 'IN',
      currency: 'INR',
      time_zone: 'Asia/Kolkata',
    },
    address: {
      business_name: 'Asha Textiles',
      address_line1: '12 Mill Road',
      city: 'Bengaluru',
      state: 'Karnataka',
      postal_code: '560001',
      country: 'IN',
      email: 'accounts@asha.example',
    },
    payment: UPI_THAT_PAYS,
    time: TIME,
    topUp: '20000.00',
    topUpWithTax: '23600.00',
    changeDue: '4500.00',
    taxes: ['CGST', 'SGST'],
  },
  {
    name: 'Istanbul',
    account: {
      name: 'Deniz Travel',
      country: 'TR',
      currency: 'TRY',
      time_zone: 'Europe/Istanbul',
    },
    address: {
      business_name: 'Deniz Seyahat A.Ş.',
      address_line1: 'Meşrutiyet Caddesi 12',
      city: 'Istanbul',
      postal_code: '34430',
      country: 'TR',
      tax_id: '1234567890',
      tax_id_type: 'vkn',
      tax_office: 'Beyoğlu',
      email: 'muhasebe@deniz.example',
    },
    payment: CARD_THAT_PAYS,
    time: TIME,
    topUp: '10000.00',
    topUpWithTax: '10000.00',
    changeDue: '2700.00',
    taxes: ['KDV'],
  },
];
