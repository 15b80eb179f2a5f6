import { check, refused, same } from '../lib/expect.mjs';

export default function ({ test, sdk, server, makeService }) {
  const wrong = 'ffffffffffffffffffffffffffffffff';

  test('auth: account SID and auth token', async () => {
    const client = sdk.connect(server.url, server.account_sid, server.auth_token);
    same('a list', Array.isArray(await client.chat.v2.services.list({ limit: 1 })), true);
  });

  test('auth: API key as user name', async () => {
    const client = sdk.connect(server.url, server.api_key_sid, server.api_key_secret, { accountSid: server.account_sid });
    const { sid } = await makeService('seen with the key');
    check(await client.chat.v2.services(sid).fetch(), { accountSid: server.account_sid, friendlyName: 'seen with the key' });
  });

  test('auth: wrong auth token', async () => {
    const client = sdk.connect(server.url, server.account_sid, wrong);
    await refused(client.chat.v2.services.list(), 401, 20003, 'Authenticate');
    await refused(client.chat.v1.services.create({ friendlyName: 'x' }), 401, 20003, 'Authenticate');
  });

  test('auth: wrong secret of the API key', async () => {
    const client = sdk.connect(server.url, server.api_key_sid, wrong, { accountSid: server.account_sid });
    await refused(client.chat.v2.services.list(), 401, 20003);
  });

  test('auth: unknown account', async () => {
    const client = sdk.connect(server.url, `AC${wrong}`, server.auth_token);
    await refused(client.chat.v2.services.list(), 401, 20003, 'Authentication Error - invalid username');
  });

  test('auth: comes before everything else', async () => {
    const client = sdk.connect(server.url, server.account_sid, wrong);
    await refused(client.chat.v2.services('ISnone').channels('nope').fetch(), 401, 20003);
  });
}
