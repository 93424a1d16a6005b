//! CreateRobotApplication, CreateRobotApplicationVersion, UpdateRobotApplication, DescribeRobotApplication,
//! ListRobotApplications, DeleteRobotApplication.

use serde::Serialize;

use super::{Members, Nothing, Refusal, Reply, given, new_tags, page, read, written};
use crate::control_plane::constraints::Violations;
use crate::control_plane::shapes::{
    ANY_VERSION, ARN, IMAGE_DIGEST, NAME, REPOSITORY_URL, REVISION_ID, S3_BUCKET, S3_KEY, VERSION_QUALIFIER,
};
use crate::rollout::Architecture;
use crate::server::account::{Account, Application, ApplicationContent, Revision, SourceObject, Tags, etag};

/// The model's `RobotSoftwareSuiteType`.
const SUITES: &[&str] = &["ROS", "ROS2", "General"];
/// The model's `RobotSoftwareSuiteVersionType`.
const SUITE_VERSIONS: &[&str] = &["Kinetic", "Melodic", "Dashing", "Foxy"];

/// The model's `RobotSoftwareSuite`.
#[derive(Serialize)]
struct SuiteView<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'a str>,
}

/// The model's `Source`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SourceView<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    s3_bucket: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    s3_key: Option<&'a str>,
    etag: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    architecture: Option<Architecture>,
}

/// The model's `Environment`.
#[derive(Serialize)]
struct EnvironmentView<'a> {
    uri: &'a str,
}

/// What all responses say of an application.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ApplicationView<'a> {
    arn: &'a str,
    name: &'a str,
    version: &'a str,
    sources: Vec<SourceView<'a>>,
    robot_software_suite: SuiteView<'a>,
    last_updated_at: f64,
    revision_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    environment: Option<EnvironmentView<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<&'a Tags>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image_digest: Option<&'a str>,
}

impl<'a> ApplicationView<'a> {
    fn new(timestamp: f64, application: &'a Application, revision: &'a Revision) -> ApplicationView<'a> {
        let source = |source: &'a SourceObject| SourceView {
            s3_bucket: source.bucket.as_deref(),
            s3_key: source.key.as_deref(),
            etag: etag(source),
            architecture: source.architecture,
        };
        let (name, version) = (revision.suite.0.as_deref(), revision.suite.1.as_deref());
        ApplicationView {
            arn: &application.arn,
            name: &application.name,
            version: &revision.version,
            sources: revision.sources.iter().map(source).collect(),
            robot_software_suite: SuiteView { name, version },
            last_updated_at: timestamp,
            revision_id: &revision.revision_id,
            environment: revision.environment.as_deref().map(|uri| EnvironmentView { uri }),
            tags: None,
            image_digest: None,
        }
    }
}

pub(super) fn create(account: &mut Account, members: &Members<'_>) -> Result<Reply, Refusal> {
    let mut violations = Violations::default();
    let name = members.text("name")?;
    violations.required_text("name", &name, &NAME);
    let content = content(members, &mut violations)?;
    let tags = new_tags(members, &mut violations)?;
    violations.into_result()?;
    let now = account.timestamp(account.now());
    let application = account.create_application(&given(name), content, tags)?;
    let view = ApplicationView::new(now, application, &application.latest);
    written(&ApplicationView { tags: Some(&application.tags), ..view })
}

pub(super) fn create_version(account: &mut Account, members: &Members<'_>) -> Result<Reply, Refusal> {
    let mut violations = Violations::default();
    let arn = application_arn(members, &mut violations)?;
    let revision = members.text("currentRevisionId")?;
    violations.text("currentRevisionId", &revision, &REVISION_ID);
    members.texts("s3Etags")?;
    let digest = members.text("imageDigest")?;
    violations.text("imageDigest", &digest, &IMAGE_DIGEST);
    violations.into_result()?;
    let now = account.timestamp(account.now());
    let (application, revision) = account.create_application_version(&arn, revision.as_deref(), digest)?;
    written(&ApplicationView::new(now, application, revision))
}

pub(super) fn update(account: &mut Account, members: &Members<'_>) -> Result<Reply, Refusal> {
    let mut violations = Violations::default();
    let arn = application_arn(members, &mut violations)?;
    let content = content(members, &mut violations)?;
    let revision = members.text("currentRevisionId")?;
    violations.text("currentRevisionId", &revision, &REVISION_ID);
    violations.into_result()?;
    let now = account.timestamp(account.now());
    let application = account.update_application(&arn, revision.as_deref(), content)?;
    written(&ApplicationView::new(now, application, &application.latest))
}

pub(super) fn describe(account: &mut Account, members: &Members<'_>) -> Result<Reply, Refusal> {
    let mut violations = Violations::default();
    let arn = application_arn(members, &mut violations)?;
    let version = version(members, &mut violations)?;
    violations.into_result()?;
    let application = account.application(&arn)?;
    let version = version.as_deref().unwrap_or("$LATEST");
    let revision = application.version(version).ok_or_else(|| {
        let message = format!("The robot application {arn} has no version {version}.");
        crate::control_plane::ApiException::new(crate::control_plane::ExceptionCode::ResourceNotFound, message)
    })?;
    let view = ApplicationView::new(account.timestamp(revision.updated), application, revision);
    read(&ApplicationView { tags: Some(&application.tags), image_digest: revision.image_digest.as_deref(), ..view })
}

pub(super) fn list(account: &mut Account, members: &Members<'_>) -> Result<Reply, Refusal> {
    /// The model's `RobotApplicationSummary`.
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct RobotApplicationSummary<'a> {
        name: &'a str,
        arn: &'a str,
        version: &'a str,
        last_updated_at: f64,
        robot_software_suite: SuiteView<'a>,
    }
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct ListRobotApplicationsResponse<'a> {
        robot_application_summaries: Vec<RobotApplicationSummary<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        next_token: Option<String>,
    }
    let mut violations = Violations::default();
    let qualifier = members.text("versionQualifier")?;
    violations.text("versionQualifier", &qualifier, &VERSION_QUALIFIER);
    let request = page(members, 100, &mut violations)?;
    violations.into_result()?;
    let page = account.list_applications(&request, qualifier.is_some())?;
    let summaries = page.items.iter().map(|(application, revision)| RobotApplicationSummary {
        name: &application.name,
        arn: &application.arn,
        version: &revision.version,
        last_updated_at: account.timestamp(revision.updated),
        robot_software_suite: SuiteView { name: revision.suite.0.as_deref(), version: revision.suite.1.as_deref() },
    });
    read(&ListRobotApplicationsResponse {
        robot_application_summaries: summaries.collect(),
        next_token: page.next_token,
    })
}

pub(super) fn delete(account: &mut Account, members: &Members<'_>) -> Result<Reply, Refusal> {
    let mut violations = Violations::default();
    let arn = application_arn(members, &mut violations)?;
    let version = version(members, &mut violations)?;
    violations.into_result()?;
    let changed = account.delete_application(&arn, version.as_deref())?;
    super::answer(&Nothing {}, changed)
}

fn application_arn(members: &Members<'_>, violations: &mut Violations) -> Result<String, Refusal> {
    let application = members.text("application")?;
    violations.required_text("application", &application, &ARN);
    Ok(given(application))
}

fn version(members: &Members<'_>, violations: &mut Violations) -> Result<Option<String>, Refusal> {
    let version = members.text("applicationVersion")?;
    violations.text("applicationVersion", &version, &ANY_VERSION);
    Ok(version)
}

/// What CreateRobotApplication and UpdateRobotApplication say of an application.
fn content(members: &Members<'_>, violations: &mut Violations) -> Result<ApplicationContent, Refusal> {
    let mut sources = Vec::new();
    for (source, number) in members.objects("sources")?.unwrap_or_default().iter().zip(1..) {
        let path = |name: &str| format!("sources.{number}.member.{name}");
        let (bucket, key) = (source.text("s3Bucket")?, source.text("s3Key")?);
        violations.text(&path("s3Bucket"), &bucket, &S3_BUCKET);
        violations.text(&path("s3Key"), &key, &S3_KEY);
        let architecture = source.text("architecture")?;
        let architecture =
            violations.one_of(&path("architecture"), architecture.as_deref(), Architecture::ALL, Architecture::as_str);
        sources.push(SourceObject { bucket, key, architecture });
    }
    let suite = members.object("robotSoftwareSuite")?;
    violations.required("robotSoftwareSuite", &suite);
    let mut names = (None, None);
    if let Some(suite) = suite {
        let (name, version) = (suite.text("name")?, suite.text("version")?);
        violations.one_of("robotSoftwareSuite.name", name.as_deref(), SUITES, |name| name);
        violations.one_of("robotSoftwareSuite.version", version.as_deref(), SUITE_VERSIONS, |name| name);
        names = (name, version);
    }
    let environment = members.object("environment")?;
    let environment = environment.map(|environment| environment.text("uri")).transpose()?.flatten();
    violations.text("environment.uri", &environment, &REPOSITORY_URL);
    Ok(ApplicationContent { sources, suite: names, environment })
}
