//! A receiver of OTLP over HTTP on loopback, which reads requests by the messages that
//! OpenTelemetry generates, and misbehaves when it is asked to.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use flate2::read::GzDecoder;
use kakashi_tests::harness::fake_sinks::Gate;
use opentelemetry_proto::tonic::collector::logs::v1::{
    ExportLogsPartialSuccess, ExportLogsServiceRequest, ExportLogsServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use prost::Message as _;

/// What a receiver answers.
#[derive(Clone, Copy, Default)]
pub(crate) enum Answer {
    #[default]
    Take,
    /// This status, and seconds to wait.
    Status(u16, Option<u64>),
    /// It takes all but so many.
    TakeAllBut(i64),
    /// What is no HTTP.
    Garbage,
    /// A success whose body is no message.
    TakeWithGarbage,
    /// Closes after a part of the request.
    CloseWithin,
}

#[derive(Default)]
struct State {
    answer: Answer,
    requests: Vec<Request>,
    /// Requests of any kind, those that were not answered too.
    calls: usize,
    largest: usize,
    connections: Vec<TcpStream>,
}

/// A request that was taken.
pub(crate) struct Request {
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) path: String,
    pub(crate) logs: ExportLogsServiceRequest,
}

/// A receiver on a port of its own.
pub(crate) struct Receiver {
    pub(crate) gate: Gate,
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    is_dead: Arc<AtomicBool>,
    acceptor: Option<JoinHandle<()>>,
}

impl Receiver {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let mut receiver = Self {
            gate: Gate::default(),
            address: listener.local_addr().expect("it has one"),
            state: Arc::default(),
            is_dead: Arc::default(),
            acceptor: None,
        };
        receiver.accept(listener);
        receiver
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Ends as a process that is killed: all connections are gone, and nobody listens.
    pub(crate) fn kill(&mut self) {
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
    pub(crate) fn start_again(&mut self) {
        self.is_dead.store(false, Ordering::SeqCst);
        self.accept(TcpListener::bind(self.address).expect("its port is free again"));
    }

    pub(crate) fn answer(&self, answer: Answer) {
        self.state().answer = answer;
    }

    pub(crate) fn calls(&self) -> usize {
        self.state().calls
    }

    /// The bytes of the largest request, without compression.
    pub(crate) fn largest(&self) -> usize {
        self.state().largest
    }

    /// All records that were taken, in their order.
    pub(crate) fn records(&self) -> Vec<LogRecord> {
        let state = self.state();
        let resources = state.requests.iter().flat_map(|request| &request.logs.resource_logs);
        resources.flat_map(|logs| &logs.scope_logs).flat_map(|logs| logs.log_records.clone()).collect()
    }

    /// The value of each record's attribute `n`, if it has one.
    pub(crate) fn numbers(&self) -> Vec<i64> {
        let number = |record: &LogRecord| match attribute(record, "n")? {
            Value::IntValue(number) => Some(number),
            _ => None,
        };
        self.records().iter().filter_map(number).collect()
    }

    pub(crate) fn take_requests(&self) -> Vec<Request> {
        std::mem::take(&mut self.state().requests)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn accept(&mut self, listener: TcpListener) {
        let (state, gate, is_dead) = (self.state.clone(), self.gate.clone(), self.is_dead.clone());
        self.acceptor = Some(thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                if is_dead.load(Ordering::SeqCst) {
                    return;
                }
                let kept = connection.try_clone().expect("another handle");
                state.lock().unwrap_or_else(PoisonError::into_inner).connections.push(kept);
                let (state, gate) = (state.clone(), gate.clone());
                thread::spawn(move || while serve(&connection, &state, &gate).is_some() {});
            }
        }));
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.gate.open();
        self.kill();
    }
}

/// Finds an attribute of a record.
pub(crate) fn attribute(record: &LogRecord, key: &str) -> Option<Value> {
    let found = record.attributes.iter().find(|attribute| attribute.key == key)?;
    found.value.clone()?.value
}

/// Reads a request and answers it; nothing if the connection has ended.
fn serve(connection: &TcpStream, state: &Mutex<State>, gate: &Gate) -> Option<()> {
    let mut reader = BufReader::new(connection);
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|len| *len > 0)?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut headers = BTreeMap::new();
    loop {
        line.clear();
        reader.read_line(&mut line).ok().filter(|len| *len > 0)?;
        let Some((name, value)) = line.trim().split_once(": ") else { break };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let len: usize = headers["content-length"].parse().ok()?;
    let lock = || state.lock().unwrap_or_else(PoisonError::into_inner);
    let answer = lock().answer;
    if matches!(answer, Answer::CloseWithin) {
        lock().calls += 1;
        let mut part = vec![0; len / 2];
        let _ = reader.read_exact(&mut part);
        let _ = connection.shutdown(Shutdown::Both);
        return None;
    }
    let mut body = vec![0; len];
    reader.read_exact(&mut body).ok()?;
    lock().calls += 1;
    gate.pass();
    if headers.get("content-encoding").is_some_and(|encoding| encoding == "gzip") {
        let mut plain = Vec::new();
        GzDecoder::new(&*body).read_to_end(&mut plain).expect("it is gzip");
        body = plain;
    }
    let is_json = headers["content-type"] == "application/json";
    let logs: ExportLogsServiceRequest = match is_json {
        true => serde_json::from_slice(&body).expect("the generated messages read it"),
        false => ExportLogsServiceRequest::decode(&*body).expect("the generated messages read it"),
    };
    {
        let mut state = lock();
        state.largest = state.largest.max(body.len());
    }
    let (status, extra, response) = match answer {
        Answer::Status(status, retry_after) => {
            let extra = retry_after.map(|seconds| format!("retry-after: {seconds}\r\n")).unwrap_or_default();
            (status, extra, b"no".to_vec())
        }
        Answer::TakeAllBut(rejected) => {
            let partial = ExportLogsPartialSuccess {
                rejected_log_records: rejected,
                error_message: "not \"these\"".into(),
            };
            let response = ExportLogsServiceResponse { partial_success: Some(partial) };
            let bytes = match is_json {
                true => serde_json::to_vec(&response).expect("it is JSON"),
                false => response.encode_to_vec(),
            };
            (200, String::new(), bytes)
        }
        Answer::TakeWithGarbage => (200, String::new(), b"<html>\xff".to_vec()),
        Answer::Garbage => {
            let _ = (&*connection).write_all(b"\0\x01garbage\r\n\r\n");
            let _ = connection.shutdown(Shutdown::Both);
            return None;
        }
        Answer::Take | Answer::CloseWithin => (200, String::new(), Vec::new()),
    };
    let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n{extra}\r\n", response.len());
    // Whoever has got the answer finds the request.
    let mut state = lock();
    (&*connection).write_all(&[head.as_bytes(), &response].concat()).ok()?;
    if status == 200 {
        state.requests.push(Request { headers, path, logs });
    }
    Some(())
}
