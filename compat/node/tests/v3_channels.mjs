import { check, refused, same, unknown } from '../lib/expect.mjs';

export default function ({ test, client, makeService }) {
  const v3 = client.chat.v3.channels; // 3.84 takes both SIDs in `get` only

  const makeChannel = async (type) => {
    const made = await makeService();
    const channel = await made.service.channels.create({ uniqueName: 'general', friendlyName: 'General', type, attributes: '{"a":1}' });
    return { ...made, channel };
  };

  test('v3 channels: a public channel becomes private', async () => {
    const { service, sid, channel } = await makeChannel('public');
    await service.channels('general').members.create({ identity: 'ann' });
    const moved = await v3.get(sid, channel.sid).update({ type: 'private', xTwilioWebhookEnabled: 'true' });
    check(moved, {
      sid: channel.sid,
      serviceSid: sid,
      messagingServiceSid: null,
      friendlyName: 'General',
      uniqueName: 'general',
      attributes: '{"a":1}',
      type: 'private',
      createdBy: 'system',
      membersCount: 1,
      messagesCount: 0,
      dateCreated: Date,
      dateUpdated: Date,
      url: new RegExp(`/v3/Services/${sid}/Channels/${channel.sid}$`),
    });
    check(await service.channels('general').fetch(), { type: 'private' });
  });

  test('v3 channels: by unique name, and twice', async () => {
    const { sid, channel } = await makeChannel('public');
    for (let i = 0; i < 2; i += 1) {
      check(await v3.get(sid, 'general').update({ type: 'private' }), { sid: channel.sid, type: 'private' });
    }
  });

  test('v3 channels: another type, or none', async () => {
    const { service, sid } = await makeChannel('private');
    const channel = v3.get(sid, 'general');
    await refused(channel.update({ type: 'public' }), 400, 50393);
    await refused(channel.update({}), 400, 50393);
    same('type', (await service.channels('general').fetch()).type, 'private');
  });

  test('v3 channels: a messaging service that is none', async () => {
    const { sid } = await makeChannel('public');
    const channel = v3.get(sid, 'general');
    await refused(channel.update({ type: 'private', messagingServiceSid: 'MG1' }), 400, 50341);
    await refused(channel.update({ type: 'private', messagingServiceSid: unknown('MG') }), 400, 50342);
  });

  test('v3 channels: unknown channel', async () => {
    const { sid } = await makeChannel('public');
    await refused(v3.get(sid, 'nope').update({ type: 'private' }), 404, 20404,
      `The requested resource /Services/${sid}/Channels/nope was not found`);
  });
}
