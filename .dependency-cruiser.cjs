// Who may import whom: docs/architecture.md draws it, this file enforces it, test/house/layers.test.ts
// breaks each rule once and sees it refused. `import type` is not an edge: it leaves no trace at run time.
const LAYERS = [
  'domain',
  'workflows',
  'activities',
  'gateways',
  'db',
  'api',
  'worker',
  'config',
  'scripts',
  'test',
  'web',
];

/** Code in `from` may import its own layer and those allowed, no other. */
function onlyTo(from, ...allowed) {
  const refused = LAYERS.filter((layer) => layer !== from && !allowed.includes(layer));
  return {
    name: `${from}-imports-${allowed.join('-') || 'nothing'}`,
    comment: `${from}/ may import ${allowed.join(', ') || 'nothing'} besides itself.`,
    severity: 'error',
    from: { path: `^${from}/` },
    to: { path: `^(${refused.join('|')})/` },
  };
}

/** A package only these places know, so that replacing it is one folder's work. */
function ownedPackage({ name, packages, owners }) {
  return {
    name,
    comment: `${packages} is imported only by ${owners}.`,
    severity: 'error',
    from: { pathNot: `^(${owners})` },
    to: { path: `^node_modules/(${packages})/` },
  };
}

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    onlyTo('domain'),
    onlyTo('workflows', 'domain'),
    onlyTo('gateways', 'domain', 'config'),
    onlyTo('db', 'domain', 'config'),
    onlyTo('activities', 'domain', 'gateways', 'db', 'workflows'),
    onlyTo('api', 'domain', 'db', 'gateways', 'config', 'workflows'),
    onlyTo('worker', 'domain', 'workflows', 'activities', 'gateways', 'db', 'config'),
    onlyTo('config', 'domain'),
    {
      name: 'domain-is-pure',
      comment: 'domain/ imports no package and no node module; calendar.ts may import luxon.',
      severity: 'error',
      from: { path: '^domain/', pathNot: '^domain/calendar\\.ts$' },
      to: {
        path: '^(?!\\.|(domain|workflows|activities|gateways|db|api|worker|config|scripts|test|web)/)',
      },
    },
    {
      name: 'calendar-imports-luxon-only',
      comment: 'domain/calendar.ts may import luxon and nothing else from outside.',
      severity: 'error',
      from: { path: '^domain/calendar\\.ts$' },
      to: { path: '^(?!\\.|domain/|node_modules/luxon/)' },
    },
    {
      name: 'only-messages-of-workflows',
      comment: 'Who talks to a workflow knows its contract (*.messages.ts), never its code.',
      severity: 'error',
      from: { path: '^(api|activities)/' },
      to: { path: '^workflows/', pathNot: '\\.messages\\.ts$' },
    },
    {
      name: 'workflows-never-reach-io',
      comment: 'No chain of imports leads from a workflow to the database or a gateway.',
      severity: 'error',
      from: { path: '^workflows/' },
      to: { path: '^(db|gateways|activities|config)/', reachable: true },
    },
    {
      name: 'workflows-replay',
      comment: 'A workflow imports @temporalio/workflow and common; node modules do not replay.',
      severity: 'error',
      from: { path: '^workflows/' },
      to: {
        path: '^(?!workflows/|domain/|activities/|node_modules/@temporalio/(workflow|common)/)',
      },
    },
    {
      name: 'nobody-imports-entry-layers',
      comment: 'api/, worker/, web/, scripts/ and test/ are ends of the graph.',
      severity: 'error',
      from: { path: '^([^/]+)/', pathNot: '^(scripts|test)/' },
      to: { path: '^(test|scripts|web|api|worker)/', pathNot: '^$1/' },
    },
    {
      name: 'nobody-imports-tests',
      comment: 'Scripts run in production; what only tests need stays in test/.',
      severity: 'error',
      from: { pathNot: '^test/' },
      to: { path: '^test/' },
    },
    ownedPackage({
      name: 'sql-in-db',
      packages: 'knex|objection|pg',
      owners: 'db/|scripts/|test/',
    }),
    ownedPackage({
      name: 'http-in-api',
      packages: 'express',
      owners: 'api/|gateways/sandbox(-carrier)?/|test/',
    }),
    ownedPackage({ name: 'pdf-in-documents', packages: 'pdfkit', owners: 'api/documents/' }),
    ownedPackage({ name: 'twilio-in-twilio', packages: 'twilio', owners: 'gateways/twilio/' }),
    ownedPackage({
      name: 'stripe-in-stripe',
      packages: 'stripe',
      owners: 'gateways/stripe/|test/',
    }),
    ownedPackage({ name: 'zones-in-calendar', packages: 'luxon', owners: 'domain/calendar\\.ts' }),
    ownedPackage({
      name: 'worker-in-worker',
      packages: '@temporalio/worker',
      owners: 'worker/|scripts/|test/',
    }),
    {
      name: 'no-circular',
      comment: 'Two files that need each other are one file, or miss a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-cycle-between-folders',
      comment:
        'A noun that needs another is not needed by it: what both need has a folder of its own.',
      severity: 'error',
      scope: 'folder',
      from: { path: '^(activities|domain)/' },
      to: { circular: true },
    },
    {
      name: 'no-unresolvable',
      comment: 'An import that leads nowhere breaks at run time.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-dev-package-in-production',
      comment: 'The image installs no devDependencies: code that runs there may not import one.',
      severity: 'error',
      from: { path: '^(domain|workflows|activities|gateways|db|api|worker|config)/' },
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
        dependencyTypesNot: ['type-only'],
      },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|coverage|\\.data|\\.cache)/' },
    tsPreCompilationDeps: false,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['require', 'node', 'default'],
    },
  },
};
