// Assertions whose message fits on one line: that line is what a result file shows.
import { isDeepStrictEqual, inspect } from 'node:util';

const show = (value) => {
  const text = typeof value === 'string' ? JSON.stringify(value) : inspect(value, { compact: true, breakLength: Infinity, depth: 4 });
  return text.length > 300 ? `${text.slice(0, 300)}...` : text;
};

export function same(what, actual, expected) {
  if (!isDeepStrictEqual(actual, expected)) throw new Error(`${what}: expected ${show(expected)}, got ${show(actual)}`);
}

export function sameSet(what, actual, expected) {
  same(what, [...actual].sort(), [...expected].sort());
}

/** `fields` holds a plain value, a RegExp, `Date` (any valid Date of whole seconds) or a predicate for each name. */
export function check(object, fields) {
  for (const [name, expected] of Object.entries(fields)) {
    const actual = object[name];
    if (expected === Date) {
      const ok = actual instanceof Date && !Number.isNaN(actual.getTime()) && actual.getMilliseconds() === 0;
      if (!ok) throw new Error(`${name}: expected a Date of whole seconds, got ${show(actual)}`);
    } else if (expected instanceof RegExp) {
      if (typeof actual !== 'string' || !expected.test(actual)) throw new Error(`${name}: expected ${expected}, got ${show(actual)}`);
    } else if (typeof expected === 'function') {
      if (!expected(actual)) throw new Error(`${name}: unexpected ${show(actual)}`);
    } else {
      same(name, actual, expected);
    }
  }
}

export const sid = (prefix) => new RegExp(`^${prefix}[0-9a-f]{32}$`);

/** A SID of the right form that names nothing. */
export const unknown = (prefix) => prefix + 'f'.repeat(32);

/** The call must be refused with this HTTP status and code. Resolves to the SDK's exception. */
export async function refused(call, status, code, message) {
  let error;
  try {
    await call;
  } catch (thrown) {
    error = thrown;
  }
  if (!error) throw new Error(`expected ${status}/${code}, was accepted`);
  if (error.status === undefined) throw error;
  if (error.status !== status || error.code !== code) {
    throw new Error(`expected ${status}/${code}, got ${error.status}/${error.code} ${error.message}`);
  }
  same('moreInfo', error.moreInfo, `https://www.twilio.com/docs/errors/${code}`);
  if (message !== undefined) same('message', error.message, message);
  return error;
}

/** The object is gone: neither fetch nor a second delete finds it. */
export async function gone(context) {
  if (context.fetch) await refused(context.fetch(), 404, 20404);
  await refused(context.remove(), 404, 20404);
}

export async function deleted(context) {
  same('answer to delete', await context.remove(), true);
  await gone(context);
}
