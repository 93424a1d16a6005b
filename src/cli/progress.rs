//! The progress bar.

use std::fmt::Write;
use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

/// A bar over replications that also says how many robots have started: a replication of a huge fleet takes seconds.
pub fn bar_with_robots(replications: u64, quiet: bool, started: Arc<AtomicU64>) -> ProgressBar {
    let bar = bar(replications, quiet);
    let robots = move |_: &ProgressState, text: &mut dyn Write| {
        let started = started.load(Ordering::Relaxed);
        if started > 0 {
            // What cannot be written to the terminal is only progress.
            let _ = write!(text, "{:.1} M robots", started as f64 / 1e6);
        }
    };
    bar.set_style(bar.style().with_key("robots", robots));
    bar
}

/// A bar over replications on stderr with rate and time left; hidden unless stderr is a terminal.
pub fn bar(replications: u64, quiet: bool) -> ProgressBar {
    if quiet || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(Some(replications), ProgressDrawTarget::stderr());
    let template = "{wide_bar} {pos}/{len} replications  {rate}  {eta} left  {robots}  {msg}";
    let style = ProgressStyle::with_template(template).expect("the template is well formed");
    bar.set_style(style.with_key("rate", |state: &ProgressState, text: &mut dyn Write| {
        // What cannot be written to the terminal is only progress.
        let _ = write!(text, "{:.0}/s", state.per_sec());
    }));
    bar.enable_steady_tick(Duration::from_millis(250));
    bar
}
