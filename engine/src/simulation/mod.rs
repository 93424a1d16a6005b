//! The simulation: drives the [rules](crate::rollout) through virtual time.
//!
//! * [`Plan`]: a scenario made ready to run; [`Draws`]: the luck of one replication.
//! * [`Campaign`]: one replication as a value. It is begun, advanced by a [`Turn`], copied, and written down as a
//!   [`Snapshot`].
//! * [`Host`]: the loop, which is the same for whoever lets time pass: `turn` is an instant in R1's order, over the
//!   robots of a [`World`] and one [`Rollout`] or many.
//! * [`Endings`]: the event queue, and [`HeapEndings`], which does the same plainly.
//! * [`FairShare`] and [`Timeline`]: how downloads share their way, and when robots are online.
//! * [`Observer`]: is told of each [`Event`]; [`Replication`] and [`JobRecord`] are what a replication comes to.
//!
//! # The world
//!
//! | rule | where | what it does to the loop |
//! |---|---|---|
//! | R13 registrations | `registrations` | a robot joins between endings and calls |
//! | R14 connectivity | `connectivity`, `journeys` | a deployment is walked ahead over the robot's periods: no event a period |
//! | R15 builds, R22 hangs | `odds` | what steps are like is the replication's; what hangs ends at the timeout |
//! | R22 failures that stay | `journeys` | robots remember them, so their deployments are walked one by one |
//! | R16 downloads | `fair_share`, `journeys` | a deployment stops at its download and is walked on when that is complete |
//! | R17 API faults | `calls` | a call is repeated under its token |

mod ahead;
mod by_group;
mod calls;
mod campaign;
mod connectivity;
mod draws;
mod endings;
mod fair_share;
mod gates;
mod hurt;
mod journeys;
mod memory;
mod observer;
mod odds;
mod plan;
mod presence;
mod record;
mod registrations;
mod rollout;
mod since;
mod snapshot;
mod stop;
mod turn;
mod watch;
mod world;

pub use by_group::ByGroup;
pub use calls::draw_fault;
pub use campaign::Campaign;
pub use connectivity::{ConnectivityPlan, Timeline};
pub use draws::{Attempt, Draws, StepDraw, needs_connection};
pub use endings::{Ending, Endings, EventQueue, HeapEndings};
pub use fair_share::{FairShare, Volume};
pub use gates::Gates;
pub use hurt::Hurt;
pub use journeys::{Downloaded, Happening, Journeys, Order, Passage, Position, Walk};
pub use memory::replication_memory;
pub use observer::{Answer, Event, Observer};
pub use odds::{Odds, OddsPlan, StepOdds};
pub use plan::{GroupPlan, Plan, StepPlan};
pub use presence::Presence;
pub use record::{GroupProgress, GroupRecord, JobRecord, Replication};
pub use registrations::RegistrationQueue;
pub use rollout::Rollout;
pub use since::Since;
pub use snapshot::{Misfit, Snapshot, WorldState};
pub use stop::{Cancelled, Stop};
pub use turn::{Host, Patience, Turn, abort_in_flight, arrive, take_happenings, turn};
pub use watch::Watch;
pub use world::World;
