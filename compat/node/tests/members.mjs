import { check, deleted, refused, same, sid, unknown } from '../lib/expect.mjs';
import { inOrder, walks } from '../lib/lists.mjs';

const CREATED = new Date('2015-12-16T22:18:37Z');
const UPDATED = new Date('2016-02-29T12:00:00Z');
const CONSUMED = new Date('2016-03-01T08:30:00Z');

export default function ({ test, server, makeService }) {
  const makeChannel = async () => {
    const made = await makeService();
    const { sid: channelSid } = await made.service.channels.create({ uniqueName: 'general' });
    return { ...made, channelSid, channel: made.service.channels(channelSid) };
  };

  const roleNamed = async (service, name) => (await service.roles.list()).find((role) => role.friendlyName === name).sid;

  test('members: create with every parameter', async () => {
    const { service, sid: serviceSid, channel, channelSid } = await makeChannel();
    const roleSid = await roleNamed(service, 'channel admin');
    const member = await channel.members.create({
      identity: 'ann',
      roleSid,
      lastConsumedMessageIndex: 3,
      lastConsumptionTimestamp: CONSUMED,
      dateCreated: CREATED,
      dateUpdated: UPDATED,
      attributes: '{"seat": 4}',
      xTwilioWebhookEnabled: 'true',
    });
    check(member, {
      sid: sid('MB'),
      accountSid: server.account_sid,
      serviceSid,
      channelSid,
      identity: 'ann',
      roleSid,
      lastConsumedMessageIndex: 3,
      lastConsumptionTimestamp: CONSUMED,
      dateCreated: CREATED,
      dateUpdated: UPDATED,
      attributes: '{"seat": 4}',
      url: new RegExp(`^https?://[^/]+/v2/Services/${serviceSid}/Channels/${channelSid}/Members/${member.sid}$`),
    });
  });

  test('members: create with an identity alone', async () => {
    const { service, channel } = await makeChannel();
    check(await channel.members.create({ identity: 'ann' }), {
      identity: 'ann',
      roleSid: (await service.fetch()).defaultChannelRoleSid,
      lastConsumedMessageIndex: null,
      lastConsumptionTimestamp: null,
      attributes: '{}',
      dateCreated: Date,
      dateUpdated: Date,
    });
  });

  test('members: create makes the user', async () => {
    const { service, channel } = await makeChannel();
    await channel.members.create({ identity: 'jane' });
    check(await service.users('jane').fetch(), {
      identity: 'jane',
      friendlyName: null,
      attributes: '{}',
      roleSid: (await service.fetch()).defaultServiceRoleSid,
      joinedChannelsCount: 1,
    });
  });

  test('members: create leaves a user that is there as it is', async () => {
    const { service, channel } = await makeChannel();
    const user = await service.users.create({ identity: 'ann', friendlyName: 'Ann', attributes: '{"a":1}' });
    await channel.members.create({ identity: 'ann' });
    check(await service.users('ann').fetch(), { sid: user.sid, friendlyName: 'Ann', attributes: '{"a":1}', joinedChannelsCount: 1 });
  });

  test('members: create takes the place of an invite', async () => {
    const { service, channel } = await makeChannel();
    await service.users.create({ identity: 'ann' });
    const invite = await channel.invites.create({ identity: 'ann' });
    await channel.members.create({ identity: 'ann' });
    await refused(channel.invites(invite.sid).fetch(), 404, 20404);
  });

  test('members: fetch by SID and by identity', async () => {
    const { service, channel } = await makeChannel();
    const made = await channel.members.create({ identity: 'ann' });
    for (const name of [made.sid, 'ann']) check(await channel.members(name).fetch(), { sid: made.sid, identity: 'ann', url: made.url });
    check(await service.channels('general').members('ann').fetch(), { sid: made.sid });
  });

  test('members: fetch of who is not there', async () => {
    const { service, sid: serviceSid, channel, channelSid } = await makeChannel();
    await service.users.create({ identity: 'ann' });
    await refused(channel.members('ann').fetch(), 404, 20404,
      `The requested resource /Services/${serviceSid}/Channels/${channelSid}/Members/ann was not found`);
    await refused(channel.members(unknown('MB')).fetch(), 404, 20404);
    await refused(service.channels('nope').members('ann').fetch(), 404, 20404);
  });

  test('members: create of a member', async () => {
    const { channel } = await makeChannel();
    await channel.members.create({ identity: 'ann' });
    await refused(channel.members.create({ identity: 'ann' }), 409, 50404, 'Member already exists');
    check(await channel.fetch(), { membersCount: 1 });
  });

  test('members: create without an identity', async () => {
    const { channel } = await makeChannel();
    await refused(channel.members.create({ identity: '' }), 400, 20001, 'Missing required parameter Identity in the post body');
  });

  test('members: create with an identity that cannot be', async () => {
    const { channel } = await makeChannel();
    await refused(channel.members.create({ identity: unknown('US') }), 400, 50206);
    await refused(channel.members.create({ identity: 'system' }), 400, 50203);
  });

  test('members: a role that is unknown or of the wrong type', async () => {
    const { service, channel } = await makeChannel();
    const serviceUser = await roleNamed(service, 'service user');
    await refused(channel.members.create({ identity: 'ann', roleSid: unknown('RL') }), 400, 50101, 'Channel role not found');
    await refused(channel.members.create({ identity: 'ann', roleSid: serviceUser }), 400, 50101);
    await refused(service.users('ann').fetch(), 404, 20404);
    await channel.members.create({ identity: 'ann' });
    await refused(channel.members('ann').update({ roleSid: serviceUser }), 400, 50101);
  });

  test('members: update every parameter', async () => {
    const { service, channel } = await makeChannel();
    const { sid: memberSid } = await channel.members.create({ identity: 'ann' });
    const fields = {
      roleSid: await roleNamed(service, 'channel admin'),
      lastConsumedMessageIndex: 7,
      lastConsumptionTimestamp: CONSUMED,
      dateCreated: CREATED,
      dateUpdated: UPDATED,
      attributes: '{"a":[1]}',
    };
    check(await channel.members(memberSid).update({ ...fields, xTwilioWebhookEnabled: 'true' }), fields);
    check(await channel.members('ann').fetch(), { sid: memberSid, identity: 'ann', ...fields });
  });

  test('members: update of nothing', async () => {
    const { channel } = await makeChannel();
    await channel.members.create({ identity: 'ann' });
    await refused(channel.members('ann').update({}), 400, 20161);
  });

  test('members: the consumption horizon', async () => {
    const { channel } = await makeChannel();
    await channel.members.create({ identity: 'ann' });
    const ann = channel.members('ann');
    check(await ann.update({ lastConsumedMessageIndex: 5 }), { lastConsumedMessageIndex: 5, lastConsumptionTimestamp: null });
    check(await ann.update({ lastConsumedMessageIndex: 2 }), { lastConsumedMessageIndex: 2 });
    check(await ann.update({ lastConsumptionTimestamp: CONSUMED }), { lastConsumedMessageIndex: 2, lastConsumptionTimestamp: CONSUMED });
    check(await ann.update({ lastConsumedMessageIndex: 0 }), { lastConsumedMessageIndex: 0, lastConsumptionTimestamp: CONSUMED });
    check(await ann.update({ lastConsumedMessageIndex: '' }), { lastConsumedMessageIndex: null });
  });

  test('members: a consumption horizon that is none', async () => {
    const { channel } = await makeChannel();
    await channel.members.create({ identity: 'ann' });
    const ann = channel.members('ann');
    await refused(ann.update({ lastConsumedMessageIndex: -1 }), 400, 50406);
    await refused(ann.update({ lastConsumedMessageIndex: 'all' }), 400, 50406);
    await refused(ann.update({ lastConsumptionTimestamp: 'just now' }), 400, 50405);
    await refused(channel.members.create({ identity: 'bob', lastConsumedMessageIndex: -1 }), 400, 50406);
  });

  test('members: attributes', async () => {
    const { channel } = await makeChannel();
    await refused(channel.members.create({ identity: 'ann', attributes: 'nope' }), 400, 50304, 'Attributes not valid JSON');
    const member = await channel.members.create({ identity: 'ann', attributes: '{ "é": "☕" }' });
    same('attributes', member.attributes, '{ "é": "☕" }');
    check(await channel.members('ann').update({ attributes: '' }), { attributes: '{}' });
  });

  test('members: dates that are none', async () => {
    const { channel } = await makeChannel();
    await refused(channel.members.create({ identity: 'ann', dateCreated: 'yesterday' }), 400, 50308);
    await refused(channel.members.create({ identity: 'ann', dateUpdated: 'today' }), 400, 50309);
  });

  test('members: delete by SID, second delete', async () => {
    const { channel } = await makeChannel();
    const { sid: memberSid } = await channel.members.create({ identity: 'ann' });
    await deleted(channel.members(memberSid));
  });

  test('members: delete by identity leaves the user and the messages', async () => {
    const { service, channel } = await makeChannel();
    await channel.members.create({ identity: 'ann' });
    await channel.messages.create({ from: 'ann', body: 'bye' });
    await deleted(channel.members('ann'));
    check(await service.users('ann').fetch(), { joinedChannelsCount: 0 });
    check(await channel.fetch(), { membersCount: 0, messagesCount: 1 });
    same('author', (await channel.messages.list())[0].from, 'ann');
  });

  test('members: a new membership is a new member', async () => {
    const { channel } = await makeChannel();
    const first = await channel.members.create({ identity: 'ann', lastConsumedMessageIndex: 1 });
    await channel.members(first.sid).remove({ xTwilioWebhookEnabled: 'true' });
    const second = await channel.members.create({ identity: 'ann' });
    same('the SID is another one', first.sid === second.sid, false);
    same('horizon', second.lastConsumedMessageIndex, null);
  });

  test('members: list', async () => {
    const { channel } = await makeChannel();
    const made = await inOrder(65, (i) => channel.members.create({ identity: `user-${i}` }));
    await walks(channel.members, made.map((member) => member.sid));
  });

  test('members: list by identity', async () => {
    const { channel } = await makeChannel();
    const made = await inOrder(8, (i) => channel.members.create({ identity: `user ${i}@example.com` }));
    const of = (...numbers) => numbers.map((i) => made[i].sid);
    const identities = (...numbers) => numbers.map((i) => `user ${i}@example.com`);
    await walks(channel.members, of(3), { params: { identity: identities(3) } });
    await walks(channel.members, of(1, 2, 4, 5, 6, 7), { params: { identity: identities(1, 2, 4, 5, 6, 7) } });
    await walks(channel.members, [], { params: { identity: ['nobody'] } });
  });

  test('members: the limit of the channel', async () => {
    const { service, channel } = await makeChannel();
    await service.update({ 'limits.channelMembers': 2 });
    await channel.members.create({ identity: 'a' });
    await channel.members.create({ identity: 'b' });
    await refused(channel.members.create({ identity: 'c' }), 403, 50403, 'Channel member limit exceeded');
    await refused(service.users('c').fetch(), 404, 20404);
    await service.update({ 'limits.channelMembers': 3 });
    await channel.members.create({ identity: 'c' });
    await service.update({ 'limits.channelMembers': 1 });
    check(await channel.fetch(), { membersCount: 3 });
  });

  test('members: the limit of the user', async () => {
    const { service } = await makeService();
    await service.update({ 'limits.userChannels': 2 });
    const channels = await inOrder(3, () => service.channels.create());
    const join = (i) => service.channels(channels[i].sid).members.create({ identity: 'ann' });
    await join(0);
    await join(1);
    await refused(join(2), 403, 50208, 'User channel limit exceeded');
    check(await service.users('ann').fetch(), { joinedChannelsCount: 2 });
    await service.channels(channels[0].sid).members('ann').remove();
    await join(2);
  });
}
