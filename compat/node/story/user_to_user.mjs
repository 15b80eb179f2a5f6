import { check, refused, same, sameSet } from '../lib/expect.mjs';
import { race } from '../lib/parallel.mjs';
import { pairName, userToUser } from './chat.mjs';
import { person } from './people.mjs';

export default function ({ test, makeService }) {
  test('two users get a channel', async () => {
    const { service } = await makeService('default');
    const [ann, bob] = [person('Ann'), person('Bob')];
    const { sid } = await userToUser(service, ann, bob);
    check(await service.channels(sid).fetch(), {
      uniqueName: (name) => name.length === 73 && name === pairName(bob, ann),
      friendlyName: 'Ann Bob',
      type: 'public',
      membersCount: 2,
      attributes: '{"topic":"Ann Bob"}',
    });
    sameSet('members', (await service.channels(sid).members.list()).map((member) => member.identity), [ann.uuid, bob.uuid]);
  });

  test('the other one finds the same channel and its history', async () => {
    const { service } = await makeService('default');
    const [ann, bob] = [person('Ann'), person('Bob')];
    const { sid } = await userToUser(service, ann, bob);
    await service.channels(sid).messages.create({ from: ann.uuid, body: 'Hi Bob' });
    const again = await userToUser(service, bob, ann);
    same('channel', again, { sid, created: false });
    check(await service.channels(sid).fetch(), { membersCount: 2, messagesCount: 1 });
    same('history', (await service.channels(sid).messages.list()).map((message) => message.body), ['Hi Bob']);
  });

  test('20 phones ask at once and get one channel', async () => {
    const { service } = await makeService('default');
    const [ann, bob] = [person('Ann'), person('Bob')];
    const { won, lost } = await race(20, (i) => (i % 2 ? userToUser(service, ann, bob) : userToUser(service, bob, ann)));
    same('errors', lost.map((error) => `${error.status}/${error.code} ${error.message}`), []);
    same('channels', new Set(won.map(({ sid }) => sid)).size, 1);
    same('created', won.filter(({ created }) => created).length, 1);
    same('channels of the service', (await service.channels.list()).length, 1);
    check(await service.channels(won[0].sid).fetch(), { membersCount: 2 });
    check(await service.users(ann.uuid).fetch(), { joinedChannelsCount: 1 });
  });

  test('20 creations at once: one wins, the others are told of the conflict', async () => {
    const { service } = await makeService('default');
    const uniqueName = pairName(person('Ann'), person('Bob'));
    const { won, lost } = await race(20, () => service.channels.create({ uniqueName }));
    same('won', won.length, 1);
    same('lost', lost.map((error) => `${error.status}/${error.code}`), Array(19).fill('409/50307'));
    check(await service.channels(uniqueName).fetch(), { sid: won[0].sid });
  });

  test('a member added 20 times at once is in once', async () => {
    const { service } = await makeService('default');
    const { sid } = await service.channels.create();
    const ann = person('Ann');
    const { won, lost } = await race(20, () => service.channels(sid).members.create({ identity: ann.uuid }));
    same('won', won.length, 1);
    same('lost', lost.map((error) => `${error.status}/${error.code}`), Array(19).fill('409/50404'));
    check(await service.channels(sid).fetch(), { membersCount: 1 });
    check(await service.users(ann.uuid).fetch(), { joinedChannelsCount: 1 });
    await refused(service.channels(sid).members.create({ identity: ann.uuid }), 409, 50404, 'Member already exists');
  });
}
