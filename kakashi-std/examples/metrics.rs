//! Serves kakashi's counts to Prometheus: `cargo run -p kakashi-std --example metrics`, then
//! `curl http://127.0.0.1:9464/metrics`.
//!
//! By std's own TcpListener, to show that nothing else is needed; a service has an HTTP server.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use kakashi_std::metrics::{self, TextFormat};
use kakashi_std::{get_logger, info, warning};

/// A request with more is none of a scraper.
const MOST_REQUEST_BYTES: u64 = 16 * 1024;

fn main() -> io::Result<()> {
    let logger = get_logger("metrics");
    let listener = TcpListener::bind("127.0.0.1:9464")?;
    info!(logger, "Serving", url = %format_args!("http://{}/metrics", listener.local_addr()?));
    for stream in listener.incoming() {
        if let Err(cause) = stream.and_then(answer) {
            warning!(logger, "A request ended early", %cause);
        }
    }
    Ok(())
}

/// Reads a request and answers it.
fn answer(mut stream: TcpStream) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut lines = BufReader::new(stream.try_clone()?.take(MOST_REQUEST_BYTES)).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    let mut accept = String::new();
    for line in lines {
        match line?.split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("accept") => {
                value.trim().clone_into(&mut accept)
            }
            Some(_) => {}
            // An empty line ends the headers.
            None => break,
        }
    }
    let format = TextFormat::accepted_by(&accept);
    let (status, body) = match request.starts_with("GET /metrics ") {
        true => ("200 OK", metrics::text(format)),
        false => ("404 Not Found", String::new()),
    };
    write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-type: {}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        format.content_type(),
        body.len()
    )
}
