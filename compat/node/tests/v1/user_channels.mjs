import { check, refused, same } from '../../lib/expect.mjs';
import { inOrder, walks } from '../../lib/lists.mjs';

export default function ({ test, server, makeService }) {
  test('user channels: list', async () => {
    const { service, sid: serviceSid } = await makeService();
    await service.users.create({ identity: 'ann' });
    same('of a user without', await service.users('ann').userChannels.list(), []);
    const channels = await inOrder(65, async () => {
      const channel = await service.channels.create();
      const member = await service.channels(channel.sid).members.create({ identity: 'ann' });
      return { channel, member };
    });
    const list = service.users('ann').userChannels;
    await walks(list, channels.map(({ channel }) => channel.sid));
    const [{ channel, member }] = channels;
    const [row] = await list.list({ limit: 1 });
    check(row, {
      accountSid: server.account_sid,
      serviceSid,
      channelSid: channel.sid,
      memberSid: member.sid,
      status: 'joined',
      lastConsumedMessageIndex: null,
      unreadMessagesCount: null,
      links: { channel: channel.url, member: member.url },
    });
    same('a page holds all', (await list.page({ pageSize: 1000 })).instances.length, 65);
  });

  test('user channels: the count of unread messages', async () => {
    const { service } = await makeService();
    const { sid: channelSid } = await service.channels.create();
    const channel = service.channels(channelSid);
    const member = await channel.members.create({ identity: 'ann' });
    await inOrder(5, (i) => channel.messages.create({ body: `${i}` }));
    await channel.members(member.sid).update({ lastConsumedMessageIndex: 2 });
    check((await service.users('ann').userChannels.list())[0], { lastConsumedMessageIndex: 2, unreadMessagesCount: 2 });
  });

  test('user channels: unknown user', async () => {
    const { service } = await makeService();
    await refused(service.users('nobody').userChannels.list(), 404, 20404);
  });
}
