// Names and identities with characters that mean something in a URL.
import { check, deleted, refused, same } from '../lib/expect.mjs';

/** The SDK puts names into the path as they are, so a careful program encodes them. */
const ENCODED = ['two words', 'ann@example.com', 'c++', 'a/b', 'Größe ☕', 'q?x=1&y=2#z', '100%', 'a%20b', 'semi;colon:comma,'];

/** These survive without. */
const RAW = ['ann@example.com', 'c++', 'two words', 'a:b', "it's"];

export default function ({ test, makeService }) {
  const asIs = (name) => name;

  for (const [how, names, path] of [['encoded', ENCODED, encodeURIComponent], ['raw', RAW, asIs]]) {
    for (const name of names) {
      test(`names: unique name ${JSON.stringify(name)}, ${how}`, async () => {
        const { service } = await makeService();
        const made = await service.channels.create({ uniqueName: name });
        same('unique_name', made.uniqueName, name);
        const channel = service.channels(path(name));
        check(await channel.fetch(), { sid: made.sid, uniqueName: name, url: made.url });
        await channel.update({ friendlyName: name });
        await channel.members.create({ identity: 'ann' });
        await channel.messages.create({ body: 'hello' });
        same('members', (await channel.members.list()).length, 1);
        check(await channel.fetch(), { friendlyName: name, messagesCount: 1 });
        await deleted(channel);
      });

      test(`names: identity ${JSON.stringify(name)}, ${how}`, async () => {
        const { service } = await makeService();
        const made = await service.users.create({ identity: name });
        same('identity', made.identity, name);
        const user = service.users(path(name));
        check(await user.fetch(), { sid: made.sid, identity: name, url: made.url });
        check(await user.update({ friendlyName: name }), { friendlyName: name });

        const { sid: channelSid } = await service.channels.create({ uniqueName: 'general' });
        const member = await service.channels(channelSid).members.create({ identity: name });
        check(await service.channels(channelSid).members(path(name)).fetch(), { sid: member.sid, identity: name });
        check(await user.userChannels('general').fetch(), { channelSid, memberSid: member.sid });
        same('user channels', (await user.userChannels.list()).length, 1);
        await deleted(service.channels(channelSid).members(path(name)));
        await deleted(user);
      });
    }
  }

  test('names: a 404 names what was asked for, decoded', async () => {
    const { service, sid } = await makeService();
    await refused(service.channels('no%20such').fetch(), 404, 20404, `The requested resource /Services/${sid}/Channels/no such was not found`);
  });

  test('names: identities are case-sensitive', async () => {
    const { service } = await makeService();
    await service.users.create({ identity: 'ann' });
    await refused(service.users('Ann').fetch(), 404, 20404);
    await service.users.create({ identity: 'Ann' });
    same('users', (await service.users.list()).map((user) => user.identity), ['ann', 'Ann']);
  });
}
