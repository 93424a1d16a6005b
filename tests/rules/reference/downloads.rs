//! Downloads that share lines (R16), all recomputed at every change in exact fractions.

use std::collections::{BTreeMap, BTreeSet};

use rollcast::rollout::RobotId;
use rollcast::scenario::Scenario;
use rollcast::time::{MICROS, Span, Time};

/// The least common multiple of 1 to [`MOST_FLOWS`]. Whoever is short shares what whole caps leave among at most so
/// many downloads, so all rates are whole multiples of 1 / `UNIT` bit/s, and all volumes of 1 / `UNIT` microbit.
const UNIT: i128 = 442_720_643_463_713_815_200;
const MOST_FLOWS: usize = 48;

/// A byte in 1 / `UNIT` microbit.
const BYTE: i128 = 8 * MICROS as i128 * UNIT;

/// The downloads of a campaign.
pub struct Downloads {
    egress: Option<u64>,
    uplinks: Vec<Option<u64>>,
    flows: BTreeMap<RobotId, Flow>,
    /// Up to when volumes have been counted.
    counted: Time,
    /// Whole bytes delivered by downloads that are complete or were broken off.
    bytes: u128,
    /// By how many bytes fewer a model may count that rounds rates down.
    rounding: u128,
    /// The sum of all rates and since when it holds, in order.
    rates: Vec<(Time, u64)>,
    pub sights: BTreeSet<&'static str>,
}

/// A download that has begun and is not complete.
struct Flow {
    group: usize,
    bundle: u64,
    link: Option<u64>,
    /// Whether its robot is online.
    online: bool,
    left: i128,
    rate: i128,
    /// Whether it has had a rate that is no multiple of 2^-32 bit/s.
    rounded: bool,
}

impl Flow {
    /// How long it takes at its rate, to the nearest microsecond.
    fn time_left(&self) -> Option<Span> {
        let micros = |rate: i128| (2 * self.left.max(0) + rate) / (2 * rate);
        (self.rate > 0).then(|| Span::from_micros(micros(self.rate) as u64))
    }
}

impl Downloads {
    /// None without `[download]`.
    pub fn new(scenario: &Scenario) -> Option<Downloads> {
        let download = scenario.download?;
        let uplink = |group: &rollcast::scenario::Group| group.download.as_ref().and_then(|caps| caps.uplink);
        Some(Downloads {
            egress: download.egress,
            uplinks: scenario.groups.iter().map(uplink).collect(),
            flows: BTreeMap::new(),
            counted: Time::ZERO,
            bytes: 0,
            rounding: 0,
            rates: Vec::new(),
            sights: BTreeSet::new(),
        })
    }

    /// A robot begins to download. It takes no time if nothing caps it: false then.
    pub fn begin(&mut self, robot: RobotId, group: usize, link: Option<u64>, bundle: u64) -> bool {
        if link.is_none() && self.uplinks[group].is_none() && self.egress.is_none() {
            self.bytes += u128::from(bundle);
            self.sights.insert("a download without any cap");
            return false;
        }
        let left = i128::from(bundle) * BYTE;
        self.sights
            .extend(self.flows.values().any(|flow| flow.bundle != bundle).then_some("bundles of two sizes at once"));
        let flow = Flow { group, bundle, link, online: true, left, rate: 0, rounded: false };
        assert!(self.flows.insert(robot, flow).is_none(), "a robot downloads once at a time");
        assert!(self.flows.len() <= MOST_FLOWS);
        true
    }

    /// The robot returns.
    pub fn resume(&mut self, robot: RobotId) {
        self.flows.get_mut(&robot).expect("it downloads").online = true;
    }

    /// The robot leaves at `now`: false if its download is complete by then.
    pub fn pause(&mut self, robot: RobotId, now: Time) -> bool {
        self.count(now);
        let flow = self.flows.get_mut(&robot).expect("it downloads");
        if flow.time_left() == Some(Span::ZERO) {
            return false;
        }
        flow.online = false;
        flow.rate = 0;
        true
    }

    /// The download is complete.
    pub fn complete(&mut self, robot: RobotId) {
        let flow = self.flows.remove(&robot).expect("it downloads");
        self.bytes += u128::from(flow.bundle);
    }

    /// The robot's download, if there is one, is broken off at `now`.
    pub fn break_off(&mut self, robot: RobotId, now: Time) {
        self.count(now);
        let Some(flow) = self.flows.remove(&robot) else { return };
        let delivered = i128::from(flow.bundle) * BYTE - flow.left.max(0);
        self.bytes += (delivered / BYTE) as u128;
        self.rounding += u128::from(flow.rounded && delivered > 0 && delivered % BYTE == 0);
    }

    /// All downloads are broken off as the campaign ends.
    pub fn close(&mut self, now: Time) {
        let robots: Vec<RobotId> = self.flows.keys().copied().collect();
        for robot in robots {
            self.break_off(robot, now);
        }
    }

    /// Takes off what has been delivered until `now`.
    fn count(&mut self, now: Time) {
        let micros = i128::from((now - self.counted).micros());
        for flow in self.flows.values_mut() {
            flow.left -= flow.rate * micros;
        }
        self.counted = now;
    }

    /// Downloads that are complete at `now`, at the rates found last.
    pub fn due(&mut self, now: Time) -> Vec<RobotId> {
        self.count(now);
        let is_due = |flow: &Flow| flow.time_left() == Some(Span::ZERO);
        self.flows.iter().filter(|(_, flow)| is_due(flow)).map(|(robot, _)| *robot).collect()
    }

    /// When the next download is complete at the rates found last.
    pub fn next_due(&self) -> Option<Time> {
        self.flows.values().filter_map(Flow::time_left).min().map(|left| self.counted + left)
    }

    /// Finds the rates from `now` on by progressive filling: all rise together until a line is full; who is on it stays
    /// there, and the others rise on.
    pub fn share(&mut self, now: Time) {
        self.count(now);
        let mut rising: Vec<RobotId> = Vec::new();
        for (robot, flow) in &mut self.flows {
            flow.rate = 0;
            if flow.online {
                rising.push(*robot);
            }
        }
        let mut lines = BTreeSet::new();
        while !rising.is_empty() {
            let (level, full, line) = self.next_full(&rising);
            lines.insert(line);
            self.sights.insert(line);
            for robot in &full {
                let flow = self.flows.get_mut(robot).expect("it downloads");
                flow.rate = level;
                flow.rounded |= (level << 32) % UNIT != 0;
            }
            rising.retain(|robot| !full.contains(robot));
        }
        if lines.len() > 1 {
            self.sights.insert(if lines.len() > 2 {
                "lines of all kinds bind at once"
            } else {
                "lines of two kinds bind at once"
            });
        }
        let total: i128 = self.flows.values().map(|flow| flow.rate).sum();
        assert_eq!(total % UNIT, 0, "whole caps are used up whole");
        self.rates.push((now, (total / UNIT) as u64));
    }

    /// The lowest level at which a line of a rising download is full, the rising downloads on such lines, and
    /// the kind of the first one.
    fn next_full(&self, rising: &[RobotId]) -> (i128, Vec<RobotId>, &'static str) {
        let mut level = i128::MAX;
        let mut kind = "";
        let mut full = Vec::new();
        let mut line = |name: &'static str, cap: Option<u64>, on_it: &dyn Fn(RobotId) -> bool| {
            let Some(cap) = cap else { return };
            let risers: Vec<RobotId> = rising.iter().copied().filter(|robot| on_it(*robot)).collect();
            if risers.is_empty() {
                return;
            }
            let others: i128 = self.flows.iter().filter(|(robot, _)| on_it(**robot)).map(|(_, flow)| flow.rate).sum();
            let (left, count) = (i128::from(cap) * UNIT - others, risers.len() as i128);
            assert_eq!(left % count, 0, "the unit is fine enough");
            if left / count < level {
                level = left / count;
                kind = name;
                full.clear();
            }
            if left / count == level {
                full.extend(risers);
            }
        };
        for robot in rising {
            line("a link binds", self.flows[robot].link, &|other| other == *robot);
        }
        for (group, uplink) in self.uplinks.iter().enumerate() {
            line("an uplink binds", *uplink, &|robot| self.flows[&robot].group == group);
        }
        line("the egress binds", self.egress, &|_| true);
        assert!(!full.is_empty(), "a download without any cap takes no time");
        (level, full, kind)
    }

    pub fn bytes(&self) -> u128 {
        self.bytes
    }

    pub fn rounding(&self) -> u128 {
        self.rounding
    }

    pub fn rates(&self) -> &[(Time, u64)] {
        &self.rates
    }
}
