//! Walks the table: names, precedence, bounds, defaults and locks hold for every setting.

#[path = "table/kinds.rs"]
mod kinds;
#[path = "table/told.rs"]
mod told;

use selkies_settings::{
    Bool, Choice, Definition, Level, List, Problem, Range, Resolved, Secret, Settings, Sources,
    Spec, Value, Withheld, definitions, flags_from, resolve,
};

fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(name, raw)| ((*name).to_owned(), (*raw).to_owned()))
        .collect()
}

fn from_env(pairs: &[(&str, &str)]) -> Resolved {
    resolve(&Sources::new().environment(owned(pairs)))
}

fn from_flags(pairs: &[(&str, &str)]) -> Resolved {
    resolve(&Sources::new().flags(owned(pairs)))
}

fn choice(value: &str, allowed: &[&str]) -> Choice {
    Choice {
        value: value.to_owned(),
        allowed: allowed.iter().map(|&word| word.to_owned()).collect(),
    }
}

fn value(resolved: &Resolved, definition: &Definition) -> Value {
    resolved
        .settings
        .value(definition.name)
        .expect("every row has a field")
}

/// Three raw values that are fine, differ from each other and from the default.
fn samples(definition: &Definition) -> Vec<String> {
    let all: Vec<String> = match definition.spec {
        Spec::Bool { initial } => vec![
            format!("{}", !initial),
            format!("{initial}|locked"),
            format!("{}|locked", !initial),
        ],
        Spec::Int { min, max, .. } if definition.words.is_empty() => {
            (min..=max.min(min + 5)).map(|n| n.to_string()).collect()
        }
        Spec::Float { min, .. } => [1.5, 2.0, 3.0].map(|n| (min + n).to_string()).to_vec(),
        Spec::Text { .. } if definition.words.is_empty() => {
            ["/a", "/b", "/c"].map(str::to_owned).to_vec()
        }
        Spec::Int { .. } | Spec::Text { .. } => definition
            .words
            .iter()
            .map(|&word| word.to_owned())
            .collect(),
        Spec::Secret {} => ["a", "b", "c"].map(str::to_owned).to_vec(),
        Spec::Choice { menu, .. } => {
            let pair = menu
                .iter()
                .rev()
                .map(|&word| word.to_owned())
                .collect::<Vec<_>>()
                .join(",");
            menu.iter()
                .map(|&word| word.to_owned())
                .chain([pair])
                .collect()
        }
        Spec::List { menu } => menu
            .iter()
            .map(|&word| word.to_owned())
            .chain(["none".to_owned()])
            .collect(),
        Spec::Range { min, max, .. } => {
            vec![format!("{min}"), format!("{max}"), format!("{min}-{min}")]
        }
    };
    let default = definition.initial().to_string();
    let mut kept: Vec<String> = all.into_iter().filter(|raw| *raw != default).collect();
    kept.dedup();
    kept
}

/// Settings whose value also depends on others, so that setting them alone is not the whole story.
const DERIVED: [&str; 5] = [
    "is_manual_resolution_mode",
    "microphone_enabled",
    "manual_width",
    "manual_height",
    "webrtc_port",
];

fn plain_rows() -> impl Iterator<Item = &'static Definition> {
    definitions()
        .iter()
        .filter(|definition| !DERIVED.contains(&definition.name))
}

#[test]
fn no_two_settings_share_a_name_and_no_row_lacks_its_sentence() {
    let mut seen = std::collections::BTreeSet::new();
    for definition in definitions() {
        for name in std::iter::once(definition.flag()).chain(definition.variables()) {
            assert!(seen.insert(name.clone()), "{name} is declared twice");
        }
        for name in definition.former {
            assert!(
                seen.insert(format!("--{}", name.replace('_', "-"))),
                "{name} is declared twice"
            );
        }
        assert!(
            definition.doc.ends_with('.') && !definition.doc.starts_with(' '),
            "{}",
            definition.name
        );
    }
    assert!(definitions().len() > 130, "{}", definitions().len());
}

#[test]
fn every_documented_default_is_the_real_one() {
    let settings = Settings::default();
    for definition in definitions()
        .iter()
        .filter(|definition| definition.name != "webrtc_port")
    {
        assert_eq!(
            settings.value(definition.name),
            Some(definition.initial()),
            "{}",
            definition.name
        );
        assert!(!settings.is_set(definition.name), "{}", definition.name);
    }
    assert_eq!(settings.webrtc_port, 8082, "it takes the number of port");
}

#[test]
fn the_defaults_people_rely_on_are_these() {
    let settings = Settings::default();
    assert_eq!(
        settings.framerate,
        Range {
            initial: 60,
            min: 8,
            max: 120
        }
    );
    assert_eq!(
        settings.video_crf,
        Range {
            initial: 25,
            min: 5,
            max: 50
        }
    );
    assert_eq!(
        (settings.port, settings.addr.as_str(), settings.control_port),
        (8082, "0.0.0.0", 8083)
    );
    assert_eq!(settings.control_addr, "127.0.0.1");
    assert_eq!(settings.audio_bitrate.value, "320000");
    assert_eq!(
        (
            settings.encoder.value.as_str(),
            settings.rate_control_mode.value.as_str()
        ),
        ("h264enc", "crf")
    );
    assert_eq!(
        (settings.stun_host.as_str(), settings.stun_port),
        ("stun.l.google.com", 19_302)
    );
    assert!(settings.basic_auth_password.is_empty() && settings.turn_host.is_empty());
    let off = [
        settings.command_enabled,
        settings.microphone_enabled,
        settings.video_streaming_mode,
    ];
    assert!(off.iter().all(|switch| !switch.value && !switch.locked));
    let on = [
        settings.enable_basic_auth,
        settings.use_browser_cursors,
        settings.enable_binary_clipboard,
    ];
    assert!(on.iter().all(|switch| switch.value && !switch.locked));
}

#[test]
fn every_name_of_a_setting_sets_it() {
    for definition in plain_rows() {
        for raw in samples(definition) {
            let wanted = value(&from_flags(&[(definition.name, &raw)]), definition);
            assert_ne!(wanted, definition.initial(), "{} {raw}", definition.name);
            for name in definition.former {
                assert_eq!(
                    value(&from_flags(&[(name, &raw)]), definition),
                    wanted,
                    "--{name} {raw}"
                );
            }
            for name in definition.variables() {
                let resolved = from_env(&[(&name, &raw)]);
                assert_eq!(value(&resolved, definition), wanted, "{name}={raw}");
                assert_eq!(resolved.notices, [], "{name}={raw}");
                assert!(resolved.settings.is_set(definition.name), "{name}={raw}");
            }
        }
    }
}

#[test]
fn each_source_overrides_the_one_below() {
    for definition in plain_rows() {
        let samples = samples(definition);
        let default = definition.initial().to_string();
        let raw = |rank: usize| samples.get(rank % 2).unwrap_or(&default).as_str();
        let mut names = definition.variables();
        names.reverse();
        let mut environment: Vec<(String, String)> = Vec::new();
        let file = owned(&[(definition.name, raw(1))]);
        for (rank, name) in names.iter().enumerate() {
            environment.push((name.clone(), raw(rank).to_owned()));
            let got = resolve(
                &Sources::new()
                    .environment(environment.clone())
                    .file(file.clone()),
            );
            let wanted = value(&from_flags(&[(definition.name, raw(rank))]), definition);
            assert_eq!(
                value(&got, definition),
                wanted,
                "{name} over what is weaker"
            );
        }
        let flags = owned(&[(definition.name, raw(names.len()))]);
        let got = resolve(&Sources::new().environment(environment).flags(flags));
        let wanted = value(
            &from_flags(&[(definition.name, raw(names.len()))]),
            definition,
        );
        assert_eq!(
            value(&got, definition),
            wanted,
            "{} over the environment",
            definition.flag()
        );
        let got = resolve(&Sources::new().file(file));
        let wanted = value(&from_flags(&[(definition.name, raw(1))]), definition);
        assert_eq!(
            value(&got, definition),
            wanted,
            "file over default of {}",
            definition.name
        );
    }
}

#[test]
fn the_last_of_repeated_flags_counts() {
    let resolved = from_flags(&[
        ("video_crf", "20"),
        ("h264_crf", "30"),
        ("port", "1"),
        ("port", "2"),
    ]);
    assert_eq!(
        (resolved.settings.video_crf.initial, resolved.settings.port),
        (30, 2)
    );
}

#[test]
fn an_empty_variable_asks_for_the_default_and_hides_what_is_weaker() {
    for definition in
        plain_rows().filter(|definition| !matches!(definition.spec, Spec::List { .. }))
    {
        let name = definition.variables().remove(0);
        let weaker = samples(definition).remove(0);
        let resolved = resolve(
            &Sources::new()
                .environment(owned(&[(&name, "")]))
                .file(owned(&[(definition.name, &weaker)])),
        );
        let default = Settings::default().value(definition.name);
        assert_eq!(resolved.settings.value(definition.name), default, "{name}");
        assert!(!resolved.settings.is_set(definition.name), "{name}");
    }
    for raw in ["", "none"] {
        assert_eq!(
            from_env(&[("SELKIES_FILE_TRANSFERS", raw)])
                .settings
                .file_transfers,
            List { values: vec![] }
        );
    }
}

/// Raw values below and above the bounds, and what they become.
fn beyond(definition: &Definition) -> Vec<(String, Value)> {
    match definition.spec {
        Spec::Int { min, max, .. } if definition.words.is_empty() => {
            vec![
                ((min - 1).to_string(), Value::Int(min)),
                ((max + 1).to_string(), Value::Int(max)),
            ]
        }
        Spec::Float { min, max, .. } => {
            vec![
                ((min - 2.0).to_string(), Value::Float(min)),
                ((max + 1.0).to_string(), Value::Float(max)),
            ]
        }
        Spec::Range { .. } => {
            let (least, most) = definition.limits.expect("every range has limits");
            let fixed = |number| {
                Value::Range(Range {
                    initial: number,
                    min: number,
                    max: number,
                })
            };
            // A bit rate below its least is read in megabits, and only 0 is then still too small.
            let below = if definition.name == "video_bitrate" {
                Some(0)
            } else {
                least.checked_sub(1)
            };
            let below = below.map(|below| (below.to_string(), fixed(least)));
            below
                .into_iter()
                .chain([((most + 1).to_string(), fixed(most))])
                .collect()
        }
        _ => vec![],
    }
}

#[test]
fn a_bound_clamps_a_variable_with_a_warning_and_refuses_a_flag() {
    let mut checked = 0;
    for definition in plain_rows() {
        for (raw, clamped) in beyond(definition) {
            let variable = definition.variables().remove(0);
            let resolved = from_env(&[(&variable, &raw)]);
            assert_eq!(value(&resolved, definition), clamped, "{variable}={raw}");
            assert!(
                resolved
                    .notices
                    .iter()
                    .any(|notice| notice.level == Level::Warn),
                "{variable}={raw}"
            );
            let refused = from_flags(&[(definition.name, &raw)]).problems;
            assert!(
                matches!(refused.as_slice(), [Problem::Value { .. }]),
                "{} {raw}: {refused:?}",
                definition.flag()
            );
            checked += 1;
        }
    }
    assert!(checked > 30, "{checked}");
}

#[test]
fn what_cannot_be_read_is_an_error_and_leaves_the_default() {
    for definition in plain_rows() {
        let free = matches!(definition.spec, Spec::Secret {} | Spec::Text { .. })
            && definition.words.is_empty();
        if free {
            continue;
        }
        let variable = definition.variables().remove(0);
        let resolved = from_env(&[(&variable, "banana")]);
        assert_eq!(
            resolved.settings.value(definition.name),
            Settings::default().value(definition.name),
            "{variable}"
        );
        assert!(!resolved.settings.is_set(definition.name), "{variable}");
        let [notice] = resolved.notices.as_slice() else {
            panic!("{variable}: {:?}", resolved.notices)
        };
        assert!(
            notice.level == Level::Error && notice.text.contains(&format!("{variable}=banana")),
            "{notice:?}"
        );
        let problems = from_flags(&[(definition.name, "banana")]).problems;
        let [problem] = problems.as_slice() else {
            panic!("{variable}: {problems:?}")
        };
        let line = problem.to_string();
        assert!(
            line.contains(&format!("{} banana: ", definition.flag()))
                && line.contains("(allowed: "),
            "{line}"
        );
        assert!(!line.contains('\n'), "{line}");
    }
}

#[test]
fn clipboard_switches_make_one_policy_that_gives_way_to_the_policy_itself() {
    let policy = |pairs: &[(&str, &str)]| from_env(pairs).settings.enable_clipboard;
    assert_eq!(policy(&[("SELKIES_CLIPBOARD_ENABLED", "true")]), "true");
    assert_eq!(
        policy(&[("SELKIES_CLIPBOARD_ENABLED", "false|locked")]),
        "false"
    );
    assert_eq!(policy(&[("SELKIES_CLIPBOARD_IN_ENABLED", "false")]), "out");
    assert_eq!(policy(&[("SELKIES_CLIPBOARD_OUT_ENABLED", "0")]), "in");
    let both = [
        ("SELKIES_CLIPBOARD_IN_ENABLED", "0"),
        ("SELKIES_CLIPBOARD_OUT_ENABLED", "0"),
    ];
    assert_eq!(policy(&both), "false");
    assert_eq!(
        policy(&[
            ("SELKIES_CLIPBOARD_ENABLED", "false"),
            ("SELKIES_ENABLE_CLIPBOARD", "in")
        ]),
        "in"
    );
    assert_eq!(policy(&[("SELKIES_ENABLE_CLIPBOARD", "0")]), "false");
    assert_eq!(
        from_flags(&[("clipboard_in_enabled", "false")])
            .settings
            .enable_clipboard,
        "out"
    );
    let wrong = from_flags(&[("clipboard_in_enabled", "banana")]).problems;
    let [wrong] = wrong.as_slice() else {
        panic!("{wrong:?}")
    };
    assert!(
        wrong
            .to_string()
            .starts_with("--clipboard-in-enabled banana: "),
        "{wrong}"
    );
}

#[test]
fn values_that_follow_from_others_do() {
    let fixed = from_env(&[("SELKIES_MANUAL_WIDTH", "1280")]).settings;
    assert_eq!(
        fixed.is_manual_resolution_mode,
        Bool {
            value: true,
            locked: true
        }
    );
    assert_eq!((fixed.manual_width, fixed.manual_height), (1280, 768));
    let fixed = from_env(&[("SELKIES_IS_MANUAL_RESOLUTION_MODE", "true")]).settings;
    assert_eq!((fixed.manual_width, fixed.manual_height), (1024, 768));
    assert!(
        !from_env(&[("SELKIES_MANUAL_WIDTH", "0")])
            .settings
            .is_manual_resolution_mode
            .value
    );

    let silent = from_env(&[
        ("SELKIES_AUDIO_ENABLED", "0"),
        ("SELKIES_MICROPHONE_ENABLED", "1"),
    ])
    .settings;
    assert_eq!(
        silent.microphone_enabled,
        Bool {
            value: false,
            locked: true
        }
    );

    let crf = from_env(&[
        ("SELKIES_ENABLE_RATE_CONTROL", "0"),
        ("SELKIES_RATE_CONTROL_MODE", "cbr"),
    ])
    .settings;
    assert_eq!(crf.rate_control_mode, choice("crf", &["crf"]));
    let cbr = from_env(&[("SELKIES_ENCODER", "openh264enc")]).settings;
    assert_eq!(
        (
            cbr.rate_control_mode.value.as_str(),
            cbr.use_paint_over_quality.value
        ),
        ("cbr", false)
    );
    let own = from_env(&[
        ("SELKIES_RATE_CONTROL_MODE", "cbr"),
        ("SELKIES_USE_PAINT_OVER_QUALITY", "1"),
    ])
    .settings;
    assert!(own.use_paint_over_quality.value);

    for (raw, wanted) in [
        ("desk", "/desk"),
        ("/desk", "/desk"),
        ("/desk/", "/desk"),
        ("/", ""),
        ("a/b", "/a/b"),
    ] {
        assert_eq!(
            from_env(&[("SUBFOLDER", raw)]).settings.subfolder,
            wanted,
            "{raw}"
        );
    }
    for raw in ["../x", "a//b", "a b", "a?b", "a\"b"] {
        assert_eq!(from_flags(&[("subfolder", raw)]).problems.len(), 1, "{raw}");
    }
    assert_eq!(
        from_env(&[("SELKIES_TURN_REST_USERNAME", "a:b")])
            .settings
            .turn_rest_username,
        "a-b"
    );
    assert_eq!(
        from_env(&[("SELKIES_KEYFRAME_DISTANCE", "-1")])
            .settings
            .keyframe_interval,
        0.0
    );
    let ports = from_flags(&[("port", "9000"), ("webrtc_port", "9001")]).settings;
    assert_eq!((ports.port, ports.webrtc_port), (9000, 9001));
    assert_eq!(from_flags(&[("port", "9000")]).settings.webrtc_port, 9000);
}
