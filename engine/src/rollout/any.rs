//! A controller of whichever kind a scenario has chosen.

use std::fmt::Debug;

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::{
    Admission, Controller, HaltWords, JobKind, JobOutcome, Judgement, Limits, Progress, RoboMaker, RobotEnd, RobotId,
};
use crate::time::Time;

/// Under which the state of another controller than RoboMaker's stands where it is written down.
const CUSTOM: &str = "custom";

/// RoboMaker's controller, called without a detour, or any other.
#[derive(Clone, Debug)]
pub enum AnyController {
    /// A scenario with `[deployment]`.
    RoboMaker(RoboMaker),
    /// A scenario with `[controller.NAME]`.
    Custom(Box<dyn Custom>),
}

/// What a controller can do besides that is kept behind a pointer: be copied, written down and read back. Whatever is
/// `Clone` and can be serialised has it.
pub trait Custom: Controller + Debug + Send + Sync {
    fn copy(&self) -> Box<dyn Custom>;

    /// What it is at this instant.
    fn written(&self) -> serde_json::Result<Value>;

    /// Becomes what was written down.
    fn read(&mut self, written: Value) -> serde_json::Result<()>;
}

impl<C> Custom for C
where
    C: Controller + Clone + Debug + Serialize + DeserializeOwned + Send + Sync + 'static,
{
    fn copy(&self) -> Box<dyn Custom> {
        Box::new(self.clone())
    }

    fn written(&self) -> serde_json::Result<Value> {
        serde_json::to_value(self)
    }

    fn read(&mut self, written: Value) -> serde_json::Result<()> {
        *self = serde_json::from_value(written)?;
        Ok(())
    }
}

impl Clone for Box<dyn Custom> {
    fn clone(&self) -> Self {
        (**self).copy()
    }
}

/// One that was written down and read back, before it has been told what it is of.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
struct Unknown(Value);

/// It starts nobody.
impl Controller for Unknown {
    fn outcomes(&self) -> &'static [JobOutcome] {
        super::robomaker::OUTCOMES
    }

    fn job_created(&mut self, _now: Time, _kind: JobKind, _fleet_size: u32, _targets: &[RobotId]) {}

    fn limits(&self) -> Limits {
        Limits { in_flight: Some(0), failures: None }
    }

    fn admit(&mut self, _now: Time, _pending: &mut [RobotId], _progress: &Progress) -> Admission {
        Admission::Wait
    }

    fn judge(&mut self, _now: Time, _progress: &Progress) -> Judgement {
        Judgement::GoesOn
    }
}

impl AnyController {
    /// RoboMaker's, if it is that.
    pub fn robo_maker(&self) -> Option<&RoboMaker> {
        match self {
            AnyController::RoboMaker(controller) => Some(controller),
            AnyController::Custom(_) => None,
        }
    }

    /// One that was read back goes on as a controller of the kind of `own`: whether it fits.
    pub fn resume(&mut self, own: &AnyController) -> bool {
        match (self, own) {
            (AnyController::RoboMaker(_), AnyController::RoboMaker(_)) => true,
            (AnyController::Custom(read), AnyController::Custom(own)) => {
                let mut resumed = own.clone();
                let fits = read.written().and_then(|written| resumed.read(written)).is_ok();
                *read = resumed;
                fits
            }
            _ => false,
        }
    }
}

impl Serialize for AnyController {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            AnyController::RoboMaker(controller) => controller.serialize(serializer),
            AnyController::Custom(controller) => {
                let state = controller.written().map_err(serde::ser::Error::custom)?;
                serializer.collect_map([(CUSTOM, state)])
            }
        }
    }
}

/// A custom one has to be told what it is of: [`AnyController::resume`].
impl<'de> Deserialize<'de> for AnyController {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut value = Value::deserialize(deserializer)?;
        match value.get_mut(CUSTOM) {
            Some(state) => Ok(AnyController::Custom(Box::new(Unknown(state.take())))),
            None => serde_json::from_value(value).map(AnyController::RoboMaker).map_err(D::Error::custom),
        }
    }
}

/// Calls the same method of whichever it is.
macro_rules! of_either {
    ($self:ident, $controller:ident => $call:expr) => {
        match $self {
            AnyController::RoboMaker($controller) => $call,
            AnyController::Custom($controller) => $call,
        }
    };
}

impl Controller for AnyController {
    fn outcomes(&self) -> &'static [JobOutcome] {
        of_either!(self, controller => controller.outcomes())
    }

    fn halt_words(&self) -> HaltWords {
        of_either!(self, controller => controller.halt_words())
    }

    fn job_created(&mut self, now: Time, kind: JobKind, fleet_size: u32, targets: &[RobotId]) {
        of_either!(self, controller => controller.job_created(now, kind, fleet_size, targets));
    }

    fn limits(&self) -> Limits {
        of_either!(self, controller => controller.limits())
    }

    fn job_began(&mut self, now: Time, order: &mut [RobotId]) {
        of_either!(self, controller => controller.job_began(now, order));
    }

    #[inline]
    fn admit(&mut self, now: Time, pending: &mut [RobotId], progress: &Progress) -> Admission {
        of_either!(self, controller => controller.admit(now, pending, progress))
    }

    #[inline]
    fn robot_ended(&mut self, now: Time, robot: RobotId, end: RobotEnd, progress: &Progress) {
        of_either!(self, controller => controller.robot_ended(now, robot, end, progress));
    }

    fn robot_withdrawn(&mut self, robot: RobotId, progress: &Progress) {
        of_either!(self, controller => controller.robot_withdrawn(robot, progress));
    }

    #[inline]
    fn judge(&mut self, now: Time, progress: &Progress) -> Judgement {
        of_either!(self, controller => controller.judge(now, progress))
    }

    fn completed(&self, progress: &Progress) -> u8 {
        of_either!(self, controller => controller.completed(progress))
    }
}
