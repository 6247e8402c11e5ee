//! Fetches several URLs at once, and returns all results even if one fails, as
//! `asyncio.gather(.., return_exceptions=True)` does. Over real HTTP.
//!
//! ```text
//! cargo run --example fetch               a demonstration, with a small server of its own
//! cargo run --example fetch -- URL...     these URLs
//! cargo run --example fetch -- --help     the options
//! ```

use std::future::poll_fn;
use std::io::{self, Write as _};
use std::time::{Duration, Instant};
use std::{env, error::Error as _, fmt, pin::Pin, process::ExitCode};

use gather::{Outcomes as _, gather, try_gather};
use hyper::body::Body as _;
use hyper::client::conn::http1;
use hyper::{Request, StatusCode, Uri, header, http::uri::InvalidUri};
use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use smol::{Timer, future, net::TcpStream};
use smol_hyper::rt::FuturesIo;

/// Fetches each URL, even if others fail.
async fn fetch_each(urls: &[String]) -> Vec<Result<u64, Failure>> {
    let bar = progress_bar(urls.len());
    let outcomes = gather(urls.iter().map(|url| fetch(url)))
        .inspect(|index, outcome| {
            bar.set_message(line(&urls[index], outcome));
            bar.inc(1);
        })
        .await;
    bar.finish_and_clear();
    outcomes
}

/// Fetches all URLs or none: the first failure drops the other fetches.
async fn fetch_all(urls: &[String]) -> Result<Vec<u64>, (&String, Failure)> {
    let fetches = urls.iter().map(async |url| {
        let outcome = fetch(url).await;
        outcome.map_err(|failure| (url, failure))
    });
    try_gather(fetches).await
}

/// Fetches one URL, and returns the size of its body in bytes. Dropping it closes the connection.
async fn fetch(url: &str) -> Result<u64, Failure> {
    let target = Target::parse(url)?;
    let timeout = async {
        Timer::after(TIMEOUT).await;
        Err(Failure::Timeout)
    };
    future::or(get(target), timeout).await
}

async fn get(target: Target) -> Result<u64, Failure> {
    let socket = TcpStream::connect(target.address).await;
    let socket = FuturesIo::new(socket.map_err(Failure::Connect)?);
    let (mut requests, connection) = http1::handshake(socket).await?;
    let _running = smol::spawn(connection);
    let (head, mut body) = requests.send_request(target.request).await?.into_parts();

    let (mut size, mut start) = (0, Vec::new());
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        match frame {
            Ok(frame) => {
                let chunk = frame.into_data().unwrap_or_default();
                size += chunk.len() as u64;
                start.extend(chunk.into_iter().take(1024 - start.len()));
            }
            Err(error) if head.status.is_success() => return Err(error.into()),
            // Even if the body breaks off, the status is the reason.
            Err(_) => break,
        }
    }
    if head.status.is_success() {
        return Ok(size);
    }
    Err(Failure::Status(head.status, text_line(&start)))
}

fn main() -> ExitCode {
    smol::block_on(run()).unwrap_or_else(|error| {
        let _ = writeln!(io::stderr(), "fetch: {error}");
        ExitCode::FAILURE
    })
}

async fn run() -> io::Result<ExitCode> {
    let (mut urls, mut fail_fast) = (Vec::new(), false);
    for argument in env::args_os().skip(1) {
        match &*argument.to_string_lossy() {
            "-h" | "--help" => return print(USAGE).map(|()| ExitCode::SUCCESS),
            "--fail-fast" => fail_fast = true,
            unknown if unknown.starts_with('-') => {
                let _ = write!(io::stderr(), "fetch: no option {unknown}\n\n{USAGE}");
                return Ok(ExitCode::from(2));
            }
            url => urls.push(url.to_owned()),
        }
    }
    let demonstration = urls.is_empty();
    if demonstration {
        urls = server::start().await?;
    }

    let start = Instant::now();
    let outcomes = if fail_fast {
        let sizes = fetch_all(&urls).await;
        sizes.map(|sizes| sizes.into_iter().map(Ok).collect())
    } else {
        Ok(fetch_each(&urls).await)
    };
    let elapsed = seconds(start.elapsed());

    let (report, all_ok) = match outcomes {
        Ok(outcomes) => {
            let mut report = String::new();
            for (url, outcome) in urls.iter().zip(&outcomes) {
                report += &(line(url, outcome) + "\n");
            }
            let (fetched, failed) = outcomes.partition();
            report += &format!("{} OK, {} failed", fetched.len(), failed.len());
            (report, failed.is_empty())
        }
        Err((url, failure)) => {
            let counts = format!("1 failed, {} dropped", urls.len() - 1);
            (line(url, &Err(failure)) + "\n" + &counts, false)
        }
    };
    print(&format!("{report}, in {elapsed}\n"))?;
    Ok(ExitCode::from(u8::from(!all_ok && !demonstration)))
}

const USAGE: &str = "\
Usage: fetch [--fail-fast] [URL...]

Fetches all URLs (http://, without TLS) at once; without any, those of a small server of its own.
Prints a line for each, in the order given: OK and its size, or ERROR and the reason.

  --fail-fast  the first failure drops the other fetches
  -h, --help   this text

Exit status: 1 if a URL failed, 2 for bad usage; the demonstration ends with 0.
";

fn line(url: &str, outcome: &Result<u64, Failure>) -> String {
    match outcome {
        Ok(size) => format!("OK     {url}: {size} bytes"),
        Err(failure) => format!("ERROR  {url}: {failure}"),
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

/// Prints to stdout; a closed pipe (`fetch | head -1`) is no error.
fn print(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout();
    match write!(stdout, "{text}").and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        printed => printed,
    }
}

/// Drawn on stderr, if that is a terminal.
fn progress_bar(len: usize) -> ProgressBar {
    let elapsed = |state: &ProgressState, out: &mut dyn fmt::Write| {
        let _ = out.write_str(&seconds(state.elapsed()));
    };
    let style = ProgressStyle::with_template("[{bar:24}] {pos}/{len}  {elapsed}  {wide_msg}")
        .expect("the template is valid")
        .progress_chars("=> ")
        .with_key("elapsed", elapsed);
    let bar = ProgressBar::new(len as u64).with_style(style);
    bar.enable_steady_tick(Duration::from_millis(100));
    bar
}

const TIMEOUT: Duration = Duration::from_secs(30);

/// The address of a request, and the request.
struct Target {
    address: (String, u16),
    request: Request<String>,
}

impl Target {
    fn parse(url: &str) -> Result<Self, Failure> {
        let uri: Uri = url.parse().map_err(Failure::BadUrl)?;
        if uri.scheme_str() != Some("http") {
            return Err(Failure::BadScheme);
        }
        let host = uri.host().unwrap_or_default();
        let port = uri.port_u16();
        let authority = port.map_or(host.to_owned(), |port| format!("{host}:{port}"));
        // Not supported: a name and a password. Not valid: any other port.
        if host.is_empty() || uri.authority().is_none_or(|given| *given != *authority) {
            return Err(Failure::BadHost);
        }
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let request = Request::get(path).header(header::HOST, &authority);
        Ok(Target {
            address: (host.trim_matches(['[', ']']).to_owned(), port.unwrap_or(80)),
            request: request.body(String::new()).map_err(|_| Failure::BadHost)?,
        })
    }
}

/// Why a fetch failed.
#[derive(Debug)]
enum Failure {
    BadUrl(InvalidUri),
    BadScheme,
    BadHost,
    Connect(io::Error),
    Http(hyper::Error),
    /// A status other than success, with a line of the body.
    Status(StatusCode, String),
    Timeout,
}

impl From<hyper::Error> for Failure {
    fn from(error: hyper::Error) -> Self {
        Self::Http(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadUrl(error) => write!(f, "bad URL: {error}"),
            Self::BadScheme => f.write_str("bad URL: not http://"),
            Self::BadHost => f.write_str("bad URL: its host or port"),
            Self::Connect(error) => write!(f, "cannot connect: {error}"),
            Self::Http(error) => match error.source() {
                Some(source) => write!(f, "{error}: {source}"),
                None => write!(f, "{error}"),
            },
            Self::Status(status, text) if text.is_empty() => write!(f, "status {status}"),
            Self::Status(status, text) => write!(f, "status {status}: {text}"),
            Self::Timeout => write!(f, "not done within {}", seconds(TIMEOUT)),
        }
    }
}

/// The first line of a body, if that is text.
fn text_line(body: &[u8]) -> String {
    let body = String::from_utf8_lossy(body);
    let line = body.trim_start().lines().next().unwrap_or_default();
    let text = if line.starts_with('<') { "" } else { line };
    text.chars().filter(|c| !c.is_control()).take(100).collect()
}

/// The demonstration's HTTP server.
mod server {
    use std::{io, net::Ipv4Addr, time::Duration};

    use smol::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
    use smol::net::{TcpListener, TcpStream};

    /// Path, seconds until the answer, status, body.
    const ENDPOINTS: [(&str, f64, &str, &str); 3] = [
        ("/users", 1.0, "200 OK", "Ada, Grace, Barbara"),
        ("/orders", 2.0, "503 Service Unavailable", "database down"),
        ("/prices", 0.5, "200 OK", "apples 2, pears 3"),
    ];

    /// Starts to serve on a free port of loopback, and returns the URLs.
    pub(super) async fn start() -> io::Result<Vec<String>> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let serve = async move {
            while let Ok((client, _)) = listener.accept().await {
                smol::spawn(answer(client)).detach();
            }
        };
        smol::spawn(serve).detach();
        let urls = ENDPOINTS.map(|(path, ..)| format!("http://{address}{path}"));
        Ok(urls.into())
    }

    async fn answer(mut client: TcpStream) -> io::Result<()> {
        // Reads the whole head: closing a socket with unread input would reset it.
        let (mut input, mut head) = (BufReader::new(client.clone().take(8192)), Vec::new());
        while input.read_until(b'\n', &mut head).await? > "\r\n".len() {}

        let head = String::from_utf8_lossy(&head);
        let path = head.split(' ').nth(1).unwrap_or_default();
        let found = ENDPOINTS.iter().find(|endpoint| endpoint.0 == path);
        let &(_, delay, status, body) = found.unwrap_or(&("", 0.0, "404 Not Found", ""));
        smol::Timer::after(Duration::from_secs_f64(delay)).await;
        let head = format!("HTTP/1.1 {status}\r\nConnection: close");
        let answer = format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        client.write_all(answer.as_bytes()).await?;
        client.close().await
    }
}
