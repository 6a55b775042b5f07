//! What a reader of the PDF finds, where `pdftotext` is here to look.

use std::io::Write;
use std::process::{Command, Stdio};

use super::samples::{data, texts};
use super::tests::{bare, long_invoice, made};
use super::{DELIVERED, layout, make, pdf};

/// `tests/run` says what is missing; without it, a look at the machine does.
fn has_poppler() -> bool {
    let skip = std::env::var("BILLMGR_TEST_SKIP").unwrap_or_default();
    let is_here = || Command::new("pdftotext").arg("-v").output().is_ok_and(|output| output.status.success());
    let has = !skip.split(' ').any(|missing| missing == "poppler-utils") && is_here();
    if !has {
        println!("skipped: no pdftotext");
    }
    has
}

/// What a reader of the PDF finds, page by page.
fn read(pdf: &[u8]) -> Vec<String> {
    let mut child = Command::new("pdftotext")
        .args(["-raw", "-enc", "UTF-8", "-", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut stdin, pdf) = (child.stdin.take().unwrap(), pdf.to_vec());
    let writer = std::thread::spawn(move || stdin.write_all(&pdf).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.split_terminator('\u{c}').map(str::to_owned).collect()
}

#[test]
fn readers_find_the_same_text() {
    if !has_poppler() {
        return;
    }
    for (name, lang, source) in DELIVERED {
        let paper = make(source, &data(lang)).unwrap();
        let pages = read(&pdf(&paper).unwrap());
        let mut expected: String = texts(&paper).concat();
        for (at, page) in pages.iter().enumerate().filter(|_| paper.sheet.is_numbered()) {
            assert!(
                page.trim_end().ends_with(&format!("{} / {}", at + 1, pages.len())),
                "{name}.{lang}: {page}"
            );
            expected += &format!("{}/{}", at + 1, pages.len());
        }
        let sorted = |text: &str| {
            let mut chars: Vec<char> = bare(text).chars().collect();
            chars.sort_unstable();
            chars.into_iter().collect::<String>()
        };
        let all = pages.concat();
        assert_eq!(sorted(&all), sorted(&expected), "{name}.{lang}: {all}");
        for text in texts(&paper) {
            assert!(bare(&all).contains(&bare(&text)), "{name}.{lang}: {text}\n{all}");
        }
    }
}

#[test]
fn readers_find_every_line() {
    if !has_poppler() {
        return;
    }
    let paper = long_invoice(300);
    let pages = read(&pdf(&paper).unwrap());
    assert_eq!(pages.len(), layout::pages(&paper).unwrap().len());
    let all = pages.concat();
    assert!((0..300).all(|at| all.contains(&format!("[{at}]"))));
    // What the fonts have not is still the text of the document.
    let text = "漢字 e\u{301} \u{ad}soft 🙂 עברית";
    let paper = made(&format!("<text>{text}</text>"));
    let all = read(&pdf(&paper).unwrap()).concat();
    assert!("漢字🙂".chars().all(|c| all.contains(c)), "{all}");
}
