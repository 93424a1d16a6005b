use std::cell::Cell;
use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::*;

const MB: u64 = 1_000_000;
const MBIT: u64 = 1_000_000;
const GBIT: u64 = 1_000 * MBIT;

fn at(seconds: u64) -> Time {
    Time::from_micros(seconds * MICROS)
}

/// Lets all downloads end. Returns who ended when, in microseconds.
fn finish(fair: &mut FairShare) -> Vec<(u64, RobotId)> {
    let mut ends = Vec::new();
    loop {
        let due = fair.next_completion();
        if due == Time::NEVER {
            return ends;
        }
        fair.advance(due);
        while let Some(robot) = fair.pop_completed() {
            ends.push((due.micros(), robot));
        }
    }
}

/// A small generator of reproducible numbers: splitmix64 (G. Steele, D. Lea, C. Flood, 2014).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    /// A cap around 10 Mbit/s: the logarithm is a sum of coin flips, so it is about normal.
    fn cap(&mut self) -> u64 {
        let cap = (0..24).fold(10 * MBIT, |cap, _| if self.below(2) == 0 { cap * 5 / 4 } else { cap * 4 / 5 });
        cap + self.below(cap / 10)
    }
}

// --- Closed forms ---

#[test]
fn equal_downloads_end_together() {
    let mut fair = FairShare::new(None, vec![Some(GBIT)]);
    (0..3).for_each(|robot| fair.add(robot, 0, None, Volume::from_bytes(600 * MB)));
    assert_eq!(fair.total_rate(), GBIT);
    assert_eq!(finish(&mut fair), [(14_400_000, 0), (14_400_000, 1), (14_400_000, 2)]);

    // The same with the egress as the line, and from the start again.
    let mut fair = FairShare::new(Some(GBIT), vec![None, None]);
    for _ in 0..2 {
        (0..100).for_each(|robot| fair.add(robot, robot as usize % 2, None, Volume::from_bytes(5 * MB)));
        let ends = finish(&mut fair);
        assert_eq!(ends, (0..100).map(|robot| (4_000_000, robot)).collect::<Vec<_>>());
        fair.clear();
    }
}

#[test]
fn links_below_the_level_leave_more_to_others() {
    // 100 Mbit/s for links of 10, 30 and none: 10, 30, 60. The first ends at 8 s (10 MB); the second had 30 MB: 8 s
    // too.
    let mut fair = FairShare::new(None, vec![Some(100 * MBIT)]);
    fair.add(0, 0, Some(10 * MBIT), Volume::from_bytes(10 * MB));
    fair.add(1, 0, Some(30 * MBIT), Volume::from_bytes(30 * MB));
    fair.add(2, 0, None, Volume::from_bytes(100 * MB));
    assert_eq!(
        [0, 1, 2].map(|robot| fair.rate(robot).unwrap() >> FRACTION),
        [10, 30, 60].map(|m| u128::from(m * MBIT))
    );
    // The third has 800 - 480 = 320 Mbit left at 8 s: 3.2 s alone.
    assert_eq!(finish(&mut fair), [(8_000_000, 0), (8_000_000, 1), (11_200_000, 2)]);
}

#[test]
fn a_site_behind_a_narrow_uplink_leaves_egress_to_the_other() {
    // Egress 100, site 0 behind 20: its two get 10 each, the other site's two 40 each.
    let mut fair = FairShare::new(Some(100 * MBIT), vec![Some(20 * MBIT), Some(900 * MBIT)]);
    (0..4).for_each(|robot| fair.add(robot, robot as usize / 2, None, Volume::from_bytes(50 * MB)));
    assert_eq!(fair.total_rate(), 100 * MBIT);
    assert_eq!(
        [0, 1, 2, 3].map(|robot| fair.rate(robot).unwrap() >> FRACTION),
        [10, 10, 40, 40].map(|m| m * 1_000_000)
    );
    // 400 Mbit: site 1 in 10 s; site 0 keeps its 20, so 40 s.
    assert_eq!(finish(&mut fair), [(10_000_000, 2), (10_000_000, 3), (40_000_000, 0), (40_000_000, 1)]);
    assert_eq!(fair.total_rate(), 0);
}

#[test]
fn a_late_joiner_slows_the_first() {
    // 80 Mbit/s, 100 MB = 10 s alone. After 4 s, 60 MB are left; sharing, 12 s: until 16 s. The second then has 40 MB:
    // 4 s.
    let mut fair = FairShare::new(None, vec![Some(80 * MBIT)]);
    fair.add(7, 0, None, Volume::from_bytes(100 * MB));
    assert_eq!(fair.next_completion(), at(10));
    fair.advance(at(4));
    fair.add(3, 0, None, Volume::from_bytes(100 * MB));
    assert_eq!(finish(&mut fair), [(16_000_000, 7), (20_000_000, 3)]);
}

#[test]
fn a_paused_download_keeps_what_it_has() {
    let mut fair = FairShare::new(None, vec![Some(80 * MBIT)]);
    fair.add(0, 0, None, Volume::from_bytes(100 * MB));
    fair.add(1, 0, Some(8 * MBIT), Volume::from_bytes(100 * MB));
    fair.advance(at(5));
    let left = fair.remove(1).unwrap();
    assert_eq!(left.delivered_bytes(100 * MB), 5 * MB);
    assert_eq!((fair.remove(1), fair.rate(1)), (None, None));
    // 72 Mbit/s for 5 s, then 80: 55 MB are left.
    assert_eq!(fair.next_completion(), Time::from_micros(10_500_000));
    fair.advance(at(10));
    fair.add(1, 0, Some(8 * MBIT), left);
    // 5 MB at 72 Mbit/s; 95 MB at 8 Mbit/s.
    assert_eq!(finish(&mut fair), [(10_555_556, 0), (105_000_000, 1)]);
}

#[test]
fn what_takes_no_time_is_complete_at_once() {
    let mut fair = FairShare::new(None, vec![None, Some(MBIT)]);
    fair.advance(at(3));
    fair.add(5, 0, None, Volume::from_bytes(u64::MAX));
    fair.add(4, 1, None, Volume::from_bytes(0));
    fair.add(6, 1, None, Volume::from_bytes(MB));
    fair.add(3, 0, None, Volume::from_bytes(1));
    assert_eq!((fair.next_completion(), fair.total_rate(), fair.rate(5)), (at(3), MBIT, None));
    assert_eq!(fair.remove(3), Some(Volume::from_bytes(0)));
    assert_eq!([fair.pop_completed(), fair.pop_completed(), fair.pop_completed()], [Some(4), Some(5), None]);
    assert_eq!(fair.next_completion(), at(11));
    assert_eq!(fair.remove(6).unwrap().delivered_bytes(MB), 0);
}

#[test]
fn what_takes_too_long_never_ends() {
    let mut fair = FairShare::new(Some(0), vec![None]);
    fair.add(0, 0, None, Volume::from_bytes(1));
    assert_eq!((fair.next_completion(), fair.total_rate()), (Time::NEVER, 0));
    fair.advance(Time::MAX);

    let mut fair = FairShare::new(Some(1), vec![None]);
    fair.add(0, 0, Some(1_000_000_000_000_000), Volume::from_bytes(u64::MAX));
    assert_eq!(fair.next_completion(), Time::NEVER);
    fair.advance(Time::MAX);
    let left = fair.remove(0).unwrap();
    assert_eq!(left.delivered_bytes(u64::MAX), Time::MAX.micros() / (8 * MICROS));
}

#[test]
fn completions_are_the_nearest_microsecond() {
    // 8 bits at 3 Mbit/s: 2.67 us; at 6 Mbit/s: 1.33 us; at 16 Mbit/s: 0.5 us, which is rounded up.
    for (rate, micros) in [(3 * MBIT, 3), (6 * MBIT, 1), (16 * MBIT, 1), (17 * MBIT, 0)] {
        for (link, uplink) in [(Some(rate), None), (None, Some(rate))] {
            let mut fair = FairShare::new(None, vec![uplink]);
            fair.add(0, 0, link, Volume::from_bytes(1));
            assert_eq!(finish(&mut fair), [(micros, 0)], "{rate}");
        }
    }
}

#[test]
fn no_result_depends_on_the_order_of_changes_at_one_instant() {
    let run = |order: &[RobotId]| {
        let mut fair = FairShare::new(Some(300 * MBIT), vec![Some(100 * MBIT), None, Some(90 * MBIT)]);
        let mut ends = Vec::new();
        for round in 0..4 {
            for &robot in order {
                let mut numbers = Numbers(u64::from(robot) * 10 + round);
                let link = (numbers.below(4) > 0).then(|| numbers.cap());
                let volume = Volume::from_bytes(numbers.below(100 * MB));
                if round % 2 == 0 {
                    fair.add(robot + 100 * round as u32, robot as usize % 3, link, volume);
                } else if robot % 3 == 0 {
                    fair.remove(robot + 100 * (round as u32 - 1));
                }
            }
            for _ in 0..10 {
                fair.advance(fair.clone().next_completion());
                ends.push((fair.now.micros(), fair.pop_completed().unwrap()));
            }
        }
        ends.extend(finish(&mut fair));
        ends
    };
    let forward: Vec<RobotId> = (0..60).collect();
    let backward: Vec<RobotId> = (0..60).rev().collect();
    assert_eq!(run(&forward), run(&backward));
}

// --- Against a model that finds everything anew ---

/// Rates and volumes in this part of a bit per second and of a microbit are whole numbers for up to 12 downloads.
const PARTS: i128 = 27_720;

struct ModelFlow {
    site: usize,
    link: Option<u64>,
    left: i128,
    /// The rate now and that of the time that has just passed.
    rates: [i128; 2],
}

struct Model {
    egress: Option<u64>,
    uplinks: Vec<Option<u64>>,
    flows: BTreeMap<RobotId, ModelFlow>,
}

impl Model {
    /// Progressive filling: raises all rates alike; whoever meets a full line stays there.
    fn balance(&mut self) {
        let mut open: Vec<RobotId> = self.flows.keys().copied().collect();
        self.flows.values_mut().for_each(|flow| flow.rates[0] = 0);
        while !open.is_empty() {
            // The level at which a line is full, if these use it.
            let full = |line: Option<u64>, site: Option<usize>| {
                let users = self.flows.iter().filter(|(_, flow)| site.is_none_or(|site| site == flow.site));
                let (mut taken, mut sharers) = (0, 0);
                for (robot, flow) in users {
                    if open.contains(robot) { sharers += 1 } else { taken += flow.rates[0] }
                }
                let spare = i128::from(line?) * PARTS - taken;
                assert!(spare >= 0 && (sharers == 0 || spare % sharers == 0), "the model is exact");
                (sharers > 0).then(|| spare / sharers)
            };
            let ceiling = |robot: &RobotId| {
                let flow = &self.flows[robot];
                let lines = [
                    flow.link.map(|link| i128::from(link) * PARTS),
                    full(self.uplinks[flow.site], Some(flow.site)),
                    full(self.egress, None),
                ];
                lines.into_iter().flatten().min().expect("something caps it")
            };
            let ceilings: Vec<(RobotId, i128)> = open.iter().map(|robot| (*robot, ceiling(robot))).collect();
            let level = ceilings.iter().map(|(_, ceiling)| *ceiling).min().unwrap();
            for (robot, ceiling) in ceilings {
                if ceiling == level {
                    self.flows.get_mut(&robot).unwrap().rates[0] = level;
                }
            }
            open.retain(|robot| self.flows[robot].rates[0] == 0);
        }
    }

    /// How many microseconds until the next completion, to the nearest.
    fn wait(&self) -> Option<i128> {
        let waits = self.flows.values().filter(|flow| flow.rates[0] > 0);
        waits.map(|flow| (2 * flow.left.max(0) + flow.rates[0]) / (2 * flow.rates[0])).min()
    }

    fn pass(&mut self, micros: u64) {
        for flow in self.flows.values_mut() {
            flow.left -= flow.rates[0] * i128::from(micros);
            flow.rates[1] = flow.rates[0];
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    Add {
        site: usize,
        link: Option<u64>,
        bytes: u64,
    },
    Remove(usize),
    /// Until the next completion, or for this time if that is shorter.
    Wait(u64),
}

/// Numbers that often are equal, or spread over many powers of ten.
fn number(low: u32, high: u32) -> impl Strategy<Value = u64> {
    let wide = (low..=high, 1u64..100).prop_map(|(power, digits)| 10u64.pow(power) / 10 * digits);
    prop_oneof![prop::sample::select(vec![MBIT, 2 * MBIT, 3 * MBIT, 6 * MBIT, 10 * MBIT, 60 * MBIT]), wide]
}

fn line() -> impl Strategy<Value = Option<u64>> {
    prop::option::weighted(0.7, number(7, 14))
}

fn step() -> impl Strategy<Value = Step> {
    let add = (0usize..3, prop::option::weighted(0.6, number(4, 14)), number(0, 11));
    prop_oneof![
        4 => add.prop_map(|(site, link, bytes)| Step::Add { site, link, bytes }),
        1 => (0usize..12).prop_map(Step::Remove),
        3 => prop_oneof![1u64..10, Just(MICROS / 3), Just(u64::MAX)].prop_map(Step::Wait),
    ]
}

#[derive(Default)]
struct Counts {
    completions: Cell<u64>,
    differing: Cell<u64>,
}

fn compare(egress: Option<u64>, uplinks: &[Option<u64>], steps: &[Step], counts: &Counts) {
    let mut fair = FairShare::new(egress, uplinks.to_vec());
    let mut model = Model { egress, uplinks: uplinks.to_vec(), flows: BTreeMap::new() };
    let mut delivered: BTreeMap<RobotId, (Volume, u128)> = BTreeMap::new();
    for (robot, step) in (0..).zip(steps) {
        match *step {
            Step::Add { site, link, bytes } if model.flows.len() < 12 => {
                fair.add(robot, site, link, Volume::from_bytes(bytes));
                if link.is_none() && uplinks[site].is_none() && egress.is_none() {
                    assert_eq!(fair.pop_completed(), Some(robot));
                } else {
                    let left = i128::from(bytes) * 8 * i128::from(MICROS) * PARTS;
                    model.flows.insert(robot, ModelFlow { site, link, left, rates: [0, 0] });
                    delivered.insert(robot, (Volume::from_bytes(bytes), 0));
                }
            }
            Step::Add { .. } => {}
            Step::Remove(nth) => {
                if let Some(robot) = model.flows.keys().nth(nth).copied() {
                    model.flows.remove(&robot);
                    let (volume, delivered) = delivered[&robot];
                    assert_eq!(fair.remove(robot), Some(Volume(volume.0 - delivered)), "volume is conserved");
                }
            }
            Step::Wait(micros) => {
                let to = (fair.now.micros().saturating_add(micros)).min(Time::MAX.micros());
                let to = fair.next_completion().min(Time::from_micros(to));
                let passed = (to - fair.now).micros();
                for robot in model.flows.keys() {
                    delivered.get_mut(robot).unwrap().1 += fair.rate(*robot).unwrap() * u128::from(passed);
                }
                fair.advance(to);
                model.pass(passed);
            }
        }
        model.balance();
        // Whatever ends now.
        loop {
            let expected = model.wait().filter(|wait| *wait <= i128::from((Time::MAX - fair.now).micros()));
            let found = fair.next_completion();
            match expected {
                None => assert_eq!(found, Time::NEVER),
                Some(wait) => {
                    let wrong = i128::from(found.micros()) - i128::from(fair.now.micros()) - wait;
                    assert!(wrong.abs() <= 1, "{found:?} is wrong by {wrong} us");
                    counts.differing.set(counts.differing.get() + u64::from(wrong != 0));
                }
            }
            if found > fair.now {
                break;
            }
            while let Some(robot) = fair.pop_completed() {
                counts.completions.set(counts.completions.get() + 1);
                let flow = model.flows.remove(&robot).expect("it was active");
                let most = flow.rates[0].max(flow.rates[1]);
                assert!(flow.left.abs() <= most, "robot {robot} completes with {} left at {most}", flow.left);
                let (volume, delivered) = delivered[&robot];
                assert!((volume.0.abs_diff(delivered) as i128) * PARTS <= (most << FRACTION) + PARTS);
                model.balance();
            }
        }
        for (robot, flow) in &model.flows {
            let expected = (flow.rates[0] << FRACTION) / PARTS;
            assert_eq!(fair.rate(*robot), Some(expected as u128), "the rate of robot {robot}");
        }
        check(&mut fair, egress, uplinks);
    }
}

#[test]
fn agrees_with_a_model_that_finds_everything_anew() {
    let counts = Counts::default();
    let cases = (line(), [line(), line(), line()], prop::collection::vec(step(), 1..60));
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(2_000) });
    let result = runner.run(&cases, |(egress, uplinks, steps)| {
        compare(egress, &uplinks, &steps, &counts);
        Ok(())
    });
    result.unwrap_or_else(|failure| panic!("{failure}"));
    let (completions, differing) = (counts.completions.get(), counts.differing.get());
    assert!(completions > 5_000 && differing * 1_000 < completions, "{differing} of {completions} differ");
}

// --- Checks of fairness, for any number of downloads ---

/// Checks that no line is overloaded, and that each download that is below its link's cap uses a full line and gets
/// there at least as much as any other: with each download one at most, that is what makes rates max-min fair.
fn check(fair: &mut FairShare, egress: Option<u64>, uplinks: &[Option<u64>]) {
    fair.next_completion();
    let mut lines: Vec<Line> = uplinks.iter().map(|uplink| Line::new(*uplink)).collect();
    let mut origin = Line::new(egress);
    let flows: Vec<(RobotId, Flow)> = fair.flows.iter().map(|(robot, flow)| (*robot, *flow)).collect();
    let rates: Vec<u128> = flows.iter().map(|(robot, _)| fair.rate(*robot).unwrap()).collect();
    for ((_, flow), rate) in flows.iter().zip(&rates) {
        lines[flow.site].use_for(*rate);
        origin.use_for(*rate);
    }
    assert!(
        lines.iter().chain([&origin]).all(|line| line.cap.is_none_or(|cap| line.used <= u128::from(cap) << FRACTION))
    );
    for ((robot, flow), rate) in flows.iter().zip(&rates) {
        let own = u128::from(flow.cap) << FRACTION;
        assert!(*rate <= own);
        assert!(
            *rate == own || lines[flow.site].holds_back(*rate) || origin.holds_back(*rate),
            "robot {robot} could get more than {rate}"
        );
    }
    // Each level is rounded down by less than a 2^-32th.
    let total = u128::from(fair.total_rate()) << FRACTION;
    assert!(origin.used <= total && total - origin.used <= origin.users, "{total} for {}", origin.used);
}

#[derive(Default)]
struct Line {
    cap: Option<u64>,
    used: u128,
    users: u128,
    most: u128,
}

impl Line {
    fn new(cap: Option<u64>) -> Line {
        Line { cap, ..Line::default() }
    }

    fn use_for(&mut self, rate: u128) {
        self.used += rate;
        self.users += 1;
        self.most = self.most.max(rate);
    }

    /// Whether the line is full, but for the rounding down of levels, and nobody gets more than this rate.
    fn holds_back(&self, rate: u128) -> bool {
        rate == self.most && self.cap.is_some_and(|cap| self.used + self.users >= u128::from(cap) << FRACTION)
    }
}

#[test]
fn many_downloads_share_fairly_throughout() {
    let sites = 10;
    let mut numbers = Numbers(1);
    let uplinks: Vec<Option<u64>> = (0..sites).map(|site| (site % 3 > 0).then(|| (20 * MBIT) << (site / 2))).collect();
    for egress in [None, Some(GBIT), Some(10 * GBIT)] {
        let mut fair = FairShare::new(egress, uplinks.clone());
        for robot in 0..1_000 {
            let link = (numbers.below(10) > 0 || robot % sites == 0).then(|| numbers.cap());
            fair.add(robot, (robot % sites) as usize, link, Volume::from_bytes(numbers.below(100 * MB)));
            if robot > 300 {
                let next = fair.next_completion();
                fair.advance(next);
                while fair.pop_completed().is_some() {}
                if robot % 5 == 0 {
                    fair.remove(robot - numbers.below(300) as u32);
                }
                if robot % 10 == 0 {
                    check(&mut fair, egress, &uplinks);
                }
            }
        }
        finish(&mut fair);
        assert_eq!((fair.flows.len(), fair.total_rate()), (0, 0));
        let left = fair.sites.iter().map(|site| (site.highest_capped(), site.lowest_bound(), site.claim()));
        assert!(left.into_iter().all(|site| site == (None, None, Level::UNLIMITED)));
    }
}

// --- Cost ---

/// Moves of classes and sites per change, when one download leaves and another comes, time and again.
fn moves_per_change(flows: u32, egress: Option<u64>, uplinks: Vec<Option<u64>>) -> u64 {
    let mut numbers = Numbers(u64::from(flows));
    let sites = uplinks.len() as u64;
    let mut fair = FairShare::new(egress, uplinks);
    let add = |fair: &mut FairShare, numbers: &mut Numbers, robot| {
        let cap = numbers.cap();
        fair.add(robot, numbers.below(sites) as usize, Some(cap), Volume::from_bytes(MB + numbers.below(1_000 * MB)));
    };
    (0..flows).for_each(|robot| add(&mut fair, &mut numbers, robot));
    fair.next_completion();
    fair.moves = 0;
    let changes = 20_000;
    let mut made = 0;
    while made < changes {
        let robot = match numbers.below(2) {
            0 => numbers.below(flows.into()) as u32,
            _ => {
                let next = fair.next_completion();
                fair.advance(next);
                fair.pop_completed().unwrap()
            }
        };
        made += 1 + u64::from(fair.remove(robot).is_some());
        fair.next_completion();
        if !fair.flows.contains_key(&robot) && !fair.completed.contains(&robot) {
            add(&mut fair, &mut numbers, robot);
        }
        fair.next_completion();
    }
    fair.moves.div_ceil(changes)
}

#[test]
fn a_change_moves_few_classes() {
    for flows in [1_000, 10_000] {
        // About a quarter, a half and three quarters of what the links could take together.
        for percent in [25, 50, 75] {
            let line = u64::from(flows) * 15 * MBIT * percent / 100;
            let uneven = (1..=8).map(|site| Some(line * site / 36));
            for (egress, uplinks) in [
                (None, vec![Some(line)]),
                (Some(line), vec![None]),
                (Some(line), vec![None; 8]),
                (Some(line), uneven.chain([None]).collect()),
            ] {
                let sites = uplinks.len();
                let moves = moves_per_change(flows, egress, uplinks);
                assert!(moves < 20, "{moves} moves per change for {flows} downloads at {sites} sites, {percent} %");
            }
        }
    }
}
