// A receiver of webhooks on loopback, as the SDK's manual has it: what the SDK's validator does not accept is refused.
import { createServer } from 'node:http';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';

const WAIT_MS = 10_000;
const JSON_HEADERS = { 'Content-Type': 'application/json' };

/** Runs `body` with a receiver of its own. With `credentials` ("name:password") the receiver asks for them. */
export async function receiving({ sdk, server }, body, { credentials } = {}) {
  const receiver = new Receiver(sdk.twilio.validateRequest, server.auth_token, credentials);
  await receiver.open();
  try {
    return await body(receiver);
  } finally {
    receiver.close();
  }
}

class Receiver {
  /** In the order of arrival: `{ event, params, method, path, headers, valid, complaint }`. */
  events = [];

  /** How many requests came without credentials and were asked for them. */
  challenged = 0;

  #answers = new Map();

  constructor(validate, authToken, credentials) {
    Object.assign(this, { validate, authToken, credentials });
    this.server = createServer((request, response) => this.#serve(request, response));
  }

  async open() {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    this.origin = `http://127.0.0.1:${this.server.address().port}`;
    this.url = `${this.origin}/hook`;
  }

  close() {
    this.server.close();
    this.server.closeAllConnections();
  }

  /** What this event is answered from now on: `{ status, body, headers, delay }`, or a function of the event that gives it. */
  answer(event, answer) {
    this.#answers.set(event, typeof answer === 'function' ? answer : () => answer);
  }

  /** Waits until `count` events have come that `filter` (a function or an event's name) takes; gives all of those there are. */
  async arrived(count, filter = () => true, ms = WAIT_MS) {
    const wanted = typeof filter === 'string' ? ({ event }) => event === filter : filter;
    const signal = AbortSignal.timeout(ms);
    for (;;) {
      const wrong = this.events.find(({ complaint }) => complaint);
      if (wrong) throw new Error(`${wrong.method} of ${wrong.event}: ${wrong.complaint}`);
      const found = this.events.filter(wanted);
      if (found.length >= count) return found;
      await once(this.server, 'event', { signal }).catch(() => {
        throw new Error(`${found.length} of ${count} webhooks in ${ms} ms; there were: ${this.names().join(', ') || 'none'}`);
      });
    }
  }

  /** Waits until the answers to all that came are there; what went wrong in making one is thrown. */
  async settled() {
    await Promise.all(this.events.map(({ answered }) => answered));
  }

  names() {
    return this.events.map(({ event }) => event);
  }

  async #serve(request, response) {
    const url = `${this.origin}${request.url}`;
    const form = request.method === 'GET' ? new URL(url).searchParams : new URLSearchParams(await text(request));
    const params = Object.fromEntries(form);
    const { method, url: path, headers } = request;
    const event = { event: params.EventType, params, method, path, headers };
    event.complaint = this.#complaint(event, url, [...form.keys()]);
    event.valid = !event.complaint;
    if (event.valid && this.credentials && !headers.authorization) {
      this.challenged += 1;
      return response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="hooks"' }).end();
    }
    event.answered = event.valid ? this.#answerTo(event) : Promise.resolve({ status: 403 });
    this.events.push(event);
    this.server.emit('event');
    const { status = 200, body = '', headers: more = JSON_HEADERS, delay } = await event.answered.catch(() => ({ status: 500 }));
    if (delay) await pause(delay, undefined, { ref: false });
    return response.writeHead(status, more).end(body);
  }

  async #answerTo(event) {
    return (await this.#answers.get(event.event)?.(event)) ?? {};
  }

  #complaint({ method, params, headers }, url, names) {
    const expected = this.credentials && `Basic ${Buffer.from(this.credentials).toString('base64')}`;
    if (headers.authorization && headers.authorization !== expected) return 'Authorization is wrong';
    if (names.length !== new Set(names).size) return 'a parameter is repeated';
    const signature = headers['x-twilio-signature'];
    if (!signature) return 'no X-Twilio-Signature';
    if (!this.validate(this.authToken, signature, url, method === 'GET' ? {} : params)) return 'the SDK refuses X-Twilio-Signature';
    return undefined;
  }
}
