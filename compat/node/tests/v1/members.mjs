import { check, deleted, refused, sid, unknown } from '../../lib/expect.mjs';
import { inOrder, walks } from '../../lib/lists.mjs';

export default function ({ test, server, makeService }) {
  const makeChannel = async () => {
    const made = await makeService();
    const { sid: channelSid } = await made.service.channels.create({ uniqueName: 'general' });
    return { ...made, channelSid, channel: made.service.channels(channelSid) };
  };

  test('members: create with every parameter', async () => {
    const { service, sid: serviceSid, channel, channelSid } = await makeChannel();
    const { defaultChannelCreatorRoleSid: roleSid } = await service.fetch();
    const member = await channel.members.create({ identity: 'ann', roleSid });
    check(member, {
      sid: sid('MB'),
      accountSid: server.account_sid,
      serviceSid,
      channelSid,
      identity: 'ann',
      roleSid,
      lastConsumedMessageIndex: null,
      lastConsumptionTimestamp: null,
      dateCreated: Date,
      dateUpdated: Date,
      url: new RegExp(`^https?://[^/]+/v1/Services/${serviceSid}/Channels/${channelSid}/Members/${member.sid}$`),
    });
    check(await service.users('ann').fetch(), { joinedChannelsCount: 1 });
  });

  test('members: fetch, by the unique name of the channel too', async () => {
    const { service, channel } = await makeChannel();
    const made = await channel.members.create({ identity: 'ann' });
    check(await channel.members(made.sid).fetch(), { sid: made.sid, identity: 'ann' });
    check(await service.channels('general').members(made.sid).fetch(), { sid: made.sid });
  });

  test('members: update every parameter', async () => {
    const { service, channel } = await makeChannel();
    const { sid: memberSid } = await channel.members.create({ identity: 'ann' });
    const fields = { roleSid: (await service.fetch()).defaultChannelCreatorRoleSid, lastConsumedMessageIndex: 666 };
    check(await channel.members(memberSid).update(fields), { ...fields, lastConsumptionTimestamp: null });
    check(await channel.members(memberSid).fetch(), fields);
    await refused(channel.members(memberSid).update({}), 400, 20161);
  });

  test('members: errors', async () => {
    const { service, channel } = await makeChannel();
    const { sid: memberSid } = await channel.members.create({ identity: 'ann' });
    await refused(channel.members.create({ identity: 'ann' }), 409, 50404, 'Member already exists');
    await refused(channel.members.create({ identity: '' }), 400, 20001, 'Missing required parameter Identity in the post body');
    await refused(channel.members.create({ identity: 'bob', roleSid: unknown('RL') }), 400, 50101);
    await refused(channel.members(memberSid).update({ lastConsumedMessageIndex: -1 }), 400, 50406);
    await service.update({ 'limits.channelMembers': 1 });
    await refused(channel.members.create({ identity: 'bob' }), 403, 50403);
    await service.update({ 'limits.channelMembers': 5, 'limits.userChannels': 1 });
    const { sid: other } = await service.channels.create();
    await refused(service.channels(other).members.create({ identity: 'ann' }), 403, 50208);
  });

  test('members: delete, second delete', async () => {
    const { channel } = await makeChannel();
    const { sid: memberSid } = await channel.members.create({ identity: 'ann' });
    await deleted(channel.members(memberSid));
  });

  test('members: list', async () => {
    const { channel } = await makeChannel();
    const made = await inOrder(65, (i) => channel.members.create({ identity: `user-${i}` }));
    await walks(channel.members, made.map((member) => member.sid));
    await walks(channel.members, [made[4].sid, made[9].sid], { params: { identity: ['user-4', 'user-9'] } });
  });
}
