//! The words after `selkies bench`.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use selkies_media::Size;
use selkies_media::geometry::LARGEST;

use crate::metric::Scene;

/// What `--help` prints.
pub(crate) const HELP: &str = "\
Measures this program on this machine: scenes of our own on a private X server, shown in a
headless Chromium, next to the least that this machine allows.

  selkies bench [options]

  --scenes a,b        only these: idle typing window motion press press-under-motion start readers
  --size 1280x720     size of the desktop
  --seconds 10        how long each scene is watched
  --sessions 1        so many times all over; the table has the medians
  --sink video        how the page and its floor show pictures: video, canvas, draw or copy
                      (default: what the page chooses)
  --bin PATH          the program to measure (default: this one)
  --chromium PATH     the browser (default: chromium, chromium-browser or google-chrome)
  --json FILE         all values, also as JSON
  --strict            fail when a target is missed

Needs Xvfb, Chromium and ss (package iproute2). Everything stays on the loopback interface.
";

/// Scenes smaller than this have no room for their parts.
const SMALLEST: Size = Size::new(800, 600);
/// Longer measurements only tell what several sessions tell better.
const LONGEST: f64 = 600.0;
const MOST_SESSIONS: usize = 100;
/// What the page understands; `canvas` takes the quicker of the last two.
const SINKS: [&str; 4] = ["video", "canvas", "draw", "copy"];

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Options {
    pub(crate) scenes: Vec<Scene>,
    pub(crate) size: Size,
    pub(crate) seconds: f64,
    pub(crate) sessions: usize,
    pub(crate) sink: Option<&'static str>,
    pub(crate) bin: Option<PathBuf>,
    pub(crate) chromium: Option<PathBuf>,
    pub(crate) json: Option<PathBuf>,
    pub(crate) strict: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            scenes: Scene::ALL.to_vec(),
            size: Size::new(1280, 720),
            seconds: 10.0,
            sessions: 1,
            sink: None,
            bin: None,
            chromium: None,
            json: None,
            strict: false,
        }
    }
}

/// Reads the words. `None`: help was asked for.
pub(crate) fn parse(words: impl IntoIterator<Item = String>) -> Result<Option<Options>> {
    let mut options = Options::default();
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let (name, given) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (word.as_str(), None),
        };
        let mut value = || {
            given
                .clone()
                .or_else(|| words.next())
                .with_context(|| format!("{name} needs a value"))
        };
        match name {
            "-h" | "--help" => return Ok(None),
            "--strict" => options.strict = true,
            "--scenes" => options.scenes = scenes(&value()?)?,
            "--size" => options.size = size(&value()?)?,
            "--seconds" => options.seconds = number(name, &value()?, 1.0, LONGEST)?,
            "--sessions" => {
                options.sessions = number(name, &value()?, 1, MOST_SESSIONS)?;
            }
            "--sink" => options.sink = Some(sink(&value()?)?),
            "--bin" => options.bin = Some(value()?.into()),
            "--chromium" => options.chromium = Some(value()?.into()),
            "--json" => options.json = Some(value()?.into()),
            _ => bail!("there is no option {word}; --help lists them"),
        }
    }
    Ok(Some(options))
}

fn scenes(list: &str) -> Result<Vec<Scene>> {
    list.split(',')
        .map(|name| {
            Scene::named(name.trim()).with_context(|| {
                let names = Scene::ALL.map(Scene::name).join(", ");
                format!("there is no scene {name:?}; there are {names}")
            })
        })
        .collect()
}

fn sink(name: &str) -> Result<&'static str> {
    let known = SINKS.into_iter().find(|known| *known == name);
    known.with_context(|| format!("there is no sink {name:?}; there are {}", SINKS.join(", ")))
}

fn size(text: &str) -> Result<Size> {
    let parsed = text
        .split_once('x')
        .and_then(|(width, height)| Some(Size::new(width.parse().ok()?, height.parse().ok()?)))
        .with_context(|| format!("{text:?} is not a size such as 1280x720"))?;
    let fits = (SMALLEST.width..=LARGEST.width).contains(&parsed.width)
        && (SMALLEST.height..=LARGEST.height).contains(&parsed.height);
    anyhow::ensure!(fits, "the size must be from {SMALLEST} to {LARGEST}");
    // Odd sizes would be scaled by the page, and the strip could not be read.
    anyhow::ensure!(
        parsed.width.is_multiple_of(2) && parsed.height.is_multiple_of(2),
        "both sides must be even"
    );
    Ok(parsed)
}

fn number<T>(name: &str, text: &str, least: T, most: T) -> Result<T>
where
    T: std::str::FromStr + PartialOrd + std::fmt::Display + Copy,
{
    text.parse()
        .ok()
        .filter(|number| (&least..=&most).contains(&number))
        .with_context(|| format!("{name} must be from {least} to {most}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Option<Options>> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    fn options(line: &str) -> Options {
        read(line).expect("a good line").expect("not a question")
    }

    #[test]
    fn without_words_everything_is_measured_once() {
        let options = options("");
        assert_eq!(options.scenes, Scene::ALL);
        assert_eq!(options.sessions, 1);
        assert!(!options.strict);
    }

    #[test]
    fn each_option_is_read_in_both_spellings() {
        let spaced = options(
            "--scenes idle,press-under-motion --size 1920x1080 --seconds 2.5 --sessions 3 --sink copy --bin /a --chromium /b --json /c --strict",
        );
        let joined = options(
            "--strict --scenes=idle,press-under-motion --size=1920x1080 --seconds=2.5 --sessions=3 --sink=copy --bin=/a --chromium=/b --json=/c",
        );
        assert_eq!(spaced, joined);
        assert_eq!(spaced.scenes, [Scene::Idle, Scene::PressUnderMotion]);
        assert_eq!(spaced.size, Size::new(1920, 1080));
        assert_eq!(spaced.sink, Some("copy"));
        assert_eq!(spaced.bin, Some(PathBuf::from("/a")));
        assert!(spaced.strict);
    }

    #[test]
    fn what_cannot_be_done_is_refused() {
        for line in [
            "--scenes nothing",
            "--size 1280",
            "--size 10x10",
            "--size 1281x720",
            "--size 99999x720",
            "--seconds 0",
            "--seconds NaN",
            "--seconds",
            "--sessions 101",
            "--sessions -1",
            "--sink glass",
            "--loud",
            "word",
        ] {
            assert!(read(line).is_err(), "{line}");
        }
    }

    #[test]
    fn every_scene_is_in_the_help() {
        for scene in Scene::ALL {
            assert!(HELP.contains(scene.name()), "{}", scene.name());
        }
        assert_eq!(read("--size 1280x720 --help").expect("a question"), None);
    }
}
