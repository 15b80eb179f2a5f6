// Credentials belong to the account, so each test puts away what it made.
import { check, deleted, gone, refused, same, sid, unknown } from '../lib/expect.mjs';
import { inOrder, walks } from '../lib/lists.mjs';

const PEM = (what) => `-----BEGIN ${what}-----\nMIIBnTCCAQYCAQAwXTELMAkGA1UEBhMC+/==\n-----END ${what}-----\n`;

export default function ({ test, api, server, version }) {
  const having = async (parameters, body) => {
    const credential = await api.credentials.create(parameters);
    try {
      await body(credential);
    } finally {
      await api.credentials(credential.sid).remove().catch(() => {});
    }
  };

  const base = (credential) => ({
    sid: sid('CR'),
    accountSid: server.account_sid,
    dateCreated: Date,
    dateUpdated: Date,
    url: new RegExp(`^https?://[^/]+/${version}/Credentials/${credential.sid}$`),
    certificate: undefined,
    privateKey: undefined,
    apiKey: undefined,
    secret: undefined,
  });

  test('credentials: create APN with every parameter', () => having({
    type: 'apn',
    friendlyName: 'iPhones',
    certificate: PEM('CERTIFICATE'),
    privateKey: PEM('RSA PRIVATE KEY'),
    sandbox: true,
  }, (made) => check(made, { ...base(made), type: 'apn', friendlyName: 'iPhones', sandbox: 'True' })));

  test('credentials: APN outside the sandbox', () => having(
    { type: 'apn', certificate: PEM('CERTIFICATE'), privateKey: PEM('RSA PRIVATE KEY'), sandbox: false },
    (made) => check(made, { sandbox: 'False', friendlyName: null }),
  ));

  test('credentials: create GCM with every parameter', () => having(
    { type: 'gcm', friendlyName: 'Androids', apiKey: 'key' },
    (made) => check(made, { ...base(made), type: 'gcm', friendlyName: 'Androids', sandbox: undefined }),
  ));

  test('credentials: create FCM with every parameter', () => having(
    { type: 'fcm', friendlyName: 'New Androids', secret: 'secret' },
    (made) => check(made, { ...base(made), type: 'fcm', friendlyName: 'New Androids', sandbox: undefined }),
  ));

  test('credentials: fetch', () => having({ type: 'fcm', friendlyName: 'x', secret: 's' }, async (made) => {
    check(await api.credentials(made.sid).fetch(), { ...base(made), sid: made.sid, friendlyName: 'x', type: 'fcm' });
  }));

  test('credentials: update every parameter', () => having(
    { type: 'apn', friendlyName: 'x', certificate: PEM('CERTIFICATE'), privateKey: PEM('RSA PRIVATE KEY'), sandbox: false },
    async (made) => {
      const change = {
        friendlyName: 'y',
        certificate: PEM('CERTIFICATE'),
        privateKey: PEM('RSA PRIVATE KEY'),
        sandbox: true,
        apiKey: 'ignored',
        secret: 'ignored',
      };
      check(await api.credentials(made.sid).update(change), { friendlyName: 'y', sandbox: 'True', type: 'apn' });
      check(await api.credentials(made.sid).fetch(), { ...base(made), friendlyName: 'y', sandbox: 'True' });
    },
  ));

  test('credentials: update of nothing', () => having({ type: 'fcm', secret: 's' }, async (made) => {
    await refused(api.credentials(made.sid).update({}), 400, 20161);
  }));

  test('credentials: a type that is none', async () => {
    await refused(api.credentials.create({ type: 'pager' }), 400, 20001);
    await refused(api.credentials.create({ type: '' }), 400, 20001, 'Missing required parameter Type in the post body');
  });

  test('credentials: delete, second delete', () => having({ type: 'fcm', secret: 's' }, (made) => deleted(api.credentials(made.sid))));

  test('credentials: unknown SID', () => gone(api.credentials(unknown('CR'))));

  test('credentials: list', async () => {
    const made = await inOrder(12, (i) => api.credentials.create({ type: 'fcm', friendlyName: `c${i}`, secret: 's' }));
    try {
      await walks(api.credentials, made.map((credential) => credential.sid), { among: true });
    } finally {
      for (const credential of made) await api.credentials(credential.sid).remove();
    }
    same('left', (await api.credentials.list()).filter(({ sid: left }) => made.some((credential) => credential.sid === left)), []);
  });
}
