import { check, refused, same } from '../lib/expect.mjs';
import { parallel } from '../lib/parallel.mjs';
import { addMember, campaignTo } from './chat.mjs';
import { audience, person } from './people.mjs';

export default function ({ test, makeService }) {
  test('a campaign as 1,000 channels, and the dashboard in all of them', async () => {
    const { service } = await makeService('dashboard');
    const dashboard = person('City hall');
    const users = audience(1001);
    const sids = await parallel(users, (user) => campaignTo(service, user, `Dear ${user.name}`, dashboard.uuid));
    same('channels', new Set(sids).size, 1001);

    const user = users[500];
    const [row] = await service.users(user.uuid).userChannels.list();
    check(row, { channelSid: sids[500], status: 'joined' });
    check(await service.channels(sids[500]).fetch(), { membersCount: 1, messagesCount: 1 });
    same('messages', (await service.channels(user.uuid).messages.list()).map((message) => message.body), ['Dear User 500']);

    await parallel(sids.slice(0, 1000), (sid) => addMember(service, sid, dashboard.uuid));
    check(await service.users(dashboard.uuid).fetch(), { joinedChannelsCount: 1000 });
    const last = service.channels(sids[1000]).members;
    await refused(last.create({ identity: dashboard.uuid }), 403, 50208, 'User channel limit exceeded');

    const { limits } = await service.update({ 'limits.userChannels': 1001 });
    same('limits', limits, { channel_members: 1000, user_channels: 1001 });
    await last.create({ identity: dashboard.uuid });
    check(await service.users(dashboard.uuid).fetch(), { joinedChannelsCount: 1001 });
    same('its channels', (await service.users(dashboard.uuid).userChannels.list({ pageSize: 50 })).length, 1001);
  });

  test('a second campaign goes to the channels of the first', async () => {
    const { service } = await makeService('dashboard');
    const users = audience(40);
    const first = await parallel(users, (user) => campaignTo(service, user, 'One', 'city'));
    const second = await parallel(users, (user) => campaignTo(service, user, 'Two', 'city'));
    same('channels', second, first);
    check(await service.channels(first[7]).fetch(), { membersCount: 1, messagesCount: 2 });
  });
}
