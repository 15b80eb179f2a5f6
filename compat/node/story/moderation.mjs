// The start-up watches its language: a pre-hook refuses a message with a forbidden word and softens a rude one.
import { check, refused, same } from '../lib/expect.mjs';
import { receiving } from '../lib/receiver.mjs';
import { userToUser } from './chat.mjs';
import { person } from './people.mjs';

/** The start-up's hook, as its back end has it. */
function moderate({ params: { Body, Attributes } }) {
  if (/\bjackpot\b/i.test(Body)) return { status: 403, body: '{"reason":"spam"}' };
  if (!/\bdamn\b/i.test(Body)) return { body: '{}' };
  const attributes = JSON.stringify({ ...JSON.parse(Attributes), moderated: true });
  return { body: JSON.stringify({ body: Body.replace(/\bdamn\b/gi, '****'), attributes }) };
}

export default function ({ test, sdk, server, makeService }) {
  const watched = (name, body) => test(name, () => receiving({ sdk, server }, async (hook) => {
    const { service } = await makeService('default');
    const [ann, bob] = [person('Ann'), person('Bob')];
    const { sid } = await userToUser(service, ann, bob);
    hook.answer('onMessageSend', moderate);
    hook.answer('onMessageUpdate', moderate);
    await service.update({
      preWebhookUrl: `${hook.origin}/moderation`,
      postWebhookUrl: `${hook.origin}/analytics`,
      webhookFilters: ['onMessageSend', 'onMessageUpdate', 'onMessageSent', 'onMessageUpdated'],
    });
    const channel = service.channels(sid);
    const say = (text, attributes) => channel.messages.create({ from: ann.uuid, body: text, attributes, xTwilioWebhookEnabled: 'true' });
    await body({ hook, channel, say });
  }));

  watched('a message with a forbidden word does not go out', async ({ hook, channel, say }) => {
    await say('Hi Bob');
    await refused(say('You won the JACKPOT'), 403, 50056);
    check(await say('See you'), { index: 1 });
    same('history', (await channel.messages.list()).map(({ body }) => body), ['Hi Bob', 'See you']);
    const reported = await hook.arrived(2, 'onMessageSent');
    same('analytics', reported.map(({ params }) => params.Body), ['Hi Bob', 'See you']);
    same('moderated', hook.names().filter((name) => name === 'onMessageSend').length, 3);
  });

  watched('a rude message goes out softened, and stays so when it is edited', async ({ hook, channel, say }) => {
    const { sid } = await say('Damn, I am late', '{"mood":"bad"}');
    check(await channel.messages(sid).fetch(), { body: '****, I am late', attributes: '{"mood":"bad","moderated":true}' });
    const [{ params }] = await hook.arrived(1, 'onMessageSent');
    check(params, { Body: '****, I am late', Attributes: '{"mood":"bad","moderated":true}' });
    check(await channel.messages(sid).update({ body: 'damn damn late', xTwilioWebhookEnabled: 'true' }), { body: '**** **** late' });
    await refused(channel.messages(sid).update({ body: 'jackpot', xTwilioWebhookEnabled: 'true' }), 403, 50056);
    check(await channel.messages(sid).fetch(), { body: '**** **** late' });
  });
}
