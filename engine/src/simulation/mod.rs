//! The simulation: drives the [rules](crate::rollout) through virtual time.
//!
//! * [`Plan`]: a scenario made ready to run; [`Draws`]: the luck of one replication.
//! * [`Campaign`]: the event loop of one replication.
//! * [`Endings`]: the event queue.
//! * [`FairShare`] and [`Timeline`]: how downloads share their way, and when robots are online.
//! * [`Observer`]: is told what happens; [`Replication`] and [`JobRecord`] are what a replication comes to.
//!
//! # The world
//!
//! | rule | where | what it does to the loop |
//! |---|---|---|
//! | R13 registrations | `registrations` | a robot joins between endings and calls |
//! | R14 connectivity | `connectivity`, `journeys` | a deployment is walked ahead over the robot's periods: no event a period |
//! | R15 builds | `odds` | failure probabilities are those of the replication |
//! | R16 downloads | `fair_share`, `journeys` | a deployment stops at its download and is walked on when that is complete |
//! | R17 API faults | `calls` | a call is repeated under its token, through the control plane's checks |

mod ahead;
mod calls;
mod campaign;
mod connectivity;
mod draws;
mod endings;
mod fair_share;
mod journeys;
mod observer;
mod odds;
mod plan;
mod presence;
mod record;
mod registrations;
mod since;

pub use calls::draw_fault;
pub use campaign::Campaign;
pub use connectivity::{ConnectivityPlan, Timeline};
pub use draws::{Attempt, Draws, StepDraw, needs_connection};
pub use endings::{Ending, Endings};
pub use fair_share::{FairShare, Volume};
pub use journeys::Downloaded;
pub use journeys::{Happening, Journeys, Order, Position};
pub use observer::{Answer, Event, Observer};
pub use odds::{Odds, OddsPlan, StepOdds};
pub use plan::{GroupPlan, Plan, StepPlan};
pub use record::{JobRecord, Replication};
pub use registrations::Registrations;
pub use since::Since;
