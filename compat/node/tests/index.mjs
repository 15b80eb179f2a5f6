// Which modules run where. A module is a function that registers tests; see lib/suite.mjs.
import auth from './auth.mjs';
import bindings from './bindings.mjs';
import cascades from './cascades.mjs';
import channels from './channels.mjs';
import channelWebhooks from './channel_webhooks.mjs';
import credentials from './credentials.mjs';
import hosts from './hosts.mjs';
import invites from './invites.mjs';
import members from './members.mjs';
import messages from './messages.mjs';
import names from './names.mjs';
import paging from './paging.mjs';
import receiver from './receiver.mjs';
import roles from './roles.mjs';
import services from './services.mjs';
import serviceSettings from './service_settings.mjs';
import sizes from './sizes.mjs';
import userBindings from './user_bindings.mjs';
import userChannels from './user_channels.mjs';
import users from './users.mjs';
import v1Channels from './v1/channels.mjs';
import v1Members from './v1/members.mjs';
import v1Messages from './v1/messages.mjs';
import v1Services from './v1/services.mjs';
import v1UserChannels from './v1/user_channels.mjs';
import v1Users from './v1/users.mjs';
import v3Channels from './v3_channels.mjs';
import versions from './versions.mjs';
import webhooks from './webhooks.mjs';
import webhooksChannel from './webhooks_channel.mjs';
import webhooksDelivery from './webhooks_delivery.mjs';
import webhooksPre from './webhooks_pre.mjs';
import answering from '../story/answering.mjs';
import campaignChannels from '../story/campaign_channels.mjs';
import campaignGroup from '../story/campaign_group.mjs';
import closing from '../story/closing.mjs';
import moderation from '../story/moderation.mjs';
import races from '../story/races.mjs';
import silos from '../story/silos.mjs';
import userToDashboard from '../story/user_to_dashboard.mjs';
import userToUser from '../story/user_to_user.mjs';

/** In v1 and v2, through both host names. */
export const both = [services, roles, invites, credentials];

export const v2 = [
  serviceSettings, channels, names, members, messages, users, userChannels, bindings, userBindings, channelWebhooks,
  webhooks, paging, cascades, sizes,
];

export const v1 = [v1Services, v1Channels, v1Members, v1Messages, v1Users, v1UserChannels];

export const v3 = [v3Channels];

/** Once for each SDK. */
export const once = [auth, hosts, versions, receiver, webhooksDelivery, webhooksChannel, webhooksPre];

export const story = [userToUser, userToDashboard, campaignGroup, campaignChannels, answering, moderation, closing, silos, races];
