import path from 'node:path';
import express, { type RequestHandler } from 'express';
import { BILLING_ERROR_CODES } from '../domain/billing-error';
import { PROBLEMS } from './problem';

/** The human page over /openapi.json. Everything it loads comes from this server. */
export const DOCS_PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Tollgate API</title>
    <link rel="stylesheet" href="/docs/swagger-ui.css" />
    <link rel="icon" href="/docs/favicon-32x32.png" />
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;

export const DOCS_SCRIPT = `window.SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  validatorUrl: null,
  presets: [window.SwaggerUIBundle.presets.apis],
});
`;

const ERROR_ROWS = BILLING_ERROR_CODES.map((code) => {
  const { status, title } = PROBLEMS[code];
  return `<tr id="${code}"><td><code>${code}</code></td><td>${status}</td><td>${title}</td></tr>`;
}).join('\n      ');

/** Where the \`type\` of every problem leads. */
export const ERRORS_PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>Tollgate API: error codes</title>
  </head>
  <body>
    <h1>Error codes</h1>
    <table>
      <tr><th>code</th><th>status</th><th>what it says</th></tr>
      ${ERROR_ROWS}
    </table>
  </body>
</html>
`;

// Found, not imported: the package's entry point would load its whole bundle into this process.
const ASSETS_DIRECTORY = path.dirname(require.resolve('swagger-ui-dist/package.json'));

/** Scripts and styles of the docs page, from the package, by name only. */
export function serveDocsAssets(): RequestHandler {
  return express.static(ASSETS_DIRECTORY, {
    index: false,
    redirect: false,
    dotfiles: 'ignore',
    maxAge: '1h',
  });
}
