// What must hold however many workers write at once.
import { check, same } from '../lib/expect.mjs';
import { parallel, race, range } from '../lib/parallel.mjs';
import { person } from './people.mjs';

const refusals = (lost) => [...new Set(lost.map((error) => `${error.status}/${error.code}`))];

export default function ({ test, makeService }) {
  test('messages sent at once get every index once', async () => {
    const { service } = await makeService('default');
    const { sid } = await service.channels.create();
    const { messages } = service.channels(sid);
    const sent = await parallel(range(200), (i) => messages.create({ body: `${i}` }));
    same('indexes', sent.map((message) => message.index).sort((a, b) => a - b), range(200));
    const listed = await messages.list({ pageSize: 100 });
    same('listed in order', listed.map((message) => message.index), range(200));
    same('count', (await service.channels(sid).fetch()).messagesCount, 200);
    for (const message of sent) same('body of an index', listed[message.index].body, message.body);
  });

  test('members added at once do not pass the limit of the channel', async () => {
    const { service } = await makeService('default');
    await service.update({ 'limits.channelMembers': 5 });
    const { sid } = await service.channels.create();
    const { won, lost } = await race(20, () => service.channels(sid).members.create({ identity: person('x').uuid }));
    same('in', won.length, 5);
    same('refused with', refusals(lost), ['403/50403']);
    check(await service.channels(sid).fetch(), { membersCount: 5 });
  });

  test('channels joined at once do not pass the limit of the user', async () => {
    const { service } = await makeService('default');
    await service.update({ 'limits.userChannels': 5 });
    const channels = await parallel(range(20), () => service.channels.create());
    const { won, lost } = await race(20, (i) => service.channels(channels[i].sid).members.create({ identity: 'ann' }));
    same('in', won.length, 5);
    same('refused with', refusals(lost), ['403/50208']);
    check(await service.users('ann').fetch(), { joinedChannelsCount: 5 });
  });

  test('a user created 20 times at once is there once', async () => {
    const { service } = await makeService('default');
    const { won, lost } = await race(20, () => service.users.create({ identity: 'ann' }));
    same('won', won.length, 1);
    same('refused with', refusals(lost), ['409/50201']);
    same('users', (await service.users.list()).length, 1);
  });

  test('a member removed 20 times at once goes once', async () => {
    const { service } = await makeService('default');
    const { sid } = await service.channels.create();
    const channel = service.channels(sid);
    await channel.members.create({ identity: 'ann' });
    await channel.members.create({ identity: 'bob' });
    const { won, lost } = await race(20, () => channel.members('ann').remove());
    same('won', won.length, 1);
    same('refused with', refusals(lost), ['404/20404']);
    check(await channel.fetch(), { membersCount: 1 });
    check(await service.users('ann').fetch(), { joinedChannelsCount: 0 });
  });
}
