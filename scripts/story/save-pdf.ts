import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { dataDirectoryOf } from '../platform/data-directory';
import type { Stage } from './open-stage';

/** Fetches a document as a PDF into the platform's data folder, and tells how anybody can. */
export async function savePdf(
  { number, pdf_url: url }: { readonly number: string; readonly pdf_url: string },
  { page, platform, checks }: Pick<Stage, 'page' | 'platform' | 'checks'>,
): Promise<void> {
  const address = new URL(url, platform.apiUrl).href;
  const headers = { authorization: `Bearer ${platform.operatorKey}` };
  const pdf = Buffer.from(await (await fetch(address, { headers })).arrayBuffer());
  checks.equal(`${number} is a PDF`, pdf.subarray(0, 5).toString(), '%PDF-');
  const directory = dataDirectoryOf(process.env, path.join(__dirname, '../..'));
  const file = path.join(directory, `${number.replaceAll('/', '-')}.pdf`);
  await writeFile(file, pdf);
  page.paragraph('');
  page.paragraph(`${number} as a PDF lies in ${file}. Fetch it yourself:`);
  page.link(`curl -H "Authorization: Bearer $KEY" ${address} -o invoice.pdf`);
}
