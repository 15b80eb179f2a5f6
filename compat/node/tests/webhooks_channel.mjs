// Webhooks of a channel's own.
import { carries, now } from '../lib/event.mjs';
import { check, same } from '../lib/expect.mjs';
import { inOrder } from '../lib/lists.mjs';
import { receiving } from '../lib/receiver.mjs';

const EVENTS = [
  'onMessageSent', 'onMessageUpdated', 'onMessageRemoved', 'onChannelUpdated', 'onChannelDestroyed',
  'onMemberAdded', 'onMemberUpdated', 'onMemberRemoved',
];
const told = { xTwilioWebhookEnabled: 'true' };

export default function ({ test, sdk, server, makeService }) {
  const hooked = (name, body) => test(`channel webhooks: ${name}`, () => receiving({ sdk, server }, async (hook) => {
    const { sid, service } = await makeService();
    const { sid: channelSid } = await service.channels.create();
    const channel = service.channels(channelSid);
    const webhook = (fields = {}) => channel.webhooks.create({
      type: 'webhook', 'configuration.url': hook.url, 'configuration.filters': EVENTS, ...fields,
    });
    const trigger = (triggers, fields = {}) => channel.webhooks.create({
      type: 'trigger', 'configuration.url': hook.url, 'configuration.triggers': triggers, ...fields,
    });
    await body({ hook, sid, service, channelSid, channel, webhook, trigger });
  }));

  const say = (channel, ...texts) => inOrder(texts.length, (i) => channel.messages.create({ body: texts[i], ...told }));
  const said = (text) => ({ params }) => params.Body === text;
  const bodies = (hook) => hook.events.map(({ params }) => params.Body);

  hooked('need no webhook of the service, and say which they are', async ({ hook, sid, channelSid, channel, webhook }) => {
    const { sid: WebhookSid } = await webhook();
    const [{ sid: MessageSid }] = await say(channel, 'Hello');
    const [event] = await hook.arrived(1);
    carries(event, 'onMessageSent', server, sid, {
      MessageSid, Index: '0', ChannelSid: channelSid, Body: 'Hello', Attributes: '{}', From: 'system', DateCreated: now,
      WebhookType: 'webhook', WebhookSid,
    });
  });

  hooked('hear of everything in their channel', async ({ hook, channel, webhook }) => {
    await webhook();
    const [{ sid: messageSid }] = await say(channel, 'Hello');
    await channel.messages(messageSid).update({ body: 'Bye', ...told });
    await channel.messages(messageSid).remove(told);
    const { sid: memberSid } = await channel.members.create({ identity: 'ann', ...told });
    await channel.members(memberSid).update({ attributes: '{"a":1}', ...told });
    await channel.members(memberSid).remove(told);
    await channel.update({ friendlyName: 'General', ...told });
    await channel.remove(told);
    await hook.arrived(EVENTS.length);
    same('events', hook.names().sort(), [...EVENTS].sort());
  });

  hooked('hear of their channel alone', async ({ hook, service, channel, webhook }) => {
    await webhook();
    await say(service.channels((await service.channels.create(told)).sid), 'elsewhere');
    await say(channel, 'here');
    await hook.arrived(1, said('here'));
    same('bodies', bodies(hook), ['here']);
  });

  hooked('hear of nothing without the header', async ({ hook, channel, webhook }) => {
    await webhook();
    await channel.messages.create({ body: 'quiet' });
    await say(channel, 'loud');
    await hook.arrived(1, said('loud'));
    same('bodies', bodies(hook), ['loud']);
  });

  hooked('hear of what their filters list', async ({ hook, channel, webhook }) => {
    await webhook({ 'configuration.filters': ['onMessageUpdated', 'onMemberRemoved'] });
    const [{ sid }] = await say(channel, 'Hello');
    const { sid: memberSid } = await channel.members.create({ identity: 'ann', ...told });
    await channel.messages(sid).update({ body: 'Bye', ...told });
    await channel.members(memberSid).remove(told);
    await hook.arrived(2);
    same('events', hook.names().sort(), ['onMemberRemoved', 'onMessageUpdated']);
  });

  hooked('hear of their channel\'s end, and of nothing that ends with it', async ({ hook, sid, channelSid, service, channel, webhook }) => {
    const { sid: WebhookSid } = await webhook();
    await channel.members.create({ identity: 'ann' });
    await channel.messages.create({ body: 'Hello' });
    await channel.remove(told);
    const [event] = await hook.arrived(1);
    carries(event, 'onChannelDestroyed', server, sid, {
      ChannelSid: channelSid, Attributes: '{}', ChannelType: 'public', CreatedBy: 'system', DateCreated: now, DateDestroyed: now,
      WebhookType: 'webhook', WebhookSid,
    });
    await service.update({ postWebhookUrl: hook.url, webhookFilters: ['onUserAdded'] });
    await service.users.create({ identity: 'sentinel', ...told });
    await hook.arrived(2);
    same('events', hook.names(), ['onChannelDestroyed', 'onUserAdded']);
  });

  hooked('are called beside the service\'s', async ({ hook, service, channel, webhook }) => {
    await webhook({ 'configuration.url': `${hook.origin}/channel` });
    await service.update({ postWebhookUrl: `${hook.origin}/service`, webhookFilters: ['onMessageSent'] });
    await say(channel, 'Hello');
    const events = await hook.arrived(2);
    const byPath = Object.fromEntries(events.map(({ path, params }) => [path, params]));
    same('paths', Object.keys(byPath).sort(), ['/channel', '/service']);
    check(byPath['/service'], { Body: 'Hello', WebhookSid: undefined, WebhookType: undefined });
    check(byPath['/channel'], { Body: 'Hello', WebhookType: 'webhook' });
  });

  hooked('are called all five', async ({ hook, channel, webhook, trigger }) => {
    await inOrder(3, (i) => webhook({ 'configuration.url': `${hook.origin}/${i}` }));
    await trigger(['hello'], { 'configuration.url': `${hook.origin}/3` });
    await webhook({ 'configuration.url': `${hook.origin}/4?a=b`, 'configuration.method': 'GET' });
    await say(channel, 'Hello');
    const events = await hook.arrived(5);
    same('paths', events.map(({ path }) => path.slice(0, 2)).sort(), ['/0', '/1', '/2', '/3', '/4']);
    same('webhooks', new Set(events.map(({ params }) => params.WebhookSid)).size, 5);
    const get = events.find(({ method }) => method === 'GET');
    check(get.params, { a: 'b', EventType: 'onMessageSent', Body: 'Hello' });
  });

  hooked('a trigger hears a message that contains one of its words', async ({ hook, sid, channelSid, channel, trigger }) => {
    const { sid: WebhookSid } = await trigger(['help', 'zwei Wörter']);
    const [{ sid: MessageSid }] = await say(channel, 'HELPLESS');
    const [event] = await hook.arrived(1);
    carries(event, 'onMessageSent', server, sid, {
      MessageSid, Index: '0', ChannelSid: channelSid, Body: 'HELPLESS', Attributes: '{}', From: 'system', DateCreated: now,
      WebhookType: 'trigger', WebhookSid,
    });
    await say(channel, 'hel p', 'zwei schöne Wörter', '', 'Nur ZWEI WÖRTER!');
    await hook.arrived(1, said('Nur ZWEI WÖRTER!'));
    same('bodies', bodies(hook), ['HELPLESS', 'Nur ZWEI WÖRTER!']);
  });

  hooked('a trigger hears one message once', async ({ hook, channel, trigger }) => {
    await trigger(['a', 'b', 'c', 'd', 'e']);
    await say(channel, 'abcde edcba', 'last e');
    await hook.arrived(1, said('last e'));
    same('bodies', bodies(hook), ['abcde edcba', 'last e']);
  });

  hooked('a trigger hears of messages that are sent alone', async ({ hook, channel, trigger }) => {
    await trigger(['help']);
    const [{ sid }] = await say(channel, 'quiet');
    await channel.messages(sid).update({ body: 'help', ...told });
    await channel.messages(sid).remove(told);
    await channel.update({ friendlyName: 'help', ...told });
    await say(channel, 'help!');
    await hook.arrived(1, said('help!'));
    same('events', hook.names(), ['onMessageSent']);
  });

  hooked('a flow is in nobody\'s way', async ({ hook, channel, webhook }) => {
    await channel.webhooks.create({ type: 'studio', 'configuration.flowSid': 'FW0123456789abcdef0123456789abcdef' });
    await webhook();
    await say(channel, 'Hello');
    await hook.arrived(1, said('Hello'));
  });

  hooked('are tried again as often as is set', async ({ hook, channel, webhook }) => {
    hook.answer('onMessageSent', ({ params }) => ({ status: params.RetryCount === '0' ? 503 : 200 }));
    await webhook({ 'configuration.retryCount': 1 });
    await say(channel, 'Hello');
    const events = await hook.arrived(2);
    same('attempts', events.map(({ params }) => params.RetryCount), ['0', '1']);
    same('tokens', new Set(events.map(({ headers }) => headers['i-twilio-idempotency-token'])).size, 1);
  });

  hooked('a change counts from the next event on', async ({ hook, channel, webhook }) => {
    const { sid } = await webhook();
    await say(channel, 'first');
    await hook.arrived(1, said('first'));
    await channel.webhooks(sid).update({ 'configuration.url': `${hook.origin}/new`, 'configuration.method': 'GET' });
    await say(channel, 'second');
    const [{ method, path }] = await hook.arrived(1, said('second'));
    check({ method, path }, { method: 'GET', path: /^\/new\?/ });
  });

  hooked('hear nothing once they are deleted', async ({ hook, service, channel, webhook }) => {
    const { sid } = await webhook();
    await channel.webhooks(sid).remove();
    await say(channel, 'quiet');
    await service.update({ postWebhookUrl: hook.url, webhookFilters: ['onMessageSent'] });
    await say(channel, 'loud');
    await hook.arrived(1, said('loud'));
    same('bodies', bodies(hook), ['loud']);
  });

  hooked('hear of a new member\'s membership, not of the new user', async ({ hook, sid, channelSid, channel, webhook }) => {
    const { sid: WebhookSid } = await webhook();
    const member = await channel.members.create({ identity: 'ann', ...told });
    const [event] = await hook.arrived(1);
    carries(event, 'onMemberAdded', server, sid, {
      MemberSid: member.sid, ChannelSid: channelSid, Identity: 'ann', RoleSid: member.roleSid, Reason: 'ADDED', DateCreated: now,
      WebhookType: 'webhook', WebhookSid,
    });
  });
}
