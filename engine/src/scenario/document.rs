//! The scenario as written: a tree of values that know their places, with `--set` options laid over it.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::diagnostics::{Diagnostics, Location, Problem, SourceId};
use super::form::nearest;

/// A value and where it stands.
#[derive(Clone, Debug)]
pub struct Node {
    pub value: Toml,
    pub place: Location,
    /// As an option has it, without quotes, where it is no text: for keys that take one.
    pub bare: Option<String>,
}

/// A TOML value; an integer is never a float.
#[derive(Clone, Debug)]
pub enum Toml {
    String(String),
    /// None if it does not fit 64 bits.
    Integer(Option<i64>),
    Float(f64),
    Boolean,
    /// As it stands, but for its blanks.
    Datetime(String),
    Array(Vec<Node>),
    Table(Entries),
    /// An option took away what the file does not have.
    Nothing,
}

/// Entries in the order of the file.
#[derive(Clone, Debug, Default)]
pub struct Entries(pub Vec<KeyValue>);

/// A key with its value.
#[derive(Clone, Debug)]
pub struct KeyValue {
    pub key: String,
    pub key_place: Location,
    pub node: Node,
}

impl Entries {
    /// The entry of a key, if it is there.
    pub fn get(&self, key: &str) -> Option<&KeyValue> {
        self.0.iter().find(|entry| entry.key == key && !matches!(entry.node.value, Toml::Nothing))
    }

    fn get_mut(&mut self, key: &str) -> Option<&mut KeyValue> {
        self.0.iter_mut().find(|entry| entry.key == key)
    }
}

impl Toml {
    /// The value's kind in words.
    pub fn kind(&self) -> &'static str {
        match self {
            Toml::String(_) => "a string",
            Toml::Integer(_) => "an integer",
            Toml::Float(_) => "a float",
            Toml::Boolean => "a boolean",
            Toml::Datetime(_) => "a date or time",
            Toml::Array(_) => "an array",
            Toml::Table(_) => "a table",
            Toml::Nothing => "nothing",
        }
    }
}

/// Parses the file and the options, each with its name and `PATH=VALUE`; none if a text is not TOML (then `diagnostics`
/// says why).
pub fn read<'o>(
    text: &str,
    options: impl IntoIterator<Item = (&'o str, &'o str)>,
    diagnostics: &mut Diagnostics,
) -> Option<Node> {
    let mut root = parse(text, SourceId::FILE, diagnostics);
    for (name, set) in options {
        let id = diagnostics.add_source(name, set);
        if let (Some(root), Some(option)) = (&mut root, read_option(set, id, diagnostics)) {
            overlay(root, option, "", diagnostics);
        }
    }
    root
}

/// Parses one text as a TOML document.
fn parse(text: &str, source: SourceId, diagnostics: &mut Diagnostics) -> Option<Node> {
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let place = Location { source, span: error.span().unwrap_or(0..0) };
        let message = error.message().lines().collect::<Vec<_>>().join(", ");
        diagnostics.report(Problem::new(format!("not TOML: {message}")).at(&place, ""));
    }
    errors.is_empty().then(|| Node {
        place: Location { source, span: 0..0 },
        value: convert_table(table.into_inner(), source),
        bare: None,
    })
}

/// Parses `PATH=VALUE`. A value that is not TOML and does not look like an attempt at it is a string, so that nobody
/// needs to quote quotes in a shell: `--set deployment.robot_deployment_timeout=45m`.
fn read_option(set: &str, source: SourceId, diagnostics: &mut Diagnostics) -> Option<Node> {
    let place = Location { source, span: 0..set.len() };
    let help = "write PATH=VALUE, as in `--set deployment.failure_threshold_percentage=10`";
    let Some(equals) = set.find('=') else {
        diagnostics.report(Problem::new("--set needs a path and a value").at(&place, "no `=` here").help(help));
        return None;
    };
    let (path, value) = (&set[..equals], set[equals + 1..].trim());
    let start = set.len() - set[equals + 1..].trim_start().len();
    if value == REMOVE {
        let mut node = parse(&format!("{path}=0"), source, diagnostics)?;
        change_leaf(&mut node, |leaf| (leaf.value, leaf.place.span) = (Toml::Nothing, start..start + value.len()));
        return Some(node);
    }
    let not_toml = !DeTable::parse_recoverable(set).1.is_empty();
    if not_toml && may_be_bare(value) {
        let quoted = format!("{path}={}", toml_string(value));
        let (table, errors) = DeTable::parse_recoverable(&quoted);
        if errors.is_empty() {
            let mut node = Node { place, value: convert_table(table.into_inner(), source), bare: None };
            change_leaf(&mut node, |leaf| leaf.place.span = start..start + value.len());
            return Some(node);
        }
    }
    if set.contains('\n') {
        diagnostics.report(Problem::new("--set takes one line").at(&place, "").help(help));
        return None;
    }
    let mut node = parse(set, source, diagnostics)?;
    change_leaf(&mut node, |leaf| {
        if !matches!(leaf.value, Toml::String(_) | Toml::Array(_) | Toml::Table(_)) {
            leaf.bare = Some(value.to_owned());
        }
    });
    Some(node)
}

/// The value of an option that takes a part of the scenario away.
const REMOVE: &str = "none";

/// Whether a value that is not TOML is a string without quotes, and no attempt at TOML.
fn may_be_bare(value: &str) -> bool {
    !value.is_empty() && !value.starts_with(['"', '\'', '[', '{']) && !value.contains('\n')
}

/// The value of an option as TOML: as it stands, or as a string if it is none.
pub fn as_toml(value: &str) -> String {
    let not_toml = !DeTable::parse_recoverable(&format!("v={value}")).1.is_empty();
    if not_toml && may_be_bare(value) { toml_string(value) } else { value.to_owned() }
}

/// The text as a TOML basic string.
fn toml_string(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => quoted.push_str(&format!("\\u{:04X}", c as u32)),
            c => quoted.push(c),
        }
    }
    quoted + "\""
}

/// Changes the one value at the end of a dotted path.
fn change_leaf(node: &mut Node, change: impl FnOnce(&mut Node)) {
    match &mut node.value {
        Toml::Table(Entries(entries)) if !entries.is_empty() => match is_written_inline(&entries[0]) {
            true => change(&mut entries[0].node),
            false => change_leaf(&mut entries[0].node, change),
        },
        _ => change(node),
    }
}

/// Lays an option over the document: tables merge, `none` removes, anything else replaces. Elements of an array are
/// chosen by their `name` or by their number from 0.
fn overlay(base: &mut Node, option: Node, path: &str, diagnostics: &mut Diagnostics) {
    let Toml::Table(changes) = option.value else {
        *base = option;
        return;
    };
    match &mut base.value {
        Toml::Table(table) => {
            for change in changes.0 {
                let path = join(path, &change.key);
                let removes = matches!(change.node.value, Toml::Nothing);
                match table.get_mut(&change.key) {
                    Some(_) if removes => table.0.retain(|entry| entry.key != change.key),
                    Some(entry) if is_written_inline(&change) => entry.node = change.node,
                    Some(entry) => overlay(&mut entry.node, change.node, &path, diagnostics),
                    // What is not there has no parts, either.
                    None if takes_away(&change.node) => {
                        let node = Node { value: Toml::Nothing, ..change.node };
                        table.0.push(KeyValue { node, ..change });
                    }
                    None => table.0.push(change),
                }
            }
        }
        Toml::Array(elements) => {
            for change in changes.0 {
                let known = position(elements, &change.key);
                let path = join(path, &change.key);
                match (known.map(|known| (known, &mut elements[known])), &change.node.value) {
                    (Some((known, _)), Toml::Nothing) => drop(elements.remove(known)),
                    (Some((_, element)), Toml::Table(_)) => overlay(element, change.node, &path, diagnostics),
                    (Some((_, element)), _) if !matches!(element.value, Toml::Table(_)) => *element = change.node,
                    (Some(_), other) => {
                        let problem = Problem::new(format!("`{path}` is {}", other.kind()));
                        diagnostics.report(problem.at(&change.node.place, "expected a table"));
                    }
                    (None, _) => {
                        let names: Vec<&str> = elements.iter().filter_map(name_of).collect();
                        let title = format!("`{path}` is not in the scenario");
                        let (label, help) = match (&names[..], elements.len()) {
                            ([], 0) => ("no such element", String::from("the array is empty")),
                            ([], n) => {
                                ("no such element", format!("expected the number of an element, 0 to {}", n - 1))
                            }
                            (names, _) => ("unknown name", nearest(&change.key, names)),
                        };
                        diagnostics.report(Problem::new(title).at(&change.key_place, label).help(help));
                    }
                }
            }
        }
        _ => *base = Node { value: Toml::Table(changes), place: option.place, bare: None },
    }
}

/// Whether an option removes something.
fn takes_away(node: &Node) -> bool {
    match &node.value {
        Toml::Nothing => true,
        Toml::Table(Entries(entries)) => entries.iter().any(|entry| takes_away(&entry.node)),
        _ => false,
    }
}

/// The place of an element with this name, or this number where none has a name.
fn position(elements: &[Node], key: &str) -> Option<usize> {
    let named = elements.iter().position(|element| name_of(element) == Some(key));
    let number = || key.parse().ok().filter(|number| *number < elements.len());
    named.or_else(|| if elements.iter().all(|element| name_of(element).is_none()) { number() } else { None })
}

/// Whether a table was written as `{ ... }`, which replaces, and not as part of a dotted path, which merges.
fn is_written_inline(change: &KeyValue) -> bool {
    // A dotted key's table has the place of its key; an inline table begins after the equals sign.
    matches!(change.node.value, Toml::Table(_)) && change.node.place.span.start > change.key_place.span.end
}

/// The `name` of a table that has one.
pub fn name_of(node: &Node) -> Option<&str> {
    match &node.value {
        Toml::Table(table) => match &table.get("name")?.node.value {
            Toml::String(name) => Some(name),
            _ => None,
        },
        _ => None,
    }
}

/// The value at a path as after `--set`; elements of an array of tables are chosen by their `name`.
pub fn find<'n>(root: &'n Node, path: &str) -> Option<&'n Node> {
    let text = format!("{path}=0");
    let (table, errors) = DeTable::parse_recoverable(&text);
    if !errors.is_empty() {
        return None;
    }
    let mut node = root;
    let mut keys = table.get_ref();
    loop {
        let (key, rest) = keys.iter().next()?;
        let key = key.get_ref().as_ref();
        node = match &node.value {
            Toml::Table(table) => &table.get(key)?.node,
            Toml::Array(elements) => &elements[position(elements, key)?],
            _ => return None,
        };
        match rest.get_ref() {
            DeValue::Table(deeper) => keys = deeper,
            _ => return Some(node),
        }
    }
}

/// As in `path.key`.
pub fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

fn convert(value: Spanned<DeValue<'_>>, source: SourceId) -> Node {
    let place = Location { source, span: value.span() };
    let value = match value.into_inner() {
        DeValue::String(text) => Toml::String(text.into_owned()),
        DeValue::Integer(integer) => Toml::Integer(i64::from_str_radix(integer.as_str(), integer.radix()).ok()),
        DeValue::Float(float) => Toml::Float(float.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(_) => Toml::Boolean,
        DeValue::Datetime(datetime) => Toml::Datetime(datetime.to_string()),
        DeValue::Array(array) => Toml::Array(array.into_iter().map(|value| convert(value, source)).collect()),
        DeValue::Table(table) => convert_table(table, source),
    };
    Node { value, place, bare: None }
}

fn convert_table(table: DeTable<'_>, source: SourceId) -> Toml {
    let mut entries: Vec<KeyValue> = table
        .into_iter()
        .map(|(key, value)| KeyValue {
            key_place: Location { source, span: key.span() },
            key: key.into_inner().into_owned(),
            node: convert(value, source),
        })
        .collect();
    entries.sort_by_key(|entry| entry.key_place.span.start);
    Toml::Table(Entries(entries))
}
