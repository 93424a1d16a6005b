//! `rollcast serve`

use tokio::sync::watch;

use super::args::{KeyArgs, ServeArgs};
use super::simulation::load;
use super::{Failure, exit, interrupt, print};
use crate::scenario::{Controllers, Rules};
use crate::server::{AccessKey, Options, ServerError, run as run_server};

/// The most robots that a server holds.
const MOST_ROBOTS: u32 = 1_000_000;

/// Serves until Ctrl-C or SIGTERM.
pub fn run(args: &ServeArgs, controllers: &Controllers) -> Result<(), Failure> {
    let scenario = load(&args.scenario, &args.set, controllers)?;
    if let Rules::Chosen(chosen) = &scenario.deployment.rules {
        return Err(refuse(
            format!("the scenario has [controller.{}], and a server offers RoboMaker's API", chosen.name()),
            "serve a scenario with [deployment]",
        ));
    }
    if scenario.most_robots() > MOST_ROBOTS {
        return Err(refuse(
            format!("the scenario has {} robots, and a server holds {MOST_ROBOTS}", scenario.most_robots()),
            "serve a smaller fleet, as in `--set group.NAME.robots=1000`",
        ));
    }
    if let (Some(_), Some(_)) = (args.epoch, scenario.calendar.epoch()) {
        return Err(refuse(
            String::from("the scenario's `run.starts_at` says when virtual time begins, and `--epoch` does, too"),
            "leave `--epoch` out; `--set run.starts_at=2027-01-01T20:00:00` sets another start",
        ));
    }
    let options = Options {
        listen: args.listen,
        speed: args.speed,
        paused: args.paused,
        seed: args.seed.unwrap_or(scenario.seed),
        epoch: args.epoch.or(scenario.calendar.epoch()),
        max_active_jobs: args.max_active_jobs,
        access_key: access_key(&args.key)?,
        names: args.allow_host.clone(),
        rate_limit: args.rate_limit,
        connections: args.max_connections as usize,
        request_time: args.request_time,
        state: args.state.clone(),
        log: args.log.into(),
    };
    let (stop, stopped) = watch::channel(false);
    interrupt::watch_and(move || {
        // A server that has stopped already listens no more.
        let _ = stop.send(true);
    });
    // Nobody may read it, and the server serves all the same.
    run_server(&scenario, options, stopped, |address| drop(print(&format!("http://{address}\n"))))
        .map_err(Failure::from)
}

/// The access key with its secret, if there is one.
pub fn access_key(args: &KeyArgs) -> Result<Option<AccessKey>, Failure> {
    let Some(text) = &args.access_key else { return Ok(None) };
    let (id, typed) = text.split_once(':').map_or((text.as_str(), None), |(id, secret)| (id, Some(secret)));
    let secret = match (&args.secret_file, typed) {
        (None, Some(typed)) => typed.to_owned(),
        (None, None) => std::env::var("ROLLCAST_SECRET_KEY").unwrap_or_default(),
        (Some(path), None) => std::fs::read_to_string(path)
            .map(|text| text.trim_end_matches(['\r', '\n']).to_owned())
            .map_err(|error| Failure {
                message: format!("error: cannot read {}: {error}\n", path.display()),
                code: exit::IO,
            })?,
        (Some(_), Some(_)) => {
            return Err(refuse(
                format!("`--access-key {id}:...` and `--secret-file` both give a secret"),
                "leave one of them out",
            ));
        }
    };
    if id.is_empty() || id.contains('/') || secret.is_empty() {
        return Err(refuse(
            format!("`--access-key {id}` has no key or no secret"),
            "write the secret to a file and name it with `--secret-file`, or set the environment variable \
             ROLLCAST_SECRET_KEY",
        ));
    }
    Ok(Some(AccessKey::new(id.to_owned(), secret)))
}

fn refuse(what: String, help: &str) -> Failure {
    Failure { message: format!("error: {what}\nhelp: {help}\n"), code: exit::BAD_INPUT }
}

impl From<ServerError> for Failure {
    fn from(error: ServerError) -> Failure {
        let io = |what: String| Failure { message: format!("error: {what}\n"), code: exit::IO };
        match error {
            ServerError::Journal(error) => io(error.to_string()),
            ServerError::Stopped(error) => io(format!(
                "the server has stopped: {error}\nhelp: all that was answered is in the journal; make room on the disk \
                 and start the server again, and it goes on from there"
            )),
            ServerError::OtherAccount(why) => refuse(
                why,
                "a journal goes on with the scenario, the seed and the epoch that it began with; \
                 use another `--state` folder",
            ),
            ServerError::Listen(address, error) => io(format!("cannot listen on {address}: {error}")),
            ServerError::Threads(error) => io(format!("cannot start threads: {error}")),
            ServerError::Panicked => Failure {
                message: String::from(
                    "error: the server has stopped: it has met a fault of its own, which is told above\nhelp: what was \
                     being done is undone, and was not answered; with `--state` all that was answered is in the \
                     journal\n",
                ),
                code: exit::CHECK_FAILED,
            },
        }
    }
}
