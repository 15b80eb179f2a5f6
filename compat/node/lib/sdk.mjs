// Loads an unmodified twilio package and points its clients at another origin.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';

const require = createRequire(import.meta.url);
const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url)));

export const aliases = Object.keys(manifest.dependencies).filter((name) => name.startsWith('twilio-'));

export function load(alias) {
  const twilio = require(alias);
  const RequestClient = require(`${alias}/lib/base/RequestClient`);
  const { version } = require(`${alias}/package.json`);

  /**
   * The one thing that differs from production use: an `httpClient` that swaps the origin of each request.
   * With `keepHost` the Host header still names the host that the SDK meant to call.
   */
  class Repointed extends RequestClient {
    constructor(origin, keepHost) {
      super();
      this.origin = origin;
      this.keepHost = keepHost;
    }

    request(opts) {
      const [, host] = /^https?:\/\/([^/?#]+)/.exec(opts.uri);
      const headers = this.keepHost ? { ...opts.headers, Host: host } : opts.headers;
      return super.request({ ...opts, headers, uri: opts.uri.replace(/^https?:\/\/[^/?#]+/, this.origin) });
    }
  }

  const connect = (origin, username, password, { keepHost = false, ...options } = {}) =>
    twilio(username, password, { ...options, httpClient: new Repointed(origin, keepHost) });

  // Before 3.41, list({ limit }) counts on a page of that size and stops after it, even if the server cut it shorter.
  const stopsAfterShortPage = version.startsWith('3.40.');

  return { alias, version, name: `twilio-node ${version}`, twilio, connect, stopsAfterShortPage };
}
