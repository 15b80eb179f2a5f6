import { check, deleted, refused, same, sid } from '../lib/expect.mjs';
import { inOrder, pages, walks } from '../lib/lists.mjs';

const CONSUMED = new Date('2016-03-01T08:30:00Z');

export default function ({ test, sdk, server, makeService }) {
  const makeMember = async ({ type = 'public' } = {}) => {
    const made = await makeService();
    const channel = await made.service.channels.create({ uniqueName: 'general', type });
    const member = await made.service.channels(channel.sid).members.create({ identity: 'ann' });
    return { ...made, channel, member, ann: made.service.users('ann') };
  };

  test('user channels: fetch by SID and by unique name', async () => {
    const { service, sid: serviceSid, channel, member, ann } = await makeMember();
    const user = await ann.fetch();
    for (const [who, which] of [['ann', 'general'], ['ann', channel.sid], [user.sid, 'general'], [user.sid, channel.sid]]) {
      check(await service.users(who).userChannels(which).fetch(), {
        accountSid: server.account_sid,
        serviceSid,
        channelSid: channel.sid,
        userSid: user.sid,
        memberSid: member.sid,
        status: 'joined',
        lastConsumedMessageIndex: null,
        unreadMessagesCount: null,
        notificationLevel: 'default',
        url: `${user.url}/Channels/${channel.sid}`,
        links: { channel: channel.url, member: member.url },
      });
    }
  });

  test('user channels: a channel the user has nothing to do with', async () => {
    const { service, ann } = await makeMember();
    await service.channels.create({ uniqueName: 'open' });
    await service.channels.create({ uniqueName: 'closed', type: 'private' });
    for (const name of ['open', 'closed', 'nope']) {
      await refused(ann.userChannels(name).fetch(), 404, 20404);
      await refused(ann.userChannels(name).update({ notificationLevel: 'muted' }), 404, 20404);
    }
    await refused(service.users('nobody').userChannels('general').fetch(), 404, 20404);
    await refused(service.users('nobody').userChannels.list(), 404, 20404);
  });

  test('user channels: an invitation', async () => {
    const { service, channel } = await makeMember({ type: 'private' });
    await service.users.create({ identity: 'bob' });
    await service.channels('general').invites.create({ identity: 'bob' });
    const rows = await service.users('bob').userChannels.list();
    same('rows', rows.length, 1);
    check(rows[0], { channelSid: channel.sid, status: 'invited', memberSid: null, links: { channel: channel.url, member: null } });
    check(await service.users('bob').userChannels('general').fetch(), { status: 'invited', memberSid: null });
  });

  test('user channels: update every parameter', async () => {
    const { ann } = await makeMember();
    const fields = { notificationLevel: 'muted', lastConsumedMessageIndex: 1, lastConsumptionTimestamp: CONSUMED };
    check(await ann.userChannels('general').update(fields), { notificationLevel: 'muted', lastConsumedMessageIndex: 1, status: 'joined' });
    check(await ann.userChannels('general').fetch(), { notificationLevel: 'muted', lastConsumedMessageIndex: 1 });
  });

  test('user channels: the horizon is the one of the member', async () => {
    const { service, ann } = await makeMember();
    const member = service.channels('general').members('ann');
    await ann.userChannels('general').update({ notificationLevel: 'default', lastConsumedMessageIndex: 1, lastConsumptionTimestamp: CONSUMED });
    check(await member.fetch(), { lastConsumedMessageIndex: 1, lastConsumptionTimestamp: CONSUMED });
    await member.update({ lastConsumedMessageIndex: 3 });
    check(await ann.userChannels('general').fetch(), { lastConsumedMessageIndex: 3 });
  });

  test('user channels: the count of unread messages', async () => {
    const { service, ann } = await makeMember();
    const channel = service.channels('general');
    const unread = async () => (await ann.userChannels('general').fetch()).unreadMessagesCount;
    const messages = await inOrder(5, (i) => channel.messages.create({ body: `${i}`, from: 'bob' }));
    same('without a horizon', await unread(), null);
    await channel.members('ann').update({ lastConsumedMessageIndex: 2 });
    same('horizon 2 of 0..4', await unread(), 2);
    await channel.messages(messages[4].sid).remove();
    same('one of them deleted', await unread(), 1);
    await channel.messages(messages[0].sid).remove();
    same('a read one deleted', await unread(), 1);
    await channel.messages.create({ body: 'new' });
    same('a new one', await unread(), 2);
    await channel.members('ann').update({ lastConsumedMessageIndex: 5 });
    same('all read', await unread(), 0);
    same('in the list', (await ann.userChannels.list())[0].unreadMessagesCount, 0);
  });

  test('user channels: a notification level that is none', async () => {
    const { ann } = await makeMember();
    await refused(ann.userChannels('general').update({ notificationLevel: 'loud' }), 400, 50210);
  });

  test('user channels: the notification level is forgotten on leaving', async () => {
    const { service, ann } = await makeMember();
    await ann.userChannels('general').update({ notificationLevel: 'muted' });
    await service.channels('general').members('ann').remove();
    await service.channels('general').members.create({ identity: 'ann' });
    check(await ann.userChannels('general').fetch(), { notificationLevel: 'default' });
  });

  test('user channels: delete ends the membership, second delete', async () => {
    const { service, ann } = await makeMember();
    await deleted(ann.userChannels('general'));
    await refused(service.channels('general').members('ann').fetch(), 404, 20404);
    check(await service.channels('general').fetch(), { membersCount: 0 });
    check(await ann.fetch(), { joinedChannelsCount: 0 });
    same('list', await ann.userChannels.list(), []);
  });

  test('user channels: list', async () => {
    const { service } = await makeService();
    await service.users.create({ identity: 'ann' });
    same('of a user without', await service.users('ann').userChannels.list(), []);
    const channels = await inOrder(55, async () => {
      const { sid: channelSid } = await service.channels.create();
      await service.channels(channelSid).members.create({ identity: 'ann' });
      return channelSid;
    });
    const list = service.users('ann').userChannels;
    await walks(list, channels, sdk.stopsAfterShortPage ? { limits: [[3], [60, 20]] } : {});
    same('a page holds 50 at most', (await list.page({ pageSize: 1000 })).instances.length, 50);
    for (const row of await pages(list, { pageSize: 30 })) check(row, { memberSid: sid('MB'), status: 'joined' });
  });
}
