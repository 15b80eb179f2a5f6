//! Services, and the tallies of what accounts and services hold.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Columns, FromRow, StoreError, StoreResult, ToArg, Tx};
use crate::domain::at::ServiceAt;
use crate::domain::service::{EventWebhook, PostWebhook, Service, ServiceWebhooks};
use crate::page::{Page, PageRequest};
use crate::sid::{AccountSid, ServiceSid};
use crate::store::seek::{self, Seek};
use crate::{args, seek};

macro_rules! columns {
    () => {
        "sid, account_sid, friendly_name, default_service_role_sid, default_channel_role_sid,
         default_channel_creator_role_sid, read_status_enabled, reachability_enabled, typing_indicator_timeout,
         consumption_report_interval, channel_members_limit, user_channels_limit, pre_webhook_url, post_webhook_url,
         webhook_method, webhook_filters, pre_webhook_retry_count, post_webhook_retry_count, notifications,
         event_webhooks, compatibility_message, created_at, updated_at"
    };
}

/// A structure as JSON text: for what no statement looks into.
pub(super) fn to_json<T: Serialize + ?Sized>(value: &T) -> StoreResult<String> {
    serde_json::to_string(value).map_err(|error| StoreError::Engine(error.to_string()))
}

/// The structure of such a text.
pub(super) fn from_json<T: DeserializeOwned>(text: &str) -> StoreResult<T> {
    serde_json::from_str(text).map_err(|error| StoreError::Decode(error.to_string()))
}

impl FromRow for Service {
    fn from_row(columns: &mut Columns<'_, '_>) -> StoreResult<Self> {
        Ok(Self {
            sid: columns.take()?,
            account_sid: columns.take()?,
            friendly_name: columns.take()?,
            default_service_role_sid: columns.take()?,
            default_channel_role_sid: columns.take()?,
            default_channel_creator_role_sid: columns.take()?,
            read_status_enabled: columns.take()?,
            reachability_enabled: columns.take()?,
            typing_indicator_timeout: columns.take()?,
            consumption_report_interval: columns.take()?,
            channel_members_limit: columns.take()?,
            user_channels_limit: columns.take()?,
            webhooks: ServiceWebhooks {
                pre_url: columns.take()?,
                post_url: columns.take()?,
                method: columns.take()?,
                filters: columns.take::<Option<&str>>()?.map(from_json).transpose()?,
                pre_retry_count: columns.take()?,
                post_retry_count: columns.take()?,
            },
            notifications: from_json(columns.take()?)?,
            event_webhooks: from_json(columns.take()?)?,
            compatibility_message: columns.take()?,
            created_at: columns.take()?,
            updated_at: columns.take()?,
        })
    }
}

/// The service of this SID and account.
pub async fn find(tx: &Tx<'_>, at: ServiceAt) -> StoreResult<Option<Service>> {
    let sql = concat!("SELECT ", columns!(), " FROM service WHERE sid = $1 AND account_sid = $2");
    tx.first(sql, args![at.service, at.account]).await
}

/// The same, kept from others until the transaction ends.
pub async fn lock(tx: &Tx<'_>, at: ServiceAt) -> StoreResult<Option<Service>> {
    let sql = concat!("SELECT ", columns!(), " FROM service WHERE sid = $1 AND account_sid = $2 FOR UPDATE");
    tx.first(sql, args![at.service, at.account]).await
}

/// The same, kept from being changed or deleted until the transaction ends.
pub async fn hold(tx: &Tx<'_>, at: ServiceAt) -> StoreResult<Option<Service>> {
    let sql = concat!("SELECT ", columns!(), " FROM service WHERE sid = $1 AND account_sid = $2 FOR SHARE");
    tx.first(sql, args![at.service, at.account]).await
}

/// Keeps a service from being changed or deleted until the transaction ends; false when there is none.
pub async fn hold_sid(tx: &Tx<'_>, at: ServiceAt) -> StoreResult<bool> {
    let sql = "SELECT sid FROM service WHERE sid = $1 AND account_sid = $2 FOR SHARE";
    Ok(tx.first::<ServiceSid>(sql, args![at.service, at.account]).await?.is_some())
}

/// Where a service's post-events go.
pub async fn post_webhook(tx: &Tx<'_>, service: ServiceSid) -> StoreResult<Option<PostWebhook>> {
    tx.first(
        "SELECT account_sid, post_webhook_url, webhook_method, webhook_filters, post_webhook_retry_count, event_webhooks
         FROM service WHERE sid = $1",
        args![service],
    )
    .await
}

impl FromRow for PostWebhook {
    fn from_row(columns: &mut Columns<'_, '_>) -> StoreResult<Self> {
        Ok(Self {
            account: columns.take()?,
            url: columns.take()?,
            method: columns.take()?,
            filters: columns.take::<Option<&str>>()?.map(from_json).transpose()?,
            retries: columns.take()?,
            event_webhooks: from_json::<BTreeMap<String, EventWebhook>>(columns.take()?)?,
        })
    }
}

/// The services of an account, oldest first.
pub async fn page(
    tx: &Tx<'_>,
    account: AccountSid,
    request: &PageRequest<ServiceSid>,
) -> StoreResult<Page<Service, ServiceSid>> {
    const LIST: Seek = seek!(columns, "service WHERE account_sid = $3", "sid");
    seek::page(tx, &LIST, &[[account.to_arg()]], request, |service: &Service| service.sid).await
}

/// Writes a new service.
pub async fn insert(tx: &Tx<'_>, service: &Service) -> StoreResult<()> {
    write(
        tx,
        concat!(
            "INSERT INTO service (",
            columns!(),
            ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,
             $22, $23)"
        ),
        service,
    )
    .await
}

/// Writes a changed service; account and creation stay.
pub async fn update(tx: &Tx<'_>, service: &Service) -> StoreResult<()> {
    write(
        tx,
        "UPDATE service SET account_sid = $2, friendly_name = $3, default_service_role_sid = $4,
             default_channel_role_sid = $5, default_channel_creator_role_sid = $6, read_status_enabled = $7,
             reachability_enabled = $8, typing_indicator_timeout = $9, consumption_report_interval = $10,
             channel_members_limit = $11, user_channels_limit = $12, pre_webhook_url = $13, post_webhook_url = $14,
             webhook_method = $15, webhook_filters = $16, pre_webhook_retry_count = $17, post_webhook_retry_count = $18,
             notifications = $19, event_webhooks = $20, compatibility_message = $21, created_at = $22,
             updated_at = $23
         WHERE sid = $1",
        service,
    )
    .await
}

async fn write(tx: &Tx<'_>, sql: &'static str, service: &Service) -> StoreResult<()> {
    let filters = service.webhooks.filters.as_ref().map(to_json).transpose()?;
    tx.run(
        sql,
        args![
            service.sid,
            service.account_sid,
            service.friendly_name,
            service.default_service_role_sid,
            service.default_channel_role_sid,
            service.default_channel_creator_role_sid,
            service.read_status_enabled,
            service.reachability_enabled,
            service.typing_indicator_timeout,
            service.consumption_report_interval,
            service.channel_members_limit,
            service.user_channels_limit,
            service.webhooks.pre_url,
            service.webhooks.post_url,
            service.webhooks.method,
            filters,
            service.webhooks.pre_retry_count,
            service.webhooks.post_retry_count,
            to_json(&service.notifications)?,
            to_json(&service.event_webhooks)?,
            service.compatibility_message,
            service.created_at,
            service.updated_at,
        ],
    )
    .await
    .map(drop)
}

/// Deletes a service; false when there was none.
pub async fn delete(tx: &Tx<'_>, at: ServiceAt) -> StoreResult<bool> {
    let deleted = tx
        .run("DELETE FROM service WHERE sid = $1 AND account_sid = $2", args![at.service, at.account])
        .await?;
    Ok(deleted > 0)
}

/// Counts one more (or one less) of a kind for its owner; answers the new count.
pub async fn tally(tx: &Tx<'_>, owner: &impl ToArg, kind: &'static str, by: i64) -> StoreResult<i64> {
    tx.one(
        "INSERT INTO tally (owner_sid, kind, n) VALUES ($1, $2, $3)
         ON CONFLICT (owner_sid, kind) DO UPDATE SET n = tally.n + excluded.n RETURNING n",
        args![owner, kind, by],
    )
    .await
}
