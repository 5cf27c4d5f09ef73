//! The table and the JSON.

use std::fmt::Write as _;

use selkies_media::Size;
use serde_json::{Value, json};

use crate::metric::{Measured, Metric, Scene};
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
}

/// All values of all sessions.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Report {
    environment: Environment,
    rows: Vec<Row>,
    /// What is not a scene: floors and what went wrong.
    notes: Vec<String>,
}

/// One line: medians over the sessions.
#[derive(Clone, Debug, PartialEq)]
struct Row {
    scene: Scene,
    metric: Metric,
    value: f64,
    span: (f64, f64),
    floor: Option<f64>,
    target: Option<Target>,
}

impl Report {
    pub(crate) fn new(environment: Environment, measured: &[Measured], notes: Vec<String>) -> Self {
        let mut keys: Vec<(Scene, Metric)> = measured.iter().map(|m| (m.scene, m.metric)).collect();
        keys.sort();
        keys.dedup();
        let rows = keys
            .into_iter()
            .filter_map(|(scene, metric)| row(environment.size, scene, metric, measured))
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
        let mut lines = vec![["scene", "what", "value", "floor", "target", ""].map(str::to_owned)];
        let mut last = None;
        for row in &self.rows {
            let scene = if last == Some(row.scene) {
                ""
            } else {
                row.scene.name()
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
            },
            "rows": self.rows.iter().map(Row::json).collect::<Vec<_>>(),
            "notes": self.notes,
        })
    }
}

impl Environment {
    fn line(&self) -> String {
        format!(
            "{}, {} cores, load {:.2} before; {}; {}; {}, {} s per scene, {} session(s)",
            self.processor,
            self.cores,
            self.load,
            self.browser,
            self.product,
            self.size,
            self.seconds,
            self.sessions
        )
    }
}

fn row(size: Size, scene: Scene, metric: Metric, measured: &[Measured]) -> Option<Row> {
    let here = || {
        measured
            .iter()
            .filter(|m| m.scene == scene && m.metric == metric)
    };
    let values: Vec<f64> = here().map(|m| m.value).collect();
    let floors: Vec<f64> = here().filter_map(|m| m.floor).collect();
    Some(Row {
        scene,
        metric,
        value: median(&values)?,
        span: span(&values)?,
        floor: median(&floors),
        target: target(size, scene, metric),
    })
}

impl Row {
    fn is_met(&self) -> Option<bool> {
        self.target?.is_met(self.value, self.floor)
    }

    fn verdict(&self) -> &'static str {
        match (self.target, self.is_met()) {
            (None, _) => "",
            (Some(_), Some(true)) => "pass",
            (Some(_), Some(false)) => "miss",
            (Some(_), None) => "no floor",
        }
    }

    fn cells(&self, scene: &str, with_span: bool) -> [String; 6] {
        let number = |value: f64| format!("{value:.*}", self.metric.digits());
        let mut value = format!("{} {}", number(self.value), self.metric.unit());
        if with_span {
            let (low, high) = self.span;
            let _ = write!(value, " ({}–{})", number(low), number(high));
        }
        let sign = if matches!(self.target, Some(Target::AtLeast(_))) {
            "≥"
        } else {
            "≤"
        };
        let bound = self.target.and_then(|target| target.bound(self.floor));
        [
            scene.to_owned(),
            self.metric.name().to_owned(),
            value,
            self.floor.map(number).unwrap_or_default(),
            bound
                .map(|bound| format!("{sign} {}", number(bound)))
                .unwrap_or_default(),
            self.verdict().to_owned(),
        ]
    }

    fn json(&self) -> Value {
        json!({
            "scene": self.scene.name(),
            "what": self.metric.name(),
            "unit": self.metric.unit(),
            "value": self.value,
            "smallest": self.span.0,
            "largest": self.span.1,
            "floor": self.floor,
            "target": self.target.and_then(|target| target.bound(self.floor)),
            "met": self.is_met(),
        })
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
        }
    }

    fn shown(value: f64) -> Measured {
        Measured::new(Scene::Motion, Metric::Shown, value)
    }

    #[test]
    fn a_line_has_the_median_the_span_and_a_verdict() {
        let values = [shown(59.0), shown(60.0), shown(41.0)];
        let report = Report::new(environment(), &values, Vec::new());
        let table = report.table();
        let line = table.lines().last().expect("a line for the value");
        assert_eq!(
            line,
            "| motion | shown in the page | 59.0 frames/s (41.0–60.0) |       | ≥ 58.0 | pass |"
        );
        assert_eq!(report.misses(), 0);
    }

    #[test]
    fn a_target_that_is_not_reached_is_a_miss_and_so_is_one_without_its_floor() {
        let processor = Measured::new(Scene::Motion, Metric::Processor, 0.2);
        for (floor, word, bound) in [(Some(0.1), "miss", "≤ 0.1200"), (None, "no floor", "")] {
            let report = Report::new(environment(), &[processor.above(floor)], Vec::new());
            assert_eq!(report.misses(), 1);
            let table = report.table();
            assert!(table.contains(word) && table.contains(bound), "{table}");
        }
        let report = Report::new(environment(), &[processor.above(Some(0.17))], Vec::new());
        assert_eq!(report.misses(), 0);
    }

    #[test]
    fn the_json_has_what_the_table_has() {
        let values = [shown(50.0), Measured::new(Scene::Window, Metric::Wire, 3.0)];
        let json = Report::new(environment(), &values, vec!["a note".to_owned()]).json();
        assert_eq!(json["environment"]["size"], "1280x720");
        assert_eq!(json["rows"][0]["scene"], "window");
        assert_eq!(json["rows"][0]["met"], Value::Null);
        assert_eq!(json["rows"][1]["target"], 58.0);
        assert_eq!(json["rows"][1]["met"], false);
        assert_eq!(json["notes"][0], "a note");
    }
}
