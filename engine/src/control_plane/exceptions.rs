//! The API's exceptions: name, status and message.

use std::borrow::Cow;
use std::fmt;

/// The names under which the API refuses calls (R18), as declared by the operations of AWS's service model
/// `robomaker-2018-06-29`. (Its one other, `ServiceUnavailableException`, belongs to simulations and worlds.)
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExceptionCode {
    /// The fleet has an active job. (The model's prose says instead that the failure threshold was met.)
    ConcurrentDeployment,
    /// The token was used before, for another request.
    IdempotentParameterMismatch,
    /// The service failed inside; the call took no effect.
    InternalServer,
    /// A parameter is missing or breaks a rule.
    InvalidParameter,
    /// The account has as many as it may.
    LimitExceeded,
    /// A second resource of a name.
    ResourceAlreadyExists,
    /// What the call names does not exist.
    ResourceNotFound,
    /// Too many calls; this one took no effect.
    Throttling,
}

impl ExceptionCode {
    /// All codes, in the order of the declaration.
    pub const ALL: [ExceptionCode; 8] = [
        ExceptionCode::ConcurrentDeployment,
        ExceptionCode::IdempotentParameterMismatch,
        ExceptionCode::InternalServer,
        ExceptionCode::InvalidParameter,
        ExceptionCode::LimitExceeded,
        ExceptionCode::ResourceAlreadyExists,
        ExceptionCode::ResourceNotFound,
        ExceptionCode::Throttling,
    ];

    /// The API's spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            ExceptionCode::ConcurrentDeployment => "ConcurrentDeploymentException",
            ExceptionCode::IdempotentParameterMismatch => "IdempotentParameterMismatchException",
            ExceptionCode::InternalServer => "InternalServerException",
            ExceptionCode::InvalidParameter => "InvalidParameterException",
            ExceptionCode::LimitExceeded => "LimitExceededException",
            ExceptionCode::ResourceAlreadyExists => "ResourceAlreadyExistsException",
            ExceptionCode::ResourceNotFound => "ResourceNotFoundException",
            ExceptionCode::Throttling => "ThrottlingException",
        }
    }

    /// The HTTP status: the model's `httpStatusCode`, 500 for `InternalServerException` and 400 for the others,
    /// throttling included.
    pub const fn http_status(self) -> u16 {
        match self {
            ExceptionCode::InternalServer => 500,
            _ => 400,
        }
    }
}

/// A refusal: the API's exception with its message. Making one from a literal does not allocate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiException {
    code: ExceptionCode,
    message: Cow<'static, str>,
}

impl ApiException {
    /// An exception with a message for people.
    pub fn new(code: ExceptionCode, message: impl Into<Cow<'static, str>>) -> ApiException {
        ApiException { code, message: message.into() }
    }

    /// Which exception it is.
    pub fn code(&self) -> ExceptionCode {
        self.code
    }

    /// What went wrong, for people.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for ApiException {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.message)
    }
}

impl std::error::Error for ApiException {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_internal_errors_are_the_servers() {
        for code in ExceptionCode::ALL {
            assert_eq!(code.as_str(), format!("{code:?}Exception"));
            assert_eq!(code.http_status(), if code == ExceptionCode::InternalServer { 500 } else { 400 });
        }
    }

    #[test]
    fn an_exception_names_itself() {
        let exception = ApiException::new(ExceptionCode::Throttling, "Rate exceeded");
        assert_eq!(exception.to_string(), "ThrottlingException: Rate exceeded");
        assert_eq!((exception.code(), exception.message()), (ExceptionCode::Throttling, "Rate exceeded"));
    }
}
