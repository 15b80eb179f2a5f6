//! The server: what requests share, what is routed where, and how it starts and stops.

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::http::header::{CONTENT_TYPE, HeaderValue};
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse, HttpServer, web};
use anyhow::Context as _;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use crate::auth::basic::Authenticator;
use crate::config::Config;
use crate::rest;
use crate::rest::rate::RateLimiter;
use crate::sid::SidSource;
use crate::store::purge::PurgeStep;
use crate::store::tx::Tuning;
use crate::store::{Env, Store, purge};
use crate::time::Clock;
use crate::webhook::call::Caller;
use crate::webhook::dispatcher::{self, Dispatcher};

/// How often the remains of deleted services and channels are looked for.
const PURGE_PAUSE: Duration = Duration::from_millis(200);

/// How often the metrics are folded together: until then each request's time is kept.
const UPKEEP_PAUSE: Duration = Duration::from_secs(5);

/// Upper ends of the request times that are counted, in seconds.
const BUCKETS: &[f64] = &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

/// What every request shares.
pub struct App {
    /// The configuration.
    pub config: Config,
    /// Time, chance and the operator's numbers.
    pub env: Arc<Env>,
    /// The database.
    pub store: Store,
    /// Who may call.
    pub authenticator: Authenticator,
    /// Writes per second.
    pub rate: RateLimiter,
    /// Calls receivers of webhooks.
    pub caller: Caller,
    /// Delivers post-events.
    pub dispatcher: Dispatcher,
    /// Where the server listens, for URLs when a request names no host.
    pub address: String,
    metrics: PrometheusHandle,
}

/// The one recorder of the process: the metrics library knows no other kind.
fn metrics() -> PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE
        .get_or_init(|| {
            let recorder =
                PrometheusBuilder::new().set_buckets(BUCKETS).expect("there are buckets").build_recorder();
            let handle = recorder.handle();
            // Another recorder can only have been installed by an embedding program; its numbers are then its own.
            let _ = metrics::set_global_recorder(recorder);
            handle
        })
        .clone()
}

/// Time, chance and numbers as the configuration says.
#[must_use]
pub fn environment(config: &Config, clock: Clock) -> Arc<Env> {
    Arc::new(Env {
        clock,
        sids: config.seed.map_or_else(SidSource::new, SidSource::seeded),
        limits: config.limits.clone(),
        roles: config.roles.clone(),
        webhooks: config.webhooks.clone(),
        due: tokio::sync::Notify::new(),
        tuning: Tuning {
            sqlite_cache_mib: config.sqlite.cache_mib,
            sqlite_mmap_mib: config.sqlite.mmap_mib,
            sqlite_checkpoint_mib: config.sqlite.checkpoint_mib,
            postgres_pool: config.postgres.pool_size,
            postgres_timeout_ms: config.postgres.connect_timeout_ms,
        },
    })
}

/// A server that listens.
pub struct Running {
    /// Where.
    pub address: SocketAddr,
    /// What its requests share.
    pub app: Data<App>,
    handle: ServerHandle,
    serving: actix_web::rt::task::JoinHandle<std::io::Result<()>>,
    /// What goes on beside requests.
    chores: [actix_web::rt::task::JoinHandle<()>; 3],
    dispatching: std::thread::JoinHandle<()>,
}

impl Running {
    /// The URL to reach it by.
    #[must_use]
    pub fn url(&self) -> String {
        self.app.config.base_url.clone().unwrap_or_else(|| format!("http://{}", self.address))
    }

    /// Stops taking requests, finishes those under way and leaves a clean database.
    pub async fn stop(self) -> anyhow::Result<()> {
        self.handle.stop(true).await;
        self.join().await
    }

    /// Waits until the server was stopped from elsewhere, then leaves a clean database.
    pub async fn join(self) -> anyhow::Result<()> {
        self.serving.await??;
        self.app.dispatcher.stop();
        // A panic in it was logged, and what it left undone is done after the next start.
        let _ = actix_web::rt::task::spawn_blocking(move || self.dispatching.join()).await?;
        self.chores.iter().for_each(actix_web::rt::task::JoinHandle::abort);
        self.app.store.close().await;
        Ok(())
    }

    /// A handle that stops the server from elsewhere.
    #[must_use]
    pub fn handle(&self) -> ServerHandle {
        self.handle.clone()
    }
}

/// Starts a server over an open store.
pub async fn start(config: Config, store: Store, env: Arc<Env>) -> anyhow::Result<Running> {
    // A database that does not answer is found before anybody connects.
    store.read(async |tx| Ok(purge::waiting(tx).await?)).await?;
    let listener = TcpListener::bind(&config.listen).with_context(|| {
        format!("cannot listen on {}: is the port in use? --listen names another", config.listen)
    })?;
    let address = listener.local_addr()?;
    let http = config.http.clone();
    let app = Data::new(App {
        rate: RateLimiter::new(config.limits.rate.clone()),
        caller: Caller::new(&config)?,
        dispatcher: Dispatcher::default(),
        config,
        env,
        store,
        authenticator: Authenticator::default(),
        address: address.to_string(),
        metrics: metrics(),
    });
    let shared = app.clone();
    let timeout = Duration::from_millis(http.request_timeout_ms);
    let workers = if http.workers == 0 {
        std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
    } else {
        http.workers
    };
    let server = HttpServer::new(move || {
        actix_web::App::new()
            .app_data(shared.clone())
            .route("/healthz", web::get().to(health))
            .route("/readyz", web::get().to(ready))
            .route("/metrics", web::get().to(show_metrics))
            .default_service(web::to(api))
    })
    .workers(workers)
    .max_connections(http.max_connections.div_ceil(workers))
    .keep_alive(Duration::from_secs(http.keep_alive_s))
    .client_request_timeout(timeout)
    .client_disconnect_timeout(Duration::from_secs(5))
    .shutdown_timeout(http.shutdown_timeout_s)
    .disable_signals()
    .listen(listener)?
    .run();
    let handle = server.handle();
    let serving = actix_web::rt::spawn(server);
    let chores = [
        actix_web::rt::spawn(purge(app.clone())),
        actix_web::rt::spawn(upkeep(app.clone())),
        actix_web::rt::spawn(dispatcher::prune(app.clone())),
    ];
    let dispatching = dispatcher::start(app.clone())?;
    Ok(Running { address, app, handle, serving, chores, dispatching })
}

async fn api(app: Data<App>, request: HttpRequest, payload: Payload) -> HttpResponse {
    rest::handle(&app, &request, payload).await
}

/// The process lives.
async fn health() -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(r#"{"status": "ok"}"#)
}

/// The process can serve: its database answers.
async fn ready(app: Data<App>) -> HttpResponse {
    match app.store.read(async |tx| Ok(purge::waiting(tx).await?)).await {
        Ok(waiting) => HttpResponse::Ok()
            .content_type("application/json")
            .body(format!(r#"{{"status": "ready", "purges_waiting": {waiting}}}"#)),
        Err(error) => {
            tracing::error!(%error, "not ready: the database does not answer");
            HttpResponse::ServiceUnavailable()
                .content_type("application/json")
                .body(r#"{"status": "the database does not answer"}"#)
        }
    }
}

async fn show_metrics(app: Data<App>) -> HttpResponse {
    const TEXT: HeaderValue = HeaderValue::from_static("text/plain; version=0.0.4");
    HttpResponse::Ok().insert_header((CONTENT_TYPE, TEXT)).body(app.metrics.render())
}

/// Folds the metrics together.
async fn upkeep(app: Data<App>) {
    loop {
        tokio::time::sleep(UPKEEP_PAUSE).await;
        app.metrics.run_upkeep();
    }
}

/// Takes away what deleted services and channels left behind, a step at a time.
async fn purge(app: Data<App>) {
    loop {
        match app.store.write(PurgeStep).await {
            Ok(true) => tokio::task::yield_now().await,
            Ok(false) => tokio::time::sleep(PURGE_PAUSE).await,
            Err(error) => {
                tracing::warn!(%error, "the remains of a deletion could not be taken away yet");
                tokio::time::sleep(PURGE_PAUSE * 25).await;
            }
        }
    }
}
