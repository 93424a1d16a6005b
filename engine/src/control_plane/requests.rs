//! The requests as they come from outside, and what AWS's service model demands of them.
//!
//! Members, patterns, lengths and ranges are those of `robomaker-2018-06-29` (botocore 1.37.0,
//! `data/robomaker/2018-06-29/service-2.json.gz`), whose shapes the comments name. Two rules stand only in its prose:
//! the robot timeout's range, "between 1 minute and 7 days" (shape `DeploymentConfig`), and that an application's
//! version is a number (CreateDeploymentJob), which the pattern `[0-9]*` says too: `$LATEST` is refused.
//!
//! A required member that is absent is `None` here, so that it is reported along with everything else that is wrong. An
//! absent list or map is the same as an empty one.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::constraints::Violations;
use super::shapes::*;
use super::{ApiException, ClientRequestToken};

/// SyncDeploymentJob: bring the robots of a fleet that are not `InSync` to its latest deployment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SyncDeploymentJobRequest {
    /// Required: 1 to 64 characters of `[a-zA-Z0-9_\-=]`.
    pub client_request_token: Option<String>,
    /// Required: an ARN, 1 to 1224 characters that begin with `arn:`.
    pub fleet: Option<String>,
}

impl SyncDeploymentJobRequest {
    /// Checks every member.
    ///
    /// # Errors
    ///
    /// `InvalidParameterException`, which names all violations.
    pub fn validate(&self) -> Result<(), ApiException> {
        let mut violations = Violations::default();
        violations.required_text("clientRequestToken", &self.client_request_token, &CLIENT_REQUEST_TOKEN);
        violations.required_text("fleet", &self.fleet, &ARN);
        violations.into_result()
    }
}

/// CreateDeploymentJob: deploy a version of an application to every robot of a fleet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CreateDeploymentJobRequest {
    /// How to roll out; the server's defaults if absent.
    pub deployment_config: Option<DeploymentConfig>,
    /// Required: 1 to 64 characters of `[a-zA-Z0-9_\-=]`.
    pub client_request_token: Option<String>,
    /// Required: an ARN, 1 to 1224 characters that begin with `arn:`.
    pub fleet: Option<String>,
    /// Required: exactly one.
    pub deployment_application_configs: Vec<DeploymentApplicationConfig>,
    /// At most 50; keys of 1 to 128, values of 0 to 256 characters of `[a-zA-Z0-9 _.\-\/+=:]`.
    pub tags: BTreeMap<String, String>,
}

impl CreateDeploymentJobRequest {
    /// Checks every member. In a list of a wrong length it does not look at the elements.
    ///
    /// # Errors
    ///
    /// `InvalidParameterException`, which names all violations.
    pub fn validate(&self) -> Result<(), ApiException> {
        let mut violations = Violations::default();
        if let Some(config) = &self.deployment_config {
            config.check(&mut violations);
        }
        violations.required_text("clientRequestToken", &self.client_request_token, &CLIENT_REQUEST_TOKEN);
        violations.required_text("fleet", &self.fleet, &ARN);
        if violations.length(
            "deploymentApplicationConfigs",
            self.deployment_application_configs.len(),
            APPLICATION_CONFIGS,
        ) {
            for (config, number) in self.deployment_application_configs.iter().zip(1..) {
                config.check(&format!("deploymentApplicationConfigs.{number}.member"), &mut violations);
            }
        }
        violations.map("tags", &self.tags, TAGS, &TAG_KEY, &TAG_VALUE);
        violations.into_result()
    }
}

/// How a deployment job rolls out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeploymentConfig {
    /// How much of the fleet deploys at once: 1 to 100 percent (R4).
    pub concurrent_deployment_percentage: Option<i64>,
    /// How much of the fleet has to fail until the job halts: 1 to 100 percent (R9).
    pub failure_threshold_percentage: Option<i64>,
    /// How long one robot may take: 60 to 604800 seconds (R8).
    pub robot_deployment_timeout_in_seconds: Option<i64>,
    /// A script that says whether a robot may download.
    pub download_condition_file: Option<S3Object>,
}

impl DeploymentConfig {
    fn check(&self, violations: &mut Violations) {
        for (path, percentage) in [
            ("deploymentConfig.concurrentDeploymentPercentage", self.concurrent_deployment_percentage),
            ("deploymentConfig.failureThresholdPercentage", self.failure_threshold_percentage),
        ] {
            violations.integer(path, percentage, PERCENTAGE);
        }
        violations.integer(
            "deploymentConfig.robotDeploymentTimeoutInSeconds",
            self.robot_deployment_timeout_in_seconds,
            DEPLOYMENT_TIMEOUT,
        );
        if let Some(file) = &self.download_condition_file {
            violations.required_text("deploymentConfig.downloadConditionFile.bucket", &file.bucket, &S3_BUCKET);
            violations.required_text("deploymentConfig.downloadConditionFile.key", &file.key, &S3_KEY);
        }
    }
}

/// An object in S3.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct S3Object {
    /// Required: 3 to 63 characters, `[a-z0-9][a-z0-9.\-]*[a-z0-9]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bucket: Option<String>,
    /// Required: 1 to 1024 characters in one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
}

/// Which version of which application to deploy, and how to launch it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DeploymentApplicationConfig {
    /// Required: an ARN, 1 to 1224 characters that begin with `arn:`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application: Option<String>,
    /// Required: 1 to 255 digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub application_version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub launch_config: Option<DeploymentLaunchConfig>,
}

impl DeploymentApplicationConfig {
    fn check(&self, path: &str, violations: &mut Violations) {
        violations.required_text(&format!("{path}.application"), &self.application, &ARN);
        violations.required_text(&format!("{path}.applicationVersion"), &self.application_version, &VERSION);
        let path = format!("{path}.launchConfig");
        if let Some(launch) = violations.required(&path, &self.launch_config) {
            launch.check(&path, violations);
        }
    }
}

/// How to launch an application on a robot.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DeploymentLaunchConfig {
    /// Required: 1 to 1024 characters of `[a-zA-Z0-9_.\-]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub package_name: Option<String>,
    /// Runs before the launch file: 1 to 1024 characters in one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pre_launch_file: Option<String>,
    /// Required: 1 to 1024 characters of `[a-zA-Z0-9_.\-]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub launch_file: Option<String>,
    /// Runs after the launch file: 1 to 1024 characters in one line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub post_launch_file: Option<String>,
    /// At most 20; keys of 1 to 1024 characters `[A-Z_][A-Z0-9_]*`, values of 1 to 1024 characters in one line.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub environment_variables: BTreeMap<String, String>,
}

impl DeploymentLaunchConfig {
    fn check(&self, path: &str, violations: &mut Violations) {
        violations.required_text(&format!("{path}.packageName"), &self.package_name, &COMMAND);
        violations.text(&format!("{path}.preLaunchFile"), &self.pre_launch_file, &PATH);
        violations.required_text(&format!("{path}.launchFile"), &self.launch_file, &COMMAND);
        violations.text(&format!("{path}.postLaunchFile"), &self.post_launch_file, &PATH);
        violations.map(
            &format!("{path}.environmentVariables"),
            &self.environment_variables,
            ENVIRONMENT_VARIABLES,
            &ENVIRONMENT_VARIABLE_KEY,
            &ENVIRONMENT_VARIABLE_VALUE,
        );
    }
}

/// A request for a deployment job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    Sync(SyncDeploymentJobRequest),
    Create(Box<CreateDeploymentJobRequest>),
}

impl Request {
    /// Checks the request and makes it a call.
    ///
    /// # Errors
    ///
    /// `InvalidParameterException`, which names all violations.
    pub fn into_call(mut self) -> Result<Call, ApiException> {
        let token = match &mut self {
            Request::Sync(request) => {
                request.validate()?;
                &mut request.client_request_token
            }
            Request::Create(request) => {
                request.validate()?;
                &mut request.client_request_token
            }
        };
        let token = token.take().and_then(|token| ClientRequestToken::parse(&token)).expect("the request is valid");
        Ok(Call { token, request: Arc::new(self) })
    }
}

/// A request whose parameters have been checked. There is no other way to make one, so whoever holds it need not check
/// again.
///
/// A client that makes many calls keeps one and changes its token, which costs nothing.
#[derive(Clone, Debug)]
pub struct Call {
    /// What tells a repeat from another call.
    pub token: ClientRequestToken,
    pub(super) request: Arc<Request>,
}

impl Call {
    /// What is asked for. Its `client_request_token` is `None`: that is the call's.
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// The ARN of the fleet.
    pub fn fleet(&self) -> &str {
        let fleet = match &*self.request {
            Request::Sync(request) => &request.fleet,
            Request::Create(request) => &request.fleet,
        };
        fleet.as_deref().expect("the request is valid")
    }

    /// The application that is to be deployed, for CreateDeploymentJob: its ARN and its version.
    pub fn application(&self) -> Option<(&str, &str)> {
        let Request::Create(request) = &*self.request else { return None };
        let config = request.deployment_application_configs.first()?;
        Some((config.application.as_deref()?, config.application_version.as_deref()?))
    }
}
