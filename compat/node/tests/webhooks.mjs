// Every post-event that REST can cause, with exactly the parameters it must have.
import { at, carries, maybe, now } from '../lib/event.mjs';
import { same } from '../lib/expect.mjs';
import { receiving } from '../lib/receiver.mjs';

const EVENTS = [
  'onMessageSent', 'onMessageUpdated', 'onMessageRemoved', 'onChannelAdded', 'onChannelUpdated', 'onChannelDestroyed',
  'onMemberAdded', 'onMemberUpdated', 'onMemberRemoved', 'onUserAdded', 'onUserUpdated',
];
const told = { xTwilioWebhookEnabled: 'true' };

export default function ({ test, sdk, server, makeService }) {
  /** `act` does something and gives what the one event that follows from it must carry. */
  const event = (type, name, act) => test(`webhooks: ${type} ${name}`, () => receiving({ sdk, server }, async (hook) => {
    const { sid: serviceSid, service } = await makeService();
    await service.update({ postWebhookUrl: hook.url, webhookFilters: EVENTS });
    const fields = await act(service);
    const [first] = await hook.arrived(1);
    carries(first, type, server, serviceSid, fields);
    // Of what one action causes, nothing else comes before the next action's event.
    await service.users.create({ identity: 'sentinel', ...told });
    await hook.arrived(1, ({ params }) => params.Identity === 'sentinel');
    same('events', hook.names(), [type, 'onUserAdded']);
  }));

  const makeChannel = async (service, fields = {}) => service.channels((await service.channels.create(fields)).sid);

  event('onMessageSent', 'of a message with everything', async (service) => {
    const channel = await makeChannel(service);
    await channel.messages.create({ body: 'earlier' });
    const text = { from: 'ann', body: 'Hello', attributes: '{"a": 1}' };
    const { sid: MessageSid, channelSid, dateCreated } = await channel.messages.create({ ...text, ...told });
    return { MessageSid, Index: '1', ChannelSid: channelSid, Body: 'Hello', Attributes: '{"a": 1}', From: 'ann', DateCreated: at(dateCreated) };
  });

  event('onMessageSent', 'of an empty message', async (service) => {
    const channel = await makeChannel(service);
    const { sid: MessageSid, channelSid, dateCreated } = await channel.messages.create({ body: '', ...told });
    return { MessageSid, Index: '0', ChannelSid: channelSid, Body: '', Attributes: '{}', From: 'system', DateCreated: at(dateCreated) };
  });

  for (const [name, text] of Object.entries({
    'other scripts': 'Zwölf Boxkämpfer 木兰辞 עברית 🤷🏽‍♀️ e\u0301',
    'reserved characters': 'a+b = c & d; 100% "x" \'y\' ~!*() /?#[]@:$,\\',
    'white space': ' two  spaces\tand\r\nlines ',
  })) {
    event('onMessageSent', `with ${name}`, async (service) => {
      const channel = await makeChannel(service);
      const { sid: MessageSid, channelSid } = await channel.messages.create({ from: 'ann größe', body: text, ...told });
      return { MessageSid, Index: '0', ChannelSid: channelSid, Body: text, Attributes: '{}', From: 'ann größe', DateCreated: now };
    });
  }

  event('onMessageUpdated', 'of body, attributes and editor', async (service) => {
    const channel = await makeChannel(service);
    const message = await channel.messages.create({ from: 'ann', body: 'Hello' });
    const { dateUpdated } = await channel.messages(message.sid).update({ body: 'Bye', attributes: '{"a":2}', lastUpdatedBy: 'bob', ...told });
    return {
      MessageSid: message.sid, Index: '0', ChannelSid: message.channelSid, Body: 'Bye', Attributes: '{"a":2}', From: 'ann',
      ModifiedBy: 'bob', DateCreated: at(message.dateCreated), DateUpdated: at(dateUpdated),
    };
  });

  event('onMessageUpdated', 'repeats what did not change', async (service) => {
    const channel = await makeChannel(service);
    const message = await channel.messages.create({ from: 'ann', body: 'Hello' });
    const { dateUpdated } = await channel.messages(message.sid).update({ attributes: '{"a":2}', ...told });
    return {
      MessageSid: message.sid, Index: '0', ChannelSid: message.channelSid, Body: 'Hello', Attributes: '{"a":2}', From: 'ann',
      ModifiedBy: 'system', DateCreated: at(message.dateCreated), DateUpdated: at(dateUpdated),
    };
  });

  event('onMessageRemoved', 'of a message', async (service) => {
    const channel = await makeChannel(service);
    const message = await channel.messages.create({ from: 'ann', body: 'Hello', attributes: '{"a":1}' });
    await channel.messages(message.sid).remove(told);
    return {
      MessageSid: message.sid, Index: '0', ChannelSid: message.channelSid, Body: 'Hello', Attributes: '{"a":1}', From: 'ann',
      RemovedBy: 'system', DateCreated: at(message.dateCreated), DateRemoved: now,
    };
  });

  const named = { uniqueName: 'general', friendlyName: 'General größe', attributes: '{"topic":"all"}', type: 'private', createdBy: 'ann' };
  const Named = {
    UniqueName: 'general', FriendlyName: 'General größe', Attributes: '{"topic":"all"}', ChannelType: 'private', CreatedBy: 'ann',
  };

  event('onChannelAdded', 'of a channel with everything', async (service) => {
    const { sid: ChannelSid, dateCreated } = await service.channels.create({ ...named, ...told });
    return { ...Named, ChannelSid, DateCreated: at(dateCreated) };
  });

  event('onChannelAdded', 'of a channel without names', async (service) => {
    const { sid: ChannelSid, dateCreated } = await service.channels.create(told);
    return { ChannelSid, Attributes: '{}', ChannelType: 'public', CreatedBy: 'system', DateCreated: at(dateCreated) };
  });

  event('onChannelUpdated', 'of names and attributes', async (service) => {
    const channel = await service.channels.create(named);
    const changed = await service.channels(channel.sid).update({ uniqueName: 'all', friendlyName: 'All', attributes: '[1]', ...told });
    return {
      ...Named, UniqueName: 'all', FriendlyName: 'All', Attributes: '[1]',
      ChannelSid: channel.sid, DateCreated: at(channel.dateCreated), DateUpdated: at(changed.dateUpdated),
    };
  });

  event('onChannelDestroyed', 'of a channel with members and messages', async (service) => {
    const { sid: ChannelSid, dateCreated } = await service.channels.create(named);
    await service.channels(ChannelSid).members.create({ identity: 'ann' });
    await service.channels(ChannelSid).messages.create({ body: 'Hello' });
    await service.channels(ChannelSid).remove(told);
    return { ...Named, ChannelSid, DateCreated: at(dateCreated), DateDestroyed: now };
  });

  const makeMember = async (service, fields = {}) => {
    const channel = await makeChannel(service);
    const member = await channel.members.create({ identity: 'ann', ...fields });
    const carried = {
      MemberSid: member.sid, ChannelSid: member.channelSid, Identity: 'ann', RoleSid: member.roleSid, DateCreated: at(member.dateCreated),
    };
    return { channel, member, carried };
  };

  event('onMemberAdded', 'of a user who is there', async (service) => {
    await service.users.create({ identity: 'ann' });
    const { carried } = await makeMember(service, told);
    return { ...carried, Reason: 'ADDED' };
  });

  event('onMemberUpdated', 'of the role', async (service) => {
    const { channel, member, carried } = await makeMember(service);
    const admin = (await service.roles.list()).find(({ friendlyName }) => friendlyName === 'channel admin');
    const { dateUpdated } = await channel.members(member.sid).update({ roleSid: admin.sid, ...told });
    return { ...carried, RoleSid: admin.sid, DateUpdated: at(dateUpdated), Attributes: maybe('{}') };
  });

  event('onMemberUpdated', 'of the horizon', async (service) => {
    const { channel, member, carried } = await makeMember(service);
    await channel.messages.create({ body: 'Hello' });
    const { dateUpdated } = await channel.members(member.sid).update({ lastConsumedMessageIndex: 0, ...told });
    return {
      ...carried, LastConsumedMessageIndex: '0', DateUpdated: at(dateUpdated), Attributes: maybe('{}'), LastConsumptionTimestamp: maybe(now),
    };
  });

  event('onMemberUpdated', 'of attributes', async (service) => {
    const { channel, member, carried } = await makeMember(service);
    const { dateUpdated } = await channel.members(member.sid).update({ attributes: '{"seat":4}', ...told });
    return { ...carried, DateUpdated: at(dateUpdated), Attributes: maybe('{"seat":4}') };
  });

  event('onMemberRemoved', 'of a member', async (service) => {
    const { channel, member, carried } = await makeMember(service);
    await channel.members(member.sid).remove(told);
    return { ...carried, Reason: 'REMOVED', DateRemoved: now };
  });

  event('onUserAdded', 'of a user with everything', async (service) => {
    const admin = (await service.roles.list()).find(({ friendlyName }) => friendlyName === 'service admin');
    const user = await service.users.create({ identity: 'ann', friendlyName: 'Ann', attributes: '{"age":31}', roleSid: admin.sid, ...told });
    return {
      UserSid: user.sid, Identity: 'ann', FriendlyName: 'Ann', Attributes: '{"age":31}', RoleSid: admin.sid, DateCreated: at(user.dateCreated),
    };
  });

  event('onUserAdded', 'of a user with an identity alone', async (service) => {
    const user = await service.users.create({ identity: 'ann', ...told });
    return { UserSid: user.sid, Identity: 'ann', Attributes: maybe('{}'), RoleSid: user.roleSid, DateCreated: at(user.dateCreated) };
  });

  event('onUserUpdated', 'of name, attributes and role', async (service) => {
    const admin = (await service.roles.list()).find(({ friendlyName }) => friendlyName === 'service admin');
    const user = await service.users.create({ identity: 'ann' });
    const changed = await service.users(user.sid).update({ friendlyName: 'Ann', attributes: '{"age":32}', roleSid: admin.sid, ...told });
    return {
      UserSid: user.sid, Identity: 'ann', FriendlyName: 'Ann', Attributes: '{"age":32}', RoleSid: admin.sid,
      DateCreated: at(user.dateCreated), DateUpdated: at(changed.dateUpdated),
    };
  });

  test('webhooks: a user made by adding a member is announced before the member', () => receiving({ sdk, server }, async (hook) => {
    const { sid: serviceSid, service } = await makeService();
    await service.update({ postWebhookUrl: hook.url, webhookFilters: EVENTS });
    const channel = await makeChannel(service);
    const member = await channel.members.create({ identity: 'ann', ...told });
    const events = await hook.arrived(2);
    const [user, added] = ['onUserAdded', 'onMemberAdded'].map((type) => events.find(({ event: name }) => name === type));
    const { sid: UserSid, roleSid, dateCreated } = await service.users('ann').fetch();
    carries(user, 'onUserAdded', server, serviceSid, {
      UserSid, Identity: 'ann', RoleSid: roleSid, Attributes: maybe('{}'), DateCreated: at(dateCreated),
    });
    carries(added, 'onMemberAdded', server, serviceSid, {
      MemberSid: member.sid, ChannelSid: member.channelSid, Identity: 'ann', RoleSid: member.roleSid, Reason: 'ADDED',
      DateCreated: at(member.dateCreated),
    });
    // The order of arrival is not promised; that of the dates is.
    same('the user is not younger', user.params.DateCreated <= added.params.DateCreated, true);
  }));
}
