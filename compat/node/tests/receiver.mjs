// The suite's own receiver: what the webhook tests rest on.
import { createHmac } from 'node:crypto';
import { receiving } from '../lib/receiver.mjs';
import { check, same } from '../lib/expect.mjs';

/** A signer that shares nothing with the validator: HMAC-SHA1 over the URL and the sorted parameters. */
function sign(authToken, url, params = {}) {
  const signed = Object.keys(params).sort().reduce((text, name) => text + name + params[name], url);
  return createHmac('sha1', authToken).update(signed).digest('base64');
}

export default function ({ test, sdk, server }) {
  const params = { EventType: 'onMessageSent', Body: 'Grüße & 1+1 ☕', Attributes: '{"a": [1]}', From: '' };

  const post = (url, form, signature) => fetch(url, {
    method: 'POST',
    headers: { ...(signature && { 'X-Twilio-Signature': signature }) },
    body: new URLSearchParams(form),
  });

  const received = (name, body, options) => test(`receiver: ${name}`, () => receiving({ sdk, server }, body, options));

  received('a form that is signed rightly', async (hook) => {
    const url = `${hook.url}?a=b%20c&d`;
    same('status', (await post(url, params, sign(server.auth_token, url, params))).status, 200);
    check((await hook.arrived(1))[0], { event: 'onMessageSent', params, method: 'POST', path: '/hook?a=b%20c&d', valid: true });
  });

  received('a query that is signed rightly', async (hook) => {
    const url = `${hook.url}?a=b&${new URLSearchParams(params)}`;
    const answer = await fetch(url, { headers: { 'X-Twilio-Signature': sign(server.auth_token, url) } });
    same('status', answer.status, 200);
    check((await hook.arrived(1))[0], { event: 'onMessageSent', params: { a: 'b', ...params }, method: 'GET', valid: true });
  });

  const wrong = (name, send) => received(`refuses ${name}`, async (hook) => {
    same('status', (await send(hook.url)).status, 403);
    check(hook.events[0], { event: 'onMessageSent', valid: false });
    const error = await hook.arrived(1).catch((thrown) => thrown);
    check(error, { message: /^(GET|POST) of onMessageSent: / });
  });

  wrong('a form that is not signed', (url) => post(url, params));
  wrong('a form signed with another token', (url) => post(url, params, sign('0'.repeat(32), url, params)));
  wrong('a form signed for another URL', (url) => post(url, params, sign(server.auth_token, `${url}/`, params)));
  wrong('a form with another body', (url) => post(url, { ...params, Body: '' }, sign(server.auth_token, url, params)));
  wrong('a form with a parameter more', (url) => post(url, { ...params, Index: '0' }, sign(server.auth_token, url, params)));
  wrong('a form that repeats a parameter', (url) => {
    return post(url, [...Object.entries(params), ['Body', params.Body]], sign(server.auth_token, url, params));
  });
  wrong('a query with another value', (url) => fetch(`${url}?EventType=onMessageSent&Body=1`, {
    headers: { 'X-Twilio-Signature': sign(server.auth_token, `${url}?EventType=onMessageSent&Body=2`) },
  }));

  received('answers as it is told, and says what did not come', async (hook) => {
    hook.answer('onMessageSent', ({ params: { From } }) => ({ status: 418, body: `Dear ${From}`, delay: 1 }));
    const answer = await post(hook.url, { ...params, From: 'ann' }, sign(server.auth_token, hook.url, { ...params, From: 'ann' }));
    same('answer', [answer.status, await answer.text()], [418, 'Dear ann']);
    const error = await hook.arrived(1, 'onMemberAdded', 50).catch((thrown) => thrown);
    same('error', error.message, '0 of 1 webhooks in 50 ms; there were: onMessageSent');
  });

  received('asks for credentials', async (hook) => {
    const signature = sign(server.auth_token, hook.url, params);
    const answer = await post(hook.url, params, signature);
    same('challenge', [answer.status, answer.headers.get('www-authenticate')], [401, 'Basic realm="hooks"']);
    const headers = { 'X-Twilio-Signature': signature, Authorization: `Basic ${btoa('ann:s3cret')}` };
    same('status', (await fetch(hook.url, { method: 'POST', headers, body: new URLSearchParams(params) })).status, 200);
    same('events', [(await hook.arrived(1)).length, hook.challenged], [1, 1]);
  }, { credentials: 'ann:s3cret' });
}
