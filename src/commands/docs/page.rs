//! The pages.

use std::fmt::{self, Write};

use super::facts::{ColumnDescription, PipelineFacts, TaskDescription};

/// A text as it stands in HTML.
struct Text<'a>(&'a str);

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for letter in self.0.chars() {
            match letter {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                letter => f.write_char(letter)?,
            }
        }
        Ok(())
    }
}

/// A page around its content; `up` leads to the folder.
fn page(facts: &PipelineFacts, title: &str, up: &str, main: &str) -> String {
    let (title, name) = (Text(title), Text(&facts.name));
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n\
         <link rel=\"stylesheet\" href=\"{up}style.css\">\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#main\">To the content</a>\n\
         <header class=\"top\"><a class=\"home\" href=\"{up}index.html\">{name}</a></header>\n\
         <main id=\"main\">\n{main}</main>\n</body>\n</html>\n"
    )
}

/// The first page: the graph, and all tasks.
pub fn index(facts: &PipelineFacts, picture: &str) -> String {
    let mut main = format!("<h1>{}</h1>\n", Text(&facts.name));
    if let Some(description) = &facts.description {
        main += &format!("<p>{}</p>\n", Text(description));
    }
    if let Some([words, coming]) = &facts.schedule {
        main += &format!("<p class=\"quiet\">{} <br>{}</p>\n", Text(words), Text(coming));
    }
    main += &format!(
        "<h2>Graph</h2>\n<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Graph\">{picture}</div>\n"
    );
    main += "<h2>Tasks</h2>\n<form class=\"line\" onsubmit=\"return false\"><label for=\"search\">Search</label>\
             <input id=\"search\" type=\"search\" placeholder=\"task, type or column\"></form>\n\
             <div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Tasks\"><table><thead><tr><th>task</th><th>type</th>\
             <th>what it does</th><th class=\"number\">columns</th><th>last result</th></tr></thead><tbody>\n";
    for task in &facts.tasks {
        let words = words_of(task);
        let what = task.description.as_deref().unwrap_or(&task.does);
        let columns = if task.columns.is_empty() { String::new() } else { task.columns.len().to_string() };
        // Writing to a string cannot fail.
        _ = writeln!(
            main,
            "<tr data-words=\"{}\"><td><a href=\"tasks/{}\">{}</a></td><td>{}</td><td>{}</td><td class=\"number\">{columns}</td><td>{}</td></tr>",
            Text(&words),
            Text(&task.file),
            Text(&task.id),
            task.kind[0],
            Text(what),
            Text(task.last.as_deref().unwrap_or("–"))
        );
    }
    main += "</tbody></table></div>\n<p id=\"none\" class=\"quiet\" hidden>No task has these words.</p>\n";
    if !facts.params.is_empty() {
        main += "<h2>Parameters</h2>\n<div class=\"scroll\"><table><thead><tr><th>name</th><th>value</th><th>what for</th></tr></thead><tbody>\n";
        for [name, value, help] in &facts.params {
            _ = writeln!(
                main,
                "<tr><td><code>{}</code></td><td><code>{}</code></td><td>{}</td></tr>",
                Text(name),
                Text(value),
                Text(help)
            );
        }
        main += "</tbody></table></div>\n";
    }
    main += "<script src=\"search.js\"></script>\n";
    page(facts, &facts.name, "", &main)
}

/// What a task is found by, in lower case.
fn words_of(task: &TaskDescription) -> String {
    let columns = task.columns.iter().map(|column| column.name.as_str());
    let all: Vec<&str> = [&task.id, task.kind[0], task.description.as_deref().unwrap_or_default(), &task.does]
        .into_iter()
        .chain(columns)
        .collect();
    all.join(" ").to_lowercase()
}

/// The page of a task.
pub fn task(facts: &PipelineFacts, task: &TaskDescription) -> String {
    let mut main = format!("<h1>{} <span class=\"tag\">{}</span></h1>\n", Text(&task.id), task.kind[0]);
    main += &format!("<p>{}</p>\n", Text(task.description.as_deref().unwrap_or(task.kind[1])));
    main += "<dl class=\"facts\">";
    let mut fact = |name: &str, value: String| {
        if !value.is_empty() {
            _ = write!(main, "<dt>{name}</dt><dd>{value}</dd>");
        }
    };
    fact("does", Text(&task.does).to_string());
    fact("needs", links(facts, &task.needs));
    fact("needed by", links(facts, &task.needed_by));
    fact(
        "publishes",
        task.outputs.iter().map(|path| format!("<code>{}</code>", Text(path))).collect::<Vec<_>>().join(", "),
    );
    fact("last result", Text(task.last.as_deref().unwrap_or("it has not run yet")).to_string());
    main += "</dl>\n";
    if !task.columns.is_empty() {
        main += "<h2>Columns</h2>\n<div class=\"scroll\" tabindex=\"0\" role=\"group\" aria-label=\"Columns\"><table><thead><tr>\
                 <th>column</th><th>type</th><th>made of</th><th>how</th></tr></thead><tbody>\n";
        for column in &task.columns {
            let (name, data_type) = (Text(&column.name), &column.data_type);
            let from = sources(facts, column);
            let made = column.made.join(", ");
            _ = writeln!(
                main,
                "<tr id=\"{name}\"><td><code>{name}</code></td><td>{data_type}</td><td>{from}</td><td>{}</td></tr>",
                Text(&made)
            );
        }
        main += "</tbody></table></div>\n";
    }
    if !task.checks.is_empty() {
        main += "<h2>Checks</h2>\n<ul>";
        task.checks.iter().for_each(|check| _ = write!(main, "<li><code>{}</code></li>", Text(check)));
        main += "</ul>\n";
    }
    main += &format!("<h2>As the file has it</h2>\n<pre class=\"code\" tabindex=\"0\">{}</pre>\n", Text(&task.text));
    page(facts, &format!("{} · {}", task.id, facts.name), "../", &main)
}

/// Tasks by their names, each leading to its page.
fn links(facts: &PipelineFacts, tasks: &[String]) -> String {
    let link = |task: &String| {
        let file = facts.address(task).unwrap_or_default();
        format!("<a href=\"{}\">{}</a>", Text(file), Text(task))
    };
    tasks.iter().map(link).collect::<Vec<_>>().join(", ")
}

/// What a column is made of, each leading to where that is described.
fn sources(facts: &PipelineFacts, column: &ColumnDescription) -> String {
    let one = |(task, name): &(Option<String>, String)| match task {
        Some(task) => {
            let file = facts.address(task).unwrap_or_default();
            format!("<a href=\"{}#{}\">{}.{}</a>", Text(file), Text(name), Text(task), Text(name))
        }
        None => format!("the source's {}", Text(name)),
    };
    column.from.iter().map(one).collect::<Vec<_>>().join(", ")
}
