//! Small words of SVG that charts share.

use std::fmt::Write;

/// The width of a chart's drawing. Its text has 13 units, which a phone shows at about ten pixels and a desktop at
/// sixteen.
pub const WIDTH: f64 = 440.0;
/// About how wide a letter of that size is.
pub const LETTER: f64 = 7.4;

/// A coordinate: tenths are finer than anybody sees.
pub fn px(value: f64) -> String {
    let tenths = (value * 10.0).round() / 10.0;
    // No negative zero.
    format!("{}", tenths + 0.0)
}

/// About how wide a text is.
pub fn width_of(words: &str) -> f64 {
    let wide = words.chars().filter(|letter| matches!(letter, 'm' | 'w' | 'M' | 'W' | '%')).count();
    (words.chars().count() as f64 + 0.6 * wide as f64) * LETTER
}

/// Words cut to a width.
pub fn fitting(words: &str, room: f64) -> String {
    if width_of(words) <= room {
        return words.to_owned();
    }
    let mut cut = String::new();
    for letter in words.chars() {
        if width_of(&cut) + width_of(&format!("{letter}…")) > room {
            break;
        }
        cut.push(letter);
    }
    cut + "…"
}

/// The path through points; steps along an axis are written short.
pub fn path(points: impl IntoIterator<Item = (f64, f64)>) -> String {
    let mut path = String::new();
    let mut last: Option<(String, String)> = None;
    for (x, y) in points {
        let (x, y) = (px(x), px(y));
        let write = |path: &mut String| match &last {
            None => write!(path, "M{x},{y}"),
            Some((before_x, before_y)) if *before_x == x && *before_y == y => Ok(()),
            Some((_, before)) if *before == y => write!(path, "H{x}"),
            Some((before, _)) if *before == x => write!(path, "V{y}"),
            Some(_) => write!(path, "L{x},{y}"),
        };
        write(&mut path).expect("a string takes all text");
        last = Some((x, y));
    }
    path
}

/// The path around a rectangle.
pub fn rectangle(x: f64, y: f64, width: f64, height: f64) -> String {
    format!("M{},{}h{}v{}h{}z", px(x), px(y), px(width), px(height), px(-width))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_short() {
        assert_eq!(path([(0.0, 1.0), (2.0, 1.0), (2.0, 3.04), (2.0, 3.0), (4.0, 5.0)]), "M0,1H2V3L4,5");
        assert_eq!(rectangle(1.0, 2.0, 3.5, 4.0), "M1,2h3.5v4h-3.5z");
        assert_eq!(px(-0.01), "0");
    }
}
