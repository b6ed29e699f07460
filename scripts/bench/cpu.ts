/** Owns: what processes have used, as the kernel counts it (Linux: /proc). */
import { readdirSync, readFileSync } from 'node:fs';

const TICKS_PER_SECOND = 100;
const PAGES_PER_MB = 256;

/** CPU milliseconds, user and system, that a process and its ended children have used. */
export function cpuMsOf(pid: number): number {
  const [, ...rest] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
  const fields = rest.join(') ').split(' ');
  const ticks = [11, 12, 13, 14].map((index) => Number(fields[index] ?? 0));
  return (ticks.reduce((sum, value) => sum + value, 0) * 1_000) / TICKS_PER_SECOND;
}

/** The same of a process and all that descend from it: a PostgreSQL server is many processes. */
export function cpuMsOfTree(pid: number): number {
  return treeOf(pid).reduce((sum, member) => {
    try {
      return sum + cpuMsOf(member);
    } catch {
      return sum; // It ended while we looked, and counts with its parent now.
    }
  }, 0);
}

/** Resident memory in MB of a process and all that descend from it. Shared pages count once per process. */
export function residentMbOfTree(pid: number): number {
  const pages = treeOf(pid).map((member) =>
    Number(readFileSync(`/proc/${member}/statm`, 'utf8').split(' ')[1] ?? 0),
  );
  return Math.round(pages.reduce((sum, value) => sum + value, 0) / PAGES_PER_MB);
}

/** Resident memory in MB of all that descend from a process, summed by what they are. */
export function residentMbByCommand(pid: number): Record<string, number> {
  const pages: Record<string, number> = {};
  for (const member of treeOf(pid)) {
    const name = nameOf(readFileSync(`/proc/${member}/cmdline`, 'utf8').replaceAll('\0', ' '));
    const own = Number(readFileSync(`/proc/${member}/statm`, 'utf8').split(' ')[1] ?? 0);
    pages[name] = (pages[name] ?? 0) + own / PAGES_PER_MB;
  }
  return Object.fromEntries(
    Object.entries(pages).map(([name, megabytes]) => [name, Math.round(megabytes)]),
  );
}

const NAMES = [
  'api/server',
  'worker/main',
  'gateways/sandbox',
  'scripts/start',
  'postgres',
  'temporal',
];

function nameOf(commandLine: string): string {
  return NAMES.find((name) => commandLine.includes(name)) ?? 'other';
}

function treeOf(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(') ')).split(' ')[2]));
    } catch {
      continue; // It ended while we looked.
    }
  }
  const members = [pid];
  for (const member of members) {
    for (const [child, parent] of parents) if (parent === member) members.push(child);
  }
  return members;
}
