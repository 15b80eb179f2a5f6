import { check, refused, same, sameSet } from '../lib/expect.mjs';
import { userToDashboard } from './chat.mjs';
import { person } from './people.mjs';

export default function ({ test, makeService }) {
  test('services share nothing', async () => {
    const [a, b] = [await makeService('dashboard A'), await makeService('dashboard B')];
    const [user, dashboard] = [person('Ann'), person('City hall')];
    const inA = await userToDashboard(a.service, user, dashboard);
    await a.service.channels(inA.sid).messages.create({ from: user.uuid, body: 'only in A' });

    await refused(b.service.channels(user.uuid).fetch(), 404, 20404);
    await refused(b.service.channels(inA.sid).fetch(), 404, 20404);
    await refused(b.service.users(user.uuid).fetch(), 404, 20404);

    const inB = await userToDashboard(b.service, user, dashboard);
    same('the SID is another one', inA.sid === inB.sid, false);
    check(inB, { uniqueName: user.uuid, membersCount: 2, messagesCount: 0, serviceSid: b.sid });
    for (const { service } of [a, b]) check(await service.users(user.uuid).fetch(), { joinedChannelsCount: 1 });

    const rolesA = await a.service.roles.list();
    const rolesB = await b.service.roles.list();
    sameSet('role names', rolesA.map((role) => role.friendlyName), rolesB.map((role) => role.friendlyName));
    same('roles in both', rolesA.filter((role) => rolesB.some(({ sid }) => sid === role.sid)), []);
    await refused(b.service.roles(rolesA[0].sid).fetch(), 404, 20404);
    const foreign = rolesA.find((role) => role.type === 'channel').sid;
    await refused(b.service.channels(inB.sid).members.create({ identity: 'x', roleSid: foreign }), 400, 50101);

    await a.service.remove();
    check(await b.service.channels(user.uuid).fetch(), { sid: inB.sid, membersCount: 2 });
  });

  test('limits and settings are each service\'s own', async () => {
    const [a, b] = [await makeService('A'), await makeService('B')];
    await a.service.update({ 'limits.channelMembers': 1, readStatusEnabled: false });
    check(await b.service.fetch(), { limits: { channel_members: 1000, user_channels: 1000 }, readStatusEnabled: true });
  });
}
