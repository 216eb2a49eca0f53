//! The log of a run on an MLflow server: parameters, metrics by step, files, a registered model.
//!
//! Speaks the REST interface of MLflow 2 and 3 over plain HTTP/1.1, to the address that the user names and nowhere
//! else; for a server on this computer or in one's own network. Whatever it says, the run's folder is complete
//! without it.

use std::io::{Read as _, Write as _};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::TrainError;

/// Longest wait for a connection or an answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// Most metrics in one request, of the interface.
const METRICS: usize = 1000;
/// Most parameters in one request, of the interface.
const PARAMS: usize = 100;
/// Longest value of a parameter, of the interface.
const VALUE: usize = 6000;
/// Largest answer that is read.
const ANSWER: u64 = 16 << 20;
/// Name of the experiment and of the registered model's parent.
const EXPERIMENT: &str = "facefiction";

/// A metric at a step.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// Its name.
    pub key: String,
    /// A finite number.
    pub value: f64,
    /// Steps done.
    pub step: u64,
}

/// A key as the interface takes it, which knows no brackets: `draw[0].share` becomes `draw.0.share`.
fn name_of(key: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "_-. :/".contains(c);
    key.chars().filter(|c| *c != ']').map(|c| if plain(c) { c } else { '.' }).collect()
}

/// A run on a server.
#[derive(Debug)]
pub struct Mlflow {
    server: Server,
    run: String,
    artefacts: String,
    waiting: Vec<Value>,
}

impl Mlflow {
    /// Starts a run of that name, or goes on with the run of the id `known`.
    ///
    /// # Errors
    /// [`TrainError::Mlflow`]: an address that is not `http://HOST:PORT`, a server that does not answer or refuses.
    pub fn open(url: &str, name: &str, known: Option<&str>) -> Result<Self, TrainError> {
        let server = Server::parse(url)?;
        let run = if let Some(id) = known {
            server.call("GET", &format!("runs/get?run_id={id}"), None)?
        } else {
            let experiment = server.experiment()?;
            let body = json!({"experiment_id": experiment, "run_name": name, "start_time": now()});
            server.call("POST", "runs/create", Some(&body))?
        };
        let info = run.pointer("/run/info").cloned().unwrap_or_default();
        let field = |name: &str| info.get(name).and_then(Value::as_str).map(str::to_owned);
        let missing = || server.error("the answer names no run".into());
        let artefacts = field("artifact_uri").ok_or_else(missing)?;
        let run = field("run_id").ok_or_else(missing)?;
        Ok(Self { server, run, artefacts, waiting: Vec::new() })
    }

    /// The server's name of the run.
    pub fn run(&self) -> &str {
        &self.run
    }

    /// Logs parameters; values are cut to what the interface takes.
    ///
    /// # Errors
    /// [`TrainError::Mlflow`].
    pub fn params<'a>(&self, params: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<(), TrainError> {
        let cut = |value: &str| value.chars().take(VALUE).collect::<String>();
        let all: Vec<Value> = params.into_iter().map(|(k, v)| json!({"key": name_of(k), "value": cut(v)})).collect();
        for params in all.chunks(PARAMS) {
            self.batch(json!({"run_id": self.run, "params": params}))?;
        }
        Ok(())
    }

    /// Keeps a metric for the next [`Mlflow::flush`]; numbers that are not finite are left out.
    pub fn metric(&mut self, metric: &Metric) {
        if metric.value.is_finite() {
            let Metric { key, value, step } = metric;
            self.waiting.push(json!({"key": name_of(key), "value": value, "step": step, "timestamp": now()}));
        }
    }

    /// How many metrics wait.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Sends the metrics that wait.
    ///
    /// # Errors
    /// [`TrainError::Mlflow`]; then they still wait.
    pub fn flush(&mut self) -> Result<(), TrainError> {
        while !self.waiting.is_empty() {
            let count = self.waiting.len().min(METRICS);
            let metrics = self.waiting.get(..count).unwrap_or_default();
            self.batch(json!({"run_id": self.run, "metrics": metrics}))?;
            self.waiting.drain(..count);
        }
        Ok(())
    }

    /// Uploads a file's bytes under a name.
    ///
    /// # Errors
    /// [`TrainError::Mlflow`]; a server that keeps artefacts elsewhere than behind itself cannot be written to.
    pub fn artefact(&self, name: &str, bytes: &[u8]) -> Result<(), TrainError> {
        let Some(folder) = self.artefacts.strip_prefix("mlflow-artifacts:/") else {
            let problem = format!("keeps files in {}; start it with --serve-artifacts", self.artefacts);
            return Err(self.server.error(problem));
        };
        let path = format!("/api/2.0/mlflow-artifacts/artifacts/{}/{name}", folder.trim_matches('/'));
        self.server.send("PUT", &path, "application/octet-stream", bytes).map(|_| ())
    }

    /// Registers the run's file `name` as a new version of the model `model`.
    ///
    /// # Errors
    /// [`TrainError::Mlflow`].
    pub fn register(&self, model: &str, name: &str) -> Result<(), TrainError> {
        let made = self.server.call("POST", "registered-models/create", Some(&json!({"name": model})));
        if let Err(error) = made
            && !error.to_string().contains("RESOURCE_ALREADY_EXISTS")
        {
            return Err(error);
        }
        let source = format!("{}/{name}", self.artefacts);
        let body = json!({"name": model, "source": source, "run_id": self.run});
        self.server.call("POST", "model-versions/create", Some(&body)).map(|_| ())
    }

    /// Says that the run has ended, well or not.
    ///
    /// # Errors
    /// [`TrainError::Mlflow`].
    pub fn end(&mut self, status: End) -> Result<(), TrainError> {
        self.flush()?;
        let body = json!({"run_id": self.run, "status": status.name(), "end_time": now()});
        self.server.call("POST", "runs/update", Some(&body)).map(|_| ())
    }

    fn batch(&self, body: Value) -> Result<(), TrainError> {
        self.server.call("POST", "runs/log-batch", Some(&body)).map(|_| ())
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It was trained.
    Finished,
    /// It may go on.
    Killed,
    /// It failed.
    Failed,
}

impl End {
    const fn name(self) -> &'static str {
        match self {
            Self::Finished => "FINISHED",
            Self::Killed => "KILLED",
            Self::Failed => "FAILED",
        }
    }
}

#[derive(Debug)]
struct Server {
    host: String,
    port: u16,
}

impl Server {
    fn parse(url: &str) -> Result<Self, TrainError> {
        let wrong = |problem: &str| TrainError::Mlflow { problem: problem.to_owned(), server: url.to_owned() };
        let rest = url.strip_prefix("http://").ok_or_else(|| wrong("only http://HOST:PORT can be logged to"))?;
        let rest = rest.trim_end_matches('/');
        if rest.contains(['/', '@', '?', '#']) || rest.chars().any(char::is_whitespace) {
            return Err(wrong("only http://HOST:PORT can be logged to"));
        }
        let (host, port) = rest.rsplit_once(':').unwrap_or((rest, "80"));
        let port = port.parse().map_err(|_| wrong("the port is not a number"))?;
        Ok(Self { host: host.to_owned(), port })
    }

    fn error(&self, problem: String) -> TrainError {
        TrainError::Mlflow { problem, server: format!("http://{}:{}", self.host, self.port) }
    }

    fn experiment(&self) -> Result<String, TrainError> {
        let id = |v: &Value, at: &str| v.pointer(at).and_then(Value::as_str).map(str::to_owned);
        let path = format!("experiments/get-by-name?experiment_name={EXPERIMENT}");
        let found = self.call("GET", &path, None);
        if let Some(id) = found.ok().and_then(|v| id(&v, "/experiment/experiment_id")) {
            return Ok(id);
        }
        let made = self.call("POST", "experiments/create", Some(&json!({"name": EXPERIMENT})))?;
        id(&made, "/experiment_id").ok_or_else(|| self.error("the answer names no experiment".into()))
    }

    fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Result<Value, TrainError> {
        let body = body.map(Value::to_string).unwrap_or_default();
        let answer = self.send(method, &format!("/api/2.0/mlflow/{path}"), "application/json", body.as_bytes())?;
        serde_json::from_slice(&answer).map_err(|e| self.error(format!("an answer that is not JSON: {e}")))
    }

    fn send(&self, method: &str, path: &str, kind: &str, body: &[u8]) -> Result<Vec<u8>, TrainError> {
        let failed = |e: std::io::Error| self.error(e.to_string());
        let host = self.host.trim_start_matches('[').trim_end_matches(']');
        let address = (host, self.port).to_socket_addrs().map_err(failed)?.next();
        let address = address.ok_or_else(|| self.error("no such host".into()))?;
        let mut stream = TcpStream::connect_timeout(&address, PATIENCE).map_err(failed)?;
        stream.set_read_timeout(Some(PATIENCE)).map_err(failed)?;
        stream.set_write_timeout(Some(PATIENCE)).map_err(failed)?;
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}:{}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nAccept: */*\r\nConnection: close\r\n\r\n",
            self.host,
            self.port,
            body.len()
        );
        stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body)).map_err(failed)?;
        let mut answer = Vec::new();
        stream.take(ANSWER).read_to_end(&mut answer).map_err(failed)?;
        let (status, body) = parse(&answer).ok_or_else(|| self.error("an answer that is not HTTP".into()))?;
        if status / 100 == 2 {
            return Ok(body);
        }
        let said: String = String::from_utf8_lossy(&body).chars().take(300).collect();
        Err(self.error(format!("{method} {path}: status {status}: {said}")))
    }
}

/// Status and body of a whole answer.
fn parse(answer: &[u8]) -> Option<(u16, Vec<u8>)> {
    let end = answer.windows(4).position(|w| w == b"\r\n\r\n")?;
    let head = std::str::from_utf8(answer.get(..end)?).ok()?;
    let body = answer.get(end + 4..)?;
    let mut lines = head.split("\r\n");
    let status = lines.next()?.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.parse().ok()?;
    let header = |name: &str| {
        lines
            .clone()
            .find_map(|l| l.split_once(':').filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.trim()))
    };
    if header("transfer-encoding").is_some_and(|v| v.eq_ignore_ascii_case("chunked")) {
        return Some((status, unchunked(body)?));
    }
    let length = header("content-length").and_then(|v| v.parse().ok()).unwrap_or(body.len());
    Some((status, body.get(..length)?.to_vec()))
}

fn unchunked(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|w| w == b"\r\n")?;
        let size = std::str::from_utf8(rest.get(..end)?).ok()?.split(';').next()?.trim();
        let size = usize::from_str_radix(size, 16).ok()?;
        rest = rest.get(end + 2..)?;
        if size == 0 {
            return Some(body);
        }
        body.extend_from_slice(rest.get(..size)?);
        rest = rest.get(size + 2..)?;
    }
}

/// Milliseconds since 1970.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| u64::try_from(d.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_addresses_are_taken() {
        for bad in ["https://127.0.0.1:5000", "127.0.0.1:5000", "http://a:b", "http://user@host:1", "http://h:1/path"] {
            assert!(Server::parse(bad).unwrap_err().to_string().ends_with(bad), "{bad}");
        }
        let server = Server::parse("http://[::1]:5000/").unwrap();
        assert_eq!((server.host.as_str(), server.port), ("[::1]", 5000));
        let nobody = Mlflow::open("http://127.0.0.1:1", "run", None).unwrap_err().to_string();
        assert!(nobody.contains("127.0.0.1:1"), "{nobody}");
    }

    #[test]
    fn names_are_what_a_server_takes() {
        assert_eq!(name_of("data.draw[0].fake.pair"), "data.draw.0.fake.pair");
        assert_eq!(name_of("held-out/AUC of dfdc"), "held-out/AUC of dfdc");
    }

    #[test]
    fn answers_are_read_whole_or_refused() {
        let plain = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
        assert_eq!(parse(plain), Some((200, b"{}".to_vec())));
        let chunked = b"HTTP/1.1 404 NO\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x\r\nde\r\n0\r\n\r\n";
        assert_eq!(parse(chunked), Some((404, b"abcde".to_vec())));
        for bad in [&b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}"[..], b"hello", b"", &chunked[..60]] {
            assert_eq!(parse(bad), None);
        }
    }
}
