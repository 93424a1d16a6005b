//! Days of the week, as windows name them.

use jiff::civil::Weekday;
use serde::Serialize;

/// Some days of the week; never none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Days(
    /// A bit for each day from Monday on.
    u8,
);

/// From Monday on.
const NAMES: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

impl Days {
    pub const DAILY: Days = Days(0b111_1111);

    /// What [`Days::parse`] accepts, in words that go on after "expected".
    pub const ACCEPTED: &str = "\"daily\", or days such as \"mon-fri\" or \"sat,sun\"";

    /// `daily`, or days and ranges of days with commas between them: `mon-fri`, `sat,sun`, `fri-mon`. None for anything
    /// else.
    pub fn parse(text: &str) -> Option<Days> {
        if text == "daily" {
            return Some(Days::DAILY);
        }
        let mut days = 0;
        for part in text.split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let number = |name: &str| NAMES.iter().position(|known| *known == name.trim());
            let (first, last) = (number(first)?, number(last)?);
            // A range may go over the week's end.
            for day in 0..=(last + 7 - first) % 7 {
                days |= 1 << ((first + day) % 7);
            }
        }
        Some(Days(days))
    }

    /// Whether the day is one of them.
    pub fn has(self, day: Weekday) -> bool {
        self.0 >> day.to_monday_zero_offset() & 1 == 1
    }

    /// The text that [`Days::parse`] reads back: `mon-fri`.
    pub fn text(self) -> String {
        if self == Days::DAILY {
            return String::from("daily");
        }
        let has = |day: usize| self.0 >> (day % 7) & 1 == 1;
        let mut parts = Vec::new();
        // Each range begins with a day whose eve is not among them.
        for first in (0..7).filter(|day| has(*day) && !has(day + 6)) {
            let more = (1..7).take_while(|more| has(first + more)).count();
            let last = NAMES[(first + more) % 7];
            parts.push(match more {
                0 => NAMES[first].to_owned(),
                1 => format!("{},{last}", NAMES[first]),
                _ => format!("{}-{last}", NAMES[first]),
            });
        }
        parts.join(",")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_and_written() {
        for (text, bits, written) in [
            ("daily", 0b111_1111, "daily"),
            ("mon-sun", 0b111_1111, "daily"),
            ("mon-fri", 0b001_1111, "mon-fri"),
            ("sat,sun", 0b110_0000, "sat,sun"),
            ("sun, sat", 0b110_0000, "sat,sun"),
            ("fri-mon", 0b111_0001, "fri-mon"),
            ("wed", 0b000_0100, "wed"),
            ("mon,wed-thu,sat", 0b010_1101, "mon,wed,thu,sat"),
        ] {
            let days = Days::parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((days.0, days.text().as_str()), (bits, written), "{text}");
            assert_eq!(Days::parse(&days.text()), Some(days), "{text}");
        }
        for wrong in ["", "monday", "Mon", "mon-", "mon,,tue", "mon-fri-sat", "daily,mon"] {
            assert_eq!(Days::parse(wrong), None, "{wrong}");
        }
    }
}
