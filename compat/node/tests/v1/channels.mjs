import { check, deleted, refused, same, sid } from '../../lib/expect.mjs';
import { inOrder, walks } from '../../lib/lists.mjs';

export default function ({ test, server, makeService }) {
  test('channels: create with every parameter', async () => {
    const { service, sid: serviceSid } = await makeService();
    const channel = await service.channels.create({ friendlyName: 'Kitchen', uniqueName: 'kitchen', attributes: '{"a":1}', type: 'private' });
    check(channel, {
      sid: sid('CH'),
      accountSid: server.account_sid,
      serviceSid,
      friendlyName: 'Kitchen',
      uniqueName: 'kitchen',
      attributes: '{"a":1}',
      type: 'private',
      createdBy: 'system',
      membersCount: 0,
      messagesCount: 0,
      dateCreated: Date,
      dateUpdated: Date,
      url: new RegExp(`^https?://[^/]+/v1/Services/${serviceSid}/Channels/${channel.sid}$`),
      links: {
        members: `${channel.url}/Members`,
        messages: `${channel.url}/Messages`,
        invites: `${channel.url}/Invites`,
        last_message: null,
      },
    });
  });

  test('channels: create with nothing', async () => {
    const { service } = await makeService();
    check(await service.channels.create(), { friendlyName: null, uniqueName: null, attributes: '{}', type: 'public' });
  });

  test('channels: fetch by SID and by unique name', async () => {
    const { service } = await makeService();
    const made = await service.channels.create({ uniqueName: 'my general @ home' });
    for (const name of [made.sid, 'my%20general%20%40%20home']) check(await service.channels(name).fetch(), { sid: made.sid });
    await refused(service.channels('nope').fetch(), 404, 20404);
  });

  test('channels: update every parameter', async () => {
    const { service } = await makeService();
    const made = await service.channels.create({ uniqueName: 'old' });
    const fields = { friendlyName: 'New', uniqueName: 'new', attributes: '{"b":2}' };
    check(await service.channels(made.sid).update(fields), fields);
    check(await service.channels('new').fetch(), { sid: made.sid, ...fields });
    await refused(service.channels('new').update({}), 400, 20161);
  });

  test('channels: errors', async () => {
    const { service } = await makeService();
    await service.channels.create({ uniqueName: 'general' });
    await refused(service.channels.create({ uniqueName: 'general' }), 409, 50307);
    await refused(service.channels.create({ attributes: '{' }), 400, 50304);
    await refused(service.channels.create({ uniqueName: `CH${'f'.repeat(32)}` }), 400, 50306);
    await refused(service.channels.create({ type: 'secret' }), 400, 20001);
  });

  test('channels: names hold 64 characters', async () => {
    const { service } = await makeService();
    const [fits, long] = ['ü'.repeat(64), 'ü'.repeat(65)];
    check(await service.channels.create({ friendlyName: fits, uniqueName: fits }), { friendlyName: fits, uniqueName: fits });
    await refused(service.channels.create({ friendlyName: long }), 400, 50003);
    await refused(service.channels.create({ uniqueName: long }), 400, 50004);
  });

  test('channels: delete, second delete', async () => {
    const { service } = await makeService();
    const { sid: channelSid } = await service.channels.create();
    await deleted(service.channels(channelSid));
  });

  test('channels: list', async () => {
    const { service } = await makeService();
    const made = await inOrder(65, () => service.channels.create());
    await walks(service.channels, made.map((channel) => channel.sid));
  });

  test('channels: a list hides attributes', async () => {
    const { service } = await makeService();
    await service.channels.create({ attributes: '{"a":1}', type: 'private' });
    await service.channels.create();
    same('attributes', (await service.channels.list()).map((channel) => channel.attributes), [null, null]);
    same('of one type', (await service.channels.list({ type: ['private'] })).length, 1);
  });
}
