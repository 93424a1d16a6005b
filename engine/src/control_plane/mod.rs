//! The door of the deployment API: what SyncDeploymentJob and CreateDeploymentJob must pass to make a job (R18).
//!
//! No clock, no randomness, no I/O. Whoever drives it (the simulated operator, a server) brings the requests, knows the
//! [`Resources`], makes the jobs, and injects faults such as throttling.
//!
//! Checks come in this order: parameters, token, resources, active job, limits.
//!
//! 1. [`Request::into_call`] checks the parameters; only so is there a [`Call`].
//! 2. [`ControlPlane::decide`] makes the other checks, in order.
//! 3. If the answer is to be a new job the caller creates it and tells [`ControlPlane::remember`], and an identical
//!    call is answered with it from then on. A call that was refused is not remembered: its token is still free.
//!
//! ```
//! use rollcast_engine::control_plane::*;
//!
//! /// An account with one fleet, which is idle.
//! struct Account;
//! impl Resources for Account {
//!     fn has_fleet(&self, _: &str) -> bool { true }
//!     fn has_application(&self, _: &str, _: &str) -> bool { true }
//!     fn has_deployment(&self, _: &str) -> bool { true }
//!     fn has_active_job(&self, _: &str) -> bool { false }
//!     fn active_jobs(&self) -> u32 { 0 }
//! }
//!
//! let mut control_plane = ControlPlane::default();
//! let request = SyncDeploymentJobRequest {
//!     client_request_token: Some("night-1".into()),
//!     fleet: Some("arn:aws:robomaker:us-west-2:111111111111:deployment-fleet/amr/1577836800000".into()),
//! };
//! let mut call = Request::Sync(request).into_call()?;
//! assert_eq!(control_plane.decide(&call, &Account)?, Decision::New);
//! control_plane.remember(&call, 7);
//! assert_eq!(control_plane.decide(&call, &Account)?, Decision::Existing(7));
//!
//! call.token = ClientRequestToken::numbered(2);
//! assert_eq!(control_plane.decide(&call, &Account)?, Decision::New);
//! # Ok::<(), rollcast_engine::control_plane::ApiException>(())
//! ```

pub mod constraints;
mod exceptions;
mod idempotency;
mod requests;
pub mod shapes;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use exceptions::{ApiException, ExceptionCode};
pub use idempotency::{ClientRequestToken, TokenKey, TokenLedger};
pub use requests::{
    Call, CreateDeploymentJobRequest, DeploymentApplicationConfig, DeploymentConfig, DeploymentLaunchConfig, Request,
    S3Object, SyncDeploymentJobRequest,
};

/// What the account holds at the instant of a call.
pub trait Resources {
    /// Whether there is a fleet with this ARN.
    fn has_fleet(&self, fleet: &str) -> bool;
    /// Whether there is a robot application with this ARN and this version.
    fn has_application(&self, application: &str, version: &str) -> bool;
    /// Whether the fleet has an earlier deployment that has not expired (which AWS lets a job do after 90 days).
    fn has_deployment(&self, fleet: &str) -> bool;
    /// Whether a job of the fleet has not ended.
    fn has_active_job(&self, fleet: &str) -> bool;
    /// How many jobs of the account have not ended.
    fn active_jobs(&self) -> u32;
}

/// What a call that is not refused comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision<A> {
    /// It repeats a call that was answered so; nothing happens.
    Existing(A),
    /// The caller is to create a job, and to [`remember`](ControlPlane::remember) it.
    New,
}

/// Decides on calls for jobs. `A` is what a call is answered: a job's number, or whatever tells it.
#[derive(Clone, Debug)]
pub struct ControlPlane<A> {
    ledger: TokenLedger<A>,
    max_active_jobs: u32,
}

impl<A> Default for ControlPlane<A> {
    fn default() -> Self {
        ControlPlane::new(Self::MAX_ACTIVE_JOBS)
    }
}

impl<A> ControlPlane<A> {
    /// How many jobs of an account may be active unless the caller says otherwise.
    pub const MAX_ACTIVE_JOBS: u32 = 20;

    /// An account that has seen no call, and in which this many jobs may be active.
    pub fn new(max_active_jobs: u32) -> ControlPlane<A> {
        ControlPlane { ledger: TokenLedger::default(), max_active_jobs }
    }

    /// Decides on a call whose parameters are right. It changes nothing, and does not allocate unless something that
    /// the call names does not exist.
    ///
    /// # Errors
    ///
    /// The first of:
    ///
    /// * `IdempotentParameterMismatchException`: the token was used for another request.
    /// * `ResourceNotFoundException`: the fleet does not exist; nor does the application or its version
    ///   (CreateDeploymentJob); or the fleet has no earlier deployment (SyncDeploymentJob).
    /// * `ConcurrentDeploymentException`: a job of the fleet is active.
    /// * `LimitExceededException`: as many jobs are active in the account as may be.
    pub fn decide(&self, call: &Call, resources: &impl Resources) -> Result<Decision<A>, ApiException>
    where
        A: Clone,
    {
        if let Some(answer) = self.ledger.find(call)? {
            return Ok(Decision::Existing(answer.clone()));
        }
        let fleet = call.fleet();
        if !resources.has_fleet(fleet) {
            return Err(not_found(format!("The fleet {fleet} does not exist.")));
        }
        match call.application() {
            Some((application, version)) if !resources.has_application(application, version) => {
                return Err(not_found(format!("The robot application {application} has no version {version}.")));
            }
            None if !resources.has_deployment(fleet) => {
                return Err(not_found(format!("The fleet {fleet} has no deployment to synchronize to.")));
            }
            _ => {}
        }
        if resources.has_active_job(fleet) {
            return Err(ApiException::new(
                ExceptionCode::ConcurrentDeployment,
                "A deployment job of the fleet is active.",
            ));
        }
        if resources.active_jobs() >= self.max_active_jobs {
            return Err(ApiException::new(
                ExceptionCode::LimitExceeded,
                "The account has as many active deployment jobs as it may.",
            ));
        }
        Ok(Decision::New)
    }

    /// A call took effect: identical calls are answered so from now on.
    pub fn remember(&mut self, call: &Call, answer: A) {
        self.ledger.remember(call, answer);
    }

    /// The same of a call that is known by its token and its request, which others may share.
    pub fn remember_request(&mut self, token: TokenKey, request: Arc<Request>, answer: A) {
        self.ledger.remember_request(token, request, answer);
    }

    /// The call under this token, if there was one, is too long ago: the token is free again.
    pub fn forget(&mut self, token: &TokenKey) {
        self.ledger.forget(token);
    }

    /// From now on this many jobs may be active.
    pub fn set_max_active_jobs(&mut self, most: u32) {
        self.max_active_jobs = most;
    }

    /// Forgets all calls: another campaign begins. Keeps the memory.
    pub fn clear(&mut self) {
        self.ledger.clear();
    }
}

fn not_found(message: String) -> ApiException {
    ApiException::new(ExceptionCode::ResourceNotFound, message)
}

#[cfg(test)]
mod order {
    use super::tests::{create, sync};
    use super::*;
    use crate::control_plane::ExceptionCode as Code;

    /// An account with one fleet.
    #[derive(Clone, Copy)]
    struct Account {
        fleet: bool,
        application: bool,
        deployment: bool,
        active: bool,
        active_jobs: u32,
    }

    /// In which every call is answered with a job.
    const IDLE: Account = Account { fleet: true, application: true, deployment: true, active: false, active_jobs: 0 };
    /// In which everything is wrong.
    const BAD: Account = Account { fleet: false, application: false, deployment: false, active: true, active_jobs: 20 };

    impl Resources for Account {
        fn has_fleet(&self, fleet: &str) -> bool {
            self.fleet && Some(fleet) == sync().fleet.as_deref()
        }

        fn has_application(&self, application: &str, version: &str) -> bool {
            assert!(application.contains(":robot-application/"));
            self.application && version == "1"
        }

        fn has_deployment(&self, _: &str) -> bool {
            self.deployment
        }

        fn has_active_job(&self, _: &str) -> bool {
            self.active
        }

        fn active_jobs(&self) -> u32 {
            self.active_jobs
        }
    }

    fn sync_call() -> Call {
        Request::Sync(sync()).into_call().unwrap()
    }

    fn create_call() -> Call {
        Request::Create(create().into()).into_call().unwrap()
    }

    /// Each fault hides those after it; taking them away one by one shows them all.
    #[test]
    fn checks_come_in_order() {
        let mut plane: ControlPlane<u32> = ControlPlane::default();
        plane.remember(&sync_call(), 1);
        let code = |call: &Call, account: Account| plane.decide(call, &account).unwrap_err().code();
        assert_eq!(code(&create_call(), BAD), Code::IdempotentParameterMismatch);

        for mut call in [sync_call(), create_call()] {
            call.token = ClientRequestToken::numbered(2);
            let mut account = BAD;
            assert_eq!(code(&call, account), Code::ResourceNotFound);
            account.fleet = true;
            assert_eq!(code(&call, account), Code::ResourceNotFound);
            (account.deployment, account.application) = (call.application().is_none(), call.application().is_some());
            assert_eq!(code(&call, account), Code::ConcurrentDeployment);
            account.active = false;
            assert_eq!(code(&call, account), Code::LimitExceeded);
            account.active_jobs = 19;
            assert_eq!(plane.decide(&call, &account), Ok(Decision::New));
        }
    }

    #[test]
    fn what_does_not_exist_is_named() {
        let plane: ControlPlane<u32> = ControlPlane::default();
        let message = |call: &Call, account: Account| plane.decide(call, &account).unwrap_err().to_string();
        let fleet = sync().fleet.unwrap();
        assert_eq!(message(&sync_call(), BAD), format!("ResourceNotFoundException: The fleet {fleet} does not exist."));
        assert!(message(&sync_call(), Account { deployment: false, ..IDLE }).contains("has no deployment"));
        assert!(message(&create_call(), Account { application: false, ..IDLE }).contains("has no version 1"));
        assert_eq!(plane.decide(&create_call(), &Account { deployment: false, ..IDLE }), Ok(Decision::New));
        assert_eq!(plane.decide(&sync_call(), &Account { application: false, ..IDLE }), Ok(Decision::New));
    }

    #[test]
    fn a_repeat_is_answered_whatever_has_happened_since() {
        let mut plane = ControlPlane::default();
        assert_eq!(plane.decide(&sync_call(), &IDLE), Ok(Decision::New));
        plane.remember(&sync_call(), 7);
        assert_eq!(plane.decide(&sync_call(), &BAD), Ok(Decision::Existing(7)));
        plane.clear();
        assert_eq!(plane.decide(&sync_call(), &IDLE), Ok(Decision::New));
    }

    #[test]
    fn a_refused_call_leaves_its_token_free() {
        let mut plane = ControlPlane::default();
        let busy = Account { active: true, ..IDLE };
        assert_eq!(plane.decide(&sync_call(), &busy).unwrap_err().code(), Code::ConcurrentDeployment);
        assert_eq!(plane.decide(&create_call(), &IDLE), Ok(Decision::New), "the token may serve another request");
        plane.remember(&create_call(), 1);
        assert_eq!(plane.decide(&create_call(), &busy), Ok(Decision::Existing(1)));
    }

    #[test]
    fn the_limit_is_a_setting() {
        let account = Account { active_jobs: 2, ..IDLE };
        let code = |plane: ControlPlane<()>| plane.decide(&sync_call(), &account).map_err(|exception| exception.code());
        assert_eq!(code(ControlPlane::new(2)), Err(Code::LimitExceeded));
        assert_eq!(code(ControlPlane::new(3)), Ok(Decision::New));
    }
}
