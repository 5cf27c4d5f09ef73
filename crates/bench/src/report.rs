//! The table and the JSON.

use std::fmt::Write as _;

use selkies_media::Size;
use serde_json::{Value, json};

use crate::metric::{Measured, Metric, Scene, Sink};
use crate::stats::{median, span};
use crate::targets::{Target, target};

/// Where and when it was measured.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Environment {
    pub(crate) processor: String,
    pub(crate) cores: usize,
    /// Load of the minute before the first scene.
    pub(crate) load: f64,
    pub(crate) browser: String,
    pub(crate) product: String,
    pub(crate) size: Size,
    pub(crate) seconds: f64,
    pub(crate) sessions: usize,
    /// What was asked of the page.
    pub(crate) sink: Option<&'static str>,
}

/// All values of all sessions.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Report {
    environment: Environment,
    rows: Vec<Row>,
    /// What is not a scene: floors and what went wrong.
    notes: Vec<String>,
}

/// One line: what one session after the other gave.
#[derive(Clone, Debug, PartialEq)]
struct Row {
    scene: Scene,
    metric: Metric,
    values: Vec<f64>,
    floors: Vec<Option<f64>>,
    sinks: Vec<Sink>,
    target: Option<Target>,
}

impl Report {
    pub(crate) fn new(environment: Environment, measured: &[Measured], notes: Vec<String>) -> Self {
        let mut keys: Vec<(Scene, Metric)> = measured.iter().map(|m| (m.scene, m.metric)).collect();
        keys.sort();
        keys.dedup();
        let rows = keys
            .into_iter()
            .map(|(scene, metric)| Row::new(environment.size, scene, metric, measured))
            .collect();
        Self {
            environment,
            rows,
            notes,
        }
    }

    /// Targets that were not reached, or could not be judged.
    pub(crate) fn misses(&self) -> usize {
        let missed = |row: &&Row| row.target.is_some() && row.is_met() != Some(true);
        self.rows.iter().filter(missed).count()
    }

    /// As people read it: Markdown that is also aligned.
    pub(crate) fn table(&self) -> String {
        let head = [
            "scene",
            "what",
            "value",
            "floor",
            "against the floor",
            "target",
            "",
        ];
        let mut lines = vec![head.map(str::to_owned)];
        let mut last = None;
        for row in &self.rows {
            let scene = match last {
                Some(scene) if scene == row.scene => String::new(),
                _ => row.title(),
            };
            last = Some(row.scene);
            lines.push(row.cells(scene, self.environment.sessions > 1));
        }
        let mut text = self.environment.line();
        text.push_str("\n\n");
        write_aligned(&mut text, &lines);
        for note in &self.notes {
            let _ = write!(text, "\n{note}\n");
        }
        text
    }

    pub(crate) fn json(&self) -> Value {
        let e = &self.environment;
        json!({
            "environment": {
                "processor": e.processor, "cores": e.cores, "load_before": e.load,
                "browser": e.browser, "product": e.product,
                "size": e.size.to_string(), "seconds": e.seconds, "sessions": e.sessions,
                "sink_asked": e.sink,
            },
            "rows": self.rows.iter().map(Row::json).collect::<Vec<_>>(),
            "notes": self.notes,
        })
    }
}

impl Environment {
    fn line(&self) -> String {
        format!(
            "{}, {} cores, load {:.2} before; {}; {}; {}, {} s per scene, {} session(s), sink {}",
            self.processor,
            self.cores,
            self.load,
            self.browser,
            self.product,
            self.size,
            self.seconds,
            self.sessions,
            self.sink.unwrap_or("as the page chooses")
        )
    }
}

impl Row {
    fn new(size: Size, scene: Scene, metric: Metric, measured: &[Measured]) -> Self {
        let here = || {
            measured
                .iter()
                .filter(|m| m.scene == scene && m.metric == metric)
        };
        let mut sinks: Vec<Sink> = here().filter_map(|m| m.sink).collect();
        sinks.sort();
        sinks.dedup();
        Self {
            scene,
            metric,
            values: here().map(|m| m.value).collect(),
            floors: here().map(|m| m.floor).collect(),
            sinks,
            target: target(size, scene, metric),
        }
    }

    /// The scene, and what showed it.
    fn title(&self) -> String {
        let sinks: Vec<&str> = self.sinks.iter().map(|sink| sink.name()).collect();
        if sinks.is_empty() {
            return self.scene.name().to_owned();
        }
        format!("{} ({})", self.scene.name(), sinks.join(", "))
    }

    /// What the target is about, session by session: machines are not equally quick all the time, so
    /// a value is compared with the floor of its own session only. `None`: a floor is missing.
    fn judged(&self) -> Option<Vec<f64>> {
        let target = self.target?;
        let sessions = self.values.iter().zip(&self.floors);
        sessions
            .map(|(&value, &floor)| target.judged(value, floor))
            .collect()
    }

    fn is_met(&self) -> Option<bool> {
        Some(self.target?.is_met(median(&self.judged()?)?))
    }

    fn floor(&self) -> Option<f64> {
        let known: Vec<f64> = self.floors.iter().copied().flatten().collect();
        median(&known)
    }

    fn verdict(&self) -> &'static str {
        match (self.target, self.is_met()) {
            (None, _) => "",
            (Some(_), Some(true)) => "pass",
            (Some(_), Some(false)) => "miss",
            (Some(_), None) => "no floor",
        }
    }

    fn cells(&self, scene: String, with_span: bool) -> [String; 7] {
        let digits = self.metric.digits();
        let spread = |values: &[f64], digits: usize| {
            let mut text = format!("{:.digits$}", median(values).unwrap_or(f64::NAN));
            if let (true, Some((low, high))) = (with_span, span(values)) {
                let _ = write!(text, " [{low:.digits$}–{high:.digits$}]");
            }
            text
        };
        let judged = self.judged().unwrap_or_default();
        let (against, bound) = match self.target {
            None => (String::new(), String::new()),
            Some(Target::AtMost(bound)) => (String::new(), format!("≤ {bound:.digits$}")),
            Some(Target::AtLeast(bound)) => (String::new(), format!("≥ {bound:.digits$}")),
            Some(Target::TimesFloor(times)) => (
                format!("floor × {}", spread(&judged, 2)),
                format!("≤ floor × {times}"),
            ),
            Some(Target::AboveFloor(more)) => (
                format!("floor + {}", spread(&judged, digits)),
                format!("≤ floor + {more}"),
            ),
            Some(Target::TimesFloorAnd { times, more }) => (
                format!("(floor + {more}) × {}", spread(&judged, 2)),
                format!("≤ (floor + {more}) × {times}"),
            ),
        };
        [
            scene,
            self.metric.name().to_owned(),
            format!("{} {}", spread(&self.values, digits), self.metric.unit()),
            self.floor()
                .map(|floor| format!("{floor:.digits$}"))
                .unwrap_or_default(),
            if judged.is_empty() {
                String::new()
            } else {
                against
            },
            bound,
            self.verdict().to_owned(),
        ]
    }

    fn json(&self) -> Value {
        let (smallest, largest) = span(&self.values).unzip();
        let judged = self.judged();
        json!({
            "scene": self.scene.name(),
            "what": self.metric.name(),
            "unit": self.metric.unit(),
            "sink": self.sinks.iter().map(|sink| sink.name()).collect::<Vec<_>>(),
            "value": median(&self.values),
            "smallest": smallest,
            "largest": largest,
            "values": self.values,
            "floor": self.floor(),
            "floors": self.floors,
            "target": self.target.map(|target| json!({
                "on": judged_as(target),
                "value": judged.as_deref().and_then(median),
                "values": judged,
                "bound": target.bound(),
            })),
            "met": self.is_met(),
        })
    }
}

/// What a target compares with its bound, in words.
fn judged_as(target: Target) -> String {
    match target {
        Target::AtMost(_) | Target::AtLeast(_) => "value".to_owned(),
        Target::TimesFloor(_) => "value / floor".to_owned(),
        Target::AboveFloor(_) => "value - floor".to_owned(),
        Target::TimesFloorAnd { more, .. } => format!("value / (floor + {more})"),
    }
}

fn write_aligned<const N: usize>(text: &mut String, lines: &[[String; N]]) {
    let mut widths = [0; N];
    for line in lines {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = (*width).max(cell.chars().count());
        }
    }
    for (index, line) in lines.iter().enumerate() {
        for (width, cell) in widths.iter().zip(line) {
            let _ = write!(text, "| {cell:width$} ");
        }
        text.push_str("|\n");
        if index == 0 {
            for width in widths {
                let _ = write!(text, "|{:-<1$}", "", width + 2);
            }
            text.push_str("|\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment() -> Environment {
        Environment {
            processor: "A chip".to_owned(),
            cores: 2,
            load: 0.25,
            browser: "Chromium 1".to_owned(),
            product: "selkies 0".to_owned(),
            size: Size::new(1280, 720),
            seconds: 10.0,
            sessions: 3,
            sink: None,
        }
    }

    fn shown(value: f64) -> Measured {
        Measured::new(Scene::Motion, Metric::Shown, value).shown_by(Sink::Video)
    }

    #[test]
    fn a_line_has_the_median_the_span_and_a_verdict() {
        let values = [shown(59.0), shown(60.0), shown(41.0)];
        let report = Report::new(environment(), &values, Vec::new());
        let table = report.table();
        let line = table.lines().last().expect("a line for the value");
        assert_eq!(
            line,
            "| motion (video) | shown in the page | 59.0 [41.0–60.0] frames/s |       |                   | ≥ 58.0 | pass |"
        );
        assert_eq!(report.misses(), 0);
    }

    #[test]
    fn each_session_is_judged_by_its_own_floor() {
        let press = |value, floor| {
            Measured::new(Scene::Press, Metric::PressHalf, value)
                .above(Some(floor))
                .shown_by(Sink::Video)
        };
        // The middle value is 13 above the middle floor; in two of three sessions it is 5 above.
        let values = [press(15.0, 10.0), press(28.0, 15.0), press(55.0, 50.0)];
        let report = Report::new(environment(), &values, Vec::new());
        let table = report.table();
        let line = table.lines().last().expect("a line for the value");
        assert_eq!(
            line,
            "| press (video) | press to picture, half within | 28.0 [15.0–55.0] ms | 15.0  | floor + 5.0 [5.0–13.0] | ≤ floor + 6 | pass |"
        );
        let json = report.json();
        assert_eq!(json["rows"][0]["target"]["on"], "value - floor");
        assert_eq!(json["rows"][0]["target"]["value"], 5.0);
        assert_eq!(json["rows"][0]["floors"], json!([10.0, 15.0, 50.0]));
        assert_eq!(json["rows"][0]["sink"], json!(["video"]));
    }

    #[test]
    fn a_target_that_is_not_reached_is_a_miss_and_so_is_one_without_its_floor() {
        let processor = |floor| Measured::new(Scene::Motion, Metric::Processor, 0.2).above(floor);
        for (floors, word) in [
            (vec![Some(0.1)], "miss"),
            (vec![None], "no floor"),
            // A session that cannot be judged is not left out silently.
            (vec![Some(0.18), None, Some(0.18)], "no floor"),
        ] {
            let values: Vec<Measured> = floors.into_iter().map(processor).collect();
            let report = Report::new(environment(), &values, Vec::new());
            assert_eq!(report.misses(), 1);
            let table = report.table();
            assert!(
                table.contains(word) && table.contains("≤ floor × 1.2"),
                "{table}"
            );
        }
        let report = Report::new(environment(), &[processor(Some(0.17))], Vec::new());
        assert_eq!(report.misses(), 0);
    }

    #[test]
    fn the_json_has_what_the_table_has() {
        let values = [shown(50.0), Measured::new(Scene::Window, Metric::Wire, 3.0)];
        let json = Report::new(environment(), &values, vec!["a note".to_owned()]).json();
        assert_eq!(json["environment"]["size"], "1280x720");
        assert_eq!(json["rows"][0]["scene"], "window");
        assert_eq!(json["rows"][0]["met"], Value::Null);
        assert_eq!(json["rows"][1]["target"]["bound"], 58.0);
        assert_eq!(json["rows"][1]["values"], json!([50.0]));
        assert_eq!(json["rows"][1]["met"], false);
        assert_eq!(json["notes"][0], "a note");
    }
}
