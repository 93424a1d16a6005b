//! Windows of local time (R21), found by looking at the clock minute by minute.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use rollcast::calendar::{Calendar, Window};
use rollcast::random::{Luck, Purpose, Sampler};
use rollcast::rollout::RobotId;
use rollcast::scenario::DockingWindows;
use rollcast::time::{MICROS, Span, Time};

/// No random scenario lasts longer than two hours, and no window longer than a day; then what is left of that day.
const MINUTES: i64 = 3 * 24 * 60;
/// Last week's window begins by then.
const MINUTES_BEFORE: i64 = 10 * 24 * 60;

/// From when until when a set of windows is open, in microseconds, in the order in which they begin and, at one instant, in
/// which they are written. Of what is over at time 0 only the last time of each window.
pub fn occurrences(calendar: &Calendar, windows: &[Window]) -> Vec<(i64, i64)> {
    let mut all = Vec::new();
    for (number, window) in windows.iter().enumerate() {
        let mut of_window = match *window {
            Window::Every { every, offset, duration } => {
                let [every, offset, duration] = [every, offset, duration].map(|span| span.micros() as i64);
                let first = -1 - (offset + duration) / every;
                let last = 26 * 3600 * MICROS as i64 / every;
                (first..=last).map(|k| (offset + k * every, offset + k * every + duration)).collect()
            }
            Window::OfDays { days, from, to } => {
                let (from, to) = (minute_of_day(&from.to_string()), minute_of_day(&to.to_string()));
                let clock = clock(calendar);
                let days = names(&days.text());
                let of_one_day: Vec<&[Minute]> = clock.chunk_by(|one, next| one.day == next.day).collect();
                // The first day and the last are not whole.
                let window = |two: &[&[Minute]]| {
                    let ends = two[usize::from(to <= from)];
                    days.contains(&two[0][0].day).then(|| (shows(two[0], from), shows(ends, to)))
                };
                let windows = of_one_day[1..of_one_day.len() - 1].windows(2).filter_map(window);
                windows.filter(|(from, to)| from < to).collect::<Vec<_>>()
            }
        };
        let over = of_window.iter().filter(|(_, to)| *to <= 0).count();
        of_window.drain(..over.saturating_sub(1));
        all.extend(of_window.into_iter().map(|(from, to)| (from, number, to)));
    }
    all.sort_unstable();
    all.into_iter().map(|(from, _, to)| (from, to)).collect()
}

/// `22:05` in minutes.
fn minute_of_day(time: &str) -> u32 {
    let (hours, minutes) = time.split_once(':').expect("hours and minutes");
    hours.parse::<u32>().expect("hours") * 60 + minutes.parse::<u32>().expect("minutes")
}

/// The days of a text such as `mon-wed,sat`, Monday being 0.
fn names(days: &str) -> Vec<usize> {
    const WEEK: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let place = |name: &str| WEEK.iter().position(|day| *day == name).expect("a day");
    if days == "daily" {
        return (0..7).collect();
    }
    let mut names = Vec::new();
    for part in days.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let mut day = place(first);
        names.push(day);
        while day != place(last) {
            day = (day + 1) % 7;
            names.push(day);
        }
    }
    names
}

/// When the clock shows a minute of a day for the first time. If it leaves it out: as much later as it jumps.
fn shows(day: &[Minute], of_day: u32) -> i64 {
    let minute = |minute: &&Minute| minute.of_day == of_day;
    day.iter().find(minute).map_or_else(
        || {
            let later = day.iter().position(|minute| minute.of_day > of_day).expect("clocks jump over it");
            let before = &day[later - 1];
            before.begins + i64::from(of_day - before.of_day) * 60 * MICROS as i64
        },
        |minute| minute.begins,
    )
}

/// A minute of the clock on the wall.
struct Minute {
    /// Microseconds since time 0.
    begins: i64,
    /// From Monday on.
    day: usize,
    of_day: u32,
}

fn clock(calendar: &Calendar) -> Vec<Minute> {
    let zone = TimeZone::get(calendar.zone()).expect("a zone");
    let start = zone.to_timestamp(calendar.wall(Time::ZERO)).expect("an instant");
    // Zones have been whole minutes from UTC for long.
    let first = start.as_second().div_euclid(60) - MINUTES_BEFORE;
    let minute = |minute: i64| {
        let instant = Timestamp::from_second(minute * 60).expect("within range");
        let shown = zone.to_datetime(instant);
        Minute {
            begins: instant.as_microsecond() - start.as_microsecond(),
            day: shown.weekday().to_monday_zero_offset() as usize,
            of_day: shown.hour() as u32 * 60 + shown.minute() as u32,
        }
    };
    (first..first + MINUTES_BEFORE + MINUTES).map(minute).collect()
}

/// Whether one of these is open at an instant.
pub fn is_open(occurrences: &[(i64, i64)], instant: Time) -> bool {
    let at = instant.micros() as i64;
    occurrences.iter().any(|(from, to)| (*from..*to).contains(&at))
}

/// The next instant at which one of these begins or ends.
pub fn next_change(occurrences: &[(i64, i64)], after: Time) -> Option<Time> {
    let boundaries = occurrences.iter().flat_map(|(from, to)| [*from, *to]);
    let next = boundaries.filter(|boundary| *boundary > after.micros() as i64).min();
    next.map(|micros| Time::from_micros(micros as u64))
}

/// The visits of a robot in its group's windows, with what it draws for each.
pub fn visits(windows: &[(i64, i64)], docking: &DockingWindows, luck: &Luck, robot: RobotId) -> Vec<(i64, i64)> {
    let mut stream = luck.robot(robot, 0, Purpose::Docking);
    let (arrives, leaves) = (Sampler::from(&docking.arrives), Sampler::from(&docking.leaves));
    let mut visits = windows.to_vec();
    for (from, to) in &mut visits {
        *from += Span::from_drawn_micros(arrives.sample(&mut stream)).micros() as i64;
        *to += Span::from_drawn_micros(leaves.sample(&mut stream)).micros() as i64;
    }
    visits
}
