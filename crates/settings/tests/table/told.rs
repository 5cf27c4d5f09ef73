//! What people are told of their settings: complaints, explanations, what may be printed.

use super::*;

#[test]
fn strangers_are_named_once_and_what_lost_its_meaning_says_why() {
    let resolved = from_env(&[
        ("SELKIES_FRAMRATE", "30"),
        ("SELKIES_MEDIA_PIPELINE", "gstreamer"),
        ("SELKIES_INTERPOSER", "/usr/lib/x.so"),
        ("PWA_APP_NAME", "x"),
        ("PATH", "/bin"),
        ("SELKIES_port", "1"),
    ]);
    let of = |level| {
        resolved
            .notices
            .iter()
            .filter(move |notice| notice.level == level)
            .map(|notice| notice.text.as_str())
    };
    let warnings: Vec<&str> = of(Level::Warn).collect();
    assert_eq!(
        warnings,
        [
            "SELKIES_FRAMRATE is no setting; did you mean SELKIES_FRAMERATE?",
            "SELKIES_port is no setting; did you mean SELKIES_PORT?",
        ]
    );
    assert_eq!(of(Level::Info).count(), 2);
    assert!(
        of(Level::Info).any(|text| text.starts_with("SELKIES_MEDIA_PIPELINE changes nothing: "))
    );
    let flag = from_flags(&[("json_config", "/tmp/x")]);
    assert_eq!((flag.problems.len(), flag.notices.len()), (0, 1));
    assert!(matches!(
        from_flags(&[("nonsense", "1")]).problems.as_slice(),
        [Problem::UnknownFlag { .. }]
    ));
}

#[test]
fn explain_tells_who_won_and_over_whom() {
    let sources = Sources::new()
        .flags(owned(&[("framerate", "30")]))
        .environment(owned(&[
            ("SELKIES_FRAMERATE", "8-60"),
            ("SELKIES_MANUAL_WIDTH", "800"),
        ]));
    let settings = resolve(&sources).settings;
    let text = settings.explain("framerate").expect("a setting");
    for line in [
        "framerate = 30",
        "  set by      --framerate 30",
        "  instead of  SELKIES_FRAMERATE=8-60",
        "  default     60,8-120",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} in {text}");
    }
    assert!(
        settings
            .explain("manual-height")
            .expect("a setting")
            .contains("changed     manual mode needs one")
    );
    assert!(
        settings
            .explain("port")
            .expect("a setting")
            .contains("nobody")
    );
    assert_eq!(
        settings.explain("framrate").expect_err("none").to_string(),
        "there is no setting framrate; did you mean framerate?"
    );
}

#[test]
fn what_was_given_without_effect_is_listed_until_it_is_withheld() {
    let mut settings = from_env(&[("SELKIES_ENABLE_HTTPS", "1"), ("SELKIES_PORT", "1")]).settings;
    assert_eq!(settings.without_effect(), ["enable_https"]);
    assert_eq!(settings.withhold(&[Withheld::off("enable_https")]).len(), 1);
    assert_eq!(settings.without_effect(), Vec::<&str>::new());
}

#[test]
fn a_secret_is_seen_nowhere() {
    let canary = "canary-7Qx";
    for definition in definitions()
        .iter()
        .filter(|definition| matches!(definition.spec, Spec::Secret {}))
    {
        let variable = definition.variables().remove(0);
        let sources = Sources::new()
            .flags(owned(&[(definition.name, canary)]))
            .environment(owned(&[(&variable, canary)]));
        let resolved = resolve(&sources);
        let settings = &resolved.settings;
        assert_eq!(
            settings.value(definition.name),
            Some(Value::Secret(Secret::new(canary)))
        );
        let shown = [
            settings.explain(definition.name).expect("a setting"),
            settings.dump(),
            format!("{resolved:?}"),
            serde_json::to_string(&settings.published(&Default::default())).expect("JSON"),
        ];
        assert!(
            shown.iter().all(|text| !text.contains(canary)),
            "{}",
            definition.name
        );
        assert!(!definition.published, "{}", definition.name);
        assert!(
            settings
                .dump()
                .contains(&format!("{} = <redacted>", definition.name))
        );
    }
}

#[test]
fn what_dump_prints_can_be_given_again() {
    let settings = from_env(&[
        ("SELKIES_FRAMERATE", "40,30-60"),
        ("SELKIES_USE_CPU", "true|locked"),
    ])
    .settings;
    let dump = settings.dump();
    assert_eq!(dump.lines().count(), definitions().len());
    let pairs = dump.lines().filter_map(|line| {
        let (name, value) = line.split("  # ").next()?.split_once(" = ")?;
        Some((name.to_owned(), value.to_owned()))
    });
    let again = resolve(&Sources::new().file(pairs));
    assert_eq!(again.notices, []);
    for definition in definitions() {
        let shown = |settings: &Settings| {
            settings
                .value(definition.name)
                .map(|value| value.to_string())
        };
        assert_eq!(
            shown(&again.settings),
            shown(&settings),
            "{}",
            definition.name
        );
    }
}

#[test]
fn a_command_line_goes_all_the_way() {
    let line = "--h264-crf 20 --enable-https --encoder=jpeg,x264enc -- xterm -e top";
    let flags = flags_from(line.split_whitespace().map(str::to_owned)).expect("a good line");
    let settings = resolve(&Sources::new().flags(flags.pairs)).settings;
    assert_eq!(
        settings.video_crf,
        Range {
            initial: 20,
            min: 20,
            max: 20
        }
    );
    assert!(settings.enable_https.value);
    assert_eq!(settings.encoder, choice("jpeg", &["jpeg", "h264enc"]));
}
