// Pre-events: the hook is asked first, and may refuse or rewrite. Needs a server with webhooks.pre_on_rest.
import { at, carries, maybe, now } from '../lib/event.mjs';
import { check, refused, same } from '../lib/expect.mjs';
import { receiving } from '../lib/receiver.mjs';

const PRE = [
  'onMessageSend', 'onMessageUpdate', 'onMessageRemove', 'onChannelAdd', 'onChannelUpdate', 'onChannelDestroy',
  'onMemberAdd', 'onMemberUpdate', 'onMemberRemove', 'onUserUpdate',
];
const POST = ['onMessageSent', 'onMessageUpdated', 'onMessageRemoved', 'onChannelAdded', 'onChannelUpdated', 'onChannelDestroyed',
  'onMemberAdded', 'onMemberUpdated', 'onMemberRemoved', 'onUserAdded', 'onUserUpdated'];
const told = { xTwilioWebhookEnabled: 'true' };

export default function ({ test, sdk, client, server, makeService }) {
  const hooked = (name, body, settings = {}) => test(`pre-webhooks: ${name}`, () => receiving({ sdk, server }, async (hook) => {
    const { sid, service } = await makeService();
    const { sid: channelSid } = await service.channels.create();
    await service.update({
      preWebhookUrl: `${hook.origin}/pre`, postWebhookUrl: `${hook.origin}/post`, webhookFilters: [...PRE, ...POST], ...settings,
    });
    await body({ hook, sid, service, channelSid, channel: service.channels(channelSid) });
  }));

  /** Nothing came but `names`: a later event shows it. */
  const nothingBut = async (hook, service, names) => {
    await service.users.create({ identity: 'sentinel', ...told });
    await hook.arrived(1, ({ params }) => params.Identity === 'sentinel');
    same('events', hook.names(), [...names, 'onUserAdded']);
  };

  /** `act` does something and gives what the pre-event must carry; the post-event follows. */
  const asks = (pre, post, act) => hooked(`${pre} comes first, then ${post}`, async ({ hook, sid, ...made }) => {
    const fields = await act(made);
    const [first] = await hook.arrived(2);
    carries(first, pre, server, sid, fields);
    same('paths', hook.events.map(({ path }) => path), ['/pre', '/post']);
    await nothingBut(hook, made.service, [pre, post]);
  });

  asks('onMessageSend', 'onMessageSent', async ({ channel, channelSid }) => {
    await channel.messages.create({ from: 'ann', body: 'Grüße', attributes: '{"a":1}', ...told });
    return { ChannelSid: channelSid, Body: 'Grüße', Attributes: '{"a":1}', From: 'ann' };
  });

  asks('onMessageUpdate', 'onMessageUpdated', async ({ channel, channelSid }) => {
    const { sid: MessageSid, dateCreated } = await channel.messages.create({ from: 'ann', body: 'Hello', attributes: '{"a":1}' });
    await channel.messages(MessageSid).update({ body: 'Bye', lastUpdatedBy: 'bob', ...told });
    return { MessageSid, ChannelSid: channelSid, Body: 'Bye', Attributes: '{"a":1}', From: 'ann', ModifiedBy: 'bob', DateCreated: at(dateCreated) };
  });

  asks('onMessageRemove', 'onMessageRemoved', async ({ channel, channelSid }) => {
    const { sid: MessageSid, dateCreated } = await channel.messages.create({ from: 'ann', body: 'Hello' });
    await channel.messages(MessageSid).remove(told);
    return { MessageSid, ChannelSid: channelSid, Body: 'Hello', Attributes: '{}', From: 'ann', RemovedBy: 'system', DateCreated: at(dateCreated) };
  });

  asks('onChannelAdd', 'onChannelAdded', async ({ service }) => {
    await service.channels.create({ uniqueName: 'general', friendlyName: 'General', type: 'private', createdBy: 'ann', ...told });
    return { Attributes: '{}', CreatedBy: 'ann', FriendlyName: 'General', UniqueName: 'general', ChannelType: 'private' };
  });

  asks('onChannelUpdate', 'onChannelUpdated', async ({ channel, channelSid }) => {
    await channel.update({ friendlyName: 'General', attributes: '[1]', ...told });
    return {
      ChannelSid: channelSid, Attributes: '[1]', CreatedBy: 'system', FriendlyName: 'General', ChannelType: maybe('public'), DateCreated: now,
    };
  });

  asks('onChannelDestroy', 'onChannelDestroyed', async ({ channel, channelSid }) => {
    await channel.remove(told);
    return { ChannelSid: channelSid, Attributes: '{}', CreatedBy: 'system', ChannelType: 'public', DateCreated: now };
  });

  asks('onMemberAdd', 'onMemberAdded', async ({ service, channel, channelSid }) => {
    const { sid: RoleSid } = (await service.roles.list()).find(({ friendlyName }) => friendlyName === 'channel admin');
    await service.users.create({ identity: 'ann' });
    await channel.members.create({ identity: 'ann', roleSid: RoleSid, ...told });
    return { ChannelSid: channelSid, Identity: 'ann', RoleSid: maybe(RoleSid), Reason: 'ADDED' };
  });

  asks('onMemberUpdate', 'onMemberUpdated', async ({ channel, channelSid }) => {
    const { sid: MemberSid, roleSid, dateCreated } = await channel.members.create({ identity: 'ann' });
    await channel.members(MemberSid).update({ attributes: '{"seat":4}', ...told });
    return {
      ChannelSid: channelSid, MemberSid, Identity: 'ann', RoleSid: roleSid, Attributes: '{"seat":4}', DateCreated: at(dateCreated), DateUpdated: now,
    };
  });

  asks('onMemberRemove', 'onMemberRemoved', async ({ channel, channelSid }) => {
    const { sid: MemberSid, roleSid } = await channel.members.create({ identity: 'ann' });
    await channel.members(MemberSid).remove(told);
    return { ChannelSid: channelSid, MemberSid, Identity: 'ann', RoleSid: maybe(roleSid), Reason: 'REMOVED' };
  });

  asks('onUserUpdate', 'onUserUpdated', async ({ service }) => {
    const { sid: UserSid, roleSid, dateCreated } = await service.users.create({ identity: 'ann' });
    await service.users('ann').update({ friendlyName: 'Ann', ...told });
    return {
      UserSid, Identity: 'ann', RoleSid: roleSid, FriendlyName: 'Ann', Attributes: maybe('{}'), DateCreated: at(dateCreated), DateUpdated: now,
    };
  });

  hooked('without the header nobody is asked', async ({ hook, service, channel }) => {
    for (const event of PRE) hook.answer(event, { status: 403 });
    await channel.messages.create({ body: 'quiet' });
    await channel.messages.create({ body: 'quiet', xTwilioWebhookEnabled: 'false' });
    await channel.members.create({ identity: 'ann' });
    await nothingBut(hook, service, []);
  });

  hooked('only events that are listed are asked about', async ({ hook, service, channel }) => {
    hook.answer('onMessageSend', { status: 403 });
    await channel.messages.create({ body: 'Hello', ...told });
    await nothingBut(hook, service, []);
  }, { webhookFilters: ['onMemberAdd', 'onUserAdded'] });

  hooked('a GET asks in its query', async ({ hook, channel, channelSid }) => {
    await channel.messages.create({ body: 'a b', from: 'ann', ...told });
    const [{ method, path, params }] = await hook.arrived(1, 'onMessageSend');
    check({ method, path }, { method: 'GET', path: /^\/pre\?/ });
    check(params, { ChannelSid: channelSid, Body: 'a b', From: 'ann' });
  }, { webhookMethod: 'GET' });

  hooked('what the hook lets pass can still be refused', async ({ hook, service, channel }) => {
    await channel.members.create({ identity: 'ann' });
    await refused(channel.members.create({ identity: 'ann', ...told }), 409, 50404);
    await service.users.create({ identity: 'sentinel', ...told });
    await hook.arrived(1, 'onUserAdded');
    same('events', hook.names(), ['onMemberAdd', 'onUserAdded']);
  });

  for (const status of [400, 401, 403, 404]) {
    hooked(`an answer of ${status} refuses a message`, async ({ hook, service, channel }) => {
      hook.answer('onMessageSend', { status });
      await refused(channel.messages.create({ body: 'Hello', ...told }), 403, 50056);
      same('messages', await channel.messages.list(), []);
      await nothingBut(hook, service, ['onMessageSend']);
    });
  }

  hooked('a refused message leaves no gap in the index', async ({ hook, channel }) => {
    await channel.messages.create({ body: 'one' });
    hook.answer('onMessageSend', { status: 403 });
    await refused(channel.messages.create({ body: 'two', ...told }), 403, 50056);
    hook.answer('onMessageSend', {});
    check(await channel.messages.create({ body: 'three', ...told }), { index: 1 });
  });

  hooked('everything else can be refused too', async ({ hook, service, channel }) => {
    const { sid: messageSid } = await channel.messages.create({ body: 'Hello' });
    const { sid: memberSid } = await channel.members.create({ identity: 'ann' });
    for (const event of PRE) hook.answer(event, { status: 403 });
    await refused(channel.messages(messageSid).update({ body: 'Bye', ...told }), 403, 50056);
    await refused(channel.messages(messageSid).remove(told), 403, 50056);
    await refused(service.channels.create({ uniqueName: 'other', ...told }), 403, 50056);
    await refused(channel.update({ friendlyName: 'Other', ...told }), 403, 50056);
    await refused(channel.members.create({ identity: 'bob', ...told }), 403, 50056);
    await refused(channel.members(memberSid).update({ attributes: '[1]', ...told }), 403, 50056);
    await refused(channel.members(memberSid).remove(told), 403, 50056);
    await refused(service.users('ann').update({ friendlyName: 'Ann', ...told }), 403, 50056);
    await refused(channel.remove(told), 403, 50056);

    check(await channel.messages(messageSid).fetch(), { body: 'Hello' });
    check(await channel.members(memberSid).fetch(), { attributes: '{}' });
    check(await channel.fetch(), { friendlyName: null, membersCount: 1 });
    check(await service.users('ann').fetch(), { friendlyName: null });
    await refused(service.channels('other').fetch(), 404, 20404);
    await refused(service.users('bob').fetch(), 404, 20404);
    await nothingBut(hook, service, [
      'onMessageUpdate', 'onMessageRemove', 'onChannelAdd', 'onChannelUpdate', 'onMemberAdd', 'onMemberUpdate', 'onMemberRemove',
      'onUserUpdate', 'onChannelDestroy',
    ]);
  });

  const rewrites = (name, answer, fields) => hooked(`the hook rewrites ${name}`, async ({ hook, channel }) => {
    hook.answer('onMessageSend', { body: JSON.stringify(answer) });
    const expected = { body: 'Hello', from: 'ann', attributes: '{"a":1}', ...fields };
    const message = await channel.messages.create({ body: 'Hello', from: 'ann', attributes: '{"a":1}', ...told });
    check(message, expected);
    check(await channel.messages(message.sid).fetch(), expected);
    const [{ params }] = await hook.arrived(1, 'onMessageSent');
    check(params, { Body: expected.body, From: expected.from, Attributes: expected.attributes });
  });

  rewrites('a body', { body: 'H*** ☕' }, { body: 'H*** ☕' });
  rewrites('a body to nothing', { body: '' }, { body: '' });
  rewrites('an author', { author: 'bob' }, { from: 'bob' });
  rewrites('an author by its other name', { from: 'bob' }, { from: 'bob' });
  rewrites('attributes', { attributes: '{"seen": true}' }, { attributes: '{"seen": true}' });
  rewrites('everything', { body: 'B', author: 'bob', attributes: '[]' }, { body: 'B', from: 'bob', attributes: '[]' });
  rewrites('nothing under names that are none', { Body: 'B', friendly_name: 'F', index: 7, sid: 'IM1' }, {});

  hooked('the hook rewrites a message\'s update', async ({ hook, channel }) => {
    const { sid } = await channel.messages.create({ body: 'Hello', from: 'ann' });
    hook.answer('onMessageUpdate', { body: '{"body":"H***","attributes":"[1]"}' });
    check(await channel.messages(sid).update({ body: 'Bye', ...told }), { body: 'H***', attributes: '[1]', from: 'ann' });
  });

  hooked('the hook rewrites a channel\'s name', async ({ hook, service, channel }) => {
    hook.answer('onChannelAdd', { body: '{"friendly_name":"Größer"}' });
    hook.answer('onChannelUpdate', { body: '{"friendly_name":"Größte"}' });
    check(await service.channels.create({ uniqueName: 'other', friendlyName: 'Other', ...told }), { friendlyName: 'Größer', uniqueName: 'other' });
    check(await channel.update({ attributes: '{"a":1}', ...told }), { friendlyName: 'Größte', attributes: '{"a":1}' });
    const [{ params }] = await hook.arrived(1, 'onChannelUpdated');
    check(params, { FriendlyName: 'Größte' });
  });

  hooked('the hook gives a member a role, and a user a name', async ({ hook, service, channel }) => {
    const admin = (await service.roles.list()).find(({ friendlyName }) => friendlyName === 'channel admin');
    hook.answer('onMemberAdd', { body: JSON.stringify({ role_sid: admin.sid, attributes: '{"seat":4}' }) });
    hook.answer('onUserUpdate', { body: '{"friendly_name":"Dr. Ann"}' });
    check(await channel.members.create({ identity: 'ann', ...told }), { roleSid: admin.sid, attributes: '{"seat":4}' });
    check(await service.users('ann').update({ friendlyName: 'Ann', ...told }), { friendlyName: 'Dr. Ann' });
  });

  for (const [name, answer] of Object.entries({
    'an empty object': { body: '{}' },
    nothing: {},
    'nothing and 204': { status: 204 },
    'an empty object and 201': { status: 201, body: '{}' },
    text: { headers: { 'Content-Type': 'text/plain' }, body: 'OK' },
    'a page': { headers: { 'Content-Type': 'text/html' }, body: '<h1>Thanks</h1>' },
    'a list': { body: '[{"body":"B"}]' },
    'half of an object': { body: '{"body":"B"' },
    null: { body: 'null' },
  })) {
    hooked(`an answer of ${name} changes nothing`, async ({ hook, channel }) => {
      hook.answer('onMessageSend', answer);
      check(await channel.messages.create({ body: 'Hello', from: 'ann', ...told }), { body: 'Hello', from: 'ann', attributes: '{}' });
      await hook.arrived(1, 'onMessageSend');
    });
  }

  hooked('a rewritten body may be as long as any', async ({ hook, channel }) => {
    hook.answer('onMessageSend', { body: JSON.stringify({ body: 'x'.repeat(32768) }) });
    const { body } = await channel.messages.create({ body: 'Hello', ...told });
    same('length', body.length, 32768);
  });

  hooked('a rewritten body that is too long is refused', async ({ hook, service, channel }) => {
    hook.answer('onMessageSend', { body: JSON.stringify({ body: 'x'.repeat(32769) }) });
    await refused(channel.messages.create({ body: 'Hello', ...told }), 400, 50504);
    same('messages', await channel.messages.list(), []);
    await nothingBut(hook, service, ['onMessageSend']);
  });

  for (const status of [500, 502, 503]) {
    hooked(`an answer of ${status} refuses a message as a failed call`, async ({ hook, service, channel }) => {
      hook.answer('onMessageSend', { status });
      await refused(channel.messages.create({ body: 'Hello', ...told }), 403, 50057);
      same('messages', await channel.messages.list(), []);
      await nothingBut(hook, service, ['onMessageSend']);
    });
  }

  hooked('an answer of 503 is asked again', async ({ hook, channel }) => {
    hook.answer('onMessageSend', ({ params }) => (params.RetryCount === '0' ? { status: 503 } : { body: '{"body":"second"}' }));
    check(await channel.messages.create({ body: 'Hello', ...told }), { body: 'second' });
    const events = await hook.arrived(2, 'onMessageSend');
    same('attempts', events.map(({ params }) => params.RetryCount), ['0', '1']);
    same('tokens', new Set(events.map(({ headers }) => headers['i-twilio-idempotency-token'])).size, 1);
  }, { preWebhookRetryCount: 2 });

  hooked('429 is asked again, and refuses in the end', async ({ hook, service, channel }) => {
    hook.answer('onMessageSend', { status: 429 });
    await refused(channel.messages.create({ body: 'Hello', ...told }), 403, 50056);
    await nothingBut(hook, service, ['onMessageSend', 'onMessageSend']);
  }, { preWebhookRetryCount: 1 });

  hooked('500 is not asked again', async ({ hook, service, channel }) => {
    hook.answer('onMessageSend', { status: 500 });
    await refused(channel.messages.create({ body: 'Hello', ...told }), 403, 50057);
    await nothingBut(hook, service, ['onMessageSend']);
  }, { preWebhookRetryCount: 3 });

  hooked('a hook that is not there is passed over', async ({ hook, service, channel }) => {
    await service.update({ preWebhookUrl: 'http://127.0.0.1:1/' });
    check(await channel.messages.create({ body: 'Hello', ...told }), { body: 'Hello' });
    await nothingBut(hook, service, ['onMessageSent']);
  });

  hooked('a hook that takes more than five seconds is passed over', async ({ hook, channel }) => {
    hook.answer('onMessageSend', { delay: 20_000, status: 403 });
    const started = Date.now();
    check(await channel.messages.create({ body: 'Hello', ...told }), { body: 'Hello' });
    const seconds = (Date.now() - started) / 1000;
    check({ seconds }, { seconds: (value) => value > 4.5 && value < 10 });
    await hook.arrived(1, 'onMessageSent');
  });

  test('pre-webhooks: version 1 asks the event\'s own URL', () => receiving({ sdk, server }, async (hook) => {
    const { sid, service } = await makeService();
    await client.chat.v1.services(sid).update({ 'webhooks.onMessageSend.url': `${hook.origin}/own`, 'webhooks.onMessageSend.method': 'POST' });
    const channel = service.channels((await service.channels.create()).sid);
    hook.answer('onMessageSend', { status: 403 });
    await refused(channel.messages.create({ body: 'Hello', ...told }), 403, 50056);
    same('path', (await hook.arrived(1))[0].path, '/own');
  }));
}
