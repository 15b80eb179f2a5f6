import { check, refused, same } from '../lib/expect.mjs';
import { userToDashboard } from './chat.mjs';
import { person } from './people.mjs';

export default function ({ test, makeService }) {
  test('a closed conversation gives its place back at once', async () => {
    const { service } = await makeService('dashboard');
    const dashboard = person('City hall');
    await service.update({ 'limits.userChannels': 3 });
    const users = ['Ann', 'Bob', 'Carl'].map(person);
    const open = [];
    for (const user of users) open.push(await userToDashboard(service, user, dashboard));
    check(await service.users(dashboard.uuid).fetch(), { joinedChannelsCount: 3 });

    const dora = person('Dora');
    await refused(userToDashboard(service, dora, dashboard), 403, 50208);

    same('removed', await service.channels(open[0].sid).members(dashboard.uuid).remove(), true);
    check(await service.users(dashboard.uuid).fetch(), { joinedChannelsCount: 2 });
    check(await service.channels(open[0].sid).fetch(), { membersCount: 1 });
    check(await userToDashboard(service, dora, dashboard), { membersCount: 2 });

    await refused(userToDashboard(service, users[0], dashboard), 403, 50208);
    await service.users(dashboard.uuid).userChannels(open[1].sid).remove();
    check(await userToDashboard(service, users[0], dashboard), { sid: open[0].sid, membersCount: 2 });
    check(await service.users(dashboard.uuid).fetch(), { joinedChannelsCount: 3 });
  });
}
