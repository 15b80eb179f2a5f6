// The committed results: one line per test, sorted, with nothing in them that changes from run to run.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const lines = (path) => (existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : []);

const fileOf = (directory, version) => join(directory, `node-${version}.jsonl`);

const lineOf = (sdk, { test, result, error }) => JSON.stringify({ sdk, test, result, ...(error && { error }) });

export function write(directory, sdk, results) {
  mkdirSync(directory, { recursive: true });
  writeFileSync(fileOf(directory, sdk.version), results.map((r) => `${lineOf(sdk.name, r)}\n`).join(''));
}

/** The lines in which this run differs from the committed one, in the manner of diff. */
export function difference(directory, sdk, results) {
  const committed = new Set(lines(fileOf(directory, sdk.version)));
  const now = new Set(results.map((r) => lineOf(sdk.name, r)));
  return [
    ...[...committed].filter((line) => !now.has(line)).map((line) => `- ${line}`),
    ...[...now].filter((line) => !committed.has(line)).map((line) => `+ ${line}`),
  ];
}

/** The tests of this SDK that are known to fail: lines of the form `<sdk> <test>`; `#` starts a comment. */
export function knownFailures(path, sdk) {
  return new Set(lines(path).filter((line) => line.startsWith(`${sdk.name} `)).map((line) => line.slice(sdk.name.length + 1).trim()));
}
