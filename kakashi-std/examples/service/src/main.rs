//! A service as a newcomer writes it: axum, sqlx, tasks, blocking work. All that it has of
//! kakashi is a few settings and one layer.
//!
//! ```text
//! cargo run                            # serves 127.0.0.1:3000: POST /orders/7, GET /streams/7 …
//! cargo run -- --self-test             # 2,000 requests at once, and each line of the log is checked
//! cargo run -- --self-test 2000 20     # twenty times
//! ```

mod app;
mod check;
mod client;
mod self_test;

use std::error::Error;
use std::net::SocketAddr;
use std::process::ExitCode;

use kakashi_std::{Format, bridges, configure, error, info};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => serve(),
        ["--self-test", ref numbers @ ..] => {
            let number = |at: usize, default| numbers.get(at).map_or(Ok(default), |text| text.parse());
            number(0, 2000)
                .and_then(|requests| Ok((requests, number(1, 1)?)))
                .map_err(Into::into)
                .and_then(|(requests, rounds)| self_test::run(requests, rounds))
        }
        _ => Err("service [--self-test [REQUESTS [ROUNDS]]]".into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(cause) => {
            // To the terminal, wherever the self-test has sent its records.
            configure().reset().apply();
            error!("The service ends", cause = %cause);
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn serve() -> Result<(), Box<dyn Error>> {
    // What axum, hyper and sqlx log.
    bridges::tracing::install()?;
    configure().format(Format::Json).service("shop", env!("CARGO_PKG_VERSION"), "demo").apply();
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    info!("Serving", address = listener.local_addr()?);
    // Nobody waits for requests that wait.
    let (waiting, _) = mpsc::unbounded_channel();
    let service = app::router(waiting).await?.into_make_service_with_connect_info::<SocketAddr>();
    Ok(axum::serve(listener, service).await?)
}
