//! Webhooks: pre-hooks are asked before a write, post-events are delivered after it.
//!
//! What an event is and who is told of it stands in [`crate::domain::event`]; what becomes of a delivery in
//! [`crate::domain::delivery`]. Here is what goes over the wire.

pub mod call;
pub mod dispatcher;
pub mod pre;
pub mod sample;
pub mod signature;

use crate::domain::cause::Cause;
use crate::domain::event::Announced;
use crate::error::ApiError;
use crate::server::App;

/// Runs a write that webhooks may hear of: asks the pre-hook, if there is one and the cause is of the kind that asks, and
/// then writes what the hook made of it. No transaction is open while the hook thinks.
pub async fn act<C: Announced>(app: &App, cause: Cause, mut command: C) -> Result<C::Output, ApiError> {
    let asks = match cause {
        Cause::Silent => false,
        Cause::Api => app.config.webhooks.pre_on_rest,
        Cause::Client { .. } => true,
    };
    if asks && let Some(question) = app.store.read_for(&cause, async |tx| command.question(tx).await).await? {
        let changes = pre::ask(app, question).await?;
        command.amend(changes, &app.config.limits)?;
    }
    app.store.write_for(cause, command).await
}
