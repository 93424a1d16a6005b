//! Each constraint on both sides of its bounds, and whatever comes from outside.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

const FLEET: &str = "arn:aws:robomaker:us-west-2:111111111111:deployment-fleet/amr/1577836800000";

fn some(text: &str) -> Option<String> {
    Some(text.into())
}

/// A SyncDeploymentJob with nothing wrong.
pub(super) fn sync() -> SyncDeploymentJobRequest {
    SyncDeploymentJobRequest { client_request_token: some("token-1"), fleet: some(FLEET) }
}

/// A CreateDeploymentJob with every member and nothing wrong.
pub(super) fn create() -> CreateDeploymentJobRequest {
    CreateDeploymentJobRequest {
        deployment_config: Some(DeploymentConfig {
            concurrent_deployment_percentage: Some(20),
            failure_threshold_percentage: Some(25),
            robot_deployment_timeout_in_seconds: Some(18_000),
            download_condition_file: Some(S3Object { bucket: some("bundles"), key: some("may i.sh"), etag: some("") }),
        }),
        client_request_token: some("token-1"),
        fleet: some(FLEET),
        deployment_application_configs: vec![DeploymentApplicationConfig {
            application: some("arn:aws:robomaker:us-west-2:111111111111:robot-application/amr/1577836800000"),
            application_version: some("1"),
            launch_config: Some(DeploymentLaunchConfig {
                package_name: some("amr_bringup"),
                pre_launch_file: some("before launch.sh"),
                launch_file: some("amr.launch"),
                post_launch_file: some("after launch.sh"),
                environment_variables: [("ROS_DOMAIN_ID".into(), "7".into())].into(),
            }),
        }],
        tags: [("site".into(), "hall 3".into())].into(),
    }
}

/// What a request is told, without the introduction; nothing if it is right.
fn told(result: Result<(), ApiException>) -> Vec<String> {
    let Err(exception) = result else { return Vec::new() };
    assert_eq!(exception.code(), ExceptionCode::InvalidParameter);
    let (introduction, list) = exception.message().split_once(": ").expect("an introduction");
    let list: Vec<String> = list.split("; ").map(str::to_owned).collect();
    let errors = if list.len() == 1 { "error" } else { "errors" };
    assert_eq!(introduction, format!("{} validation {errors} detected", list.len()));
    list
}

/// What CreateDeploymentJob is told after this change.
fn told_after(change: impl FnOnce(&mut CreateDeploymentJobRequest)) -> Vec<String> {
    let mut request = create();
    change(&mut request);
    told(request.validate())
}

/// Where a string lives in a request.
type Place = fn(&mut CreateDeploymentJobRequest) -> &mut Option<String>;

fn application(request: &mut CreateDeploymentJobRequest) -> &mut DeploymentApplicationConfig {
    &mut request.deployment_application_configs[0]
}

fn launch(request: &mut CreateDeploymentJobRequest) -> &mut DeploymentLaunchConfig {
    application(request).launch_config.as_mut().unwrap()
}

fn config(request: &mut CreateDeploymentJobRequest) -> &mut DeploymentConfig {
    request.deployment_config.as_mut().unwrap()
}

fn condition(request: &mut CreateDeploymentJobRequest) -> &mut S3Object {
    config(request).download_condition_file.as_mut().unwrap()
}

const IN_APPLICATION: &str = "deploymentApplicationConfigs.1.member";

#[test]
fn a_request_with_nothing_wrong_passes() {
    assert_eq!(sync().validate(), Ok(()));
    assert_eq!(create().validate(), Ok(()));
    let sparse = |request: &mut CreateDeploymentJobRequest| {
        request.deployment_config = None;
        request.tags.clear();
        let launch = launch(request);
        (launch.pre_launch_file, launch.post_launch_file) = (None, None);
        launch.environment_variables.clear();
    };
    assert!(told_after(sparse).is_empty());
    assert!(told_after(|request| *config(request) = DeploymentConfig::default()).is_empty());
}

#[test]
fn all_violations_are_told_at_once() {
    let mut request = sync();
    request.client_request_token = some(&"!".repeat(65));
    request.fleet = some("");
    let token = "!".repeat(65);
    let at = "failed to satisfy constraint: Member must";
    assert_eq!(
        request.validate().unwrap_err().to_string(),
        format!(
            "InvalidParameterException: 4 validation errors detected: \
             Value '{token}' at 'clientRequestToken' {at} have length less than or equal to 64; \
             Value '{token}' at 'clientRequestToken' {at} satisfy regular expression pattern: [a-zA-Z0-9_\\-=]*; \
             Value '' at 'fleet' {at} have length greater than or equal to 1; \
             Value '' at 'fleet' {at} satisfy regular expression pattern: arn:.*"
        )
    );
    let nothing = SyncDeploymentJobRequest::default().validate().unwrap_err();
    assert_eq!(
        nothing.message(),
        format!(
            "2 validation errors detected: Value null at 'clientRequestToken' {at} not be null; \
             Value null at 'fleet' {at} not be null"
        )
    );
    // One of each kind, all over the request.
    let everywhere = told_after(|request| {
        let config = config(request);
        config.concurrent_deployment_percentage = Some(0);
        config.failure_threshold_percentage = Some(101);
        config.robot_deployment_timeout_in_seconds = Some(i64::MIN);
        config.download_condition_file = Some(S3Object::default());
        request.client_request_token = None;
        request.fleet = some("amr");
        let application = application(request);
        application.application = None;
        application.application_version = some("$LATEST");
        application.launch_config = Some(DeploymentLaunchConfig::default());
        request.tags.insert(String::new(), "é".into());
    });
    assert_eq!(everywhere.len(), 13, "{everywhere:#?}");
}

#[test]
fn strings_keep_to_their_lengths_and_patterns() {
    let places: [(&str, Place, usize, usize, &str, &str); 11] = [
        ("clientRequestToken", |r| &mut r.client_request_token, 1, 64, "", "azAZ09_-="),
        ("fleet", |r| &mut r.fleet, 1, 1224, "arn:", "any é"),
        (".application", |r| &mut application(r).application, 1, 1224, "arn:", "any é"),
        (".applicationVersion", |r| &mut application(r).application_version, 1, 255, "", "09"),
        (".launchConfig.packageName", |r| &mut launch(r).package_name, 1, 1024, "", "azAZ09_.-"),
        (".launchConfig.preLaunchFile", |r| &mut launch(r).pre_launch_file, 1, 1024, "", "any é"),
        (".launchConfig.launchFile", |r| &mut launch(r).launch_file, 1, 1024, "", "azAZ09_.-"),
        (".launchConfig.postLaunchFile", |r| &mut launch(r).post_launch_file, 1, 1024, "", "any é"),
        ("deploymentConfig.downloadConditionFile.bucket", |r| &mut condition(r).bucket, 3, 63, "a", "az09.-0"),
        ("deploymentConfig.downloadConditionFile.key", |r| &mut condition(r).key, 1, 1024, "", "any é"),
        ("deploymentConfig.downloadConditionFile.etag", |r| &mut condition(r).etag, 0, 9999, "", "any é\n"),
    ];
    for (name, place, min, max, start, inside) in places {
        let path = if name.starts_with('.') { format!("{IN_APPLICATION}{name}") } else { name.to_owned() };
        let set = |text: String| told_after(|request| *place(request) = Some(text));
        // Any character that is inside, and the lengths at both ends.
        assert!(set(format!("{start}{inside}")).is_empty(), "{path}");
        let filler = inside.chars().last().unwrap().to_string();
        let of_length = |length: usize| format!("{start}{}", filler.repeat(length.saturating_sub(start.len())));
        assert!(set(of_length(max)).is_empty(), "{path}");
        if name.ends_with("etag") {
            continue;
        }
        assert!(set(of_length(min)).is_empty() || start == "arn:", "{path}");
        let [violation] = &set(of_length(max + 1))[..] else { panic!("{path}") };
        let (value, _) = violation.split_once(" at ").unwrap();
        assert_eq!(value, format!("Value '{}'", of_length(max + 1)));
        let constraint = format!("at '{path}' failed to satisfy constraint: Member must have length");
        assert!(violation.ends_with(&format!("{constraint} less than or equal to {max}")), "{violation}");
        let short: String = of_length(max).chars().take(min - 1).collect();
        let too_short = format!("{constraint} greater than or equal to {min}");
        assert!(set(short).iter().any(|violation| violation.ends_with(&too_short)), "{path}");
        // One character that is not inside.
        let outsider = if inside.starts_with("any") { '\n' } else { '+' };
        let [violation] = &set(format!("{start}{inside}{outsider}{filler}"))[..] else { panic!("{path}") };
        assert!(violation.contains(&format!("at '{path}' failed")), "{violation}");
        assert!(violation.contains("Member must satisfy regular expression pattern: "), "{violation}");
    }
}

#[test]
fn strings_start_and_end_as_they_must() {
    for fleet in ["arn", "ARN:a", " arn:a", "arn:\n", "arn:\u{2028}"] {
        assert_eq!(told_after(|request| request.fleet = some(fleet)).len(), 1, "{fleet:?}");
    }
    assert!(told_after(|request| request.fleet = some("arn:")).is_empty());
    for version in ["$LATEST", "1.0", "-1", " 1", "١"] {
        let told = told_after(|request| application(request).application_version = some(version));
        assert_eq!(told.len(), 1, "{version:?}");
        assert!(told[0].ends_with("Member must satisfy regular expression pattern: [0-9]*"));
    }
    for bucket in ["-ab", "ab-", "a_b", "aBc", ".ab", "ab.", "aéa"] {
        assert_eq!(told_after(|request| condition(request).bucket = some(bucket)).len(), 1, "{bucket:?}");
    }
}

#[test]
fn lengths_are_counted_in_characters() {
    assert!(told_after(|request| launch(request).pre_launch_file = some(&"é".repeat(1024))).is_empty());
    assert!(told_after(|request| launch(request).pre_launch_file = some(&"🤖".repeat(1024))).is_empty());
    assert_eq!(told_after(|request| launch(request).pre_launch_file = some(&"é".repeat(1025))).len(), 1);
}

#[test]
fn numbers_keep_to_their_ranges() {
    type Number = fn(&mut DeploymentConfig) -> &mut Option<i64>;
    let numbers: [(&str, Number, i64, i64); 3] = [
        ("concurrentDeploymentPercentage", |c| &mut c.concurrent_deployment_percentage, 1, 100),
        ("failureThresholdPercentage", |c| &mut c.failure_threshold_percentage, 1, 100),
        ("robotDeploymentTimeoutInSeconds", |c| &mut c.robot_deployment_timeout_in_seconds, 60, 604_800),
    ];
    for (name, number, min, max) in numbers {
        let set = |value| told_after(|request| *number(config(request)) = Some(value));
        assert!(set(min).is_empty() && set(max).is_empty(), "{name}");
        let at = |value, rest| {
            format!("Value '{value}' at 'deploymentConfig.{name}' failed to satisfy constraint: Member must {rest}")
        };
        let (low, high) = ("have value greater than or equal to", "have value less than or equal to");
        assert_eq!(set(min - 1), [at(min - 1, format!("{low} {min}"))]);
        assert_eq!(set(max + 1), [at(max + 1, format!("{high} {max}"))]);
        assert_eq!((set(i64::MIN).len(), set(i64::MAX).len()), (1, 1));
    }
}

#[test]
fn there_is_exactly_one_application_with_a_launch_configuration() {
    let at = "Value at 'deploymentApplicationConfigs' failed to satisfy constraint: Member must have length";
    assert_eq!(
        told_after(|request| request.deployment_application_configs.clear()),
        [format!("{at} greater than or equal to 1")]
    );
    let two = |request: &mut CreateDeploymentJobRequest| {
        request.deployment_application_configs.push(DeploymentApplicationConfig::default());
    };
    assert_eq!(told_after(two), [format!("{at} less than or equal to 1")]);
    assert_eq!(
        told_after(|request| application(request).launch_config = None),
        [format!(
            "Value null at '{IN_APPLICATION}.launchConfig' failed to satisfy constraint: Member must not be null"
        )]
    );
    let null = |change: fn(&mut CreateDeploymentJobRequest)| {
        let told = told_after(change);
        assert!(told.iter().all(|violation| violation.starts_with("Value null at '")), "{told:?}");
        told.len()
    };
    assert_eq!(null(|request| *application(request) = DeploymentApplicationConfig::default()), 3);
    assert_eq!(null(|request| *launch(request) = DeploymentLaunchConfig::default()), 2);
    assert_eq!(null(|request| *condition(request) = S3Object::default()), 2);
    assert_eq!(null(|request| (request.client_request_token, request.fleet) = (None, None)), 2);
}

#[test]
fn maps_keep_to_their_sizes_keys_and_values() {
    fn numbered(prefix: &str, entries: usize) -> BTreeMap<String, String> {
        (0..entries).map(|number| (format!("{prefix}{number}"), "v".into())).collect()
    }
    let tags = |map| told_after(|request| request.tags = map);
    let variables = |map| told_after(|request| launch(request).environment_variables = map);
    assert!(tags(numbered("t", 50)).is_empty() && variables(numbered("V", 20)).is_empty());
    let failed = "failed to satisfy constraint:";
    assert_eq!(
        tags(numbered("t", 51)),
        [format!("Value at 'tags' {failed} Member must have length less than or equal to 50")]
    );
    assert_eq!(
        variables(numbered("V", 21)),
        [format!(
            "Value at '{IN_APPLICATION}.launchConfig.environmentVariables' {failed} \
             Member must have length less than or equal to 20"
        )]
    );

    let one = |key: &str, value: &str| BTreeMap::from([(key.to_owned(), value.to_owned())]);
    for (key, value) in [("k", ""), ("azAZ09 _.-/+=:", "azAZ09 _.-/+=:"), (&"k".repeat(128), &"v".repeat(256))] {
        assert!(tags(one(key, value)).is_empty(), "{key:?} {value:?}");
    }
    for (key, value) in [("", "v"), ("@", "v"), (&"k".repeat(129), "v"), ("k", "@"), ("k", &"v".repeat(257))] {
        assert_eq!(tags(one(key, value)).len(), 1, "{key:?} {value:?}");
    }
    for (key, value) in [("A", "any é"), ("_", "v"), ("A0_Z9", "v"), (&"K".repeat(1024), &"é".repeat(1024))] {
        assert!(variables(one(key, value)).is_empty(), "{key:?} {value:?}");
    }
    let long = "K".repeat(1025);
    for (key, value) in
        [("", "v"), ("0A", "v"), ("a", "v"), ("A-", "v"), (&long, "v"), ("A", ""), ("A", "1\n2"), ("A", &long)]
    {
        assert_eq!(variables(one(key, value)).len(), 1, "{key:?} {value:?}");
    }

    // However many entries are wrong, keys are told of once and values once, with the first of them.
    assert_eq!(
        tags([("@1".into(), "@".into()), ("@2".into(), "@".into()), ("ok".into(), "ok".into())].into()),
        [("Map keys", 128, 1), ("Map value", 256, 0)].map(|(kind, max, min)| format!(
            "Value '{{@1=@}}' at 'tags' {failed} {kind} must satisfy constraint: [\
             Member must have length less than or equal to {max}, \
             Member must have length greater than or equal to {min}, \
             Member must satisfy regular expression pattern: [a-zA-Z0-9 _.\\-\\/+=:]*]"
        ))
    );
}

#[test]
fn a_call_knows_what_it_is_about() {
    let call = Request::Sync(sync()).into_call().unwrap();
    assert_eq!((call.token.as_str(), call.fleet(), call.application()), ("token-1", FLEET, None));
    let bare = SyncDeploymentJobRequest { client_request_token: None, ..sync() };
    assert_eq!(call.request(), &Request::Sync(bare));
    let call = Request::Create(create().into()).into_call().unwrap();
    let arn = "arn:aws:robomaker:us-west-2:111111111111:robot-application/amr/1577836800000";
    assert_eq!((call.fleet(), call.application()), (FLEET, Some((arn, "1"))));
    for wrong in [Request::Sync(Default::default()), Request::Create(Default::default())] {
        assert_eq!(wrong.into_call().unwrap_err().code(), ExceptionCode::InvalidParameter);
    }
}

/// Strings of every kind: arbitrary ones, ones that nearly fit, ones that fit.
fn text() -> impl Strategy<Value = Option<String>> {
    prop_oneof![
        Just(None),
        any::<String>().prop_map(Some),
        "[a-zA-Z0-9_=-]{0,70}".prop_map(Some),
        "[a-z0-9_=-]{0,64}[é+\n.]?".prop_map(Some),
        "arn:[^\n]{0,30}".prop_map(Some),
        "[0-9]{0,260}".prop_map(Some),
    ]
}

fn map() -> impl Strategy<Value = BTreeMap<String, String>> {
    proptest::collection::btree_map(any::<String>(), any::<String>(), 0..60)
}

proptest! {
    #[test]
    fn a_token_is_what_its_pattern_says(text in text()) {
        const CHARACTERS: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-=";
        let text = text.unwrap_or_default();
        let expected = (1..=64).contains(&text.len()) && text.chars().all(|character| CHARACTERS.contains(character));
        let token = ClientRequestToken::parse(&text);
        prop_assert_eq!(token.is_some(), expected);
        prop_assert!(token.is_none_or(|token| token.as_str() == text));
        let request = SyncDeploymentJobRequest { client_request_token: Some(text), ..sync() };
        prop_assert_eq!(request.validate().is_ok(), expected);
    }

    #[test]
    fn whatever_comes_is_answered(
        texts in proptest::collection::vec(text(), 11),
        numbers in proptest::array::uniform3(any::<Option<i64>>()),
        tags in map(),
        environment_variables in map(),
        configs in 0..3usize,
    ) {
        let mut texts = texts.into_iter();
        let mut text = || texts.next().flatten();
        let request = CreateDeploymentJobRequest {
            deployment_config: Some(DeploymentConfig {
                concurrent_deployment_percentage: numbers[0],
                failure_threshold_percentage: numbers[1],
                robot_deployment_timeout_in_seconds: numbers[2],
                download_condition_file: Some(S3Object { bucket: text(), key: text(), etag: text() }),
            }),
            client_request_token: text(),
            fleet: text(),
            deployment_application_configs: vec![
                DeploymentApplicationConfig {
                    application: text(),
                    application_version: text(),
                    launch_config: Some(DeploymentLaunchConfig {
                        package_name: text(),
                        pre_launch_file: text(),
                        launch_file: text(),
                        post_launch_file: text(),
                        environment_variables,
                    }),
                };
                configs
            ],
            tags,
        };
        let valid = request.validate().is_ok();
        prop_assert_eq!(Request::Create(request.into()).into_call().is_ok(), valid);
    }
}
