//! Formats of the operator: templates `formats/<name>.<ext>.j2` of the data directory
//! (decisions.md, Names, configuration, data). A template sees `doc`, the document as `sjson`
//! has it. It is read anew for each call, so a change counts at once.

use std::error::Error as StdError;
use std::path::{Path, PathBuf};
use std::{fs, io};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Value;
use minijinja::{AutoEscape, Environment, Output, State, UndefinedBehavior, escape_formatter};

use super::json::Json;
use super::limited::Limited;
use super::{CSV, HTML, JSON, Render, TEXT, Words, XML, escape};
use crate::cell::{Cell, Column};
use crate::doc::Answer;
use crate::error::{Error, Result};

/// Instructions of a template: a second or so, enough for a hundred thousand rows.
const FUEL: u64 = 10_000_000;
const MAX_SOURCE_BYTES: u64 = 256 << 10;
const MAX_OUTPUT_BYTES: usize = 16 << 20;

/// Not MiniJinja's own: fields of RFC 4180.
const ESCAPE_CSV: AutoEscape = AutoEscape::Custom(std::borrow::Cow::Borrowed("csv"));

/// What the inner extension of a template decides.
struct Kind {
    ext: &'static str,
    mime: &'static str,
    escape: AutoEscape,
}

const KINDS: [Kind; 5] = [
    Kind { ext: "xml", mime: XML, escape: AutoEscape::Html },
    Kind { ext: "html", mime: HTML, escape: AutoEscape::Html },
    Kind { ext: "txt", mime: TEXT, escape: AutoEscape::None },
    Kind { ext: "json", mime: JSON, escape: AutoEscape::Json },
    Kind { ext: "csv", mime: CSV, escape: ESCAPE_CSV },
];

/// One answer in a format of the operator. Used like a [`Render`], but it may fail.
pub struct CustomFormat {
    pub mime: &'static str,
    pub words: Words,
    escape: AutoEscape,
    /// The file's name, for the log.
    name: String,
    source: String,
    doc: Json,
}

/// The template for `out`, or nothing where there is none. Built-in names cannot be taken.
pub fn custom(dir: &Path, out: &str) -> Result<Option<CustomFormat>> {
    if !is_name(out) || super::format(out).is_some() {
        return Ok(None);
    }
    let Some((path, kind)) = find(dir, out).map_err(fault)? else { return Ok(None) };
    let source = read(&path).map_err(fault)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let Kind { mime, escape, .. } = kind;
    Ok(Some(CustomFormat { mime, words: Words::Metadata, escape, name, source, doc: Json::new(true) }))
}

fn is_name(out: &str) -> bool {
    (1..=32).contains(&out.len()) && out.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn fault(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Error {
    Error::new("format", "out").cause(cause)
}

/// Names of formats are compared without case (operations.md R46), so the directory is looked
/// through. Of several that fit, the first by name counts.
fn find(dir: &Path, out: &str) -> io::Result<Option<(PathBuf, Kind)>> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        entries => entries?,
    };
    let mut found: Option<(PathBuf, Kind)> = None;
    for entry in entries {
        let path = entry?.path();
        if let Some(kind) = path.file_name().and_then(|file| kind(file.to_str()?, out))
            && found.as_ref().is_none_or(|(first, _)| path < *first)
        {
            found = Some((path, kind));
        }
    }
    Ok(found)
}

fn kind(file: &str, out: &str) -> Option<Kind> {
    let (name, ext) = file.strip_suffix(".j2")?.split_once('.')?;
    name.eq_ignore_ascii_case(out).then_some(())?;
    KINDS.into_iter().find(|kind| kind.ext == ext)
}

fn read(path: &Path) -> io::Result<String> {
    match fs::metadata(path)?.len() {
        0..=MAX_SOURCE_BYTES => fs::read_to_string(path),
        _ => Err(io::Error::other("the template is too large")),
    }
}

impl CustomFormat {
    pub fn list(&mut self, columns: &[Column], key: &str) {
        self.doc.list(columns, key);
    }

    pub fn row(&mut self, columns: &[Column], cells: &[Cell]) {
        self.doc.row(columns, cells);
    }

    pub fn finish(self, answer: &Answer) -> Result<String> {
        let Self { mime, escape, name, source, doc, .. } = self;
        let mapped: Value = serde_json::from_str(&Box::new(doc).finish(answer)).map_err(fault)?;
        let mut out = Limited::new(MAX_OUTPUT_BYTES);
        let environment = environment(escape);
        let template = environment.template_from_named_str(&name, &source).map_err(fault)?;
        template.render_captured_to(mapped, &mut out).map_err(fault)?;
        let text = out.into_text().map_err(fault)?;
        Ok(if mime == XML { escape::xml_clean(text) } else { text })
    }
}

/// A template has no way to a file: no loader is set, so `include` and `extends` find nothing.
fn environment<'a>(escape: AutoEscape) -> Environment<'a> {
    let mut environment = Environment::new();
    let mut syntax = SyntaxConfig::builder();
    // A line with a tag alone leaves no empty line: most formats are made of lines.
    syntax.trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true);
    if let Ok(syntax) = syntax.build() {
        environment.set_syntax(syntax);
    }
    environment.set_fuel(Some(FUEL));
    // A field that is absent or empty has no `$`.
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    environment.set_auto_escape_callback(move |_| escape.clone());
    environment.set_formatter(write);
    environment
}

/// What is not there is an empty text, in JSON too.
fn write(out: &mut Output, state: &mut State, value: &Value) -> std::result::Result<(), minijinja::Error> {
    let empty = Value::from("");
    let value = if value.is_undefined() { &empty } else { value };
    if *state.auto_escape() != ESCAPE_CSV || value.is_safe() {
        return escape_formatter(out, state, value);
    }
    let mut field = String::new();
    escape::csv(&mut field, &value.to_string());
    out.write_str(&field).map_err(minijinja::Error::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doc::{Body, Node};
    use crate::render::samples::{self, Sample};

    /// A directory of one template, gone with the value.
    struct Formats(PathBuf);

    impl Formats {
        fn new(test: &str) -> Self {
            let dir = std::env::temp_dir().join(format!("billmgr-formats-{test}-{}", std::process::id()));
            fs::create_dir_all(&dir).unwrap();
            Self(dir)
        }

        fn put(self, file: &str, source: &str) -> Self {
            fs::write(self.0.join(file), source).unwrap();
            self
        }

        fn rendered(&self, out: &str, sample: &Sample) -> Result<String> {
            let mut format = custom(&self.0, out)?.expect("a template");
            format.list(&sample.columns, sample.key);
            sample.rows.iter().for_each(|row| format.row(&sample.columns, row));
            format.finish(&sample.answer)
        }
    }

    impl Drop for Formats {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn the_example() {
        let source = include_str!("../../tests/formats/short.txt.j2");
        let formats = Formats::new("example").put("short.txt.j2", source);
        assert_eq!(formats.rendered("Short", &samples::list()).unwrap(), "6 \n-5 \n");
        assert_eq!(formats.rendered("short", &samples::empty_list()).unwrap(), "");
        assert_eq!(formats.rendered("short", &samples::error()).unwrap(), "value: Bad\r\n'X'\n");
    }

    #[test]
    fn the_extension_decides() {
        let source = r#"{% for e in doc.elem %}{{ e.sender["$"] }};{{ e.none["$"] }}|{% endfor %}"#;
        for (ext, mime, expected) in [
            ("xml", "text/xml", " - ;|&lt;&amp;&quot;&gt;, a\r\nb;|"),
            ("html", "text/html; charset=UTF-8", " - ;|&lt;&amp;&quot;&gt;, a\r\nb;|"),
            ("txt", "text/plain; charset=UTF-8", " - ;|<&\">, a\r\nb;|"),
            ("json", "application/json", r#"" - ";""|"<&\">, a\r\nb";""|"#),
            ("csv", "text/csv; charset=UTF-8", " - ;|\"<&\"\">, a\r\nb\";|"),
        ] {
            let formats = Formats::new(ext).put(&format!("a.{ext}.j2"), source);
            assert_eq!(custom(&formats.0, "A").unwrap().unwrap().mime, mime);
            assert_eq!(formats.rendered("a", &samples::list()).unwrap(), expected, "{ext}");
        }
    }

    #[test]
    fn what_is_no_format() {
        let formats = Formats::new("none").put("xml.xml.j2", "").put("a.exe.j2", "").put("b.txt", "");
        let long = "a".repeat(33);
        for out in ["xml", "a", "b", "", "../none", "a.exe", "é", &long] {
            assert!(custom(&formats.0, out).unwrap().is_none(), "{out}");
        }
        assert!(custom(&formats.0.join("absent"), "a").unwrap().is_none());
    }

    #[test]
    fn a_change_counts_at_once() {
        let formats = Formats::new("change").put("a.txt.j2", "one");
        assert_eq!(formats.rendered("a", &samples::list()).unwrap(), "one");
        let formats = formats.put("a.txt.j2", "two");
        assert_eq!(formats.rendered("a", &samples::list()).unwrap(), "two");
    }

    #[test]
    fn faults() {
        let much = "x".repeat(1 << 10);
        let endless = "{% for a in range(90000) %}{% for b in range(90000) %}{% endfor %}{% endfor %}";
        let long = format!("{{% for a in range(90000) %}}{much}{{% endfor %}}");
        let large = "x".repeat(MAX_SOURCE_BYTES as usize + 1);
        let file = "{% include '/etc/passwd' %}";
        for source in ["{% if %}", "{{ doc | nothing }}", "{{ 1 / 0 }}", endless, &long, &large, file] {
            let formats = Formats::new("fault").put("a.txt.j2", source);
            let error = formats.rendered("a", &samples::list()).unwrap_err();
            assert_eq!((error.kind, error.object.as_str()), ("format", "out"));
            assert!(error.cause.is_some());
        }
    }

    #[test]
    fn xml_stays_xml() {
        let formats = Formats::new("clean").put("a.xml.j2", r#"<a>{{ doc.x["$"] }}</a>"#);
        let doc = Node::new("doc").kid(Node::leaf("x", "a\0<\u{fffe}"));
        let sample = Sample { answer: Answer::new(Body::Object, doc), ..samples::created() };
        assert_eq!(formats.rendered("a", &sample).unwrap(), "<a>a\u{fffd}&lt;\u{fffd}</a>");
    }
}
