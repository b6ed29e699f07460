import { z } from 'zod';
import { getAccount } from '../../db/repositories/account.repository';
import {
  getDocument,
  listDocuments,
  type DocumentRecord,
} from '../../db/repositories/document.repository';
import type { Transaction } from '../../db/transaction';
import { BillingError } from '../../domain/billing-error';
import { content, ok, type Answer } from '../answer';
import { describeDocument } from '../documents/describe-document';
import { drawDocument } from '../documents/draw-document';
import { pageFields, pageOf, readNumberCursor, toApiPage } from '../page';
import { toApiDocument } from '../presenters/document.presenter';
import { readRoute, type Route } from '../route';
import { accountParams } from '../schemas/account.schema';
import { idText } from '../schemas/common.schema';
import { documentKind, documentSchema } from '../schemas/document.schema';

const tag = 'Documents';
const ANYONE = ['operator', 'partner', 'account'] as const;
const PDF = 'application/pdf';
const documentParams = z.strictObject({ document_id: idText });
const shown = { 200: { description: 'The document.', schema: documentSchema } };
const drawn = { 200: { description: 'The document as A4 pages.', contentType: PDF } };

const listRoute = readRoute({
  method: 'get',
  path: '/v1/accounts/{account_id}/invoices',
  operation: 'listDocuments',
  summary: 'List an account’s invoices, credit notes, vouchers and statements, newest first',
  tag,
  roles: ANYONE,
  params: accountParams,
  query: z.strictObject({ ...pageFields, kind: documentKind.optional() }),
  responses: { 200: { description: 'A page.', schema: pageOf(documentSchema) } },
  async handler({ params, query }, trx) {
    const account = await getAccount(trx, params.account_id);
    const rows = await listDocuments(trx, {
      accountId: account.id,
      limit: query.limit + 1,
      beforePosition: readNumberCursor(query.cursor),
      kind: query.kind,
    });
    const cursorOf = ({ position }: DocumentRecord) => [String(position)];
    return ok(toApiPage(rows, { limit: query.limit, present: toApiDocument, cursorOf }));
  },
});

const drawInvoice = readRoute({
  method: 'get',
  path: '/v1/invoices/{document_id}.pdf',
  operation: 'getInvoicePdf',
  summary: 'Show a document of any kind as a PDF',
  tag,
  roles: ANYONE,
  params: documentParams,
  responses: drawn,
  handler: async ({ params }, trx) => draw(await getDocument(trx, params.document_id)),
});

const showInvoice = readRoute({
  method: 'get',
  path: '/v1/invoices/{document_id}',
  operation: 'getInvoice',
  summary: 'Show a document of any kind',
  tag,
  roles: ANYONE,
  params: documentParams,
  responses: shown,
  handler: async ({ params }, trx) => ok(toApiDocument(await getDocument(trx, params.document_id))),
});

const drawCreditNote = readRoute({
  method: 'get',
  path: '/v1/credit_notes/{document_id}.pdf',
  operation: 'getCreditNotePdf',
  summary: 'Show a credit note as a PDF',
  tag,
  roles: ANYONE,
  params: documentParams,
  responses: drawn,
  handler: async ({ params }, trx) => draw(await getCreditNote(trx, params.document_id)),
});

const showCreditNote = readRoute({
  method: 'get',
  path: '/v1/credit_notes/{document_id}',
  operation: 'getCreditNote',
  summary: 'Show a credit note',
  tag,
  roles: ANYONE,
  params: documentParams,
  responses: shown,
  handler: async ({ params }, trx) =>
    ok(toApiDocument(await getCreditNote(trx, params.document_id))),
});

// A path with `.pdf` also fits the one without it, so it comes first.
export const documentRoutes: readonly Route[] = [
  listRoute,
  drawInvoice,
  showInvoice,
  drawCreditNote,
  showCreditNote,
];

async function getCreditNote(trx: Transaction, id: string): Promise<DocumentRecord> {
  const document = await getDocument(trx, id);
  if (document.kind === 'credit_note') return document;
  throw new BillingError('not_found', 'There is no such credit note.');
}

async function draw(document: DocumentRecord): Promise<Answer> {
  const pdf = await drawDocument(describeDocument(document), { issuedAt: document.issuedAt });
  const answer = content(PDF, pdf);
  const fileName = `${document.number.replaceAll('/', '-')}.pdf`;
  const disposition = `inline; filename="${fileName}"`;
  return { ...answer, headers: { ...answer.headers, 'content-disposition': disposition } };
}
