// What goes when something is deleted, and what stays.
import { check, refused, same } from '../lib/expect.mjs';

export default function ({ test, api, makeService }) {
  const populate = async () => {
    const made = await makeService();
    const { service } = made;
    const { sid: channelSid } = await service.channels.create({ uniqueName: 'general' });
    const channel = service.channels(channelSid);
    await service.users.create({ identity: 'carl' });
    const ann = await channel.members.create({ identity: 'ann' });
    await channel.members.create({ identity: 'bob' });
    const invite = await channel.invites.create({ identity: 'carl' });
    const message = await channel.messages.create({ from: 'ann', body: 'Hello' });
    const webhook = await channel.webhooks.create({
      type: 'webhook', 'configuration.url': 'https://example.com/', 'configuration.filters': ['onMessageSent'],
    });
    return { ...made, channelSid, channel, ann, invite, message, webhook };
  };

  test('cascades: a deleted channel', async () => {
    const { service, channelSid, channel, ann, invite, message, webhook } = await populate();
    await channel.remove();
    for (const part of [channel.members(ann.sid), channel.invites(invite.sid), channel.messages(message.sid), channel.webhooks(webhook.sid)]) {
      await refused(part.fetch(), 404, 20404);
    }
    for (const list of [channel.members, channel.messages, channel.invites, channel.webhooks]) await refused(list.list(), 404, 20404);
    await refused(channel.messages.create({ body: 'late' }), 404, 20404);
    for (const identity of ['ann', 'bob', 'carl']) {
      check(await service.users(identity).fetch(), { joinedChannelsCount: 0 });
      same(`channels of ${identity}`, await service.users(identity).userChannels.list(), []);
      await refused(service.users(identity).userChannels(channelSid).fetch(), 404, 20404);
    }
    same('channels', await service.channels.list(), []);
  });

  test('cascades: a channel of the same name starts empty', async () => {
    const { service, channel } = await populate();
    await channel.remove();
    check(await service.channels.create({ uniqueName: 'general' }), { membersCount: 0, messagesCount: 0 });
    check(await service.channels('general').messages.create({ body: 'first' }), { index: 0 });
  });

  test('cascades: a deleted user', async () => {
    const { service, channel, ann, message } = await populate();
    await service.users('ann').remove();
    await refused(channel.members(ann.sid).fetch(), 404, 20404);
    await refused(channel.members('ann').fetch(), 404, 20404);
    check(await channel.fetch(), { membersCount: 1, messagesCount: 1 });
    check(await channel.messages(message.sid).fetch(), { from: 'ann', body: 'Hello' });
    await service.users.create({ identity: 'ann' });
    same('channels of the next ann', await service.users('ann').userChannels.list(), []);
  });

  test('cascades: a deleted user who was invited', async () => {
    const { service, channel, invite } = await populate();
    await service.users('carl').remove();
    await refused(channel.invites(invite.sid).fetch(), 404, 20404);
    same('invites', await channel.invites.list(), []);
  });

  test('cascades: a deleted service', async () => {
    const { service, channel, ann, message } = await populate();
    const [role] = await service.roles.list();
    const credential = await api.credentials.create({ type: 'fcm', secret: 's' });
    await service.remove();
    for (const part of [channel, channel.members(ann.sid), channel.messages(message.sid), service.users('ann'), service.roles(role.sid)]) {
      await refused(part.fetch(), 404, 20404);
    }
    for (const list of [service.channels, service.users, service.roles, service.bindings]) await refused(list.list(), 404, 20404);
    check(await api.credentials(credential.sid).fetch(), { sid: credential.sid });
    await api.credentials(credential.sid).remove();
  });
}
