//! The API's own names: states, steps and error codes as in AWS's service model `robomaker-2018-06-29`.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Declares an enum whose variants carry the API's spelling, with the list of all and conversions both ways.
macro_rules! api_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[allow(missing_docs, reason = "where a name says it all, it is the API's own")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum $name { $($(#[$variant_doc])* $variant),+ }

        impl $name {
            /// All values, in the order of the declaration.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The API's spelling.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => stringify!($variant)),+ }
            }

            /// The value with this spelling.
            pub fn from_name(name: &str) -> Option<$name> {
                Self::ALL.iter().copied().find(|value| value.as_str() == name)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<$name, D::Error> {
                let name = Cow::<str>::deserialize(deserializer)?;
                $name::from_name(&name).ok_or_else(|| de::Error::custom(format!("there is no {name} here")))
            }
        }
    };
}

api_enum! {
    /// What the API says of a robot.
    RobotStatus {
        /// Known, but in no fleet.
        Available,
        /// In a fleet, without a deployment.
        Registered,
        /// Targeted by the latest deployment and not started.
        PendingNewDeployment,
        /// Between its start and its end in a job.
        Deploying,
        /// Its last attempt failed.
        Failed,
        /// It runs the latest deployment.
        InSync,
        /// Its last attempt timed out (R8).
        NoResponse,
    }
}

api_enum! {
    /// The life of a deployment job (R5).
    DeploymentStatus { Pending, Preparing, InProgress, Failed, Succeeded, Canceled }
}

api_enum! {
    /// The steps of a robot deployment in the order in which they run (R7).
    RobotDeploymentStep {
        Validating,
        ExecutingDownloadCondition,
        DownloadingExtracting,
        ExecutingPreLaunch,
        Launching,
        ExecutingPostLaunch,
        Finished,
    }
}

api_enum! {
    /// Why a job or a robot deployment failed.
    DeploymentJobErrorCode {
        ResourceNotFound,
        EnvironmentSetupError,
        EtagMismatch,
        FailureThresholdBreached,
        RobotDeploymentAborted,
        RobotDeploymentNoResponse,
        RobotAgentConnectionTimeout,
        GreengrassDeploymentFailed,
        InvalidGreengrassGroup,
        MissingRobotArchitecture,
        MissingRobotApplicationArchitecture,
        MissingRobotDeploymentResource,
        GreengrassGroupVersionDoesNotExist,
        LambdaDeleted,
        ExtractingBundleFailure,
        PreLaunchFileFailure,
        PostLaunchFileFailure,
        BadPermissionError,
        DownloadConditionFailed,
        BadLambdaAssociated,
        InternalServerError,
        RobotApplicationDoesNotExist,
        DeploymentFleetDoesNotExist,
        FleetDeploymentTimeout,
    }
}

api_enum! {
    /// A robot's processor, which its application must have been built for.
    Architecture { X86_64, ARM64, ARMHF }
}

impl RobotDeploymentStep {
    /// The steps that take time and may fail: all but `Finished`.
    pub const WORKING: usize = 6;

    /// The step's key in a scenario, for the working steps.
    pub const fn key(self) -> &'static str {
        match self {
            RobotDeploymentStep::Validating => "validating",
            RobotDeploymentStep::ExecutingDownloadCondition => "executing_download_condition",
            RobotDeploymentStep::DownloadingExtracting => "downloading_extracting",
            RobotDeploymentStep::ExecutingPreLaunch => "executing_pre_launch",
            RobotDeploymentStep::Launching => "launching",
            RobotDeploymentStep::ExecutingPostLaunch => "executing_post_launch",
            RobotDeploymentStep::Finished => "finished",
        }
    }

    /// The code with which this step fails unless the scenario says otherwise (R7).
    pub const fn default_failure_code(self) -> DeploymentJobErrorCode {
        use DeploymentJobErrorCode as Code;
        match self {
            RobotDeploymentStep::Validating => Code::GreengrassDeploymentFailed,
            RobotDeploymentStep::ExecutingDownloadCondition => Code::DownloadConditionFailed,
            RobotDeploymentStep::DownloadingExtracting => Code::ExtractingBundleFailure,
            RobotDeploymentStep::ExecutingPreLaunch => Code::PreLaunchFileFailure,
            RobotDeploymentStep::Launching | RobotDeploymentStep::Finished => Code::MissingRobotDeploymentResource,
            RobotDeploymentStep::ExecutingPostLaunch => Code::PostLaunchFileFailure,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_both_ways() {
        assert_eq!(DeploymentJobErrorCode::ALL.len(), 24);
        for code in DeploymentJobErrorCode::ALL {
            assert_eq!(DeploymentJobErrorCode::from_name(code.as_str()), Some(*code));
        }
        assert_eq!(Architecture::from_name("X86_64"), Some(Architecture::X86_64));
        assert_eq!(Architecture::from_name("x86_64"), None);
    }
}
