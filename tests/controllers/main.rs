//! Controllers that a scenario chooses by name, each added as one file and one line in [`controllers`], and seen by
//! every command.

mod broken;
mod counted;
mod invariants;
mod paced;
mod program;
mod staged;

use rollcast::scenario::Controllers;

/// Those that the scenarios of these tests choose from.
pub fn controllers() -> Controllers {
    Controllers::built_in().with(broken::KIND).with(paced::KIND).with(staged::KIND)
}
