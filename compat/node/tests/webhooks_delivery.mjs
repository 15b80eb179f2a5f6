// When a post-event is sent, where to, how, and how often.
import { check, same } from '../lib/expect.mjs';
import { receiving } from '../lib/receiver.mjs';

const told = { xTwilioWebhookEnabled: 'true' };
const bodies = (events) => events.map(({ params }) => params.Body);

export default function ({ test, sdk, client, server, makeService }) {
  /** `body` gets a receiver and a channel of a service that calls it; `settings` may be a function of the receiver. */
  const hooked = (name, settings, body, options) => test(`webhooks: ${name}`, () => receiving({ sdk, server }, async (hook) => {
    const { sid, service } = await makeService();
    const { sid: channelSid } = await service.channels.create();
    const change = typeof settings === 'function' ? settings(hook) : settings;
    await service.update({ postWebhookUrl: hook.url, webhookFilters: ['onMessageSent'], ...change });
    await body({ hook, sid, service, channelSid, channel: service.channels(channelSid), url: (await service.fetch()).postWebhookUrl });
  }, options));

  const sentinel = (channel) => channel.messages.create({ body: 'sentinel', ...told });
  const isSentinel = ({ params }) => params.Body === 'sentinel';

  for (const [name, parameters] of Object.entries({
    'without the header': {},
    'with the header false': { xTwilioWebhookEnabled: 'false' },
    'with the header yes': { xTwilioWebhookEnabled: 'yes' },
    'with the header 1': { xTwilioWebhookEnabled: '1' },
  })) {
    hooked(`nothing is sent ${name}`, {}, async ({ hook, channel }) => {
      await channel.messages.create({ body: 'quiet', ...parameters });
      await sentinel(channel);
      await hook.arrived(1, isSentinel);
      same('bodies', bodies(hook.events), ['sentinel']);
    });
  }

  hooked('the case of the header\'s value does not matter', {}, async ({ hook, channel }) => {
    await channel.messages.create({ body: 'Hello', xTwilioWebhookEnabled: 'TRUE' });
    await hook.arrived(1);
  });

  hooked('only events that are listed are sent', { webhookFilters: ['onMessageRemoved', 'onMemberAdded'] }, async ({ hook, service, channel }) => {
    const { sid } = await channel.messages.create({ body: 'Hello', ...told });
    await channel.messages(sid).update({ body: 'Bye', ...told });
    await service.channels.create({ uniqueName: 'other', ...told });
    await channel.messages(sid).remove(told);
    await channel.members.create({ identity: 'ann', ...told });
    await hook.arrived(2);
    same('events', hook.names().sort(), ['onMemberAdded', 'onMessageRemoved']);
  });

  test('webhooks: without filters nothing is sent', () => receiving({ sdk, server }, async (hook) => {
    const { service } = await makeService();
    check(await service.update({ postWebhookUrl: hook.url }), { webhookFilters: null });
    const channel = service.channels((await service.channels.create(told)).sid);
    await channel.messages.create({ body: 'quiet', ...told });
    await service.update({ webhookFilters: ['onMessageSent'] });
    await sentinel(channel);
    await hook.arrived(1, isSentinel);
    same('events', bodies(hook.events), ['sentinel']);
  }));

  hooked('a refused request sends nothing', { webhookFilters: ['onMemberAdded', 'onMessageSent'] }, async ({ hook, channel }) => {
    await channel.members.create({ identity: 'ann' });
    await channel.members.create({ identity: 'ann', ...told }).catch(() => {});
    await sentinel(channel);
    await hook.arrived(1, isSentinel);
    same('events', hook.names(), ['onMessageSent']);
  });

  hooked('a POST says what it is', {}, async ({ hook, channel }) => {
    await channel.messages.create({ body: 'Hello', ...told });
    const [{ method, path, headers }] = await hook.arrived(1);
    same('request', [method, path], ['POST', '/hook']);
    check(headers, {
      'content-type': /^application\/x-www-form-urlencoded; ?charset=utf-8$/i,
      'i-twilio-idempotency-token': /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
      'user-agent': /./,
      accept: '*/*',
      'x-twilio-webhooks-signature-settings': undefined,
    });
  });

  hooked('a GET carries the parameters in its query', { webhookMethod: 'GET' }, async ({ hook, channel, channelSid }) => {
    await channel.messages.create({ body: '1+1 ☕ & \'so\' (on)*~', attributes: '{"a":"b c"}', ...told });
    const [{ method, params }] = await hook.arrived(1);
    same('method', method, 'GET');
    check(params, { EventType: 'onMessageSent', ChannelSid: channelSid, Body: '1+1 ☕ & \'so\' (on)*~', Attributes: '{"a":"b c"}' });
  });

  hooked('a GET carries empty parameters too', { webhookMethod: 'GET' }, async ({ hook, channel }) => {
    await channel.messages.create({ body: '', ...told });
    const [{ params }] = await hook.arrived(1);
    check(params, { Body: '' });
  });

  for (const webhookMethod of ['POST', 'GET']) {
    const own = (hook) => ({ postWebhookUrl: `${hook.url}?team=a%20b&empty=&%C3%BC=1`, webhookMethod });
    hooked(`a ${webhookMethod} keeps the query of its URL`, own, async ({ hook, channel }) => {
      await channel.messages.create({ body: 'Hello', ...told });
      const [{ path }] = await hook.arrived(1);
      check({ path }, { path: webhookMethod === 'POST' ? /^\/hook\?team=a%20b&empty=&%C3%BC=1$/ : /^\/hook\?team=a%20b&empty=&%C3%BC=1&./ });
    });

    const credentials = 'ann:s3cret';
    const asked = (hook) => ({ postWebhookUrl: hook.url.replace('//', `//${credentials}@`), webhookMethod });
    hooked(`a ${webhookMethod} repeats itself with credentials when asked for them`, asked, async ({ hook, channel }) => {
      await channel.messages.create({ body: 'Hello', ...told });
      const [{ headers, params }] = await hook.arrived(1);
      check(headers, { authorization: /^Basic / });
      check(params, { Body: 'Hello', RetryCount: '0' });
      same('challenges', hook.challenged, 1);
    }, { credentials });
  }

  hooked('credentials are not sent unasked', (hook) => ({ postWebhookUrl: hook.url.replace('//', '//ann:s3cret@') }),
    async ({ hook, channel, url }) => {
      await channel.messages.create({ body: 'Hello', ...told });
      const [{ headers }] = await hook.arrived(1);
      check(headers, { authorization: undefined });
      check({ url }, { url: /\/\/ann:s3cret@/ });
    });

  for (const [name, [given, requested]] of Object.entries({
    'in other scripts': ['/größe', '/gr%C3%B6%C3%9Fe'],
    'with dot segments': ['/a/./b/../hook', '/a/hook'],
    'with a fragment': ['/hook#part', '/hook'],
    'without a path': ['', '/'],
  })) {
    hooked(`a URL ${name} is signed as it is requested`, (hook) => ({ postWebhookUrl: hook.origin + given }), async ({ hook, channel, url }) => {
      await channel.messages.create({ body: 'Hello', ...told });
      same('path', (await hook.arrived(1))[0].path, requested);
      same('setting', url, hook.origin + given);
    });
  }

  hooked('a redirect is not followed', {}, async ({ hook, channel }) => {
    hook.answer('onMessageSent', { status: 307, headers: { Location: `${hook.origin}/elsewhere` } });
    await channel.messages.create({ body: 'Hello', ...told });
    await hook.arrived(1);
    await sentinel(channel);
    await hook.arrived(1, isSentinel);
    same('paths', hook.events.map(({ path }) => path), ['/hook', '/hook']);
  });

  /** Another event is tried again this often meanwhile: a further attempt at the first ones would have come by then. */
  const nothingBut = async ({ hook, service, channel }, expected, retries) => {
    hook.answer('onMessageSent', { status: 503 });
    await service.update({ postWebhookRetryCount: retries });
    await sentinel(channel);
    await hook.arrived(1 + retries, isSentinel);
    same('attempts', bodies(hook.events.filter((event) => !isSentinel(event))).sort(), expected);
  };

  hooked('an answer of 503 is tried again, as often as is set', { postWebhookRetryCount: 1 }, async ({ hook, ...made }) => {
    hook.answer('onMessageSent', { status: 503 });
    await made.channel.messages.create({ body: 'Hello', ...told });
    const events = await hook.arrived(2);
    same('attempts', events.map(({ params }) => params.RetryCount), ['0', '1']);
    same('tokens', new Set(events.map(({ headers }) => headers['i-twilio-idempotency-token'])).size, 1);
    same('signatures', new Set(events.map(({ headers }) => headers['x-twilio-signature'])).size, 2);
    await nothingBut({ hook, ...made }, ['Hello', 'Hello'], 2);
  });

  hooked('an answer of 429 is tried again until it is taken', { postWebhookRetryCount: 3 }, async ({ hook, ...made }) => {
    hook.answer('onMessageSent', ({ params }) => ({ status: params.RetryCount === '0' ? 429 : 204 }));
    await made.channel.messages.create({ body: 'Hello', ...told });
    await hook.arrived(2);
    await hook.settled();
    await nothingBut({ hook, ...made }, ['Hello', 'Hello'], 2);
  });

  hooked('other answers are not tried again', { postWebhookRetryCount: 3 }, async ({ hook, ...made }) => {
    const statuses = ['301', '400', '403', '404', '500', '502'];
    hook.answer('onMessageSent', ({ params }) => ({ status: Number(params.Body) }));
    for (const body of statuses) await made.channel.messages.create({ body, ...told });
    await hook.arrived(statuses.length);
    await hook.settled();
    await nothingBut({ hook, ...made }, statuses, 1);
  });

  hooked('without a retry count nothing is tried again', {}, async ({ hook, ...made }) => {
    hook.answer('onMessageSent', { status: 503 });
    await made.channel.messages.create({ body: 'Hello', ...told });
    await hook.arrived(1);
    await nothingBut({ hook, ...made }, ['Hello'], 1);
  });

  hooked('two events have two tokens', {}, async ({ hook, channel }) => {
    await channel.messages.create({ body: 'one', ...told });
    await channel.messages.create({ body: 'two', ...told });
    const events = await hook.arrived(2);
    same('tokens', new Set(events.map(({ headers }) => headers['i-twilio-idempotency-token'])).size, 2);
  });

  hooked('a slow receiver of one channel\'s events delays no other\'s', {}, async ({ hook, service, channel, channelSid }) => {
    const other = service.channels((await service.channels.create()).sid);
    const another = ({ params }) => params.ChannelSid !== channelSid;
    hook.answer('onMessageSent', async (event) => { if (!another(event)) await hook.arrived(1, another); });
    await channel.messages.create({ body: 'slow', ...told });
    await hook.arrived(1);
    await other.messages.create({ body: 'quick', ...told });
    await hook.arrived(1, another, 4000);
  });

  test('webhooks: version 1 sends an event to the URL of its own, and there alone', () => receiving({ sdk, server }, async (hook) => {
    const { sid, service } = await makeService();
    await service.update({ postWebhookUrl: hook.url, webhookFilters: ['onMessageSent', 'onMessageUpdated'] });
    await client.chat.v1.services(sid).update({ 'webhooks.onMessageSent.url': `${hook.origin}/own`, 'webhooks.onMessageSent.method': 'GET' });
    const channel = service.channels((await service.channels.create()).sid);
    const message = await channel.messages.create({ body: 'Hello', ...told });
    await channel.messages(message.sid).update({ body: 'Bye', ...told });
    await hook.arrived(2);
    same('requests', hook.events.map(({ event, method, path }) => [event, method, path.replace(/\?.*/, '')]).sort(), [
      ['onMessageSent', 'GET', '/own'],
      ['onMessageUpdated', 'POST', '/hook'],
    ]);
  }));

  test('webhooks: version 1 needs no filter for an event with a URL of its own', () => receiving({ sdk, server }, async (hook) => {
    const { sid, service } = await makeService();
    await client.chat.v1.services(sid).update({ 'webhooks.onMemberAdded.url': hook.url });
    const channel = service.channels((await service.channels.create(told)).sid);
    await channel.messages.create({ body: 'quiet', ...told });
    await channel.members.create({ identity: 'ann', ...told });
    await hook.arrived(1, 'onMemberAdded');
    same('events', hook.names(), ['onMemberAdded']);
  }));

  test('webhooks: version 1 requests tell nobody', () => receiving({ sdk, server }, async (hook) => {
    const { sid, service } = await makeService();
    await service.update({ postWebhookUrl: hook.url, webhookFilters: ['onMessageSent'] });
    const { sid: channelSid } = await service.channels.create();
    await client.chat.v1.services(sid).channels(channelSid).messages.create({ body: 'quiet' });
    await sentinel(service.channels(channelSid));
    await hook.arrived(1, isSentinel);
    same('bodies', bodies(hook.events), ['sentinel']);
  }));

  // Before 3.41, the SDK cannot send the header with this request.
  if (!sdk.version.startsWith('3.40.')) {
    hooked('a member removed through the user is reported', { webhookFilters: ['onMemberRemoved'] }, async ({ hook, service, ...made }) => {
      const { channel, channelSid } = made;
      const { sid: memberSid } = await channel.members.create({ identity: 'ann' });
      await service.users('ann').userChannels(channelSid).remove(told);
      const [{ params }] = await hook.arrived(1);
      check(params, { EventType: 'onMemberRemoved', MemberSid: memberSid, ChannelSid: channelSid, Identity: 'ann', Reason: 'REMOVED' });
    });
  }

  hooked('a receiver that is not there does not trouble the caller', {}, async ({ hook, service, channel }) => {
    await service.update({ postWebhookUrl: 'http://127.0.0.1:1/' });
    check(await channel.messages.create({ body: 'Hello', ...told }), { body: 'Hello' });
    await service.update({ postWebhookUrl: hook.url });
    await sentinel(channel);
    await hook.arrived(1, isSentinel);
  });
}
