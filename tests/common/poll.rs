//! A client that asks at a steady rate and counts what it does not get, and a wait for conditions.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long a client waits for a whole answer.
const DEADLINE: Duration = Duration::from_secs(10);

/// Asks again until there is an answer, with a bounded number of tries.
#[track_caller]
pub fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    for _ in 0..900 {
        if let Some(answer) = ask() {
            return answer;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    panic!("it never came true: {what}");
}

/// What a client saw.
#[derive(Debug, Default)]
pub struct Polled {
    pub requests: usize,
    /// One line for each request that failed.
    pub failures: Vec<String>,
    pub slowest: Duration,
    pub took: Duration,
}

impl Polled {
    /// Requests in each second.
    #[allow(clippy::cast_precision_loss, reason = "a figure to print")]
    pub fn rate(&self) -> f64 {
        self.requests as f64 / self.took.as_secs_f64()
    }
}

/// A running client; every request is a connection of its own.
pub struct Poller {
    stop: Arc<AtomicBool>,
    began: Instant,
    threads: Vec<JoinHandle<Polled>>,
}

impl Poller {
    /// Asks for the paths in turn, 20 times a second, from a network namespace when one is given.
    pub fn start(address: SocketAddr, host: &str, paths: &[&str], network: Option<&Path>) -> Self {
        const THREADS: u32 = 8;
        let (stop, began) = (Arc::new(AtomicBool::new(false)), Instant::now());
        let tick = Duration::from_millis(50);
        let threads = (0..THREADS).map(|index| {
            let (stop, network) = (Arc::clone(&stop), network.map(PathBuf::from));
            let paths: Vec<String> = paths.iter().map(|p| (*p).to_owned()).collect();
            let host = host.to_owned();
            std::thread::spawn(move || {
                if let Some(network) = network {
                    enter(&network);
                }
                let mut seen = Polled::default();
                let mut turn = index;
                while !stop.load(Ordering::SeqCst) {
                    // a slow answer skips this thread's turns; the others keep theirs
                    let now = began.elapsed();
                    while tick * turn < now {
                        turn += THREADS;
                    }
                    std::thread::sleep((tick * turn).checked_sub(now).unwrap());
                    let path = &paths[turn as usize % paths.len()];
                    let asked = Instant::now();
                    seen.requests += 1;
                    match get(address, &host, path) {
                        Ok(answer) if answer.status < 400 => {}
                        Ok(answer) => seen.failures.push(format!(
                            "{path} after {:?}: status {} {}",
                            began.elapsed(),
                            answer.status,
                            answer.body.chars().take(200).collect::<String>()
                        )),
                        Err(e) => seen.failures.push(format!("{path} after {:?}: {e}", began.elapsed())),
                    }
                    seen.slowest = seen.slowest.max(asked.elapsed());
                }
                seen
            })
        });
        Self { stop: Arc::clone(&stop), began, threads: threads.collect() }
    }

    /// Ends it and adds up.
    pub fn stop(self) -> Polled {
        self.stop.store(true, Ordering::SeqCst);
        let mut all = Polled::default();
        for thread in self.threads {
            let seen = thread.join().unwrap();
            all.requests += seen.requests;
            all.failures.extend(seen.failures);
            all.slowest = all.slowest.max(seen.slowest);
        }
        all.took = self.began.elapsed();
        all
    }
}

/// A whole answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: String,
}

/// One request on a connection of its own. An answer that is cut off is an error.
pub fn get(address: SocketAddr, host: &str, path: &str) -> std::io::Result<Answer> {
    let broken = |text: &str| std::io::Error::other(text.to_owned());
    let began = Instant::now();
    let mut stream = TcpStream::connect_timeout(&address, DEADLINE)?;
    stream.set_write_timeout(Some(DEADLINE))?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept: */*\r\nConnection: close\r\n\r\n")?;
    let (mut bytes, mut part) = (Vec::new(), [0; 16384]);
    loop {
        let left = DEADLINE.checked_sub(began.elapsed()).filter(|l| !l.is_zero());
        stream.set_read_timeout(Some(left.ok_or_else(|| broken("no whole answer in time"))?))?;
        match stream.read(&mut part)? {
            0 => break,
            n => bytes.extend_from_slice(&part[..n]),
        }
    }
    let text = String::from_utf8_lossy(&bytes);
    let (head, body) = text.split_once("\r\n\r\n").ok_or_else(|| broken("the connection ended before an answer"))?;
    let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).ok_or_else(|| broken("no status line"))?;
    let head = head.to_lowercase();
    let length = head.lines().find_map(|l| l.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
    let whole = match length {
        Some(length) => body.len() >= length,
        None => !head.contains("transfer-encoding: chunked") || body.ends_with("0\r\n\r\n"),
    };
    if !whole {
        return Err(broken("the answer was cut off"));
    }
    Ok(Answer { status, body: body.to_owned() })
}

/// Moves this thread, and no other, into a network namespace.
fn enter(network: &Path) {
    let file = std::fs::File::open(network).unwrap_or_else(|e| panic!("{}: {e}", network.display()));
    let kind = rustix::thread::LinkNameSpaceType::Network;
    rustix::thread::move_into_link_name_space(file.as_fd(), Some(kind)).expect("root may enter a network namespace");
}

/// The same request from inside a network namespace.
pub fn get_from(network: Option<&Path>, address: SocketAddr, host: &str, path: &str) -> std::io::Result<Answer> {
    let Some(network) = network else { return get(address, host, path) };
    std::thread::scope(|scope| {
        let asked = scope.spawn(|| {
            enter(network);
            get(address, host, path)
        });
        asked.join().unwrap()
    })
}
