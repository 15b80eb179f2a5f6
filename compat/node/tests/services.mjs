import { check, deleted, gone, refused, sameSet, sid, unknown } from '../lib/expect.mjs';
import { inOrder, walks } from '../lib/lists.mjs';

export default function ({ test, api, server, version, makeService }) {
  test('services: create', async () => {
    const service = await api.services.create({ friendlyName: 'My first service' });
    check(service, {
      sid: sid('IS'),
      accountSid: server.account_sid,
      friendlyName: 'My first service',
      dateCreated: Date,
      dateUpdated: Date,
      defaultServiceRoleSid: sid('RL'),
      defaultChannelRoleSid: sid('RL'),
      defaultChannelCreatorRoleSid: sid('RL'),
      readStatusEnabled: true,
      reachabilityEnabled: false,
      typingIndicatorTimeout: 5,
      consumptionReportInterval: 10,
      preWebhookUrl: null,
      postWebhookUrl: null,
      webhookMethod: null,
      webhookFilters: null,
      notifications: {
        removed_from_channel: { enabled: false },
        log_enabled: false,
        added_to_channel: { enabled: false },
        new_message: { enabled: false },
        invited_to_channel: { enabled: false },
      },
      url: new RegExp(`^https?://[^/]+/${version}/Services/${service.sid}$`),
    });
    await api.services(service.sid).remove();
  });

  test('services: a new one allows 1,000 members and 1,000 channels', async () => {
    const { service } = await makeService();
    const { limits } = await service.fetch();
    check(limits, { channel_members: 1000, user_channels: 1000 });
  });

  test('services: links name its collections', async () => {
    const { service } = await makeService();
    const { links, url } = await service.fetch();
    sameSet('links', Object.keys(links), version === 'v1' ? ['channels', 'roles', 'users'] : ['bindings', 'channels', 'roles', 'users']);
    check(links, { channels: `${url}/Channels`, roles: `${url}/Roles`, users: `${url}/Users` });
  });

  test('services: fetch', async () => {
    const { service, sid: serviceSid } = await makeService('Fetched');
    check(await service.fetch(), { sid: serviceSid, friendlyName: 'Fetched', dateCreated: Date });
  });

  test('services: fetch by a SID in upper case', async () => {
    const { sid: serviceSid } = await makeService();
    const shouted = `IS${serviceSid.slice(2).toUpperCase()}`;
    check(await api.services(shouted).fetch(), { sid: serviceSid });
  });

  test('services: create without a friendly name', async () => {
    await refused(api.services.create({ friendlyName: '' }), 400, 20001, 'Missing required parameter FriendlyName in the post body');
  });

  test('services: update the friendly name', async () => {
    const { service } = await makeService('Before');
    check(await service.update({ friendlyName: 'After' }), { friendlyName: 'After', typingIndicatorTimeout: 5 });
    check(await service.fetch(), { friendlyName: 'After' });
  });

  test('services: update of nothing', async () => {
    const { service } = await makeService();
    await refused(service.update({}), 400, 20161, 'Parameters are not specified for update request');
  });

  test('services: delete, second delete', async () => {
    const { service } = await makeService();
    await deleted(service);
  });

  test('services: unknown SID', async () => {
    const nowhere = api.services(unknown('IS'));
    await gone(nowhere);
    await refused(nowhere.update({ friendlyName: 'x' }), 404, 20404);
    await refused(nowhere.channels.list(), 404, 20404, `The requested resource /Services/${unknown('IS')}/Channels was not found`);
  });

  test('services: list', async () => {
    const made = await inOrder(12, (i) => makeService(`Listed ${i}`));
    await walks(api.services, made.map((one) => one.sid), { among: true });
  });
}
