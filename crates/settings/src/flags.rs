//! The command line, taken apart.

use crate::names::is_switch;
use crate::parse::switch;
use crate::resolve::Problem;

/// What a command line says.
#[derive(Clone, Default, PartialEq)]
pub struct Flags {
    /// Names without dashes, underscores inside, and raw values, in the order given.
    pub pairs: Vec<(String, String)>,
    /// What follows `--`: a command to run on the desktop.
    pub command: Option<Vec<String>>,
    /// `--help` or `-h`.
    pub help: bool,
    /// `--version` or `-V`.
    pub version: bool,
    /// `settings …`, `bench …` or `doctor …`.
    pub subcommand: Option<Subcommand>,
}

/// Something else than a start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subcommand {
    /// `settings --explain NAME`.
    Explain(String),
    /// `settings --dump`.
    Dump,
    /// `bench`, and all that follows it.
    Bench(Vec<String>),
    /// `doctor`, with other flags as for a start.
    Doctor {
        /// `--json`: for programs.
        json: bool,
    },
}

/// Takes apart the arguments after the program's name. `--a-b v`, `--a-b=v` and `--a_b v` are the
/// same; a switch may stand alone and is then on.
pub fn flags_from(arguments: impl IntoIterator<Item = String>) -> Result<Flags, Problem> {
    let mut flags = Flags::default();
    let mut asks = false;
    let mut arguments = arguments.into_iter().peekable();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--" => {
                flags.command = Some(arguments.by_ref().collect())
                    .filter(|command: &Vec<_>| !command.is_empty());
            }
            "-h" | "--help" => flags.help = true,
            "-V" | "--version" => flags.version = true,
            "bench" if flags == Flags::default() && !asks => {
                flags.subcommand = Some(Subcommand::Bench(arguments.by_ref().collect()));
            }
            "doctor" if flags.subcommand.is_none() && !asks => {
                flags.subcommand = Some(Subcommand::Doctor { json: false });
            }
            "--json" if matches!(flags.subcommand, Some(Subcommand::Doctor { .. })) => {
                flags.subcommand = Some(Subcommand::Doctor { json: true });
            }
            "settings" if !asks && flags.subcommand.is_none() => asks = true,
            "--dump" if asks => flags.subcommand = Some(Subcommand::Dump),
            flag => {
                let Some(flag) = flag.strip_prefix("--") else {
                    return Err(Problem::Word { word: argument });
                };
                let (name, value) = match flag.split_once('=') {
                    Some((name, value)) => (name.replace('-', "_"), Some(value.to_owned())),
                    None => (flag.replace('-', "_"), None),
                };
                let is_question = asks && name == "explain";
                let alone = if is_question {
                    false
                } else {
                    is_switch(&name).ok_or_else(|| unknown(flag))?
                };
                let is_value = |next: &String| {
                    if alone {
                        switch(next).is_some()
                    } else {
                        !next.starts_with("--")
                    }
                };
                let value = match value.or_else(|| arguments.next_if(is_value)) {
                    Some(value) => value,
                    None if alone => "true".to_owned(),
                    None => {
                        return Err(Problem::MissingValue {
                            flag: format!("--{flag}"),
                        });
                    }
                };
                if is_question {
                    flags.subcommand = Some(Subcommand::Explain(value));
                } else {
                    flags.pairs.push((name, value));
                }
            }
        }
    }
    let is_answered = flags.help || flags.version || flags.subcommand.is_some();
    if asks && !is_answered {
        Err(Problem::NoQuestion)
    } else {
        Ok(flags)
    }
}

fn unknown(flag: &str) -> Problem {
    Problem::unknown_flag(flag.split('=').next().unwrap_or(flag))
}

impl std::fmt::Debug for Flags {
    /// Values may be secrets, so only names are shown.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.pairs.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Flags")
            .field("names", &names)
            .field("subcommand", &self.subcommand)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Flags, Problem> {
        flags_from(line.split_whitespace().map(str::to_owned))
    }

    fn pairs(line: &str) -> Vec<(String, String)> {
        parse(line).expect("a good line").pairs
    }

    fn pair(name: &str, value: &str) -> Vec<(String, String)> {
        vec![(name.to_owned(), value.to_owned())]
    }

    #[test]
    fn every_spelling_of_a_flag_is_the_same_flag() {
        for line in [
            "--manual-width 800",
            "--manual-width=800",
            "--manual_width 800",
            "--manual_width=800",
        ] {
            assert_eq!(pairs(line), pair("manual_width", "800"), "{line}");
        }
    }

    #[test]
    fn a_switch_stands_alone_or_takes_a_word() {
        assert_eq!(pairs("--enable-https"), pair("enable_https", "true"));
        assert_eq!(pairs("--enable-https false"), pair("enable_https", "false"));
        assert_eq!(
            pairs("--enable-https=false|locked"),
            pair("enable_https", "false|locked")
        );
        let both = pairs("--enable-https --port 1");
        assert_eq!(both.len(), 2, "{both:?}");
    }

    #[test]
    fn a_value_may_be_negative_but_not_another_flag() {
        assert_eq!(pairs("--gpu-id -1"), pair("gpu_id", "-1"));
        assert_eq!(
            parse("--port --debug"),
            Err(Problem::MissingValue {
                flag: "--port".to_owned()
            })
        );
        assert_eq!(
            parse("--port"),
            Err(Problem::MissingValue {
                flag: "--port".to_owned()
            })
        );
    }

    #[test]
    fn what_follows_two_dashes_is_a_command() {
        let flags = parse("--port 1 -- xterm --port 2").expect("a good line");
        assert_eq!(flags.pairs, pair("port", "1"));
        assert_eq!(
            flags.command,
            Some(["xterm", "--port", "2"].map(str::to_owned).to_vec())
        );
        assert_eq!(parse("--").expect("nothing to run").command, None);
    }

    #[test]
    fn an_unknown_flag_is_answered_with_the_nearest() {
        let problem = parse("--frame-rate=30").expect_err("no such flag");
        assert_eq!(
            problem.to_string(),
            "there is no option --frame-rate; did you mean --framerate?"
        );
        let problem = parse("--zzzzqqqq").expect_err("no such flag");
        assert_eq!(problem.to_string(), "there is no option --zzzzqqqq");
    }

    #[test]
    fn a_stray_word_is_refused() {
        assert!(matches!(parse("xterm"), Err(Problem::Word { word }) if word == "xterm"));
        assert!(matches!(parse("-p"), Err(Problem::Word { .. })));
    }

    #[test]
    fn questions_about_settings_go_with_other_flags() {
        let flags = parse("settings --explain framerate --framerate 30").expect("a good line");
        assert_eq!(
            flags.subcommand,
            Some(Subcommand::Explain("framerate".to_owned()))
        );
        assert_eq!(flags.pairs, pair("framerate", "30"));
        assert_eq!(
            parse("settings --dump").expect("a good line").subcommand,
            Some(Subcommand::Dump)
        );
        assert_eq!(parse("settings"), Err(Problem::NoQuestion));
        assert!(matches!(parse("--dump"), Err(Problem::UnknownFlag { .. })));
    }

    #[test]
    fn bench_takes_the_rest_of_the_line() {
        let flags = parse("bench --size 800x600 -- --help").expect("a good line");
        let rest = ["--size", "800x600", "--", "--help"].map(str::to_owned);
        assert_eq!(flags.subcommand, Some(Subcommand::Bench(rest.to_vec())));
        assert!(!flags.help && flags.pairs.is_empty());
        assert!(matches!(
            parse("--port 1 bench"),
            Err(Problem::Word { word }) if word == "bench"
        ));
    }

    #[test]
    fn doctor_takes_the_flags_of_a_start() {
        let doctor = |json| Some(Subcommand::Doctor { json });
        let flags = parse("doctor --port 1 --json -- xterm").expect("a good line");
        assert_eq!(flags.subcommand, doctor(true));
        assert_eq!(flags.pairs, pair("port", "1"));
        assert_eq!(flags.command, Some(vec!["xterm".to_owned()]));
        let flags = parse("--embedded doctor").expect("a good line");
        assert_eq!(flags.subcommand, doctor(false));
        assert!(matches!(parse("--json"), Err(Problem::UnknownFlag { .. })));
        for line in ["doctor doctor", "doctor settings", "doctor bench"] {
            assert!(matches!(parse(line), Err(Problem::Word { .. })), "{line}");
        }
    }

    #[test]
    fn help_and_version_are_seen() {
        assert!(
            parse("-h").expect("a good line").help && parse("--help").expect("a good line").help
        );
        assert!(
            parse("-V").expect("a good line").version
                && parse("--version").expect("a good line").version
        );
    }

    #[test]
    fn flags_of_earlier_servers_are_still_flags() {
        for line in [
            "--h264_crf 20",
            "--clipboard_in_enabled false",
            "--json_config /tmp/x",
            "--media-pipeline x",
        ] {
            assert_eq!(pairs(line).len(), 1, "{line}");
        }
    }

    #[test]
    fn debug_output_does_not_show_values() {
        let flags = parse("--basic-auth-password canary").expect("a good line");
        assert!(!format!("{flags:?}").contains("canary"));
    }
}
