//! Every route of the API at a glance: path, methods, operation, handler.

use std::borrow::Cow;

use super::call::{Call, Method};
use super::{
    Answer, bindings, channel_webhooks, channels, credentials, invites, members, messages, rate, roles,
    services, user_channels, users,
};
use crate::error::ApiError;
use crate::render::Version::{V1, V2, V3};

macro_rules! word {
    (Get) => {
        "GET, HEAD, "
    };
    (Post) => {
        "POST, "
    };
    (Delete) => {
        "DELETE, "
    };
}

/// Picks the handler of the call's method. The name is that of the vendor's API description.
macro_rules! by_method {
    ($call:expr; $($method:ident $operation:literal => $handler:expr),+ $(,)?) => {
        match $call.method {
            $(Method::$method => {
                $call.operation.set($operation);
                Box::pin($handler).await
            })+
            _ => Err(ApiError::MethodNotAllowed { allow: concat!($(word!($method),)+ "OPTIONS") }),
        }
    };
}

/// Answers the call.
pub async fn route(call: &Call<'_>, path: &[Cow<'_, str>]) -> Result<Answer, ApiError> {
    let path: Vec<&str> = path.iter().map(AsRef::as_ref).collect();
    rate::check(call, &path).await?;
    let c = call;
    match (call.view.version, path.as_slice()) {
        (V1 | V2, ["Services"]) => by_method!(c;
            Get "ListService" => services::list(c),
            Post "CreateService" => services::create(c)),
        (V1 | V2, ["Services", is]) => by_method!(c;
            Get "FetchService" => services::fetch(c, is),
            Post "UpdateService" => services::update(c, is),
            Delete "DeleteService" => services::delete(c, is)),
        (V1 | V2, ["Services", is, "Channels"]) => by_method!(c;
            Get "ListChannel" => channels::list(c, is),
            Post "CreateChannel" => channels::create(c, is)),
        (V1 | V2, ["Services", is, "Channels", ch]) => by_method!(c;
            Get "FetchChannel" => channels::fetch(c, is, ch),
            Post "UpdateChannel" => channels::update(c, is, ch),
            Delete "DeleteChannel" => channels::delete(c, is, ch)),
        (V3, ["Services", is, "Channels", ch]) => by_method!(c;
            Post "UpdateChannel" => channels::make_private(c, is, ch)),
        (V1 | V2, ["Services", is, "Channels", ch, "Members"]) => by_method!(c;
            Get "ListMember" => members::list(c, is, ch),
            Post "CreateMember" => members::create(c, is, ch)),
        (V1 | V2, ["Services", is, "Channels", ch, "Members", mb]) => by_method!(c;
            Get "FetchMember" => members::fetch(c, is, ch, mb),
            Post "UpdateMember" => members::update(c, is, ch, mb),
            Delete "DeleteMember" => members::delete(c, is, ch, mb)),
        (V1 | V2, ["Services", is, "Channels", ch, "Messages"]) => by_method!(c;
            Get "ListMessage" => messages::list(c, is, ch),
            Post "CreateMessage" => messages::create(c, is, ch)),
        (V1 | V2, ["Services", is, "Channels", ch, "Messages", im]) => by_method!(c;
            Get "FetchMessage" => messages::fetch(c, is, ch, im),
            Post "UpdateMessage" => messages::update(c, is, ch, im),
            Delete "DeleteMessage" => messages::delete(c, is, ch, im)),
        (V1 | V2, ["Services", is, "Channels", ch, "Invites"]) => by_method!(c;
            Get "ListInvite" => invites::list(c, is, ch),
            Post "CreateInvite" => invites::create(c, is, ch)),
        (V1 | V2, ["Services", is, "Channels", ch, "Invites", sid]) => by_method!(c;
            Get "FetchInvite" => invites::fetch(c, is, ch, sid),
            Delete "DeleteInvite" => invites::delete(c, is, ch, sid)),
        (V2, ["Services", is, "Channels", ch, "Webhooks"]) => by_method!(c;
            Get "ListChannelWebhook" => channel_webhooks::list(c, is, ch),
            Post "CreateChannelWebhook" => channel_webhooks::create(c, is, ch)),
        (V2, ["Services", is, "Channels", ch, "Webhooks", wh]) => by_method!(c;
            Get "FetchChannelWebhook" => channel_webhooks::fetch(c, is, ch, wh),
            Post "UpdateChannelWebhook" => channel_webhooks::update(c, is, ch, wh),
            Delete "DeleteChannelWebhook" => channel_webhooks::delete(c, is, ch, wh)),
        (V1 | V2, ["Services", is, "Roles"]) => by_method!(c;
            Get "ListRole" => roles::list(c, is),
            Post "CreateRole" => roles::create(c, is)),
        (V1 | V2, ["Services", is, "Roles", rl]) => by_method!(c;
            Get "FetchRole" => roles::fetch(c, is, rl),
            Post "UpdateRole" => roles::update(c, is, rl),
            Delete "DeleteRole" => roles::delete(c, is, rl)),
        (V1 | V2, ["Services", is, "Users"]) => by_method!(c;
            Get "ListUser" => users::list(c, is),
            Post "CreateUser" => users::create(c, is)),
        (V1 | V2, ["Services", is, "Users", us]) => by_method!(c;
            Get "FetchUser" => users::fetch(c, is, us),
            Post "UpdateUser" => users::update(c, is, us),
            Delete "DeleteUser" => users::delete(c, is, us)),
        (V1 | V2, ["Services", is, "Users", us, "Channels"]) => by_method!(c;
            Get "ListUserChannel" => user_channels::list(c, is, us)),
        (V2, ["Services", is, "Users", us, "Channels", ch]) => by_method!(c;
            Get "FetchUserChannel" => user_channels::fetch(c, is, us, ch),
            Post "UpdateUserChannel" => user_channels::update(c, is, us, ch),
            Delete "DeleteUserChannel" => user_channels::delete(c, is, us, ch)),
        (V2, ["Services", is, "Users", us, "Bindings"]) => by_method!(c;
            Get "ListUserBinding" => bindings::list_of_user(c, is, us)),
        (V2, ["Services", is, "Users", us, "Bindings", bs]) => by_method!(c;
            Get "FetchUserBinding" => bindings::fetch_of_user(c, is, us, bs),
            Delete "DeleteUserBinding" => bindings::delete_of_user(c, is, us, bs)),
        (V2, ["Services", is, "Bindings"]) => by_method!(c;
            Get "ListBinding" => bindings::list(c, is)),
        (V2, ["Services", is, "Bindings", bs]) => by_method!(c;
            Get "FetchBinding" => bindings::fetch(c, is, bs),
            Delete "DeleteBinding" => bindings::delete(c, is, bs)),
        (V1 | V2, ["Credentials"]) => by_method!(c;
            Get "ListCredential" => credentials::list(c),
            Post "CreateCredential" => credentials::create(c)),
        (V1 | V2, ["Credentials", cr]) => by_method!(c;
            Get "FetchCredential" => credentials::fetch(c, cr),
            Post "UpdateCredential" => credentials::update(c, cr),
            Delete "DeleteCredential" => credentials::delete(c, cr)),
        // The media host's path. Files come with the real-time clients that need them.
        (V1, ["Services", _, "Media", ..]) => Err(ApiError::NotBuilt { what: "The media service" }),
        _ => Err(ApiError::NotFound),
    }
}
