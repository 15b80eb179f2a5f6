import { check, same } from '../lib/expect.mjs';
import { roleByName, userToDashboard } from './chat.mjs';
import { person } from './people.mjs';

export default function ({ test, makeService }) {
  test('a user writes to a dashboard', async () => {
    const { service } = await makeService('dashboard');
    const [user, dashboard] = [person('Ann'), person('City hall')];
    const channel = await userToDashboard(service, user, dashboard);
    check(channel, {
      uniqueName: user.uuid,
      friendlyName: 'Ann',
      attributes: JSON.stringify({ topic: 'Ann', dashboard_uuid: dashboard.uuid }),
      membersCount: 2,
    });
    check(await service.channels(channel.sid).members(dashboard.uuid).fetch(), { roleSid: await roleByName(service, 'channel admin') });
    check(await service.channels(channel.sid).members(user.uuid).fetch(), { roleSid: await roleByName(service, 'channel user') });
  });

  test('the dashboard finds the same channel', async () => {
    const { service } = await makeService('dashboard');
    const [user, dashboard] = [person('Ann'), person('City hall')];
    const first = await userToDashboard(service, user, dashboard);
    await service.channels(first.sid).messages.create({ from: user.uuid, body: 'Is anybody there?' });
    const second = await userToDashboard(service, user, dashboard);
    check(second, { sid: first.sid, membersCount: 2, messagesCount: 1, attributes: first.attributes });
    await service.channels(second.sid).messages.create({ from: dashboard.uuid, body: 'We are' });
    same('authors', (await service.channels(first.sid).messages.list()).map((message) => message.from), [user.uuid, dashboard.uuid]);
  });

  test('both sides ask at once', async () => {
    const { service } = await makeService('dashboard');
    const [user, dashboard] = [person('Ann'), person('City hall')];
    const both = await Promise.all([userToDashboard(service, user, dashboard), userToDashboard(service, user, dashboard)]);
    same('one channel', both[0].sid, both[1].sid);
    check(await service.channels(user.uuid).fetch(), { membersCount: 2 });
  });
}
