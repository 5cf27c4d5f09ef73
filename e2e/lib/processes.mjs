// Processes, as /proc tells of them (proc(5)).

import { readdirSync, readFileSync } from 'node:fs';

/** The variable that marks everything a test has started. */
export const MARK = 'E2E_RUN';

const read = (pid, file) => {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return '';
  }
};

/** One running process. `started` tells it from a later one with the same number. */
function describe(pid) {
  const stat = read(pid, 'stat');
  const after = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (after.length < 20 || after[0] === 'Z' || after[0] === 'X') return undefined;
  const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
  return { pid, name, parent: Number(after[1]), started: after[19], command: read(pid, 'cmdline').replaceAll('\0', ' ').trim() };
}

function all() {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => describe(Number(name)))
    .filter((found) => found !== undefined);
}

/** The environment of a process. */
export function environment(pid) {
  const pairs = read(pid, 'environ')
    .split('\0')
    .filter((pair) => pair.includes('='));
  return Object.fromEntries(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]));
}

/** What carries the mark, or descends from `root`. */
export function family(mark, root) {
  const everyone = all();
  const members = new Map(everyone.filter(({ pid }) => environment(pid)[MARK] === mark).map((one) => [one.pid, one]));
  const first = everyone.find(({ pid }) => pid === root);
  if (first) members.set(first.pid, first);
  for (let before = -1; before !== members.size; ) {
    before = members.size;
    for (const one of everyone) if (members.has(one.parent)) members.set(one.pid, one);
  }
  return [...members.values()];
}

/** Whether that very process still runs. */
export function runs({ pid, started }) {
  return describe(pid)?.started === started;
}

/** Clock ticks of processor time, by thread name; threads of one name are added up. */
export function threadTimes(pid) {
  const times = new Map();
  let tasks = [];
  try {
    tasks = readdirSync(`/proc/${pid}/task`);
  } catch {
    return times;
  }
  for (const task of tasks) {
    const stat = read(`${pid}/task/${task}`, 'stat');
    const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    times.set(name, (times.get(name) ?? 0) + Number(fields[11]) + Number(fields[12]));
  }
  return times;
}
