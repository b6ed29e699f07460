/**
 * Owns: the seller of the stories, registered for tax in India, Turkey and Indonesia, and the year they play in.
 * Does not own: how a sale is taxed (domain/tax/).
 * A registration counts for the whole platform from a day on and is never taken back; the newest one
 * decides. So the stories play in the first year in which no registration but theirs begins.
 */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { ApiClient } from './api-client';
import { createUnlessThere } from './billing-calls';
import type { PageLayout } from './page-layout';

/** Before it the platform stays untaxed for whoever tries it out. */
const FIRST_YEAR = 2030;

const registrationSchema = z.object({
  country: z.string(),
  state: z.string().nullable(),
  tax_id: z.string(),
  tax_id_type: z.string().nullable(),
  tax_office: z.string().nullable(),
  legal_name: z.string(),
  address_line1: z.string(),
  city: z.string(),
  postal_code: z.string(),
  tax_point: z.string(),
  prices_include_tax: z.boolean(),
  is_home: z.boolean(),
  time_zone: z.string(),
  valid_from: z.string(),
});
type Registration = z.output<typeof registrationSchema>;

/**
 * In India and Indonesia wallet money is taxed as it comes in, in Turkey as it is used. At home in India and
 * Turkey; the newer one is home to everybody else.
 */
function sellersFrom(year: number): readonly Registration[] {
  return [
    {
      country: 'IN',
      state: '29',
      tax_id: '29AAGCB7383J1Z4',
      tax_id_type: 'gstin',
      tax_office: null,
      legal_name: 'Tollgate India Pvt Ltd',
      address_line1: '1 Residency Road',
      city: 'Bengaluru',
      postal_code: '560025',
      tax_point: 'top_up',
      prices_include_tax: false,
      is_home: true,
      time_zone: 'Asia/Kolkata',
      valid_from: `${year}-01-01T00:00:00.000Z`,
    },
    {
      country: 'TR',
      state: null,
      tax_id: '1234567890',
      tax_id_type: 'vkn',
      tax_office: 'Beyoğlu',
      legal_name: 'Tollgate Yazılım A.Ş.',
      address_line1: 'İstiklal Caddesi 1',
      city: 'Istanbul',
      postal_code: '34433',
      tax_point: 'consumption',
      prices_include_tax: false,
      is_home: true,
      time_zone: 'Europe/Istanbul',
      valid_from: `${year - 1}-12-31T00:00:00.000Z`,
    },
    {
      country: 'ID',
      state: null,
      tax_id: '013000666091000',
      tax_id_type: 'npwp',
      tax_office: null,
      legal_name: 'PT Tollgate Indonesia',
      address_line1: 'Jalan Jenderal Sudirman 1',
      city: 'Jakarta',
      postal_code: '10220',
      tax_point: 'top_up',
      prices_include_tax: false,
      is_home: false,
      time_zone: 'Asia/Jakarta',
      valid_from: `${year}-01-01T00:00:00.000Z`,
    },
  ];
}

/** Registers the seller where it is not yet, tells so, and answers the year. */
export async function registerSeller(client: ApiClient, page: PageLayout): Promise<number> {
  const year = findQuietYear(await client.readAll('/v1/tax_registrations', registrationSchema));
  page.heading('The seller is registered for tax', `from ${year} on`);
  for (const body of sellersFrom(year)) {
    const isNew = await createUnlessThere(client, '/v1/tax_registrations', body);
    page.paragraph(`${body.country}  ${body.tax_id}  ${isNew ? 'registered' : 'already'}`);
  }
  return year;
}

function findQuietYear(registrations: readonly Registration[]): number {
  for (let year = FIRST_YEAR; ; year += 1) {
    const ours = sellersFrom(year);
    const others = registrations.filter(
      (registration) => !ours.some((own) => isDeepStrictEqual(own, registration)),
    );
    const isQuiet = others.every(
      // A story may last a little longer than a year.
      ({ valid_from: from }) => from < `${year - 1}-12-31` || from > `${year + 1}-03`,
    );
    if (isQuiet && year % 4 !== 0) return year;
  }
}
