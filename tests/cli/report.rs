//! `report.html`: whole pages that say what the other files say, and let nobody else's text do anything.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use rollcast::metric::Unit;
use rollcast::metric::words::shown;
use serde_json::Value;

use super::support::{COUNTED, Sandbox, repository};

/// A start tag with its attributes.
#[derive(Debug)]
struct Tag {
    name: String,
    attributes: BTreeMap<String, String>,
    /// The text directly within it.
    text: String,
}

const VOID: [&str; 5] = ["meta", "link", "wbr", "br", "img"];

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

/// Reads a page as strictly as the standard writes it: every element that is not void is closed, in order; text and
/// attributes hold no bare `<`; attributes are quoted and given once. Gives back all elements.
fn parse(page: &str) -> Vec<Tag> {
    let mut rest = page.strip_prefix("<!DOCTYPE html>").expect("a document type");
    let mut tags: Vec<Tag> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    loop {
        let (text, more) = rest.split_once('<').unwrap_or((rest, ""));
        match open.last() {
            Some(tag) => tags[*tag].text += &unescaped(text),
            None => assert!(text.trim().is_empty(), "text outside of everything: {text}"),
        }
        if more.is_empty() {
            assert!(open.is_empty(), "never closed: {:?}", open.iter().map(|tag| &tags[*tag].name).collect::<Vec<_>>());
            return tags;
        }
        if let Some(more) = more.strip_prefix('/') {
            let (name, more) = more.split_once('>').expect("an end tag ends");
            let tag = open.pop().unwrap_or_else(|| panic!("</{name}> closes nothing"));
            assert_eq!(tags[tag].name, name, "closed in order");
            rest = more;
            continue;
        }
        let name: String = more.chars().take_while(char::is_ascii_alphanumeric).collect();
        assert!(!name.is_empty(), "a bare <: {}", &more[..more.len().min(80)]);
        let mut more = &more[name.len()..];
        let mut attributes = BTreeMap::new();
        while !more.starts_with('>') {
            more = more
                .strip_prefix(' ')
                .unwrap_or_else(|| panic!("no space in <{name}: {}", &more[..more.len().min(80)]));
            let end = more.find(['=', ' ', '>']).expect("an attribute ends");
            let key = more[..end].to_owned();
            more = &more[end..];
            let mut value = String::new();
            if let Some(quoted) = more.strip_prefix("=\"") {
                let (found, after) = quoted.split_once('"').expect("a quote is closed");
                assert!(!found.contains('<'), "<{name} {key}={found}>");
                (value, more) = (unescaped(found), after);
            }
            assert!(attributes.insert(key.clone(), value).is_none(), "<{name}> has {key} twice");
        }
        rest = &more[1..];
        let raw = ["script", "style"].contains(&name.as_str());
        tags.push(Tag { name: name.clone(), attributes, text: String::new() });
        if raw {
            let (text, after) = rest.split_once(&format!("</{name}>")).expect("it is closed");
            tags.last_mut().expect("just added").text = text.to_owned();
            rest = after;
        } else if !VOID.contains(&name.as_str()) {
            open.push(tags.len() - 1);
        }
    }
}

/// What every page keeps to, whatever it shows.
fn check(page: &str) -> Vec<Tag> {
    let tags = parse(page);
    let named = |name: &str| tags.iter().filter(|tag| tag.name == name).collect::<Vec<_>>();
    for (name, count) in
        [("html", 1), ("head", 1), ("body", 1), ("title", 1), ("h1", 1), ("main", 1), ("style", 1), ("script", 1)]
    {
        let found = named(name).len();
        // Titles stand in pictures, too.
        assert!(found == count || name == "title" && found > count, "{found} {name}");
    }
    // Nothing is loaded.
    for tag in &tags {
        for (key, value) in &tag.attributes {
            assert!(!key.starts_with("on") && key != "src" && key != "srcset" && key != "style", "{tag:?}");
            assert!(key != "href" || value == "data:,", "{tag:?}");
        }
    }
    for text in named("style").iter().chain(&named("script")).map(|tag| &tag.text) {
        assert!(
            !["url(", "@import", "//", "fetch", "import("].iter().any(|word| text.replace("// ", "").contains(word))
        );
    }
    let policy = named("meta").into_iter().find(|tag| tag.attributes.contains_key("http-equiv")).expect("a policy");
    assert!(policy.attributes["content"].starts_with("default-src 'none'; "), "{policy:?}");
    // What refers to something refers to what is there, once.
    let ids: Vec<&String> = tags.iter().filter_map(|tag| tag.attributes.get("id")).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{ids:?}");
    for by in tags.iter().filter_map(|tag| tag.attributes.get("aria-labelledby")) {
        assert!(ids.contains(&by), "{by}");
    }
    // Headings go down one step at a time.
    let mut level = 0;
    for tag in tags.iter().filter(|tag| ["h1", "h2", "h3", "h4"].contains(&tag.name.as_str())) {
        let next = tag.name[1..].parse::<u32>().expect("a level");
        assert!(next <= level + 1, "{} after h{level}", tag.name);
        level = next;
    }
    // Headings of tables say what they head; pictures say what they show, or are none.
    assert!(named("th").iter().all(|tag| ["col", "row"].contains(&tag.attributes["scope"].as_str())));
    for svg in named("svg") {
        let label = svg.attributes.get("aria-label").is_some_and(|label| label.len() > 10);
        assert!(label || svg.attributes.contains_key("aria-hidden"), "{svg:?}");
    }
    tags
}

/// All text of a page in order, with single spaces; a number and its percent sign are not parted by more than one.
fn words(tags: &[Tag]) -> String {
    let text: String = tags.iter().map(|tag| tag.text.clone() + " ").collect();
    text.replace('\u{a0}', " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

fn text_of<'t>(tags: &'t [Tag], name: &'t str) -> impl Iterator<Item = String> + 't {
    tags.iter().filter(move |tag| tag.name == name).map(|tag| tag.text.replace('\u{a0}', " "))
}

/// Every shipped scenario has a page that keeps to the rules, is small, and has the table's rows and the summary's
/// numbers.
#[test]
fn pages_say_what_the_summary_says() {
    let sandbox = Sandbox::new();
    let mut numbers = 0;
    for entry in fs::read_dir(repository().join("scenarios")).expect("the scenarios") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let scenario = path.to_str().expect("a UTF-8 path");
        let replications = if scenario.contains("100k") { "3" } else { "50" };
        let ran = sandbox.rollcast(&["run", scenario, "-n", replications, "--out", "out"]).exits(0);
        let page = sandbox.read("out/report.html");
        assert!(page.len() < 300_000, "{scenario}: {} bytes", page.len());
        let tags = check(&page);
        let cells: BTreeSet<String> =
            text_of(&tags, "td").chain(text_of(&tags, "th")).chain(text_of(&tags, "small")).collect();
        let summary: Value = serde_json::from_str(&sandbox.read("out/summary.json")).expect("JSON");
        let mut has = |unit: Unit, value: &Value| {
            if let Some(value) = value.as_f64() {
                let shown = shown(unit, value);
                assert!(cells.contains(&shown), "{scenario}: {shown} is not in {cells:?}");
                numbers += 1;
            }
        };
        let seconds =
            ["campaign.time_to_success_s", "first_job.makespan_s", "first_job.detection_s", "robot.time_to_success_s"];
        let seconds = seconds.iter().chain(&["robot.deployment_s", "robot.down_s"]).map(|path| (path, Unit::Seconds));
        let counts =
            ["campaign.jobs", "campaign.peak_robots_down", "first_job.robots_failed", "first_job.robots_no_response"];
        let more = [
            "first_job.robots_not_attempted",
            "first_job.threshold_overshoot",
            "robot.late_syncs",
            "campaign.api.calls",
        ];
        let counts = counts.iter().chain(&more).map(|path| (path, Unit::Count));
        let data = [(&"download.bytes", Unit::Bytes), (&"download.peak_egress_bit_s", Unit::BitsPerSecond)];
        for (path, unit) in seconds.chain(counts).chain(data) {
            let described = &summary.pointer(&format!("/{}", path.replace('.', "/"))).cloned().unwrap_or_default();
            // Of few numbers a far quantile is no more than the greatest, and left out.
            let count = if path.starts_with("robot.t") || path.starts_with("robot.de") {
                summary["replications"].as_u64()
            } else {
                described["count"].as_u64()
            };
            for (statistic, least) in [("p50", 1), ("p90", 10), ("p95", 20), ("p99", 100), ("max", 1), ("mean", 1)] {
                if count >= Some(least) {
                    has(unit, &described[statistic]);
                }
            }
        }
        let builds = summary["builds"].as_object().into_iter().flat_map(|builds| builds.values());
        for results in std::iter::once(&summary).chain(builds) {
            for outcome in ["in_sync", "halted"] {
                has(Unit::Probability, &results["campaign"]["outcomes"][outcome]["probability"]);
            }
        }
        // Rows have the names that they have on a terminal.
        let named =
            ran.stdout.lines().filter(|line| line.starts_with(' ') && !line[1..].starts_with(char::is_uppercase));
        for name in named.filter_map(|line| line.trim().split("  ").next()) {
            let name = name.trim_end_matches(", bit/s");
            assert!(cells.contains(name), "{scenario}: no row `{name}`");
        }
        let [seed, digest] = [summary["seed"].to_string(), summary["scenario"]["digest"].as_str().unwrap().to_owned()];
        let facts: BTreeSet<String> = text_of(&tags, "dd").collect();
        assert!(facts.contains(&seed) && facts.contains(&digest), "{scenario}");
        let source = fs::read_to_string(&path).expect("a scenario");
        assert!(text_of(&tags, "code").any(|code| code == source), "{scenario} stands there as it was read");
    }
    assert!(numbers > 400, "{numbers}");
}

/// The answer of a scenario counted by hand.
#[test]
fn the_answer_comes_first() {
    let sandbox = Sandbox::with(COUNTED);
    sandbox.rollcast(&["run", "scenario.toml", "-n", "400", "-q"]).exits(0);
    let tags = check(&sandbox.read("results/counted/report.html"));
    let answer = words(&tags);
    let answer = &answer[answer.find("The answer").expect("a heading")..];
    let expected = "The answer The whole fleet is in sync in 100 % of the campaigns (95 % interval 99.0 % to 100 %). Half of these \
                    take at most 2m (2m to 2m), 95 % at most 2m (2m to 2m). In the first job at most 0 (0 to 0) robots fail or do \
                    not respond in half of the campaigns, 0 (0 to 0) in 95 %. Pictures";
    assert!(answer.starts_with(expected), "{answer}");
}

/// Names and descriptions are somebody's text. Whatever it is, it is shown, and does nothing.
#[test]
fn hostile_text_is_shown_and_does_nothing() {
    let hostile = r#"<script>alert(1)</script><img src=x onerror="alert(2)"> &amp; ]]> </title></style> \u202Eevil"#;
    let scenario = COUNTED.replace("four robots, two at once, a minute each", &hostile.replace('"', "\\\""));
    let scenario = format!("# </code></pre></script><script>alert(3)</script><!--\n{scenario}");
    let sandbox = Sandbox::new();
    let name = "<b onclick=alert(4)>.toml";
    sandbox.write(name, &scenario);
    let shown = hostile.replace("\\u202E", "");
    sandbox.rollcast(&["run", name, "-q"]).exits(0);
    let set = r#"sync.schedule={ after_finish = "1m" } # <script>alert(5)</script>"#;
    let vary = format!(r#"description="{}",'<script>alert(6)</script>'"#, "<u>");
    sandbox.rollcast(&["run", name, "--set", set, "--out", "set", "-q"]).exits(0);
    sandbox.rollcast(&["sweep", name, "--vary", &vary, "--set", set, "--out", "swept", "-q"]).exits(0);
    sandbox.rollcast(&["compare", name, "results/counted", "--set", set, "--out", "compared", "-q"]).exits(0);
    let plain = {
        let other = Sandbox::with(COUNTED);
        other.rollcast(&["run", "scenario.toml", "-q"]).exits(0);
        check(&other.read("results/counted/report.html"))
    };
    let tuned = [
        "tune",
        name,
        "--vary",
        "deployment.concurrent_deployment_percentage=25,50",
        "--minimize",
        "campaign.jobs.p50",
    ];
    sandbox.rollcast(&[&tuned[..], &["-n", "1000", "--set", set, "--out", "tuned", "-q"]].concat()).exits(0);
    let pages = ["results/counted/report", "set/report", "swept/sweep", "compared/compare", "tuned/tune"]
        .map(|page| format!("{page}.html"));
    for page in &pages {
        // One script, no event handler, no picture: see `check`.
        let tags = check(&sandbox.read(page.as_str()));
        assert!(tags.iter().all(|tag| !["img", "b", "u"].contains(&tag.name.as_str())), "{page}");
        assert!(text_of(&tags, "code").any(|code| code == scenario), "{page}");
        let script = |tags: &[Tag]| text_of(tags, "script").collect::<Vec<_>>();
        assert_eq!(script(&tags), script(&plain), "{page}");
        if page.starts_with("results/counted/report") {
            assert!(
                text_of(&tags, "p").any(|text| text == shown),
                "{page}: {:?}",
                text_of(&tags, "p").collect::<Vec<_>>()
            );
        }
    }
}

/// The command on a page repeats it to the byte, whatever folder, threads and precision the first one had.
#[cfg(unix)]
#[test]
fn the_command_repeats_the_page() {
    let set = r#"sync.schedule={ after_finish = "7m" }"#;
    let vary = "deployment.concurrent_deployment_percentage=25,50";
    let cases: [(&str, &[&str]); 3] = [
        ("report.html", &["run", "--set", set, "--seed", "5", "-n", "30", "--threads", "1"]),
        ("report.html", &["run", "--precision", "1%", "--threads", "3"]),
        ("sweep.html", &["sweep", "--vary", vary, "--set", set, "-n", "20", "--metric", "campaign.jobs.mean"]),
    ];
    for (page, args) in cases {
        let sandbox = Sandbox::new();
        fs::create_dir(sandbox.path("deep")).expect("a folder");
        sandbox.write("deep/it's mine.toml", COUNTED);
        let (verb, options) = args.split_first().expect("a command");
        sandbox.rollcast(&[&[verb, "deep/it's mine.toml", "--out", "elsewhere", "-q"], options].concat()).exits(0);
        let first = sandbox.read(&format!("elsewhere/{page}"));
        let command = text_of(&check(&first), "code").next().expect("a command");
        let program = assert_cmd::cargo::cargo_bin("rollcast");
        let line = format!("rollcast() {{ '{}' \"$@\"; }}; {command} --quiet", program.display());
        let folder = sandbox.path("deep");
        let done = std::process::Command::new("sh").args(["-c", &line]).current_dir(folder).status().expect("sh runs");
        assert!(done.success(), "{line}");
        assert!(first == sandbox.read(&format!("deep/results/counted/{page}")), "{command}");
    }
}

/// The page of a sweep has every point with its interval, and says where a metric is least and greatest.
#[test]
fn the_page_of_a_sweep() {
    let sandbox = Sandbox::with(COUNTED);
    let sweep = |more: &[&str]| {
        let metric = ["--metric", "campaign.time_to_success_s.p50", "--metric", "campaign.outcomes.halted.probability"];
        sandbox.rollcast(&[&["sweep", "scenario.toml", "-n", "30", "-q"], &metric[..], more].concat()).exits(0);
        check(&sandbox.read("results/counted/sweep.html"))
    };
    let percentages = "deployment.concurrent_deployment_percentage=25,50,100";
    let [of_amr, threshold] =
        ["group.amr.step.launching.latency.constant=60s,90s", "deployment.failure_threshold_percentage=50,60"]
            .map(|vary| ["--vary", vary]);
    let text = words(&sweep(&[of_amr, threshold].concat()));
    let tied = "is least, 2m (2m to 2m), at amr constant 60s, failure_threshold_percentage 50 (the same at 1 other point), and";
    assert!(text.contains(tied), "{text}");
    let lines = sweep(&["--vary", percentages]);
    let answer = words(&lines);
    let expected = "campaign.time_to_success_s.p50 is least, 1m (1m to 1m), at concurrent_deployment_percentage 100, and greatest, \
                    4m (4m to 4m), at concurrent_deployment_percentage 25.";
    assert!(answer.contains(expected), "{answer}");
    assert!(answer.contains("campaign.outcomes.halted.probability is 0 % (0 % to 11.4 %) everywhere."), "{answer}");
    assert_eq!(text_of(&lines, "td").collect::<Vec<_>>(), ["4m", "0 %", "2m", "0 %", "1m", "0 %"]);
    let reading = "concurrent_deployment_percentage 25: 4m (4m to 4m)";
    assert_eq!(text_of(&lines, "title").filter(|title| title == reading).count(), 1);
    let grid = sweep(&["--vary", percentages, "--vary", "group.amr.robots=4,8"]);
    assert_eq!(grid.iter().filter(|tag| tag.name == "tr").count(), 1 + 6);
    assert!(text_of(&grid, "title").any(|title| title == "25, 8: 4m (4m to 4m)"));
}

/// A page stays one that a phone can open, however many points there are.
#[test]
fn a_large_sweep_has_a_small_page() {
    let sandbox = Sandbox::with(COUNTED);
    for (vary, points) in [
        (vec!["run.seed=1..=12000"], 12_000),
        (vec!["run.seed=1..=120", "deployment.failure_threshold_percentage=1..=100"], 12_000),
        (vec!["run.seed=1..=50", "deployment.failure_threshold_percentage=1..=40"], 2_000),
        (vec!["run.seed=1..=40", "deployment.failure_threshold_percentage=1..=40"], 1_600),
    ] {
        let vary: Vec<&str> = vary.iter().flat_map(|vary| ["--vary", vary]).collect();
        sandbox.rollcast(&[&["sweep", "scenario.toml", "-n", "1", "--yes", "-q"], &vary[..]].concat()).exits(0);
        let page = sandbox.read("results/counted/sweep.html");
        let tags = check(&page);
        assert!(page.len() < 1_000_000, "{points} points: {} bytes", page.len());
        assert_eq!(tags.iter().filter(|tag| tag.name == "tr").count(), 1 + 1_000);
        assert!(words(&tags).contains(&format!("The first 1000 of {points} points; sweep.csv has all")));
    }
}

/// The page of a check says of every expectation what is known, the worst first, and repeats itself to the byte.
#[cfg(unix)]
#[test]
fn the_page_of_a_check() {
    let sandbox = Sandbox::new();
    let expecting = |minutes: u32| {
        let expect = "\n[[expect]]\nname = \"quick\"\nmetric = \"campaign.time_to_success_s.p95\"\n";
        format!(
            "{COUNTED}{expect}at_most = \"{minutes}m\"\n\n[[expect]]\nmetric = \"campaign.outcomes.halted.probability\"\nat_most = 0.1\n"
        )
    };
    sandbox.write("good.toml", &expecting(60));
    sandbox.write("bad.toml", &expecting(1).replace("name = \"counted\"", "name = \"slow\""));
    let check_all = |out: &str, more: &[&str]| {
        let arguments = [&["check", "good.toml", "bad.toml", "--seed", "3", "-q", "--out", out], more].concat();
        sandbox.rollcast(&arguments).exits(1);
        sandbox.read(&format!("{out}/check.html"))
    };
    let page = check_all("out", &["--threads", "1"]);
    assert!(page == check_all("elsewhere", &["--threads", "3"]), "the same bytes");
    let tags = check(&page);
    let answer = words(&tags);
    let answer = &answer[answer.find("The answer").expect("a heading")..];
    let expected = "The answer With 99.9 % confidence each, 1 of 4 expectations does not hold. slow, quick: campaign.time_to_success_s.p95 \
                    at most 1m does not hold with confidence 99.9 %: found 2m (2m to -)";
    assert!(answer.starts_with(expected), "{answer}");
    let scenarios = text_of(&tags, "h2").filter(|heading| heading == "counted" || heading == "slow").count();
    assert_eq!(scenarios, 2);
    let command = text_of(&tags, "code").next().expect("a command");
    assert_eq!(command, "rollcast check good.toml bad.toml --seed 3 --out results/check");
    // An interval for each expectation, readable where it is pointed at.
    let readings = text_of(&tags, "title").filter(|title| title.contains("at most")).count();
    assert_eq!(readings, 4);
}

/// The page of a comparison begins with what changes, has the numbers of the table, and repeats itself to the byte.
#[cfg(unix)]
#[test]
fn the_page_of_a_comparison() {
    let sandbox = Sandbox::new();
    sandbox.write("wide.toml", COUNTED);
    let narrow = COUNTED.replace("percentage = 50\nfailure", "percentage = 25\nfailure").replace("counted", "narrow");
    sandbox.write("narrow.toml", &narrow);
    let compare = |a: &str, b: &str, out: &str, more: &[&str]| {
        let arguments = [&["compare", a, b, "-q", "--out", out], more].concat();
        sandbox.rollcast(&arguments).exits(0);
        sandbox.read(&format!("{out}/compare.html"))
    };
    let page = compare("wide.toml", "narrow.toml", "out", &["-n", "400", "--seed", "3", "--threads", "1"]);
    assert!(page == compare("wide.toml", "narrow.toml", "elsewhere", &["-n", "400", "--seed", "3", "--threads", "3"]));
    let tags = check(&page);
    let answer = words(&tags);
    assert!(
        answer.contains("counted or narrow? A is counted, B is narrow. 400 replications compared in pairs"),
        "{answer}"
    );
    let answer = &answer[answer.find("The answer").expect("a heading")..];
    let expected = "The answer With 95 % confidence B takes 2m longer on average until the whole fleet is in sync. B is faster in 0 \
                    replications, slower in 400, and takes as long in 0. All replications of both bring the whole fleet in sync. Pictures";
    assert!(answer.starts_with(expected), "{answer}");
    // Two staircases, the differences, the outcomes; A and B stand in the legends of the staircases.
    assert_eq!(text_of(&tags, "h3").filter(|heading| !heading.starts_with(['A', 'B'])).count(), 4);
    assert!(text_of(&tags, "title").any(|title| title.ends_with(": A 100 %, B 0 %")), "between two and four minutes");
    let cells: Vec<String> = text_of(&tags, "td").collect();
    assert!(cells.windows(3).any(|cells| cells == ["2m", "4m", "+2m"]), "{cells:?}");
    let command = text_of(&tags, "code").next().expect("a command");
    assert_eq!(command, "rollcast compare wide.toml narrow.toml --replications 400 --seed 3");
    let sources: Vec<String> = text_of(&tags, "code").collect();
    assert!(sources.iter().any(|code| code == COUNTED) && sources.contains(&narrow));

    // Folders of runs have no scenario to show, and those of other seeds no pairs.
    for (name, seed) in [("wide", "1"), ("narrow", "2")] {
        sandbox.rollcast(&["run", &format!("{name}.toml"), "-n", "50", "--seed", seed, "--out", name, "-q"]).exits(0);
    }
    let tags = check(&compare("wide", "narrow", "runs", &[]));
    assert_eq!(text_of(&tags, "code").collect::<Vec<_>>(), ["rollcast compare wide narrow"]);
    assert_eq!(text_of(&tags, "h3").count(), 3);
    assert!(words(&tags).contains("compared as independent samples, not in pairs: seeds 1 and 2."));
}

/// The page of a tuning begins with the setting and how sure it is, rings it, has every setting, and repeats itself to
/// the byte.
#[cfg(unix)]
#[test]
fn the_page_of_a_tuning() {
    let sandbox = Sandbox::with(COUNTED);
    let vary = "deployment.concurrent_deployment_percentage=25,50,100";
    let constraint = "first_job.peak_in_flight.p95 <= 2";
    let asked = ["--vary", vary, "--minimize", "campaign.time_to_success_s.p95", "--constraint", constraint];
    let tune = |out: &str, more: &[&str]| {
        let arguments = [&["tune", "scenario.toml", "-q", "--out", out], &asked[..], more].concat();
        sandbox.rollcast(&arguments).exits(0);
        sandbox.read(&format!("{out}/tune.html"))
    };
    let page = tune("out", &["--max-replications", "4000", "--seed", "3", "--threads", "1"]);
    assert!(page == tune("elsewhere", &["--max-replications", "4000", "--seed", "3", "--threads", "2"]));
    let tags = check(&page);
    let answer = words(&tags);
    let answer = &answer[answer.find("The answer").expect("a heading")..];
    let expected =
        "The answer With 95 % probability the setting below satisfies the constraints and is the best of 3 settings";
    assert!(answer.starts_with(expected), "{answer}");
    let class =
        |name: &str| tags.iter().filter(|tag| tag.attributes.get("class").map(String::as_str) == Some(name)).count();
    assert_eq!((class("ring"), class("dot"), class("pale")), (1, 2, 1), "the third one has four in flight");
    let cells: Vec<String> = text_of(&tags, "td").collect();
    assert!(cells.windows(2).any(|cells| cells == ["recommended", "2m"]), "{cells:?}");
    assert!(cells.iter().any(|cell| cell == "violates"), "{cells:?}");
    let readings: Vec<String> = text_of(&tags, "title").collect();
    let reading = "0 hurt: 1m at 100, violates a constraint; 2m at 50, recommended; 4m at 25";
    assert!(readings.iter().any(|found| found == reading), "{readings:?}");
    let command = text_of(&tags, "code").next().expect("a command");
    assert_eq!(
        command,
        format!(
            "rollcast tune scenario.toml --vary {vary} --minimize campaign.time_to_success_s.p95 --constraint '{constraint}' \
             --max-replications 4000 --seed 3"
        )
    );

    // Nothing satisfies a constraint of nothing in flight.
    let none = "first_job.peak_in_flight.p95 <= 0.5";
    let arguments = [&["tune", "scenario.toml", "-q", "--out", "none"], &asked[..4], &["--constraint", none]].concat();
    sandbox.rollcast(&arguments).exits(1);
    let tags = check(&sandbox.read("none/tune.html"));
    assert!(words(&tags).contains("None of 3 settings satisfies the constraints"), "{}", words(&tags));
    assert!(tags.iter().all(|tag| tag.attributes.get("class").map(String::as_str) != Some("ring")));
}
