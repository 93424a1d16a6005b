//! The calendar: when a campaign starts on the wall, windows of local time, outages of sites (R21).

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::temporal::{Pieces, PiecesOffset};
use jiff::tz::{Offset, TimeZone};
use serde_json::json;

use super::distribution;
use super::world::FinitePeriods;
use crate::calendar::{Calendar, ClockTime, Days, NoInstant, Window, Windows, zone, zones};
use crate::random::Distribution;
use crate::scenario::diagnostics::Problem;
use crate::scenario::document::{self, Node, Toml};
use crate::scenario::form::{Accepts, Form, Shape, Written, choice, duration, nearest, positive_duration};
use crate::scenario::quantity::Quantity;
use crate::scenario::{AtEnd, DockingWindows, Maintenance, Outage, Scenario};
use crate::time::{Span, Time};

/// The keys of `[run]` that say what time 0 is on the wall.
pub fn calendar(form: &mut Form<'_>) -> Option<Calendar> {
    let words = "What time 0 is on the wall: a local date-time, or one with an offset. Left out: a Monday, 00:00, of no \
                 particular week, and every day has 24 hours.";
    let start = form.optional("starts_at", words, StartOnTheWall);
    let words = "The zone of local times, by its IANA name; with starts_at its changes of clocks count. Left out: UTC.";
    let zone = form.optional("time_zone", words, Zone);
    if start.is_none() && form.has("starts_at") || zone.is_none() && form.has("time_zone") {
        return None;
    }
    let zone = zone.unwrap_or(TimeZone::UTC);
    let name = zone.iana_name().unwrap_or("UTC").to_owned();
    let calendar = match start? {
        StartsAt::Local(local) => Calendar::starting_at(local, zone),
        StartsAt::Instant(instant, offset) => {
            let there = zone.to_offset(instant);
            if offset.is_some_and(|offset| offset != there) {
                return report_other_offset(form, &name, there);
            }
            Calendar::starting(instant, zone)
        }
    };
    let path = form.path_of("starts_at");
    let (title, label) = match calendar {
        Ok(calendar) => return Some(calendar),
        Err(NoInstant::Skipped) => {
            (format!("`{path}` does not exist in {name}"), "clocks are put forward over it; expected another time")
        }
        Err(NoInstant::Twice) => (
            format!("`{path}` comes twice in {name}"),
            "clocks are put back over it; add the offset that is meant, as in 2026-10-25T02:30:00+02:00",
        ),
        Err(NoInstant::OutOfRange) => (format!("`{path}` is out of range"), "expected a year from 1971 to 2200"),
    };
    form.report_at(Problem::new(title), &[("starts_at", label)]);
    None
}

/// A start whose offset is not that of its zone.
fn report_other_offset(form: &mut Form<'_>, zone: &str, there: Offset) -> Option<Calendar> {
    let problem = Problem::new(format!("`{}` has another offset than clocks in {zone}", form.path_of("starts_at")));
    let (sign, minutes) = (if there.is_negative() { '-' } else { '+' }, there.seconds().abs() / 60);
    let accepted =
        format!("expected {sign}{:02}:{:02}, no offset, or Z for an instant in UTC", minutes / 60, minutes % 60);
    let without = "is UTC if it is left out";
    form.report_at(
        if form.has("time_zone") {
            problem
        } else {
            problem.help(format!("`{}` {without}", form.path_of("time_zone")))
        },
        &[("starts_at", &accepted)],
    );
    None
}

/// A start as it is written.
enum StartsAt {
    Local(DateTime),
    /// With the offset of its clocks, if it says one.
    Instant(Timestamp, Option<Offset>),
}

impl StartsAt {
    /// None for a text that is no date-time, or one that says less or more.
    fn parse(text: &str) -> Option<StartsAt> {
        // Of all that ISO 8601 allows what TOML does.
        let at = |place: usize, mark: u8| text.as_bytes().get(place) == Some(&mark);
        if !(at(4, b'-') && at(7, b'-') && at(13, b':')) {
            return None;
        }
        let pieces = Pieces::parse(text).ok().filter(|pieces| pieces.time_zone_annotation().is_none())?;
        let local = pieces.date().to_datetime(pieces.time()?);
        match pieces.offset() {
            None => Some(StartsAt::Local(local)),
            Some(PiecesOffset::Numeric(offset)) => {
                let minutes = text.len().checked_sub(3).is_some_and(|colon| at(colon, b':'));
                let offset = Some(offset.offset())
                    .filter(|_| minutes && matches!(text.as_bytes()[text.len() - 6], b'+' | b'-'))?;
                Some(StartsAt::Instant(offset.to_timestamp(local).ok()?, Some(offset)))
            }
            Some(_) => Some(StartsAt::Instant(Offset::UTC.to_timestamp(local).ok()?, None)),
        }
    }
}

/// A date-time, with or without an offset; a string that holds one will do.
struct StartOnTheWall;

const START: &str = "a date-time such as 2026-12-01T20:00:00";

impl Accepts for StartOnTheWall {
    type Value = StartsAt;

    fn accepted(&self) -> String {
        START.to_owned()
    }

    fn shape(&self) -> Shape {
        let pattern =
            r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?([Zz]|[+-][0-9]{2}:[0-9]{2})?$";
        let examples = ["2026-12-01T20:00:00", "2026-12-01T20:00:00+01:00"];
        Shape::Scalar(json!({ "type": "string", "pattern": pattern, "examples": examples }))
    }

    fn read(&self, found: &mut Written<'_>) -> Option<StartsAt> {
        let (Toml::String(text) | Toml::Datetime(text)) = &found.node.value else {
            found.wrong_kind(START);
            return None;
        };
        let read = StartsAt::parse(text);
        if read.is_none() {
            found.report(Problem::new(format!("`{}` is not a date-time", found.path)), format!("expected {START}"));
        }
        read
    }
}

/// A time zone by its IANA name.
struct Zone;

const ZONE: &str = "an IANA time zone such as \"Europe/Berlin\"";

impl Accepts for Zone {
    type Value = TimeZone;

    fn accepted(&self) -> String {
        ZONE.to_owned()
    }

    fn shape(&self) -> Shape {
        Shape::Scalar(json!({ "type": "string", "examples": ["Europe/Berlin", "America/New_York", "UTC"] }))
    }

    fn read(&self, found: &mut Written<'_>) -> Option<TimeZone> {
        let name = found.text(ZONE)?;
        let known = zone(name);
        if known.is_none() {
            let mut problem = Problem::new(format!("`{}` is no time zone", found.path));
            let distance = |known: &String| strsim::damerau_levenshtein(&known.to_lowercase(), &name.to_lowercase());
            let close = zones().into_iter().map(|known| (distance(&known), known)).min();
            if let Some((_, close)) = close.filter(|(distance, close)| *distance <= 1 + close.len() / 4) {
                problem = problem.help(format!("did you mean \"{close}\"?"));
            }
            found.report(problem, format!("expected {ZONE}"));
        }
        known
    }
}

/// An array of windows, at least one.
pub struct WindowList;

impl Accepts for WindowList {
    type Value = Vec<Window>;

    fn accepted(&self) -> String {
        String::from("an array such as [{ from = \"22:00\", to = \"05:00\" }]")
    }

    fn shape(&self) -> Shape {
        let each =
            || Shape::List { element: Box::new(Shape::OneOf(vec![table(of_days), table(every)])), tables: false };
        fn table(read: fn(&mut Form<'_>) -> Option<Window>) -> Shape {
            Shape::Table(Form::describe(read))
        }
        Shape::Defined { name: String::from("windows"), shape: Box::new(each) }
    }

    fn read(&self, found: &mut Written<'_>) -> Option<Vec<Window>> {
        let elements = at_least_one_element(found, &self.accepted())?;
        let mut read = Vec::new();
        for (index, element) in elements.iter().enumerate() {
            let path = format!("{}[{index}]", found.path);
            read.push(found.within(element, path).table("a table", window));
        }
        read.into_iter().collect()
    }
}

/// The elements of an array that is not empty.
fn at_least_one_element<'n>(found: &mut Written<'n>, accepted: &str) -> Option<&'n [Node]> {
    let node = found.node;
    match &node.value {
        Toml::Array(elements) if elements.is_empty() => {
            found.report(Problem::new(format!("`{}` is empty", found.path)), format!("expected {accepted}"));
            None
        }
        Toml::Array(elements) => Some(elements),
        _ => {
            found.wrong_kind(accepted);
            None
        }
    }
}

fn window(form: &mut Form<'_>) -> Option<Window> {
    if form.those_of(&["every", "offset", "duration"]).is_empty() { of_days(form) } else { every(form) }
}

fn of_days(form: &mut Form<'_>) -> Option<Window> {
    let words = "The days on which the window begins.";
    let days = form.default("days", words, OfWeek, Days::DAILY);
    let from = form.required("from", "When it begins, in local time.", TimeOfDay);
    let words = "When it ends: on the next day if that is not later.";
    let to = form.required("to", words, TimeOfDay);
    Some(Window::OfDays { days, from: from?, to: to? })
}

fn every(form: &mut Form<'_>) -> Option<Window> {
    let words = "From a beginning to the next one, in virtual time.";
    let every = form.required("every", words, positive_duration());
    let words = "From time 0 to a beginning; windows come before time 0, too.";
    let offset = form.default("offset", words, duration(), Span::ZERO);
    let words = "How long it lasts, which is not longer than `every`.";
    let duration = form.required("duration", words, positive_duration());
    let (every, duration) = (every?, duration?);
    if duration > every {
        let problem = Problem::new(format!("`{}` is longer than `every`", form.path_of("duration")));
        form.report_at(problem, &[("duration", "expected at most the time from one beginning to the next")]);
        return None;
    }
    Some(Window::Every { every, offset, duration })
}

/// Days of the week.
struct OfWeek;

impl Accepts for OfWeek {
    type Value = Days;

    fn accepted(&self) -> String {
        Days::ACCEPTED.to_owned()
    }

    fn shape(&self) -> Shape {
        const RANGE: &str = "(mon|tue|wed|thu|fri|sat|sun)( *- *(mon|tue|wed|thu|fri|sat|sun))?";
        Shape::Scalar(json!({ "type": "string", "pattern": format!("^(daily| *{RANGE}( *, *{RANGE})* *)$") }))
    }

    fn read(&self, found: &mut Written<'_>) -> Option<Days> {
        let days = Days::parse(found.text(Days::ACCEPTED)?);
        if days.is_none() {
            let problem = Problem::new(format!("`{}` names no days", found.path));
            found.report(problem, format!("expected {}", Days::ACCEPTED));
        }
        days
    }
}

impl crate::scenario::form::Shows for OfWeek {
    fn show(&self, days: &Days) -> serde_json::Value {
        json!(days.text())
    }
}

struct TimeOfDay;

impl Accepts for TimeOfDay {
    type Value = ClockTime;

    fn accepted(&self) -> String {
        ClockTime::ACCEPTED.to_owned()
    }

    fn shape(&self) -> Shape {
        Shape::Scalar(
            json!({ "type": "string", "pattern": "^(([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?|24:00(:00)?)$" }),
        )
    }

    fn read(&self, found: &mut Written<'_>) -> Option<ClockTime> {
        let time = ClockTime::parse(found.text(ClockTime::ACCEPTED)?);
        if time.is_none() {
            let problem = Problem::new(format!("`{}` is not a time of day", found.path));
            found.report(problem, format!("expected {}", ClockTime::ACCEPTED));
        }
        time
    }
}

/// The keys of `[group.connectivity]` that say when robots are reachable; none if there is no window.
pub fn docking(form: &mut Form<'_>) -> Option<DockingWindows> {
    let words = "When the group's robots are reachable: docking at night, shifts. All of them share these windows. Left \
                 out: at any time.";
    let windows = form.optional("windows", words, WindowList);
    let zero = || Distribution::Constant(0.0);
    let words = "How much after a window's beginning a robot arrives, drawn for each robot and window.";
    let arrives = form.default("arrives", words, distribution(Quantity::Duration), zero());
    let words = "How much after a window's end a robot leaves, drawn likewise.";
    let leaves = form.default("leaves", words, distribution(Quantity::Duration), zero());
    if !form.has("windows")
        && let [first, ..] = form.those_of(&["arrives", "leaves"])[..]
    {
        let problem = Problem::new(format!("`{}` goes with `windows`", form.path_of(first)));
        form.report_at_keys(problem, &[(first, "remove it, or give windows")]);
    }
    let windows = windows?;
    if let (Distribution::Constant(arrives), Distribution::Constant(leaves)) = (&arrives, &leaves) {
        let longest = windows.iter().map(|window| window.length().micros()).max().unwrap_or_default();
        if arrives - leaves >= longest as f64 {
            let problem = Problem::new(format!("robots would arrive after they leave: `{}`", form.path_of("arrives")));
            form.report_at(problem, &[("arrives", "expected less than a window lasts")]);
            return None;
        }
    }
    Some(DockingWindows { windows, arrives, leaves })
}

/// `[group.maintenance]`: its windows, and what their ends do.
pub fn maintenance(form: &mut Form<'_>) -> Option<Maintenance> {
    let words = "Robots of the group start only inside of these.";
    let windows = form.required("windows", words, WindowList);
    let words = "What a window's end does to robots in flight: they finish, or pause before their next step until the next \
                 window.";
    let at_end =
        form.default("at_end", words, choice([("finish", AtEnd::Finish), ("pause", AtEnd::Pause)]), AtEnd::default());
    Some(Maintenance { windows: windows?, at_end })
}

/// The key of `[deployment]` and of `[controller]`.
pub fn windows_of_starts(form: &mut Form<'_>) -> Vec<Window> {
    let words = "Robots start only inside of these. Left out: at any time.";
    form.optional("windows", words, WindowList).unwrap_or_default()
}

/// `[[outage]]`, whose groups are looked up as they are written, so that outages can be checked even where groups are wrong.
pub fn outage(groups: Option<&Node>, form: &mut Form<'_>) -> Option<Outage> {
    let names: Vec<&str> = match groups.map(|node| &node.value) {
        Some(Toml::Array(groups)) => groups.iter().map(|group| document::name_of(group).unwrap_or_default()).collect(),
        _ => Vec::new(),
    };
    let words = "The groups whose robots all lose connection together.";
    let groups = form.required("groups", words, GroupNames(names));
    let words = "From the end of an outage to the beginning of the next; time 0 is in the middle of such a time.";
    let interval = form.required("interval", words, FinitePeriods);
    let duration = form.required("duration", "How long an outage lasts.", FinitePeriods);
    Some(Outage { groups: groups?, interval: interval?, duration: duration? })
}

/// An array of names of groups, at least one.
struct GroupNames<'n>(Vec<&'n str>);

impl Accepts for GroupNames<'_> {
    type Value = Vec<usize>;

    fn accepted(&self) -> String {
        String::from("an array of names of groups")
    }

    fn shape(&self) -> Shape {
        let name = Shape::Scalar(json!({ "type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$" }));
        Shape::List { element: Box::new(name), tables: false }
    }

    fn read(&self, found: &mut Written<'_>) -> Option<Vec<usize>> {
        let elements = at_least_one_element(found, &self.accepted())?;
        let mut groups = Vec::new();
        for (index, element) in elements.iter().enumerate() {
            let path = format!("{}[{index}]", found.path);
            let mut element = found.within(element, path);
            let name = element.text("the name of a group")?;
            match self.0.iter().position(|known| *known == name) {
                Some(group) => groups.push(group),
                None => {
                    let problem = Problem::new(format!("unknown group `{name}`"));
                    element.report(problem.help(nearest(name, &self.0)), "unknown group");
                    return None;
                }
            }
        }
        groups.sort_unstable();
        groups.dedup();
        Some(groups)
    }
}

/// Whether windows open before the campaign ends; those that do not are reported.
pub fn report_what_never_opens(scenario: &Scenario, groups: Option<&Node>, file: &mut Form<'_>) {
    let horizon = scenario.sync.horizon();
    let opens =
        |windows: &[Window]| Windows::new(&scenario.calendar, windows, horizon.min(Time::MAX)).opens(Time::ZERO);
    if horizon == Time::MAX {
        return;
    }
    let problem = |path: &str, node: Option<&Node>, windows: &[Window]| {
        let Toml::Table(table) = &node?.value else { return None };
        let entry = table.get("windows").filter(|_| !windows.is_empty() && opens(windows) >= horizon)?;
        let problem = Problem::new(format!("`{path}.windows` do not open before the horizon"));
        Some(problem.at(&entry.key_place, "expected a window that opens before `sync.horizon`"))
    };
    let mut problems = Vec::new();
    for key in ["deployment", "controller"] {
        problems.extend(problem(key, file.node(key), &scenario.deployment.windows));
    }
    let elements = match groups.map(|node| &node.value) {
        Some(Toml::Array(elements)) => &elements[..],
        _ => &[],
    };
    for (element, group) in elements.iter().zip(&scenario.groups) {
        let Toml::Table(table) = &element.value else { continue };
        let mut part = |key: &str, windows: &[Window]| {
            let node = table.get(key).map(|entry| &entry.node);
            problems.extend(problem(&format!("group.{}.{key}", group.name), node, windows));
        };
        if let Some(own) = &group.maintenance {
            part("maintenance", &own.windows);
        }
        // Who leaves late may still be there from a window before time 0.
        let docking = group.connectivity.as_ref().and_then(|own| own.docking.as_ref());
        if let Some(own) = docking.filter(|own| own.leaves == Distribution::Constant(0.0)) {
            part("connectivity", &own.windows);
        }
    }
    problems.into_iter().for_each(|problem| file.report(problem));
}
