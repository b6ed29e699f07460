// One project per kind of test, so that `npm test -- --selectProjects domain` starts no server.
// Which servers a project needs is said by its globalSetup; jest runs that once, and only when a
// test of the project runs (test/support/test-run.ts).
const base = {
  rootDir: __dirname,
  testEnvironment: 'node',
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
        module: { type: 'commonjs' },
        sourceMaps: 'inline',
      },
    ],
  },
  cacheDirectory: '<rootDir>/node_modules/.cache/jest',
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.cache/', '<rootDir>/.data/'],
};

function project(name, servers) {
  return {
    ...base,
    displayName: name,
    testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
    ...(servers && {
      globalSetup: `<rootDir>/test/support/global-setup-${servers}.ts`,
      globalTeardown: '<rootDir>/test/support/global-teardown.ts',
    }),
  };
}

/** @type {import('jest').Config} */
module.exports = {
  reporters: ['default', '<rootDir>/test/support/run-reporter.js'],
  projects: [
    project('domain'),
    project('house'),
    project('gateways'),
    project('db', 'postgres'),
    project('activities', 'postgres'),
    project('api', 'api'),
    project('workflows', 'workflows'),
    project('scenarios', 'scenarios'),
  ],
};
