//! The options of `rollcast serve` and `rollcast admin`.

use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};

use super::EXIT_CODES;
use crate::scenario::parse_duration;
use crate::server::{LogLevel, Speed};

/// Offer the RoboMaker deployment API over the scenario's robots.
///
/// Programs that call SyncDeploymentJob can be run against it, without a robot or a cloud account. The account holds a
/// fleet with the scenario's name and its robots, and a robot application with version 1. The URL is printed on stdout
/// when calls are accepted. `/` is a page that shows the fleet; `rollcast admin` controls time and makes robots fail.
#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES, after_help = EXIT_CODES)]
pub struct ServeArgs {
    /// The scenario file (TOML)
    pub scenario: PathBuf,

    /// Where to listen: an address or `localhost`, which may be left out, and a port, of which 0 picks a free one
    #[arg(long, value_name = "[ADDRESS:]PORT", default_value = "127.0.0.1:8377", value_parser = listen)]
    pub listen: SocketAddr,

    /// How many times as fast as real time virtual time runs, or `max`: from one event to the next without a wait
    #[arg(long, value_name = "N|max", default_value = "1")]
    pub speed: Speed,

    /// Let virtual time stand still at first
    #[arg(long)]
    pub paused: bool,

    /// Keep what happens in a journal in this folder, and go on from there: nothing that was answered is lost
    #[arg(long, value_name = "DIR")]
    pub state: Option<PathBuf>,

    /// When virtual time begins, as in `2020-01-01T00:00:00Z` [default: run.starts_at of the scenario, or now]
    #[arg(long, value_name = "TIME", value_parser = epoch)]
    pub epoch: Option<u64>,

    /// Where randomness starts [default: run.seed of the scenario, or 0]
    #[arg(long, value_name = "S")]
    pub seed: Option<u64>,

    /// Override a value of the scenario, as `run --set` does; may be given many times
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<String>,

    /// How many deployment jobs may be active at once
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub max_active_jobs: u32,

    #[command(flatten)]
    pub key: KeyArgs,

    /// A name under which the server may be called, besides `localhost` and addresses; may be given many times
    #[arg(long, value_name = "NAME")]
    pub allow_host: Vec<String>,

    /// How many API calls a second are answered; those beyond get ThrottlingException [default: any number]
    #[arg(long, value_name = "N", value_parser = rate)]
    pub rate_limit: Option<f64>,

    /// How many connections may be open at once; who comes then waits
    #[arg(long, value_name = "N", default_value_t = 1024, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub max_connections: u32,

    /// How long the header of a request may take, and its body, and how long a client may take none of its answer,
    /// before the connection is closed
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = request_time)]
    pub request_time: Duration,

    /// Which calls are told on stderr, a JSON object a line
    #[arg(long, value_enum, default_value_t = LogArg::Errors)]
    pub log: LogArg,
}

/// The access key, and where its secret is.
#[derive(Debug, Args)]
pub struct KeyArgs {
    /// The access key of the server: who has it may do everything, and nobody else anything
    #[arg(long, value_name = "ID[:SECRET]")]
    pub access_key: Option<String>,

    /// The file with the secret of the access key [default: the environment variable ROLLCAST_SECRET_KEY]
    #[arg(long, value_name = "FILE", requires = "access_key")]
    pub secret_file: Option<PathBuf>,
}

/// Which calls are told.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum LogArg {
    /// Nothing but trouble of the server itself
    Off,
    /// Calls that were refused
    Errors,
    /// All calls
    All,
}

impl From<LogArg> for LogLevel {
    fn from(arg: LogArg) -> LogLevel {
        match arg {
            LogArg::Off => LogLevel::Off,
            LogArg::Errors => LogLevel::Errors,
            LogArg::All => LogLevel::All,
        }
    }
}

/// Control a running `rollcast serve`.
///
/// Prints what the server answers, as JSON.
#[derive(Debug, Args)]
#[command(after_long_help = ADMIN_EXAMPLES, after_help = EXIT_CODES)]
pub struct AdminArgs {
    /// Where the server is
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8377")]
    pub url: String,

    #[command(flatten)]
    pub key: KeyArgs,

    #[command(subcommand)]
    pub action: AdminAction,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum AdminAction {
    /// Show the clock
    Clock,
    /// Let virtual time stand still
    Pause,
    /// Let virtual time go on
    Resume,
    /// Set how fast virtual time runs
    Speed {
        /// So many times as fast as real time, or `max`
        #[arg(value_name = "N|max")]
        speed: Speed,
    },
    /// Let events happen, or time pass, without a wait
    Step {
        /// How many events
        #[arg(long, value_name = "N", conflicts_with = "span", default_value_t = 1)]
        events: u32,
        /// How much time, as in `10m`
        #[arg(long = "for", value_name = "DURATION")]
        span: Option<String>,
    },
    /// Make a robot fail, or take it offline, or back online
    Inject {
        /// Its name or its ARN
        robot: String,
        /// What happens to it
        #[arg(value_parser = ["fail", "offline", "online"])]
        fault: String,
        /// With which failure code it fails [default: that of the step that it is in]
        #[arg(long, value_name = "CODE")]
        failure_code: Option<String>,
    },
    /// Show all fleets, robots and jobs
    State,
}

fn listen(text: &str) -> Result<SocketAddr, String> {
    let text = text.strip_prefix(':').unwrap_or(text);
    let text = if text.parse::<u16>().is_ok() { format!("127.0.0.1:{text}") } else { text.to_owned() };
    let found = match text.strip_prefix("localhost:") {
        Some(port) => format!("127.0.0.1:{port}").parse().ok(),
        None => text.parse().ok().or_else(|| text.to_socket_addrs().ok()?.next()),
    };
    found.ok_or_else(|| String::from("expected an address and a port such as 127.0.0.1:8377, or a port"))
}

fn epoch(text: &str) -> Result<u64, String> {
    let time = humantime::parse_rfc3339(text).map_err(|_| "expected a time such as `2020-01-01T00:00:00Z`")?;
    let since = time.duration_since(std::time::UNIX_EPOCH).map_err(|_| "expected a time after 1970")?;
    // Virtual time goes on for 36 years, and timestamps are to stay exact.
    let millis = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
    if millis > 1 << 47 { Err(String::from("expected a time before the year 6429")) } else { Ok(millis) }
}

fn request_time(text: &str) -> Result<Duration, String> {
    match parse_duration(text)?.micros() {
        0 => Err(String::from("expected a duration greater than 0")),
        micros => Ok(Duration::from_micros(micros)),
    }
}

fn rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if rate > 0.0 && rate <= 1e9 => Ok(rate),
        _ => Err(String::from("expected a number greater than 0 and at most 1000000000")),
    }
}

const EXAMPLES: &str = with_exit_status!(
    "\
Examples:
  rollcast serve scenarios/warehouse.toml
      the API at http://127.0.0.1:8377, in real time
  rollcast serve my.toml --speed 600 --state rehearsal
      ten minutes pass in a second; what happens outlives the server
  rollcast serve my.toml --listen 127.0.0.1:0 --paused --epoch 2020-01-01T00:00:00Z
      for a test that steps through time: a free port, and the same ARNs every time"
);

const ADMIN_EXAMPLES: &str = with_exit_status!(
    "\
Examples:
  rollcast admin step --for 10m
      ten minutes of virtual time pass at once
  rollcast admin inject amr-17 fail --failure-code PreLaunchFileFailure
      robot amr-17 fails
  rollcast admin --url http://127.0.0.1:9000 speed max"
);
