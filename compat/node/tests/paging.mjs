// The parts of paging that are the same for every list.
import { check, refused, same } from '../lib/expect.mjs';
import { inOrder } from '../lib/lists.mjs';

export default function ({ test, makeService }) {
  const makeChannels = async (count) => {
    const { service } = await makeService();
    const made = await inOrder(count, () => service.channels.create());
    return { service, channels: service.channels, sids: made.map((channel) => channel.sid) };
  };

  const sids = (page) => page.instances.map((row) => row.sid);

  test('paging: there and back', async () => {
    const { channels, sids: all } = await makeChannels(5);
    const first = await channels.page({ pageSize: 2 });
    same('no page before the first', first.previousPageUrl, undefined);
    const second = await first.nextPage();
    const third = await second.nextPage();
    same('third', sids(third), all.slice(4));
    same('no page after the last', third.nextPageUrl, undefined);
    same('back to the second', sids(await third.previousPage()), all.slice(2, 4));
    same('back to the first', sids(await second.previousPage()), all.slice(0, 2));
    same('back by URL', sids(await channels.getPage(second.previousPageUrl)), all.slice(0, 2));
  });

  test('paging: a last page that is just full is the last', async () => {
    const { channels } = await makeChannels(4);
    const second = await (await channels.page({ pageSize: 2 })).nextPage();
    same('rows', second.instances.length, 2);
    same('next page', second.nextPageUrl, undefined);
  });

  test('paging: the URL of the next page', async () => {
    const { channels } = await makeChannels(3);
    const { nextPageUrl } = await channels.page({ pageSize: 2 });
    check({ nextPageUrl }, { nextPageUrl: /\/Channels\?PageSize=2&Page=1&PageToken=PTCH[0-9a-f]{32}$/ });
  });

  test('paging: the URL of the next page of messages', async () => {
    const { service } = await makeService();
    const channel = await service.channels.create();
    const { messages } = service.channels(channel.sid);
    await inOrder(6, (i) => messages.create({ body: `${i}` }));
    check(await messages.page({ pageSize: 2 }), { nextPageUrl: /\/Messages\?PageSize=2&Page=1&PageToken=PT2$/ });
    check(await messages.page({ pageSize: 2, order: 'desc' }), { nextPageUrl: /\/Messages\?Order=desc&PageSize=2&Page=1&PageToken=PT3$/ });
  });

  test('paging: filters go along', async () => {
    const { service } = await makeService();
    const channel = await service.channels.create();
    const { members } = service.channels(channel.sid);
    for (const identity of ['a@b', 'c d', 'e']) await members.create({ identity });
    const page = await members.page({ identity: ['a@b', 'c d'], pageSize: 1 });
    check(page, { nextPageUrl: /Identity=a%40b&Identity=c(%20|\+)d&PageSize=1&Page=1/ });
    const next = await members.getPage(page.nextPageUrl);
    same('second', next.instances.map((member) => member.identity), ['c d']);
    same('no third', next.nextPageUrl, undefined);
  });

  test('paging: rows that go and come do not disturb it', async () => {
    const { service, channels, sids: all } = await makeChannels(6);
    const first = await channels.page({ pageSize: 2 });
    await channels(all[0]).remove();
    await channels(all[2]).remove();
    const late = await service.channels.create();
    const seen = [...sids(first)];
    for (let page = await first.nextPage(); page; page = await page.nextPage()) seen.push(...sids(page));
    same('rows', seen, [all[0], all[1], all[3], all[4], all[5], late.sid]);
  });

  test('paging: a page size over the maximum is cut', async () => {
    const { channels } = await makeChannels(3);
    same('rows', (await channels.page({ pageSize: 5000 })).instances.length, 3);
    same('list', (await channels.list({ limit: 5000 })).length, 3);
  });

  test('paging: a page size that is none', async () => {
    const { channels } = await makeChannels(1);
    for (const pageSize of [0, -1, 'all']) await refused(channels.page({ pageSize }), 400, 20001);
  });

  test('paging: a page token that is none', async () => {
    const { channels } = await makeChannels(1);
    await refused(channels.page({ pageToken: 'garbage' }), 400, 20001);
  });
}
