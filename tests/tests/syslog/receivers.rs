//! Receivers on loopback, which read strictly.

use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use kakashi_tests::harness::fake_sinks::Gate;
use kakashi_tests::harness::wait::eventually;

use crate::parsed::ParsedMessage;

/// What has arrived, in the order in which it did; clones share it.
#[derive(Clone, Default)]
pub(crate) struct Arrived(Arc<Mutex<Vec<ParsedMessage>>>);

impl Arrived {
    fn push(&self, message: &[u8]) {
        let message = ParsedMessage::read(message).expect("a message is by the RFC");
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(message);
    }

    pub(crate) fn all(&self) -> Vec<ParsedMessage> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    pub(crate) fn numbers(&self) -> Vec<(u64, u64)> {
        self.all().iter().filter_map(ParsedMessage::number).collect()
    }

    /// Waits for so many, and checks that they are each thread's, once and in order.
    pub(crate) fn assert_each_once_in_order(&self, threads: u64, count: u64) {
        assert!(eventually(|| self.len() as u64 >= threads * count), "{} came", self.len());
        let numbers = self.numbers();
        for thread in 0..threads {
            let of_thread = numbers.iter().filter(|(other, _)| *other == thread).map(|(_, n)| *n);
            assert!(of_thread.eq(0..count), "thread {thread}: {numbers:?}");
        }
        assert_eq!(self.len() as u64, threads * count);
    }
}

/// Reads a frame of RFC 6587, section 3.4.1; nothing at the stream's end.
pub(crate) fn read_frame(stream: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut digits = Vec::new();
    stream.read_until(b' ', &mut digits)?;
    if digits.is_empty() {
        return Ok(None);
    }
    if digits.pop() != Some(b' ') {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    let length = String::from_utf8(digits).expect("a length is digits");
    assert!(!length.starts_with('0'), "a length: {length}");
    let mut message = vec![0; length.parse().expect("a length is digits")];
    stream.read_exact(&mut message)?;
    Ok(Some(message))
}

/// A TCP receiver that takes any number of connections, one after the other.
pub(crate) struct TcpReceiver {
    pub(crate) port: u16,
    pub(crate) arrived: Arrived,
    /// What each read goes through.
    pub(crate) gate: Gate,
    is_stopping: Arc<AtomicBool>,
    connection: Arc<Mutex<Option<TcpStream>>>,
    thread: Option<JoinHandle<()>>,
}

impl TcpReceiver {
    /// Listens; at any port for 0. What arrives is added to what has.
    pub(crate) fn at(port: u16, arrived: &Arrived) -> Self {
        Self::reading(port, arrived, |stream| Box::new(stream))
    }

    /// As `at`, and reads each connection through something.
    pub(crate) fn reading(
        port: u16,
        arrived: &Arrived,
        through: impl Fn(TcpStream) -> Box<dyn Read> + Send + 'static,
    ) -> Self {
        let listener = listen(port);
        let port = listener.local_addr().unwrap().port();
        let (gate, is_stopping) = (Gate::default(), Arc::new(AtomicBool::new(false)));
        let connection = Arc::new(Mutex::new(None));
        let receiver = Self {
            port,
            arrived: arrived.clone(),
            gate: gate.clone(),
            is_stopping: is_stopping.clone(),
            connection: connection.clone(),
            thread: None,
        };
        let arrived = arrived.clone();
        let thread = thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.unwrap();
                if is_stopping.load(Ordering::SeqCst) {
                    return;
                }
                *connection.lock().unwrap() = Some(stream.try_clone().unwrap());
                let mut stream = BufReader::new(through(stream));
                loop {
                    gate.pass();
                    match read_frame(&mut stream) {
                        Ok(Some(message)) => arrived.push(&message),
                        Ok(None) => break,
                        Err(_) if is_stopping.load(Ordering::SeqCst) => break,
                        Err(error) => panic!("a frame is torn: {error}"),
                    }
                }
            }
        });
        Self { thread: Some(thread), ..receiver }
    }

    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Closes what is open, and listens no more.
    pub(crate) fn stop(mut self) {
        self.is_stopping.store(true, Ordering::SeqCst);
        if let Some(stream) = self.connection.lock().unwrap().take() {
            let _ = stream.shutdown(std::net::Shutdown::Both);
        }
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        self.thread.take().unwrap().join().expect("it has read well");
    }
}

/// Listens at a port that connections may have used just before.
pub(crate) fn listen(port: u16) -> TcpListener {
    let mut listener = None;
    assert!(eventually(|| {
        listener = TcpListener::bind(("127.0.0.1", port)).ok();
        listener.is_some()
    }));
    listener.unwrap()
}

/// Returns a port at which nobody listens.
pub(crate) fn dead_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Reads what a socket of datagrams gets, until the test ends.
pub(crate) fn read_datagrams(port: u16) -> (u16, Arrived) {
    let socket = UdpSocket::bind(("127.0.0.1", port)).unwrap();
    let port = socket.local_addr().unwrap().port();
    let arrived = Arrived::default();
    let to = arrived.clone();
    thread::spawn(move || {
        let mut room = vec![0; 1 << 16];
        while let Ok(len) = socket.recv(&mut room) {
            to.push(&room[..len]);
        }
    });
    (port, arrived)
}

/// As `read_datagrams`, of a local socket; until the flag is set.
pub(crate) fn read_local_datagrams(path: &Path, arrived: &Arrived) -> (Arc<AtomicBool>, JoinHandle<()>) {
    let socket = UnixDatagram::bind(path).unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(10))).unwrap();
    let stop = Arc::new(AtomicBool::new(false));
    let (is_stopping, arrived) = (stop.clone(), arrived.clone());
    let thread = thread::spawn(move || {
        let mut room = vec![0; 1 << 16];
        loop {
            match socket.recv(&mut room) {
                Ok(len) => arrived.push(&room[..len]),
                Err(_) if is_stopping.load(Ordering::SeqCst) => return,
                Err(_) => {}
            }
        }
    });
    (stop, thread)
}
