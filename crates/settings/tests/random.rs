//! Whatever is said, nothing panics and every value stays within its bounds.

use proptest::prelude::*;
use selkies_settings::{
    Definition, OutputValues, Overlay, Proposed, Settings, Sources, Spec, Value, Verdict, Withheld,
    definitions, flags_from, resolve,
};

/// The value is one its row allows.
fn holds(definition: &Definition, value: &Value) -> bool {
    let is_listed = |menu: &[&str], word: &String| menu.contains(&word.as_str());
    match (definition.spec, value) {
        (Spec::Bool { .. }, Value::Bool(_)) | (Spec::Secret {}, Value::Secret(_)) => true,
        (Spec::Int { min, max, .. }, Value::Int(number)) => {
            let word = number.to_string();
            (min..=max).contains(number)
                && (definition.words.is_empty() || is_listed(definition.words, &word))
        }
        (Spec::Float { min, max, .. }, Value::Float(number)) => (min..=max).contains(number),
        (Spec::Text { .. }, Value::Text(text)) => {
            definition.words.is_empty() || is_listed(definition.words, text)
        }
        (Spec::Choice { menu, .. }, Value::Choice(choice)) => {
            let is_open = |word: &String| {
                let number: Option<u32> = word.parse().ok();
                number
                    .zip(definition.open)
                    .is_some_and(|(number, (min, max))| (min..=max).contains(&number))
            };
            choice.allowed.contains(&choice.value)
                && choice
                    .allowed
                    .iter()
                    .all(|word| is_listed(menu, word) || is_open(word))
        }
        (Spec::List { menu }, Value::List(list)) => {
            list.values.iter().all(|word| is_listed(menu, word))
        }
        (Spec::Range { min, max, .. }, Value::Range(range)) => {
            let (least, most) = definition.limits.unwrap_or((min, max));
            least <= range.min
                && range.min <= range.initial
                && range.initial <= range.max
                && range.max <= most
        }
        _ => false,
    }
}

fn all_hold(settings: &Settings) -> Result<(), TestCaseError> {
    for definition in definitions() {
        let value = settings
            .value(definition.name)
            .expect("every row has a field");
        prop_assert!(holds(definition, &value), "{} = {value:?}", definition.name);
    }
    Ok(())
}

/// Names of settings of both generations, and others.
fn name() -> impl Strategy<Value = String> {
    let known: Vec<String> = definitions()
        .iter()
        .flat_map(|definition| std::iter::once(&definition.name).chain(definition.former))
        .map(|&name| name.to_owned())
        .chain(["clipboard_enabled", "clipboard_in_enabled", "json_config"].map(str::to_owned))
        .collect();
    prop_oneof![9 => prop::sample::select(known), 1 => "[a-zA-Z0-9_=é-]{0,40}"]
}

/// Text that looks like a value, and text that does not.
fn raw() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "true",
        "false|locked",
        "|locked",
        "none",
        "x264enc",
        "jpeg,h264enc",
        "vp8enc,av1enc",
        "upload,upload",
        "in",
        "60,8-120",
        "-1",
        "NaN",
        "inf",
        "-inf",
        "1e400",
        "99999999999999999999",
        "|",
        ",",
        "-",
        ",,-,",
        "/../",
        "auto",
    ]);
    prop_oneof![
        word.prop_map(str::to_owned),
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f64>().prop_map(|number| number.to_string()),
        (any::<u32>(), any::<u32>()).prop_map(|(low, high)| format!("{low}-{high}")),
        (0..600_u32, 0..600_u32, 0..600_u32)
            .prop_map(|(first, low, high)| format!("{first},{low}-{high}")),
        "\\PC{0,40}",
        ".{0,20}",
    ]
}

fn pairs() -> impl Strategy<Value = Vec<(String, String)>> {
    prop::collection::vec((name(), raw()), 0..12)
}

fn proposed() -> impl Strategy<Value = Proposed> {
    prop_oneof![
        any::<bool>().prop_map(Proposed::Bool),
        any::<f64>().prop_map(Proposed::Number),
        (-10.0..600.0).prop_map(Proposed::Number),
        raw().prop_map(Proposed::Text),
    ]
}

/// What runs on an output is what its settings leave open.
fn is_offered(settings: &Settings, values: &OutputValues) -> bool {
    let within =
        |range: selkies_settings::Range, number: u32| (range.min..=range.max).contains(&number);
    settings.encoder.allowed.contains(&values.encoder)
        && settings
            .rate_control_mode
            .allowed
            .contains(&values.rate_control_mode)
        && within(settings.framerate, values.framerate)
        && within(settings.video_crf, values.video_crf)
        && within(settings.video_bitrate, values.video_bitrate)
        && within(settings.jpeg_quality, values.jpeg_quality)
        && within(
            settings.paint_over_jpeg_quality,
            values.paint_over_jpeg_quality,
        )
        && within(settings.video_paintover_crf, values.video_paintover_crf)
        && within(
            settings.video_paintover_burst_frames,
            values.video_paintover_burst_frames,
        )
        && (!settings.use_cpu.locked || settings.use_cpu.value == values.use_cpu)
        && (!settings.video_fullcolor.locked
            || settings.video_fullcolor.value == values.video_fullcolor)
        && (0..=16_384).contains(&values.manual_width)
        && (0..=16_384).contains(&values.manual_height)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_sources_leave_every_value_within_its_bounds(flags in pairs(), environment in pairs(), file in pairs()) {
        let environment = environment.into_iter().map(|(name, raw)| (format!("SELKIES_{}", name.to_uppercase()), raw));
        let sources = Sources::new().flags(flags).environment(environment).file(file);
        let mut settings = resolve(&sources).settings;
        all_hold(&settings)?;
        prop_assert!(settings.dump().lines().count() >= definitions().len());
        prop_assert!(settings.published(&Overlay::default()).len() > 100);
        for definition in definitions() {
            prop_assert!(settings.explain(definition.name).is_ok());
        }
        let withheld: Vec<Withheld> = definitions().iter().map(|definition| Withheld::off(definition.name)).collect();
        settings.withhold(&withheld);
        prop_assert_eq!(settings.withhold(&withheld), vec![]);
    }

    #[test]
    fn any_wishes_leave_an_output_within_what_is_offered(
        environment in pairs(),
        wishes in prop::collection::vec((name(), proposed(), any::<bool>()), 0..24),
    ) {
        let environment = environment.into_iter().map(|(name, raw)| (format!("SELKIES_{}", name.to_uppercase()), raw));
        let settings = resolve(&Sources::new().environment(environment)).settings;
        let mut values = settings.output_values();
        for (key, wish, clamp) in wishes {
            let before = values.clone();
            let verdict = if clamp {
                settings.set_clamped(&mut values, &key, &wish)
            } else {
                settings.propose(&mut values, &key, &wish)
            };
            prop_assert_eq!(verdict == Verdict::Changed, values != before, "{} {:?}", key, wish);
            prop_assert!(is_offered(&settings, &values), "{} {:?}: {:?}", key, wish, values);
        }
    }

    #[test]
    fn any_command_line_is_taken_apart_or_refused(words in prop::collection::vec(prop_oneof![
        raw(),
        name().prop_map(|name| format!("--{name}")),
        (name(), raw()).prop_map(|(name, raw)| format!("--{}={raw}", name.replace('_', "-"))),
        Just("settings".to_owned()),
        Just("--explain".to_owned()),
    ], 0..8)) {
        if let Ok(flags) = flags_from(words) {
            let resolved = resolve(&Sources::new().flags(flags.pairs));
            all_hold(&resolved.settings)?;
            prop_assert!(resolved.problems.iter().all(|problem| !problem.to_string().is_empty()));
        }
    }
}
