import { check, deleted, refused, same, sid, unknown } from '../../lib/expect.mjs';
import { inOrder, walks } from '../../lib/lists.mjs';

export default function ({ test, server, makeService }) {
  test('users: create with every parameter', async () => {
    const { service, sid: serviceSid } = await makeService();
    const [admin] = await service.roles.list();
    const user = await service.users.create({ identity: 'ann', friendlyName: 'Ann', attributes: '{"a":1}', roleSid: admin.sid });
    check(user, {
      sid: sid('US'),
      accountSid: server.account_sid,
      serviceSid,
      identity: 'ann',
      friendlyName: 'Ann',
      attributes: '{"a":1}',
      roleSid: admin.sid,
      isOnline: null,
      isNotifiable: null,
      joinedChannelsCount: 0,
      dateCreated: Date,
      dateUpdated: Date,
      url: new RegExp(`^https?://[^/]+/v1/Services/${serviceSid}/Users/${user.sid}$`),
      links: { user_channels: `${user.url}/Channels` },
    });
  });

  test('users: fetch by SID and by identity', async () => {
    const { service } = await makeService();
    const made = await service.users.create({ identity: 'ann+1@example.com' });
    for (const name of [made.sid, encodeURIComponent('ann+1@example.com')]) {
      check(await service.users(name).fetch(), { sid: made.sid, identity: 'ann+1@example.com', attributes: '{}' });
    }
    await refused(service.users('nobody').fetch(), 404, 20404);
  });

  test('users: update every parameter', async () => {
    const { service } = await makeService();
    const [admin] = await service.roles.list();
    const made = await service.users.create({ identity: 'ann' });
    const fields = { friendlyName: 'Annie', attributes: '{"b":2}', roleSid: admin.sid };
    check(await service.users(made.sid).update(fields), fields);
    check(await service.users('ann').fetch(), fields);
    await refused(service.users('ann').update({}), 400, 20161);
  });

  test('users: errors', async () => {
    const { service } = await makeService();
    await service.users.create({ identity: 'ann' });
    await refused(service.users.create({ identity: 'ann' }), 409, 50201, 'User already exists');
    await refused(service.users.create({ identity: '' }), 400, 20001);
    await refused(service.users.create({ identity: 'bob', roleSid: unknown('RL') }), 400, 50102);
    await refused(service.users.create({ identity: 'bob', attributes: '{' }), 400, 50304);
    await refused(service.users.create({ identity: unknown('US') }), 400, 50206);
  });

  test('users: delete, second delete', async () => {
    const { service } = await makeService();
    await service.users.create({ identity: 'ann' });
    await deleted(service.users('ann'));
  });

  test('users: list', async () => {
    const { service } = await makeService();
    const made = await inOrder(65, (i) => service.users.create({ identity: `user-${i}`, attributes: '{"a":1}' }));
    await walks(service.users, made.map((user) => user.sid));
    same('a list hides attributes', (await service.users.list({ limit: 2 })).map((user) => user.attributes), [null, null]);
  });
}
