import { check, deleted, gone, refused, same, sid, unknown } from '../lib/expect.mjs';
import { inOrder, walks } from '../lib/lists.mjs';

const URL = 'https://example.com/hook?a=b';
const FLOW = 'FW0123456789abcdef0123456789abcdef';

export default function ({ test, server, makeService }) {
  const makeChannel = async () => {
    const made = await makeService();
    const { sid: channelSid } = await made.service.channels.create({ uniqueName: 'general' });
    return { ...made, channelSid, webhooks: made.service.channels(channelSid).webhooks };
  };

  const simple = { type: 'webhook', 'configuration.url': URL, 'configuration.filters': ['onMessageSent'] };

  test('channel webhooks: create a webhook with every parameter', async () => {
    const { sid: serviceSid, channelSid, webhooks } = await makeChannel();
    const webhook = await webhooks.create({
      type: 'webhook',
      'configuration.url': URL,
      'configuration.method': 'GET',
      'configuration.filters': ['onMessageSent', 'onMemberAdded'],
      'configuration.retryCount': 2,
    });
    check(webhook, {
      sid: sid('WH'),
      accountSid: server.account_sid,
      serviceSid,
      channelSid,
      type: 'webhook',
      configuration: { url: URL, retry_count: 2, method: 'GET', filters: ['onMessageSent', 'onMemberAdded'] },
      dateCreated: Date,
      dateUpdated: Date,
      url: new RegExp(`^https?://[^/]+/v2/Services/${serviceSid}/Channels/${channelSid}/Webhooks/${webhook.sid}$`),
    });
  });

  test('channel webhooks: create a webhook with what is required', async () => {
    const { webhooks } = await makeChannel();
    check(await webhooks.create(simple), { configuration: { url: URL, retry_count: 0, method: 'POST', filters: ['onMessageSent'] } });
  });

  test('channel webhooks: create a trigger', async () => {
    const { webhooks } = await makeChannel();
    check(await webhooks.create({
      type: 'trigger',
      'configuration.url': URL,
      'configuration.method': 'POST',
      'configuration.triggers': ['help', 'zwei Wörter'],
      'configuration.retryCount': 1,
    }), { type: 'trigger', configuration: { url: URL, retry_count: 1, method: 'POST', triggers: ['help', 'zwei Wörter'] } });
  });

  test('channel webhooks: create for a flow', async () => {
    const { webhooks } = await makeChannel();
    check(await webhooks.create({ type: 'studio', 'configuration.flowSid': FLOW }), { type: 'studio', configuration: { flow_sid: FLOW } });
  });

  const bad = (name, parameters, code) => test(`channel webhooks: refuses ${name}`, async () => {
    const { webhooks } = await makeChannel();
    await refused(webhooks.create(parameters), 400, code);
  });

  bad('a type that is none', { ...simple, type: 'fax' }, 50324);
  bad('a webhook without a URL', { type: 'webhook', 'configuration.filters': ['onMessageSent'] }, 50329);
  bad('a webhook without filters', { type: 'webhook', 'configuration.url': URL }, 50330);
  bad('an unknown filter', { ...simple, 'configuration.filters': ['onBreakfast'] }, 50325);
  bad('a trigger without a URL', { type: 'trigger', 'configuration.triggers': ['help'] }, 50329);
  bad('a trigger without triggers', { type: 'trigger', 'configuration.url': URL }, 50331);
  bad('six triggers', { type: 'trigger', 'configuration.url': URL, 'configuration.triggers': ['a', 'b', 'c', 'd', 'e', 'f'] }, 50322);
  bad('a flow without a SID', { type: 'studio' }, 50327);
  bad('a flow with a SID that is none', { type: 'studio', 'configuration.flowSid': 'FW1' }, 50327);
  bad('a retry count of 4', { ...simple, 'configuration.retryCount': 4 }, 50065);

  test('channel webhooks: a sixth', async () => {
    const { webhooks } = await makeChannel();
    const made = await inOrder(5, () => webhooks.create(simple));
    await refused(webhooks.create(simple), 403, 50321, 'Too many channel webhooks');
    await webhooks(made[0].sid).remove();
    await webhooks.create(simple);
  });

  test('channel webhooks: fetch', async () => {
    const { service, webhooks } = await makeChannel();
    const made = await webhooks.create(simple);
    check(await webhooks(made.sid).fetch(), { sid: made.sid, type: 'webhook', configuration: made.configuration, url: made.url });
    check(await service.channels('general').webhooks(made.sid).fetch(), { sid: made.sid });
  });

  test('channel webhooks: update every parameter of a webhook', async () => {
    const { webhooks } = await makeChannel();
    const made = await webhooks.create(simple);
    const configuration = { url: 'https://example.com/other', retry_count: 3, method: 'GET', filters: ['onMemberRemoved', 'onChannelUpdated'] };
    check(await webhooks(made.sid).update({
      'configuration.url': configuration.url,
      'configuration.method': configuration.method,
      'configuration.filters': configuration.filters,
      'configuration.retryCount': configuration.retry_count,
    }), { type: 'webhook', configuration });
    check(await webhooks(made.sid).fetch(), { configuration });
  });

  test('channel webhooks: update leaves what it does not name', async () => {
    const { webhooks } = await makeChannel();
    const hook = await webhooks.create({ ...simple, 'configuration.retryCount': 1 });
    check(await webhooks(hook.sid).update({ 'configuration.method': 'GET' }), {
      configuration: { url: URL, retry_count: 1, method: 'GET', filters: ['onMessageSent'] },
    });
    const trigger = await webhooks.create({ type: 'trigger', 'configuration.url': URL, 'configuration.triggers': ['a', 'b'] });
    check(await webhooks(trigger.sid).update({ 'configuration.triggers': ['c'] }), {
      configuration: { url: URL, retry_count: 0, method: 'POST', triggers: ['c'] },
    });
    const flow = await webhooks.create({ type: 'studio', 'configuration.flowSid': FLOW });
    const other = 'FWfedcba9876543210fedcba9876543210';
    check(await webhooks(flow.sid).update({ 'configuration.flowSid': other }), { configuration: { flow_sid: other } });
  });

  test('channel webhooks: update of nothing', async () => {
    const { webhooks } = await makeChannel();
    const made = await webhooks.create(simple);
    await refused(webhooks(made.sid).update({}), 400, 20161);
  });

  test('channel webhooks: delete, second delete', async () => {
    const { webhooks } = await makeChannel();
    const { sid: webhookSid } = await webhooks.create(simple);
    await deleted(webhooks(webhookSid));
  });

  test('channel webhooks: unknown SID', async () => {
    const { webhooks } = await makeChannel();
    await gone(webhooks(unknown('WH')));
  });

  test('channel webhooks: list', async () => {
    const { webhooks } = await makeChannel();
    same('of none', await webhooks.list(), []);
    const made = await inOrder(5, () => webhooks.create(simple));
    await walks(webhooks, made.map((webhook) => webhook.sid));
    same('two pages', (await (await webhooks.page({ pageSize: 3 })).nextPage()).instances.length, 2);
  });
}
