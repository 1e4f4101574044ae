//! The service itself.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::{get, post};
use kakashi_std::tower::RequestLayer;
use kakashi_std::{UserContext, error, info, set_user_context, task};
use sqlx::sqlite::{SqlitePool, SqlitePoolOptions};
use tokio::sync::mpsc::UnboundedSender;
use tokio_stream::StreamExt as _;

#[derive(Clone)]
struct App {
    pool: SqlitePool,
    /// Takes the ids of requests that will wait for ever.
    waiting: UnboundedSender<u64>,
}

/// Makes the service.
pub(crate) async fn router(waiting: UnboundedSender<u64>) -> Result<Router, sqlx::Error> {
    // One connection: each would have a database in memory of its own.
    let pool = SqlitePoolOptions::new().max_connections(1).acquire_timeout(Duration::from_secs(600));
    let pool = pool.connect("sqlite::memory:").await?;
    sqlx::query("CREATE TABLE orders (id INTEGER PRIMARY KEY, cents INTEGER NOT NULL)")
        .execute(&pool)
        .await?;
    Ok(Router::new()
        .route("/orders/{id}", post(order))
        .route("/streams/{id}", get(stream))
        .route("/panics/{id}", get(panics))
        .route("/waits/{id}", get(waits))
        .layer(from_fn(authenticate))
        .layer(RequestLayer::new().tracing_span())
        .with_state(App { pool, waiting }))
}

async fn authenticate(request: Request, next: Next) -> Response {
    if let Some(user) = request.headers().get("x-user").and_then(|user| user.to_str().ok()) {
        set_user_context(UserContext::new().user_id(user));
    }
    next.run(request).await
}

async fn order(State(app): State<App>, Path(id): Path<u64>) -> Result<String, StatusCode> {
    info!("Order {id} received", id, step = 1);
    let stored = store(&app.pool, id).await.map_err(|cause| {
        error!("Order {id} is not stored", id, cause = %cause);
        StatusCode::SERVICE_UNAVAILABLE
    })?;
    info!("Order {id} stored", id, cents = stored, step = 2);
    let mail = task::spawn(async move {
        info!("Mail of order {id} queued", id, step = 3);
        tokio::task::yield_now().await;
        info!("Mail of order {id} sent", id, step = 4);
    });
    mail.await.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    let receipt = task::spawn_blocking(move || {
        info!("Receipt of order {id} printed", id, step = 5);
        format!("order {id}: {stored} cents")
    });
    let receipt = receipt.await.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    info!("Order {id} accepted", id, step = 6);
    Ok(receipt)
}

async fn store(pool: &SqlitePool, id: u64) -> Result<i64, sqlx::Error> {
    let key = id.cast_signed();
    sqlx::query("INSERT OR REPLACE INTO orders VALUES (?, ?)")
        .bind(key)
        .bind(key * 100)
        .execute(pool)
        .await?;
    sqlx::query_scalar("SELECT cents FROM orders WHERE id = ?").bind(key).fetch_one(pool).await
}

async fn stream(Path(id): Path<u64>) -> Body {
    let parts = tokio_stream::iter(1..=4_u64).map(move |step| {
        info!("Part of stream {id}", id, step);
        Ok::<_, Infallible>(format!("part {step} of {id}\n"))
    });
    Body::from_stream(parts)
}

async fn panics(Path(id): Path<u64>) -> String {
    info!("Request {id} is going to panic", id, step = 1);
    tokio::task::yield_now().await;
    panic!("request {id} panics");
}

/// Logs when it is dropped.
struct WaitGivenUp(u64);

impl Drop for WaitGivenUp {
    fn drop(&mut self) {
        info!("Wait of {id} given up", id = self.0, step = 2);
    }
}

async fn waits(State(app): State<App>, Path(id): Path<u64>) -> String {
    info!("Request {id} waits", id, step = 1);
    let given_up = WaitGivenUp(id);
    // Nobody may ask for it.
    let _ = app.waiting.send(id);
    std::future::pending::<()>().await;
    drop(given_up);
    String::new()
}
