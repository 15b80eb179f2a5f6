// A client that still sends the vendor's host names, as behind a DNS entry or a proxy, gets URLs with these names.
import { check, same } from '../lib/expect.mjs';
import { inOrder, pages } from '../lib/lists.mjs';

export default function ({ test, sdk, server, makeService }) {
  const client = sdk.connect(server.url, server.account_sid, server.auth_token, { keepHost: true });
  const views = [
    ['chat v2', client.chat, 'v2'],
    ['chat v1', client.chat, 'v1'],
    ['ip-messaging v2', client.ipMessaging, 'v2'],
    ['ip-messaging v1', client.ipMessaging, 'v1'],
  ];

  for (const [name, domain, version] of views) {
    const api = domain[version];
    // In 3.40 client.ipMessaging calls chat.twilio.com as well.
    const host = domain.baseUrl.replace('https://', '').replaceAll('.', '\\.');

    test(`hosts: ${name} keeps its name in URLs`, async () => {
      const { sid } = await makeService();
      const base = `https?://${host}/${version}/Services/${sid}`;
      const service = await api.services(sid).fetch();
      check(service, { url: new RegExp(`^${base}$`) });
      check(service.links, { channels: new RegExp(`^${base}/Channels$`) });

      const channel = await api.services(sid).channels.create();
      check(channel, { url: new RegExp(`^${base}/Channels/${channel.sid}$`) });
      check(channel.links, { members: new RegExp(`^${base}/Channels/${channel.sid}/Members$`) });
    });

    test(`hosts: ${name} pages through its own name`, async () => {
      const { sid } = await makeService();
      const { channels } = api.services(sid);
      const made = await inOrder(7, () => channels.create());
      const first = await channels.page({ pageSize: 2 });
      check(first, { nextPageUrl: new RegExp(`^https?://${host}/${version}/Services/${sid}/Channels\\?`) });
      const seen = await pages(channels, { pageSize: 2 });
      same('rows', seen.map((channel) => channel.sid), made.map((channel) => channel.sid));
      same('list', (await channels.list({ pageSize: 3 })).length, 7);
    });
  }
}
