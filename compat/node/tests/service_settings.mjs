import { check, refused, same, unknown } from '../lib/expect.mjs';

export default function ({ test, makeService }) {
  const setting = (name, change, fields) => test(`service settings: ${name}`, async () => {
    const { service } = await makeService();
    check(await service.update(change), fields);
    check(await service.fetch(), fields);
  });

  const bad = (name, change, code) => test(`service settings: refuses ${name}`, async () => {
    const { service } = await makeService();
    await refused(service.update(change), 400, code);
  });

  setting('read status off', { readStatusEnabled: false }, { readStatusEnabled: false });
  setting('reachability on', { reachabilityEnabled: true }, { reachabilityEnabled: true });
  setting('typing indicator timeout', { typingIndicatorTimeout: 7 }, { typingIndicatorTimeout: 7 });
  setting('consumption report interval', { consumptionReportInterval: 30 }, { consumptionReportInterval: 30 });

  setting('notifications of every kind', {
    'notifications.logEnabled': true,
    'notifications.newMessage.enabled': true,
    'notifications.newMessage.template': 'A New message in ${CHANNEL} from ${USER}: ${MESSAGE}',
    'notifications.newMessage.sound': 'ping',
    'notifications.newMessage.badgeCountEnabled': true,
    'notifications.addedToChannel.enabled': true,
    'notifications.addedToChannel.template': 'You are in ${CHANNEL}',
    'notifications.addedToChannel.sound': 'in',
    'notifications.removedFromChannel.enabled': true,
    'notifications.removedFromChannel.template': 'You are out of ${CHANNEL}',
    'notifications.removedFromChannel.sound': 'out',
    'notifications.invitedToChannel.enabled': true,
    'notifications.invitedToChannel.template': '${USER} invites you',
    'notifications.invitedToChannel.sound': 'bell',
  }, {
    notifications: {
      log_enabled: true,
      new_message: {
        enabled: true,
        template: 'A New message in ${CHANNEL} from ${USER}: ${MESSAGE}',
        sound: 'ping',
        badge_count_enabled: true,
      },
      added_to_channel: { enabled: true, template: 'You are in ${CHANNEL}', sound: 'in' },
      removed_from_channel: { enabled: true, template: 'You are out of ${CHANNEL}', sound: 'out' },
      invited_to_channel: { enabled: true, template: '${USER} invites you', sound: 'bell' },
    },
  });

  setting('one notification leaves the others alone', { 'notifications.newMessage.enabled': true }, {
    notifications: {
      log_enabled: false,
      new_message: { enabled: true },
      added_to_channel: { enabled: false },
      removed_from_channel: { enabled: false },
      invited_to_channel: { enabled: false },
    },
  });

  setting('webhooks', {
    preWebhookUrl: 'https://example.com/pre?a=1&b=2',
    postWebhookUrl: 'https://example.com/post',
    webhookMethod: 'GET',
    webhookFilters: ['onMessageSent', 'onChannelAdded', 'onMemberAdd'],
    preWebhookRetryCount: 1,
    postWebhookRetryCount: 3,
  }, {
    preWebhookUrl: 'https://example.com/pre?a=1&b=2',
    postWebhookUrl: 'https://example.com/post',
    webhookMethod: 'GET',
    webhookFilters: ['onMessageSent', 'onChannelAdded', 'onMemberAdd'],
    preWebhookRetryCount: 1,
    postWebhookRetryCount: 3,
  });

  setting('a single webhook filter is a list of one', { webhookFilters: ['onMessageSent'] }, { webhookFilters: ['onMessageSent'] });

  test('service settings: an empty webhook URL clears it', async () => {
    const { service } = await makeService();
    await service.update({ preWebhookUrl: 'https://example.com/pre', postWebhookUrl: 'https://example.com/post' });
    check(await service.update({ postWebhookUrl: '' }), { preWebhookUrl: 'https://example.com/pre', postWebhookUrl: null });
  });

  setting('limits', { 'limits.channelMembers': 12, 'limits.userChannels': 34 }, { limits: { channel_members: 12, user_channels: 34 } });
  setting('one limit leaves the other alone', { 'limits.channelMembers': 12 }, { limits: { channel_members: 12, user_channels: 1000 } });

  test('service settings: media has a size limit and a compatibility message', async () => {
    const { service } = await makeService();
    same('media', (await service.fetch()).media, {
      compatibility_message: 'Media messages are not supported by your client',
      size_limit_mb: 150,
    });
    same('media', (await service.update({ 'media.compatibilityMessage': 'Please update' })).media, {
      compatibility_message: 'Please update',
      size_limit_mb: 150,
    });
  });

  test('service settings: default roles', async () => {
    const { service } = await makeService();
    const deployment = await service.roles.create({ friendlyName: 'guest', type: 'deployment', permission: ['joinChannel'] });
    const channel = await service.roles.create({ friendlyName: 'speaker', type: 'channel', permission: ['sendMessage'] });
    const roles = {
      defaultServiceRoleSid: deployment.sid,
      defaultChannelRoleSid: channel.sid,
      defaultChannelCreatorRoleSid: channel.sid,
    };
    check(await service.update(roles), roles);
    check(await service.users.create({ identity: 'ann' }), { roleSid: deployment.sid });
    const { sid } = await service.channels.create();
    check(await service.channels(sid).members.create({ identity: 'ann' }), { roleSid: channel.sid });
  });

  test('service settings: a default role of the wrong type', async () => {
    const { service } = await makeService();
    const { defaultServiceRoleSid: deployment, defaultChannelRoleSid: channel } = await service.fetch();
    await refused(service.update({ defaultServiceRoleSid: channel }), 400, 50102);
    await refused(service.update({ defaultChannelRoleSid: deployment }), 400, 50101);
    await refused(service.update({ defaultChannelCreatorRoleSid: deployment }), 400, 50106);
  });

  bad('an unknown default service role', { defaultServiceRoleSid: unknown('RL') }, 50102);
  bad('an unknown default channel role', { defaultChannelRoleSid: unknown('RL') }, 50101);
  bad('an unknown default channel creator role', { defaultChannelCreatorRoleSid: unknown('RL') }, 50106);
  bad('a consumption report interval that is no number', { consumptionReportInterval: 'often' }, 50052);
  bad('a typing indicator timeout that is no number', { typingIndicatorTimeout: 'soon' }, 50053);
  bad('a webhook URL that is not http', { preWebhookUrl: 'ftp://example.com/' }, 50054);
  bad('a webhook URL that is relative', { postWebhookUrl: '/hooks' }, 50054);
  bad('an unknown webhook filter', { webhookFilters: ['onMessageSent', 'onBreakfast'] }, 50054);
  bad('a webhook method', { webhookMethod: 'PUT' }, 50055);
  bad('a user channels limit of 0', { 'limits.userChannels': 0 }, 50060);
  bad('a user channels limit that is no number', { 'limits.userChannels': 'many' }, 50060);
  bad('a channel members limit of 0', { 'limits.channelMembers': 0 }, 50061);
  bad('a channel members limit that is no number', { 'limits.channelMembers': 'many' }, 50061);
  bad('a pre-webhook retry count of 4', { preWebhookRetryCount: 4 }, 50065);
  bad('a post-webhook retry count below 0', { postWebhookRetryCount: -1 }, 50065);
  bad('a boolean that is none', { readStatusEnabled: 'perhaps' }, 20001);

  test('service settings: a refused update changes nothing', async () => {
    const { service } = await makeService('Before');
    await refused(service.update({ friendlyName: 'After', 'limits.channelMembers': 5, webhookMethod: 'PUT' }), 400, 50055);
    check(await service.fetch(), { friendlyName: 'Before', limits: { channel_members: 1000, user_channels: 1000 } });
  });
}
