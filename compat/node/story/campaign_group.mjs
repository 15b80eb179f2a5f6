import { check, refused, same } from '../lib/expect.mjs';
import { parallel } from '../lib/parallel.mjs';
import { audience, person } from './people.mjs';

export default function ({ test, makeService }) {
  test('a campaign as a group of 1,000', async () => {
    const { service } = await makeService('dashboard');
    const users = audience(1000);
    const { sid } = await service.channels.create({ friendlyName: 'Spring campaign' });
    const channel = service.channels(sid);
    await parallel(users, (user) => channel.members.create({ identity: user.uuid }));
    await channel.messages.create({ body: 'Spring is here' });
    check(await channel.fetch(), { membersCount: 1000, messagesCount: 1 });
    same('members', new Set((await channel.members.list({ pageSize: 100 })).map((member) => member.identity)).size, 1000);
    check(await service.users(users[999].uuid).fetch(), { joinedChannelsCount: 1 });

    const late = person('Late');
    await refused(channel.members.create({ identity: late.uuid }), 403, 50403, 'Channel member limit exceeded');
    check(await channel.fetch(), { membersCount: 1000 });

    const { limits } = await service.update({ 'limits.channelMembers': 1001 });
    same('limits', limits, { channel_members: 1001, user_channels: 1000 });
    await channel.members.create({ identity: late.uuid });
    check(await channel.fetch(), { membersCount: 1001 });
    await refused(channel.members.create({ identity: person('Later').uuid }), 403, 50403);
  });
}
