// What version 1 has of its own: a webhook for each event.
import { check, refused, same } from '../../lib/expect.mjs';

const EVENTS = [
  'MessageSend', 'MessageUpdate', 'MessageRemove', 'ChannelAdd', 'ChannelDestroy', 'ChannelUpdate', 'MemberAdd', 'MemberRemove',
  'MessageSent', 'MessageUpdated', 'MessageRemoved', 'ChannelAdded', 'ChannelDestroyed', 'ChannelUpdated', 'MemberAdded', 'MemberRemoved',
];

const key = (event) => `on_${event.replace(/(?!^)[A-Z]/g, (letter) => `_${letter}`).toLowerCase()}`;

export default function ({ test, makeService }) {
  test('services: webhooks of a new one', async () => {
    const { service } = await makeService();
    check(await service.fetch(), { webhooks: null });
  });

  test('services: a webhook for every event', async () => {
    const { service } = await makeService();
    const change = {};
    for (const event of EVENTS) {
      change[`webhooks.on${event}.url`] = `https://example.com/${event}`;
      change[`webhooks.on${event}.method`] = event.length % 2 ? 'GET' : 'POST';
    }
    await service.update(change);
    const { webhooks } = await service.fetch();
    same('keys', Object.keys(webhooks).sort(), EVENTS.map(key).sort());
    for (const event of EVENTS) {
      check(webhooks[key(event)], { url: `https://example.com/${event}`, method: event.length % 2 ? 'GET' : 'POST' });
    }
  });

  test('services: one event leaves the others alone', async () => {
    const { service } = await makeService();
    await service.update({ 'webhooks.onMessageSent.url': 'https://example.com/sent', 'webhooks.onMessageSent.method': 'POST' });
    const { webhooks } = await service.update({ 'webhooks.onMemberAdd.url': 'https://example.com/add' });
    same('keys', Object.keys(webhooks).sort(), ['on_member_add', 'on_message_sent']);
    check(webhooks.on_message_sent, { url: 'https://example.com/sent', method: 'POST' });
    check(webhooks.on_member_add, { url: 'https://example.com/add' });
  });

  test('services: an event URL that is none', async () => {
    const { service } = await makeService();
    await refused(service.update({ 'webhooks.onMessageSent.url': 'nowhere' }), 400, 50054);
  });

  test('services: update every parameter', async () => {
    const { service } = await makeService();
    check(await service.update({
      friendlyName: 'New',
      readStatusEnabled: false,
      reachabilityEnabled: true,
      typingIndicatorTimeout: 8,
      consumptionReportInterval: 20,
      'notifications.newMessage.enabled': true,
      'notifications.newMessage.template': 'new',
      'notifications.addedToChannel.enabled': true,
      'notifications.addedToChannel.template': 'added',
      'notifications.removedFromChannel.enabled': true,
      'notifications.removedFromChannel.template': 'removed',
      'notifications.invitedToChannel.enabled': true,
      'notifications.invitedToChannel.template': 'invited',
      preWebhookUrl: 'https://example.com/pre',
      postWebhookUrl: 'https://example.com/post',
      webhookMethod: 'POST',
      webhookFilters: ['onMessageSend', 'onMessageSent'],
      'limits.channelMembers': 500,
      'limits.userChannels': 600,
    }), {
      friendlyName: 'New',
      readStatusEnabled: false,
      reachabilityEnabled: true,
      typingIndicatorTimeout: 8,
      consumptionReportInterval: 20,
      notifications: {
        log_enabled: false,
        new_message: { enabled: true, template: 'new' },
        added_to_channel: { enabled: true, template: 'added' },
        removed_from_channel: { enabled: true, template: 'removed' },
        invited_to_channel: { enabled: true, template: 'invited' },
      },
      preWebhookUrl: 'https://example.com/pre',
      postWebhookUrl: 'https://example.com/post',
      webhookMethod: 'POST',
      webhookFilters: ['onMessageSend', 'onMessageSent'],
      limits: { channel_members: 500, user_channels: 600, actions_per_second: 30 },
    });
  });
}
