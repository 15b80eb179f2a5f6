// Runs the official SDKs against the binary: node run.mjs [--sdk 6.x] [--binary PATH] [--database URL]
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { start } from './lib/binary.mjs';
import { aliases, load } from './lib/sdk.mjs';
import { Suite, views } from './lib/suite.mjs';
import { difference, knownFailures, write } from './lib/results.mjs';
import { both, once, story, v1, v2, v3 } from './tests/index.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const { values: options } = parseArgs({
  options: {
    sdk: { type: 'string', default: '' },
    binary: { type: 'string', default: process.env.PARTYLINE_BIN ?? here('../../target/debug/partyline') },
    database: { type: 'string' },
    only: { type: 'string', default: '' },
    results: { type: 'string', default: here('../results') },
    'known-failures': { type: 'string', default: here('../known-failures.txt') },
    verbose: { type: 'boolean', default: false },
  },
});

/** The SDKs whose story is told: what new code uses, and the last release most old code is on. */
const STORY_TELLERS = ['twilio-6', 'twilio-3.84'];

// The SDKs honour these; everything here is on loopback.
for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy', 'TWILIO_EDGE', 'TWILIO_REGION']) delete process.env[name];

function collect(sdk, server) {
  const client = sdk.connect(server.url, server.account_sid, server.auth_token);
  const context = { sdk, client, server };
  const suite = new Suite();
  const seen = views(client);
  for (const { prefix, api } of seen.v2) for (const module of [...both, ...v2]) suite.add(module, { ...context, api, version: 'v2' }, prefix);
  for (const { prefix, api } of seen.v1) for (const module of [...both, ...v1]) suite.add(module, { ...context, api, version: 'v1' }, prefix);
  for (const module of once) suite.add(module, { ...context, api: client.chat.v2 });
  if (client.chat.v3) for (const module of v3) suite.add(module, { ...context, api: client.chat.v2 });
  if (STORY_TELLERS.includes(sdk.alias)) for (const module of story) suite.add(module, { ...context, api: client.chat.v2 }, 'story: ');
  return suite;
}

async function runSdk(sdk) {
  const server = await start(options.binary, options.database);
  try {
    return await collect(sdk, server).run(options.only, (result, error) => {
      if (error) console.log(`${sdk.name}  FAIL  ${result.test}: ${result.error}`);
      else if (options.verbose) console.log(`${sdk.name}  pass  ${result.test}`);
      if (error && options.verbose) console.log(error.stack);
    });
  } finally {
    await server.stop();
  }
}

/** Reports one SDK's results and says whether they are acceptable. */
function judge(sdk, results) {
  const known = knownFailures(options['known-failures'], sdk);
  const failed = results.filter(({ result }) => result === 'fail');
  const unexpected = failed.filter(({ test }) => !known.has(test));
  const stale = options.only ? [] : [...known].filter((name) => !failed.some(({ test }) => test === name));
  for (const name of stale) console.log(`${sdk.name}  listed as a known failure, but does not fail: ${name}`);

  let differs = [];
  if (options.database) differs = options.only ? [] : difference(options.results, sdk, results);
  else if (!options.only) write(options.results, sdk, results);
  for (const line of differs) console.log(line);

  const passed = results.length - failed.length;
  const skipped = failed.length - unexpected.length;
  console.log(`${sdk.name}: ${passed} passed, ${unexpected.length} failed, ${skipped} known to fail`);
  return { passed, failed: unexpected.length, skipped, ok: !unexpected.length && !stale.length && !differs.length };
}

const wanted = options.sdk.replace(/\.x$/, '').replace(/^twilio-/, '');
const sdks = aliases.map(load).filter(({ version }) => !wanted || version === wanted || version.startsWith(`${wanted}.`));
if (sdks.length === 0) throw new Error(`no SDK matches ${options.sdk}`);

const total = { passed: 0, failed: 0, skipped: 0, ok: true };
for (const sdk of sdks) {
  const { passed, failed, skipped, ok } = judge(sdk, await runSdk(sdk));
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
  total.ok &&= ok;
}
// What is known to fail counts as skipped: known-failures.txt names it, and it may only shrink.
console.log(`compat-node: ${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(total.ok ? 0 : 1);
