//! `chart`: a figure of a table.

mod findings;
mod keys;
mod kind;
mod panel;
mod values;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use tidemill_core::attempt::real;
use tidemill_core::diagnostic::{Diagnostic, Span};
use tidemill_core::plan::resolve;
use tidemill_core::regular_file::{self, MOST_PART};
use tidemill_core::spec::At;
use tidemill_core::table::{Location, PlainTable, Schema};
use tidemill_core::task::{
    CheckContext, Descriptor, FileInput, FileRole, Io, LogLevel, MakesTable, OutputFile, RunContext, Task, TaskFailure,
    TaskResult, TaskSource,
};
use tidemill_figures::{Figure, FigureFormat, Fonts, Size, Theme};

use super::parameters::Parameters;
use super::table_task::{reads, upstream};
use findings::{boxed, counted};
pub use keys::Chart;
use keys::Panel;
use panel::parsed;

/// The task: its charts with their tables.
struct ChartTask {
    parameters: serde_json::Value,
    output: At<Location>,
    format: FigureFormat,
    size: Size,
    dpi: u32,
    theme: Option<Theme>,
    /// Above all panels, where there are several.
    title: Option<String>,
    /// Files of fonts that the pipeline brings along.
    fonts: Vec<At<Location>>,
    /// The pipeline's folder.
    project: PathBuf,
    panels: Vec<(At<String>, Panel)>,
    /// Where the task is in the file.
    place: Span,
}

impl Parameters for Chart {
    const DESCRIPTOR: Descriptor = Descriptor {
        name: "chart",
        version: 9,
        summary: "Draws a figure of a table: PNG, SVG, PDF or an interactive page, print quality.",
        colour: "#b3386b",
        table: MakesTable::Never,
        ..Descriptor::TABLE
    };

    fn into_task(self, source: &TaskSource<'_>) -> Result<Arc<dyn Task>, Vec<Diagnostic>> {
        let mut mistakes = Vec::new();
        let format = FigureFormat::of(self.output.value.as_str());
        if format.is_none() {
            let endings: Vec<&str> = FigureFormat::endings().collect();
            mistakes.push(
                Diagnostic::error(format!("`{}` is no figure's name", self.output.value))
                    .at(self.output.span, "a chart is written here")
                    .help(format!("end it with one of {}", endings.join(", "))),
            );
        }
        let size = parsed(self.size.as_ref(), Size::parse, &mut mistakes).unwrap_or_default();
        let known = |name: &str| Theme::parse(name).ok_or_else(|| "there is light, dark and print".to_owned());
        let theme = parsed(self.theme.as_ref(), known, &mut mistakes);
        let dpi = self.dpi.as_ref().map_or(300, |at| at.value);
        if let Some(at) = self.dpi.as_ref().filter(|at| !(30..=1200).contains(&at.value)) {
            mistakes.push(Diagnostic::error("dots per inch go from 30 to 1200").at(at.span, "not these"));
        }
        let parameters = serde_json::to_value(&self).unwrap_or_default();
        let from = self.from.clone();
        let (title, panels) = match self.panels.is_empty() {
            true => (None, vec![(from, self.own_panel())]),
            false => {
                let panels = self.panels.iter().cloned();
                let with_tables = panels.map(|panel| (panel.from.clone().unwrap_or_else(|| from.clone()), panel));
                (self.title.clone(), with_tables.collect())
            }
        };
        for (_, panel) in &panels {
            mistakes.extend(panel.mistakes(source));
        }
        let Some(format) = format.filter(|_| mistakes.is_empty()) else { return Err(mistakes) };
        let place = source.spec.id.span;
        let (fonts, project) = (source.pipeline.fonts.clone(), source.project.to_owned());
        Ok(Arc::new(ChartTask {
            fonts,
            project,
            parameters,
            output: self.output,
            format,
            size,
            dpi,
            theme,
            title,
            panels,
            place,
        }))
    }
}

impl Task for ChartTask {
    fn io(&self) -> Io {
        let mut edges: Vec<_> = Vec::new();
        for (table, _) in &self.panels {
            if !edges.iter().any(|edge: &tidemill_core::task::Edge| edge.task == *table) {
                edges.push(reads(table, "from"));
            }
        }
        Io {
            reads: edges,
            files: self.fonts.iter().map(|font| FileInput::new(font.clone(), FileRole::Input)).collect(),
            outputs: vec![OutputFile { path: self.output.clone(), role: "figure".into() }],
            ..Io::default()
        }
    }

    fn parameters(&self) -> serde_json::Value {
        self.parameters.clone()
    }

    fn describe(&self) -> String {
        let kinds: Vec<&str> = self.panels.iter().map(|(_, panel)| panel.kind().name()).collect();
        format!("{} of {} → {}", kinds.join(" + "), self.panels[0].0.value, self.output.value)
    }

    fn check(&self, cx: &CheckContext<'_>) -> Result<Option<Schema>, Vec<Diagnostic>> {
        let mut mistakes = Vec::new();
        for (table, panel) in &self.panels {
            if let Ok(schema) = upstream(cx, &table.value) {
                mistakes.extend(panel.check(schema));
            }
        }
        mistakes.extend(self.fonts().err());
        if mistakes.is_empty() { Ok(None) } else { Err(mistakes) }
    }

    fn warnings(&self, _: &CheckContext<'_>) -> Vec<Diagnostic> {
        // That a file is no font is a mistake, of which `check` tells.
        let Ok(fonts) = self.fonts() else { return Vec::new() };
        let title = self.title.as_deref().and_then(|title| boxed("title", title, &fonts));
        let panels = self.panels.iter().flat_map(|(_, panel)| panel.boxed_texts(&fonts));
        title.into_iter().chain(panels).map(|warning| warning.at(self.place, "drawn by this task")).collect()
    }

    fn run(&self, cx: &RunContext<'_>) -> Result<TaskResult, TaskFailure> {
        let fonts = self.fonts().map_err(|mistake| TaskFailure::new(mistake.message))?;
        let Drawn { charts, rows, warnings, note } = self.draw(cx, &fonts)?;
        let (title, size, dpi, theme) = (self.title.clone(), self.size, self.dpi, self.theme);
        let figure = Figure { title, size, dpi, theme, fonts, panels: charts };
        let bytes = self.format.render(&figure).map_err(|error| TaskFailure::new(error.to_string()))?;
        let staged = (cx.stage)(&self.output.value);
        std::fs::write(&staged, &bytes)
            .map_err(|error| TaskFailure::new(format!("cannot write {}: {error}", self.output.value)))?;
        (cx.log)(LogLevel::Info, &format!("drew {}: {} bytes", counted(rows, "row"), bytes.len()));
        warnings.iter().for_each(|warning| (cx.log)(LogLevel::Warn, warning));
        Ok(TaskResult { outputs: vec![self.output.value.clone()], note: Some(note), warnings, ..TaskResult::default() })
    }
}

/// The charts of a figure, and what is to be said of them.
struct Drawn {
    charts: Vec<tidemill_figures::Chart>,
    /// Those of the largest table.
    rows: u64,
    warnings: Vec<String>,
    note: String,
}

impl ChartTask {
    /// The fonts that the pipeline brings along.
    fn fonts(&self) -> Result<Fonts, Diagnostic> {
        let mut fonts = Fonts::default();
        for font in &self.fonts {
            let wrong = |why: String| {
                Diagnostic::error(format!("`{}` cannot be used: {why}", font.value)).at(font.span, "a font")
            };
            let path = real(&resolve(&self.project, &font.value));
            let content = regular_file::read(&path, MOST_PART).map_err(|error| wrong(error.to_string()))?;
            fonts.add(content).map_err(wrong)?;
        }
        Ok(fonts)
    }

    /// Makes charts of the tables.
    fn draw(&self, cx: &RunContext<'_>, fonts: &Fonts) -> Result<Drawn, TaskFailure> {
        let mut tables: BTreeMap<(String, Vec<String>), PlainTable> = BTreeMap::new();
        let (mut charts, mut warnings, mut orders) = (Vec::new(), Vec::new(), Vec::new());
        let mut rows = 0;
        for (place, (from, panel)) in self.panels.iter().enumerate() {
            let (_, table) = cx
                .tables
                .iter()
                .find(|(name, _)| *name == from.value)
                .ok_or_else(|| TaskFailure::new(format!("the table of `{}` is not there", from.value)))?;
            if let Some(mistake) = panel.check(&table.schema).into_iter().next() {
                return Err(TaskFailure { message: mistake.message, help: mistake.help, ..TaskFailure::default() });
            }
            let key = (from.value.clone(), panel.columns());
            if !tables.contains_key(&key) {
                tables.insert(key.clone(), cx.engine.fetch(table, Some(&key.1), None)?);
            }
            rows = rows.max(table.rows);
            let chart = panel.draw(&tables[&key]);
            let findings = chart.findings(fonts);
            let prefix = if self.panels.len() > 1 { format!("panel {}: ", place + 1) } else { String::new() };
            if let Some(repeats) = &findings.unmerged {
                return Err(panel.unmerged(&table.schema, repeats, &prefix));
            }
            let told = panel.told(&table.schema, &findings);
            warnings.extend(told.into_iter().map(|told| format!("{prefix}{told}")));
            orders.extend(panel.order(&findings).map(|order| format!(", {prefix}{order}")));
            charts.push(chart);
        }
        let note = format!("figure of {}{}", counted(rows, "row"), orders.concat());
        Ok(Drawn { charts, rows, warnings, note })
    }
}
