//! Robot applications and their versions.

use std::collections::BTreeMap;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::resources::version_number;
use super::{Account, Application, Revision, SourceObject, Tags, invalid, not_found};
use crate::control_plane::{ApiException, ExceptionCode};
use crate::rollout::Architecture;

/// What a call says of an application: all but its name.
#[derive(Clone, Debug, Default)]
pub struct ApplicationContent {
    pub sources: Vec<SourceObject>,
    /// Name and version of the robot software suite.
    pub suite: (Option<String>, Option<String>),
    /// Its container image.
    pub environment: Option<String>,
}

impl Account {
    /// An application by its ARN.
    ///
    /// # Errors
    /// `ResourceNotFoundException`.
    pub fn application(&self, arn: &str) -> Result<&Application, ApiException> {
        let found = self.applications.find(arn).and_then(|serial| self.applications.get(serial));
        found.ok_or_else(|| not_found(format!("The robot application {arn} does not exist.")))
    }

    /// CreateRobotApplication.
    ///
    /// # Errors
    /// `ResourceAlreadyExistsException`: there is an application of this name.
    pub fn create_application(
        &mut self,
        name: &str,
        content: ApplicationContent,
        tags: Tags,
    ) -> Result<&Application, ApiException> {
        if self.applications.named(name).is_some() {
            return Err(ApiException::new(
                ExceptionCode::ResourceAlreadyExists,
                format!("There is a robot application {name} already."),
            ));
        }
        let arn = self.new_arn(&self.applications, "robot-application", name);
        let latest = self.revision(&arn, 1, content);
        let row = Application {
            arn,
            name: name.into(),
            tags,
            latest,
            versions: BTreeMap::new(),
            next_version: 1,
            next_revision: 2,
        };
        let serial = self.applications.add(row);
        self.applications.get(serial).ok_or_else(|| not_found(String::new()))
    }

    /// UpdateRobotApplication.
    ///
    /// # Errors
    /// * `ResourceNotFoundException`: there is no such application.
    /// * `InvalidParameterException`: its latest revision is another one than the caller thinks.
    pub fn update_application(
        &mut self,
        arn: &str,
        believed: Option<&str>,
        content: ApplicationContent,
    ) -> Result<&Application, ApiException> {
        let (arn, number) = {
            let application = self.application(arn)?;
            check_revision(application, believed)?;
            (Arc::clone(&application.arn), application.next_revision)
        };
        let latest = self.revision(&arn, number, content);
        let found = self.applications.find(&arn).and_then(|serial| self.applications.get_mut(serial));
        let application = found.ok_or_else(|| not_found(String::new()))?;
        application.latest = latest;
        application.next_revision += 1;
        Ok(application)
    }

    /// CreateRobotApplicationVersion: freezes the latest revision under the next number. The operation knows no
    /// `ResourceNotFoundException`.
    ///
    /// # Errors
    /// `InvalidParameterException`: there is no such application, or its latest revision is another one than the caller
    /// thinks.
    pub fn create_application_version(
        &mut self,
        arn: &str,
        believed: Option<&str>,
        image_digest: Option<String>,
    ) -> Result<(&Application, &Revision), ApiException> {
        let now = self.now;
        let found = self.applications.find(arn).and_then(|serial| self.applications.get_mut(serial));
        let application = found.ok_or_else(|| invalid(format!("The robot application {arn} does not exist.")))?;
        check_revision(application, believed)?;
        let number = application.next_version;
        application.next_version += 1;
        let version: Arc<str> = number.to_string().into();
        let frozen = Revision { version, updated: now, image_digest, ..application.latest.clone() };
        application.versions.insert(number, frozen);
        let application = &*application;
        Ok((application, &application.versions[&number]))
    }

    /// DeleteRobotApplication: whether that has changed anything. The operation knows no `ResourceNotFoundException`.
    ///
    /// # Errors
    /// `InvalidParameterException`: `$LATEST` cannot be deleted alone.
    pub fn delete_application(&mut self, arn: &str, version: Option<&str>) -> Result<bool, ApiException> {
        let Some(serial) = self.applications.find(arn) else { return Ok(false) };
        let Some(application) = self.applications.get_mut(serial) else { return Ok(false) };
        match version {
            None => {
                self.applications.remove(serial);
                Ok(true)
            }
            Some("$LATEST") => Err(invalid("The version $LATEST cannot be deleted without the application.")),
            Some(number) => {
                Ok(version_number(number).and_then(|number| application.versions.remove(&number)).is_some())
            }
        }
    }

    /// The application that the account holds at its start, with version 1.
    pub(super) fn add_own_application(&mut self, name: &str) {
        let source = |architecture: &Architecture| SourceObject {
            bucket: Some(String::from("rollcast")),
            key: Some(format!("{name}/{architecture}.tar")),
            architecture: Some(*architecture),
        };
        let sources = Architecture::ALL.iter().map(source).collect();
        let content = ApplicationContent {
            sources,
            suite: (Some(String::from("ROS2")), Some(String::from("Foxy"))),
            environment: None,
        };
        let made = self.create_application(name, content, Tags::new()).map(|application| Arc::clone(&application.arn));
        if let Ok(arn) = made {
            let versioned = self.create_application_version(&arn, None, None).is_ok();
            debug_assert!(versioned);
        }
    }

    /// The latest revision of an application, which is its `number`th.
    fn revision(&self, arn: &str, number: u64, content: ApplicationContent) -> Revision {
        Revision {
            version: "$LATEST".into(),
            revision_id: revision_id(arn, number).into(),
            sources: content.sources,
            suite: content.suite,
            environment: content.environment,
            image_digest: None,
            updated: self.now,
        }
    }
}

/// The name of a revision: 36 characters, as a UUID has.
fn revision_id(arn: &str, number: u64) -> String {
    let hash = Sha256::new().chain_update(arn).chain_update(number.to_be_bytes()).finalize();
    let digits: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{}-{}-{}-{}", &digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..])
}

fn check_revision(application: &Application, believed: Option<&str>) -> Result<(), ApiException> {
    match believed {
        Some(revision) if *application.latest.revision_id != *revision => {
            Err(invalid(format!("The current revision of the application is not {revision}.")))
        }
        _ => Ok(()),
    }
}

/// The `etag` of a bundle: there is none to ask S3 for, so it is made of the bundle's place.
pub fn etag(source: &SourceObject) -> String {
    let place = [source.bucket.as_deref().unwrap_or_default(), "/", source.key.as_deref().unwrap_or_default()].concat();
    Sha256::digest(place).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
