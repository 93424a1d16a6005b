//! Numbers against two things that vary: a cell for each pair of values, the deeper the greater.

pub(crate) struct HeatMap {
    /// What varies downwards and across: its name, and the names of its values.
    pub down: (String, Vec<String>),
    pub across: (String, Vec<String>),
    /// Row by row; none where there is no number.
    pub cells: Vec<HeatCell>,
}

#[derive(Clone, Default)]
pub(crate) struct HeatCell {
    pub value: Option<f64>,
    /// The number, to stand in the cell.
    pub words: String,
    /// Where it is pointed at.
    pub reading: String,
}

/// Red, green, blue.
pub(crate) type Color = [u8; 3];

pub(crate) const BLACK: Color = [0, 0, 0];
pub(crate) const WHITE: Color = [255, 255, 255];
/// That of a cell without a number.
const GREY: Color = [0xc8, 0xcc, 0xd2];
/// From small to great.
const COLORS: [(f64, f64, f64); 3] = [(243.0, 247.0, 252.0), (107.0, 163.0, 214.0), (11.0, 54.0, 107.0)];

impl HeatMap {
    /// The least and the greatest number.
    pub fn range(&self) -> (f64, f64) {
        let values = self.cells.iter().filter_map(|cell| cell.value);
        values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)))
    }

    /// The colours of all cells.
    pub fn colors(&self) -> Vec<Color> {
        let (least, greatest) = self.range();
        let share = |value: f64| if greatest > least { (value - least) / (greatest - least) } else { 0.0 };
        self.cells.iter().map(|cell| cell.value.map_or(GREY, |value| color(share(value)))).collect()
    }
}

/// The colour of a share from 0 to 1.
fn color(share: f64) -> Color {
    let [pale, middle, deep] = COLORS;
    let (from, to, share) = if share < 0.5 { (pale, middle, share * 2.0) } else { (middle, deep, share * 2.0 - 1.0) };
    let mix = |from: f64, to: f64| (from + (to - from) * share).round() as u8;
    [mix(from.0, to.0), mix(from.1, to.1), mix(from.2, to.2)]
}

/// Black or white, whichever stands out more.
pub(crate) fn readable_on(ground: Color) -> Color {
    if contrast(ground, BLACK) >= contrast(ground, WHITE) { BLACK } else { WHITE }
}

/// The contrast ratio of two colours, from 1 to 21: W3C, "Web Content Accessibility Guidelines 2.1" (2018).
fn contrast(a: Color, b: Color) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn luminance(color: Color) -> f64 {
    let [red, green, blue] = color.map(|channel| {
        let channel = f64::from(channel) / 255.0;
        if channel <= 0.04045 { channel / 12.92 } else { libm::pow((channel + 0.055) / 1.055, 2.4) }
    });
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The guidelines ask for 4.5 between text and ground.
    #[test]
    fn numbers_are_readable_on_every_color() {
        for share in (0..=100).map(|percent| f64::from(percent) / 100.0) {
            let ground = color(share);
            let found = contrast(ground, readable_on(ground));
            assert!(found >= 4.5, "{share}: {found}");
        }
        assert!(contrast(GREY, readable_on(GREY)) >= 4.5);
        assert!((contrast(BLACK, WHITE) - 21.0).abs() < 1e-9);
    }

    #[test]
    fn greater_is_darker() {
        let luminances: Vec<f64> = (0..=100).map(|percent| luminance(color(f64::from(percent) / 100.0))).collect();
        assert!(luminances.is_sorted_by(|a, b| a > b));
    }
}
