// Collects the tests of one SDK version and runs them one after the other.
const TEST_MS = 60_000;

/** The views of the same product that an SDK offers. `prefix` tells them apart in test names. */
export function views(client) {
  const v2 = [{ prefix: '', api: client.chat.v2 }, { prefix: 'ip-messaging v2 ', api: client.ipMessaging.v2 }];
  const v1 = [{ prefix: 'v1 ', api: client.chat.v1 }, { prefix: 'ip-messaging v1 ', api: client.ipMessaging.v1 }];
  return { v1, v2 };
}

export class Suite {
  tests = [];

  /** Registers a module: a function that gets `{ test, api, makeService, ... }` and calls `test(name, body)`. */
  add(module, context, prefix = '') {
    const made = [];
    const makeService = async (friendlyName = 'compat') => {
      const { sid } = await context.api.services.create({ friendlyName });
      made.push(sid);
      return { sid, service: context.api.services(sid) };
    };
    const cleanUp = async () => {
      for (const sid of made.splice(0)) await context.api.services(sid).remove().catch(() => {});
    };
    const test = (name, body) => this.tests.push({ name: prefix + name, body, cleanUp });
    module({ ...context, makeService, test });
  }

  async run(wanted, report) {
    const tests = this.tests.filter(({ name }) => name.includes(wanted));
    const twice = tests.find(({ name }, i) => tests.findIndex((other) => other.name === name) !== i);
    if (twice) throw new Error(`two tests are called "${twice.name}"`);
    const results = [];
    for (const { name, body, cleanUp } of tests) {
      const error = await attempt(body);
      const result = error ? { test: name, result: 'fail', error: firstLine(error) } : { test: name, result: 'pass' };
      results.push(result);
      report(result, error);
      await cleanUp();
    }
    return results.sort((a, b) => (a.test < b.test ? -1 : 1));
  }
}

async function attempt(body) {
  let timer;
  const late = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error('timed out')), TEST_MS); });
  try {
    await Promise.race([body(), late]);
    return undefined;
  } catch (error) {
    return error ?? new Error('thrown without a reason');
  } finally {
    clearTimeout(timer);
  }
}

/** What stays of an error must be the same in the next run. */
function firstLine(error) {
  return String(error.message || error.code || error).split('\n')[0]
    .replace(/\b([A-Z]{2})[0-9a-f]{32}\b/g, '$1..')
    .replace(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, '[uuid]')
    .replace(/\b(127\.0\.0\.1|localhost):\d+/g, '$1:[port]')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, '[date]');
}
