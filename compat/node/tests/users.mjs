import { check, deleted, refused, same, sid, unknown } from '../lib/expect.mjs';
import { inOrder, walks } from '../lib/lists.mjs';

export default function ({ test, server, makeService }) {
  const roleNamed = async (service, name) => (await service.roles.list()).find((role) => role.friendlyName === name).sid;

  test('users: create with every parameter', async () => {
    const { service, sid: serviceSid } = await makeService();
    const roleSid = await roleNamed(service, 'service admin');
    const user = await service.users.create({
      identity: 'ann',
      friendlyName: 'Ann Größe',
      attributes: '{ "age": 31 }',
      roleSid,
      xTwilioWebhookEnabled: 'true',
    });
    check(user, {
      sid: sid('US'),
      accountSid: server.account_sid,
      serviceSid,
      identity: 'ann',
      friendlyName: 'Ann Größe',
      attributes: '{ "age": 31 }',
      roleSid,
      isOnline: null,
      isNotifiable: null,
      joinedChannelsCount: 0,
      dateCreated: Date,
      dateUpdated: Date,
      url: new RegExp(`^https?://[^/]+/v2/Services/${serviceSid}/Users/${user.sid}$`),
      links: { user_channels: `${user.url}/Channels`, user_bindings: `${user.url}/Bindings` },
    });
  });

  test('users: create with an identity alone', async () => {
    const { service } = await makeService();
    check(await service.users.create({ identity: 'ann' }), {
      friendlyName: null,
      attributes: '{}',
      roleSid: (await service.fetch()).defaultServiceRoleSid,
    });
  });

  test('users: fetch by SID and by identity', async () => {
    const { service } = await makeService();
    const made = await service.users.create({ identity: 'ann' });
    for (const name of [made.sid, 'ann']) check(await service.users(name).fetch(), { sid: made.sid, identity: 'ann', url: made.url });
  });

  test('users: fetch of who is not there', async () => {
    const { service, sid: serviceSid } = await makeService();
    await refused(service.users('nobody').fetch(), 404, 20404, `The requested resource /Services/${serviceSid}/Users/nobody was not found`);
    await refused(service.users(unknown('US')).fetch(), 404, 20404);
  });

  test('users: create of a user', async () => {
    const { service } = await makeService();
    await service.users.create({ identity: 'ann' });
    await refused(service.users.create({ identity: 'ann' }), 409, 50201, 'User already exists');
  });

  test('users: create without an identity', async () => {
    const { service } = await makeService();
    await refused(service.users.create({ identity: '' }), 400, 20001, 'Missing required parameter Identity in the post body');
  });

  test('users: an identity that looks like a SID, and a reserved one', async () => {
    const { service } = await makeService();
    await refused(service.users.create({ identity: unknown('US') }), 400, 50206);
    await refused(service.users.create({ identity: 'system' }), 400, 50203);
  });

  test('users: a role that is unknown or of the wrong type', async () => {
    const { service } = await makeService();
    const channelUser = await roleNamed(service, 'channel user');
    await refused(service.users.create({ identity: 'ann', roleSid: unknown('RL') }), 400, 50102, 'Deployment role not found');
    await refused(service.users.create({ identity: 'ann', roleSid: channelUser }), 400, 50102);
    await service.users.create({ identity: 'ann' });
    await refused(service.users('ann').update({ roleSid: channelUser }), 400, 50102);
  });

  test('users: update every parameter', async () => {
    const { service } = await makeService();
    await service.users.create({ identity: 'ann' });
    const fields = { friendlyName: 'Annie', attributes: '{"a":1}', roleSid: await roleNamed(service, 'service admin') };
    check(await service.users('ann').update({ ...fields, xTwilioWebhookEnabled: 'true' }), { identity: 'ann', ...fields });
    check(await service.users('ann').fetch(), fields);
  });

  test('users: update of nothing', async () => {
    const { service } = await makeService();
    await service.users.create({ identity: 'ann' });
    await refused(service.users('ann').update({}), 400, 20161);
  });

  test('users: attributes that are not JSON', async () => {
    const { service } = await makeService();
    await refused(service.users.create({ identity: 'ann', attributes: 'x' }), 400, 50304, 'Attributes not valid JSON');
    await service.users.create({ identity: 'ann' });
    await refused(service.users('ann').update({ attributes: 'x' }), 400, 50304);
  });

  test('users: reachability of one who never connected', async () => {
    const { service } = await makeService();
    await service.update({ reachabilityEnabled: true });
    await service.users.create({ identity: 'ann' });
    check(await service.users('ann').fetch(), { isOnline: null, isNotifiable: null });
  });

  test('users: delete, second delete', async () => {
    const { service } = await makeService();
    const { sid: userSid } = await service.users.create({ identity: 'ann' });
    await deleted(service.users(userSid));
  });

  test('users: delete by identity frees the identity', async () => {
    const { service } = await makeService();
    const first = await service.users.create({ identity: 'ann' });
    await deleted(service.users('ann'));
    same('the SID is another one', first.sid === (await service.users.create({ identity: 'ann' })).sid, false);
  });

  test('users: the count of joined channels', async () => {
    const { service } = await makeService();
    const count = async () => (await service.users('ann').fetch()).joinedChannelsCount;
    await service.users.create({ identity: 'ann' });
    const channels = await inOrder(3, () => service.channels.create());
    for (const channel of channels) await service.channels(channel.sid).members.create({ identity: 'ann' });
    same('after three joins', await count(), 3);
    await service.channels(channels[0].sid).members('ann').remove();
    same('after leaving', await count(), 2);
    await service.channels(channels[1].sid).remove();
    same('after a channel is deleted', await count(), 1);
    await service.users('ann').userChannels(channels[2].sid).remove();
    same('after the user channel is deleted', await count(), 0);
  });

  test('users: list', async () => {
    const { service } = await makeService();
    const made = await inOrder(65, (i) => service.users.create({ identity: `user-${i}`, attributes: `{"i":${i}}` }));
    await walks(service.users, made.map((user) => user.sid));
    same('attributes', (await service.users.list({ limit: 2 })).map((user) => user.attributes), ['{"i":0}', '{"i":1}']);
  });
}
