import { check, deleted, refused, same, sid, unknown } from '../lib/expect.mjs';
import { inOrder, walks } from '../lib/lists.mjs';

export default function ({ test, server, version, makeService }) {
  const makeChannel = async (...identities) => {
    const made = await makeService();
    const { sid: channelSid } = await made.service.channels.create({ uniqueName: 'general', type: 'private' });
    for (const identity of identities) await made.service.users.create({ identity });
    return { ...made, channelSid, channel: made.service.channels(channelSid) };
  };

  const roleNamed = async (service, name) => (await service.roles.list()).find((role) => role.friendlyName === name).sid;

  test('invites: create with every parameter', async () => {
    const { service, sid: serviceSid, channel, channelSid } = await makeChannel('ann');
    const roleSid = await roleNamed(service, 'channel admin');
    const invite = await channel.invites.create({ identity: 'ann', roleSid });
    check(invite, {
      sid: sid('IN'),
      accountSid: server.account_sid,
      serviceSid,
      channelSid,
      identity: 'ann',
      roleSid,
      createdBy: 'system',
      dateCreated: Date,
      dateUpdated: Date,
      url: new RegExp(`^https?://[^/]+/${version}/Services/${serviceSid}/Channels/${channelSid}/Invites/${invite.sid}$`),
    });
  });

  test('invites: create with an identity alone', async () => {
    const { service, channel } = await makeChannel('ann');
    check(await channel.invites.create({ identity: 'ann' }), { roleSid: (await service.fetch()).defaultChannelRoleSid });
  });

  test('invites: an invited user is no member yet', async () => {
    const { service, channel } = await makeChannel('ann');
    await channel.invites.create({ identity: 'ann' });
    check(await channel.fetch(), { membersCount: 0 });
    check(await service.users('ann').fetch(), { joinedChannelsCount: 0 });
    await refused(channel.members('ann').fetch(), 404, 20404);
  });

  test('invites: an unknown identity', async () => {
    const { service, sid: serviceSid, channel, channelSid } = await makeChannel();
    await refused(channel.invites.create({ identity: 'nobody' }), 404, 20404,
      `The requested resource /Services/${serviceSid}/Channels/${channelSid}/Invites was not found`);
    await refused(service.users('nobody').fetch(), 404, 20404);
  });

  test('invites: a second invite', async () => {
    const { channel } = await makeChannel('ann');
    await channel.invites.create({ identity: 'ann' });
    await refused(channel.invites.create({ identity: 'ann' }), 409, 50212, 'User already invited');
  });

  test('invites: a member', async () => {
    const { channel } = await makeChannel('ann');
    await channel.members.create({ identity: 'ann' });
    await refused(channel.invites.create({ identity: 'ann' }), 409, 50404, 'Member already exists');
  });

  test('invites: create without an identity', async () => {
    const { channel } = await makeChannel();
    await refused(channel.invites.create({ identity: '' }), 400, 20001, 'Missing required parameter Identity in the post body');
  });

  test('invites: a role that is unknown or of the wrong type', async () => {
    const { service, channel } = await makeChannel('ann');
    await refused(channel.invites.create({ identity: 'ann', roleSid: unknown('RL') }), 400, 50101);
    await refused(channel.invites.create({ identity: 'ann', roleSid: await roleNamed(service, 'service admin') }), 400, 50101);
  });

  test('invites: fetch', async () => {
    const { service, channel } = await makeChannel('ann');
    const made = await channel.invites.create({ identity: 'ann' });
    check(await channel.invites(made.sid).fetch(), { sid: made.sid, identity: 'ann', url: made.url });
    check(await service.channels('general').invites(made.sid).fetch(), { sid: made.sid });
  });

  test('invites: delete, second delete, invite again', async () => {
    const { channel } = await makeChannel('ann');
    const { sid: inviteSid } = await channel.invites.create({ identity: 'ann' });
    await deleted(channel.invites(inviteSid));
    same('the SID is another one', (await channel.invites.create({ identity: 'ann' })).sid === inviteSid, false);
  });

  test('invites: list', async () => {
    const identities = Array.from({ length: 65 }, (_, i) => `user-${i}`);
    const { channel } = await makeChannel(...identities);
    const made = await inOrder(65, (i) => channel.invites.create({ identity: identities[i] }));
    await walks(channel.invites, made.map((invite) => invite.sid));
  });

  test('invites: list by identity', async () => {
    const identities = ['a', 'b@example.com', 'c d', 'e', 'f', 'g'];
    const { channel } = await makeChannel(...identities);
    const made = await inOrder(6, (i) => channel.invites.create({ identity: identities[i] }));
    await walks(channel.invites, [made[1].sid], { params: { identity: ['b@example.com'] } });
    await walks(channel.invites, [made[0].sid, made[2].sid], { params: { identity: ['a', 'c d'] } });
    await walks(channel.invites, [], { params: { identity: ['nobody'] } });
  });
}
