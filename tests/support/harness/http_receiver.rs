//! A receiver over HTTP on loopback that does what a test asks for, and keeps what it has got.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use flate2::read::GzDecoder;
#[cfg(feature = "tls")]
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::Value;

use super::fake_sinks::Gate;

/// A request that came whole.
#[derive(Clone)]
pub struct HttpRequest {
    /// As the request line has it.
    pub path: String,
    /// By their names in small letters.
    pub headers: BTreeMap<String, String>,
    /// Decompressed.
    pub body: Vec<u8>,
}

impl HttpRequest {
    /// Reads the body as lines of JSON, each with its end.
    ///
    /// # Panics
    /// Where it is something else.
    pub fn lines(&self) -> Vec<Value> {
        let text = std::str::from_utf8(&self.body).expect("it is UTF-8");
        assert!(text.ends_with('\n'), "the last line has its end");
        text.lines().map(|line| serde_json::from_str(line).expect("it is JSON")).collect()
    }
}

/// What a receiver answers.
pub enum HttpReply {
    /// A status, headers and a body.
    Status(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// Bytes that need not be HTTP; then it closes.
    Raw(Vec<u8>),
}

/// What a receiver does that has read the head only.
#[derive(Clone, Copy)]
pub enum EarlyReply {
    /// Answers, and closes without reading the body.
    Status(u16),
    /// Closes after a part of the body.
    Close,
}

impl HttpReply {
    /// A status, and a body that is no JSON.
    pub fn status(status: u16) -> Self {
        Self::Status(status, Vec::new(), b"no".to_vec())
    }

    /// A status, and when to come again.
    pub fn retry_after(status: u16, text: &str) -> Self {
        Self::Status(status, vec![("retry-after", text.to_owned())], Vec::new())
    }

    /// A status and a body.
    pub fn body(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self::Status(status, Vec::new(), body.into())
    }
}

type Behaviour = Box<dyn FnMut(&HttpRequest) -> HttpReply + Send>;
/// Is told the length of the body.
type EarlyBehaviour = Box<dyn Fn(usize) -> Option<EarlyReply> + Send>;

struct State {
    behaviour: Behaviour,
    early: EarlyBehaviour,
    /// Those that were answered by 2xx.
    taken: Vec<HttpRequest>,
    /// HttpRequests of any kind, those that were not answered too.
    calls: usize,
    /// Of each request that came whole, the bytes of its body, and the status.
    answered: Vec<(usize, u16)>,
    connections: Vec<TcpStream>,
}

/// What makes a connection of a socket.
type Accept = Arc<dyn Fn(TcpStream) -> Box<dyn Connection> + Send + Sync>;

/// A receiver on a port of its own.
pub struct HttpReceiver {
    /// Requests wait here before they are answered.
    pub gate: Gate,
    scheme: &'static str,
    connect: Accept,
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    is_dead: Arc<AtomicBool>,
    acceptor: Option<JoinHandle<()>>,
}

impl HttpReceiver {
    /// Starts one that takes everything.
    pub fn start() -> Self {
        Self::with("http", Arc::new(|socket| Box::new(socket)))
    }

    /// As [`start`](Self::start), and speaks TLS.
    #[cfg(feature = "tls")]
    pub fn by_tls(config: Arc<ServerConfig>) -> Self {
        Self::with("https", by_tls(config))
    }

    fn with(scheme: &'static str, connect: Accept) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let state = State {
            behaviour: Box::new(|_| HttpReply::body(200, "")),
            early: Box::new(|_| None),
            taken: Vec::new(),
            calls: 0,
            answered: Vec::new(),
            connections: Vec::new(),
        };
        let mut receiver = Self {
            gate: Gate::default(),
            scheme,
            connect,
            address: listener.local_addr().expect("it has one"),
            state: Arc::new(Mutex::new(state)),
            is_dead: Arc::default(),
            acceptor: None,
        };
        receiver.accept(listener);
        receiver
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }

    /// Has it answer so.
    pub fn answer(&self, behaviour: impl FnMut(&HttpRequest) -> HttpReply + Send + 'static) {
        self.state().behaviour = Box::new(behaviour);
    }

    /// Has it answer requests of these lengths before it has read them.
    pub fn answer_early(&self, behaviour: impl Fn(usize) -> Option<EarlyReply> + Send + 'static) {
        self.state().early = Box::new(behaviour);
    }

    /// Has it take everything.
    pub fn take_all(&self) {
        self.answer_early(|_| None);
        self.answer(|_| HttpReply::body(200, ""));
    }

    /// Ends as a process that is killed: all connections are gone, and nobody listens.
    ///
    /// # Panics
    /// If it had failed.
    pub fn kill(&mut self) {
        self.is_dead.store(true, Ordering::SeqCst);
        for connection in self.state().connections.drain(..) {
            let _ = connection.shutdown(Shutdown::Both);
        }
        // Wakes the acceptor, who sees that it is dead.
        let _ = TcpStream::connect(self.address);
        if let Some(acceptor) = self.acceptor.take() {
            acceptor.join().expect("it ends well");
        }
    }

    /// Listens on its port again.
    ///
    /// # Panics
    /// If the port is not free.
    pub fn start_again(&mut self) {
        self.is_dead.store(false, Ordering::SeqCst);
        self.accept(TcpListener::bind(self.address).expect("its port is free again"));
    }

    /// Shows another certificate, to connections after it has started again.
    #[cfg(feature = "tls")]
    pub fn shows(&mut self, config: Arc<ServerConfig>) {
        self.connect = by_tls(config);
    }

    /// How many requests have come, those that were not answered too.
    pub fn calls(&self) -> usize {
        self.state().calls
    }

    /// The requests that were answered by 2xx.
    pub fn taken(&self) -> Vec<HttpRequest> {
        self.state().taken.clone()
    }

    /// The bytes of each request that came whole, and the status of its answer.
    pub fn answered(&self) -> Vec<(usize, u16)> {
        self.state().answered.clone()
    }

    /// The field `n` of each line of JSON that was taken.
    pub fn numbers(&self) -> Vec<u64> {
        let lines = self.taken().iter().flat_map(HttpRequest::lines).collect::<Vec<_>>();
        lines.iter().filter_map(|line| line["n"].as_u64()).collect()
    }

    /// Forgets the requests that were answered by 2xx, and returns them.
    pub fn take_requests(&self) -> Vec<HttpRequest> {
        std::mem::take(&mut self.state().taken)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn accept(&mut self, listener: TcpListener) {
        let (state, gate, is_dead) = (self.state.clone(), self.gate.clone(), self.is_dead.clone());
        let connect = self.connect.clone();
        self.acceptor = Some(thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                if is_dead.load(Ordering::SeqCst) {
                    return;
                }
                let kept = connection.try_clone().expect("another handle");
                state.lock().unwrap_or_else(PoisonError::into_inner).connections.push(kept);
                let (state, gate, connect) = (state.clone(), gate.clone(), connect.clone());
                thread::spawn(move || {
                    let mut connection = BufReader::new(connect(connection));
                    while serve(&mut connection, &state, &gate).is_some() {}
                });
            }
        }));
    }
}

impl Drop for HttpReceiver {
    fn drop(&mut self) {
        self.gate.open();
        self.kill();
    }
}

/// A connection that the receiver can end.
trait Connection: Read + Write + Send {
    fn end(&mut self);
}

impl Connection for TcpStream {
    fn end(&mut self) {
        let _ = self.shutdown(Shutdown::Both);
    }
}

#[cfg(feature = "tls")]
impl Connection for StreamOwned<ServerConnection, TcpStream> {
    fn end(&mut self) {
        self.sock.end();
    }
}

#[cfg(feature = "tls")]
fn by_tls(config: Arc<ServerConfig>) -> Accept {
    Arc::new(move |socket| {
        let tls = ServerConnection::new(config.clone()).expect("the settings make sense");
        Box::new(StreamOwned::new(tls, socket))
    })
}

/// Reads a request and answers it; nothing if the connection has ended.
fn serve(reader: &mut BufReader<Box<dyn Connection>>, state: &Mutex<State>, gate: &Gate) -> Option<()> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|len| *len > 0)?;
    assert!(line.starts_with("POST "), "{line}");
    let path = line.split(' ').nth(1)?.to_owned();
    let mut headers = BTreeMap::new();
    loop {
        line.clear();
        reader.read_line(&mut line).ok().filter(|len| *len > 0)?;
        let Some((name, value)) = line.trim().split_once(": ") else { break };
        let before = headers.insert(name.to_ascii_lowercase(), value.to_owned());
        assert_eq!(before, None, "a header comes once");
    }
    let len: usize = headers["content-length"].parse().ok()?;
    let lock = || state.lock().unwrap_or_else(PoisonError::into_inner);
    let mut request = HttpRequest { path, headers, body: Vec::new() };
    let early = (lock().early)(len);
    if let Some(early) = early {
        lock().calls += 1;
        match early {
            EarlyReply::Status(status) => {
                let head = format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                let _ = reader.get_mut().write_all(head.as_bytes());
            }
            EarlyReply::Close => _ = reader.read_exact(&mut vec![0; len / 2]),
        }
        reader.get_mut().end();
        return None;
    }
    let mut body = vec![0; len];
    reader.read_exact(&mut body).ok()?;
    lock().calls += 1;
    gate.pass();
    if request.headers.get("content-encoding").is_some_and(|encoding| encoding == "gzip") {
        GzDecoder::new(&*body).read_to_end(&mut request.body).expect("it is gzip");
    } else {
        request.body = body;
    }
    let mut state = lock();
    let reply = (state.behaviour)(&request);
    let (status, headers, body) = match reply {
        HttpReply::Status(status, headers, body) => (status, headers, body),
        HttpReply::Raw(bytes) => {
            let _ = reader.get_mut().write_all(&bytes);
            reader.get_mut().end();
            return None;
        }
    };
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n{headers}\r\n", body.len());
    // Whoever has got the answer finds the request.
    let sent = reader.get_mut().write_all(&[head.as_bytes(), &body].concat());
    state.answered.push((request.body.len(), status));
    if (200..300).contains(&status) && sent.is_ok() {
        state.taken.push(request);
    }
    sent.ok()
}
