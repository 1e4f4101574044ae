//! Many requests at once, and what the log has of them.

use std::collections::HashMap;
use std::error::Error;
use std::fs;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use kakashi_std::{Format, LogLevel, bridges, configure, flush, sinks};
use tokio::net::TcpListener;
use tokio::sync::{Barrier, mpsc};
use tokio::task::JoinSet;

use crate::app;
use crate::check::Checked;
use crate::client::{Clients, Kind};

/// Runs rounds of requests, and checks the log of each.
pub(crate) fn run(requests: u64, rounds: u64) -> Result<(), Box<dyn Error>> {
    allow_open_files();
    bridges::tracing::install()?;
    let path = std::env::temp_dir().join(format!("kakashi-service-{}.log", std::process::id()));
    for round in 1..=rounds {
        let begun = Instant::now();
        let _ = fs::remove_file(&path);
        configure()
            .format(Format::Json)
            .level(LogLevel::Info)
            .level_of("sqlx", LogLevel::Debug)
            .destination(sinks::file(&path)?)
            .apply();
        drive(requests)?;
        if !flush().is_complete() {
            return Err("the log is not whole".into());
        }
        let checked = Checked::read(&fs::read_to_string(&path)?, requests)?;
        println!("round {round}: {checked}, {:.1} s", begun.elapsed().as_secs_f64());
    }
    configure().reset().apply();
    Ok(fs::remove_file(&path)?)
}

#[tokio::main]
async fn drive(requests: u64) -> Result<(), Box<dyn Error>> {
    let (waiting, mut wait) = mpsc::unbounded_channel();
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let service = app::router(waiting).await?.into_make_service_with_connect_info::<SocketAddr>();
    let server = tokio::spawn(async move { axum::serve(listener, service).await });
    let (clients, begin) = (Clients::new(), Arc::new(Barrier::new(requests.try_into()?)));
    let (mut clients_left, mut waiting_clients) = (JoinSet::new(), HashMap::new());
    for id in 0..requests {
        let (clients, begin) = (clients.clone(), Arc::clone(&begin));
        let client = clients_left.spawn(async move {
            begin.wait().await;
            clients.send(address, id).await
        });
        if Kind::of(id) == Kind::Wait {
            waiting_clients.insert(id, client);
        }
    }
    // Each goes away when its request waits.
    while !waiting_clients.is_empty() {
        let id = wait.recv().await.ok_or("the service is gone")?;
        waiting_clients.remove(&id).ok_or("it waits twice")?.abort();
    }
    while let Some(done) = clients_left.join_next().await {
        match done {
            Err(cause) if cause.is_cancelled() => {}
            done => done?.map_err(|cause| cause.to_string())?,
        }
    }
    // The end of a connection is not seen at once: only the end of the runtime is.
    server.abort();
    Ok(())
}

/// Lets the process have a socket for each client, and one for each request.
fn allow_open_files() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, getrlimit, setrlimit};
        let mut limit = getrlimit(Resource::Nofile);
        limit.current = limit.maximum;
        // With fewer the connections fail, and say so.
        let _ = setrlimit(Resource::Nofile, limit);
    }
}
