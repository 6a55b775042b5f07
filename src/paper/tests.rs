//! What the parts make together.

use serde_json::{Value, json};

use super::flow::{Item, Page};
use super::samples::{self, PNG, data, texts};
use super::tree::{Align, Block, Paper, Sheet};
use super::{DELIVERED, delivered, html, layout, make, pdf};

pub fn made(blocks: &str) -> Paper {
    make(&samples::paper(blocks), &Value::Null).unwrap()
}

fn why(template: &str, data: &Value) -> String {
    let error = make(template, data).unwrap_err();
    assert_eq!((error.kind, error.object.as_str()), ("format", "template"));
    error.cause.expect("a cause").to_string()
}

/// The texts of a page as they follow each other.
fn words(page: &Page) -> String {
    let mut words = String::new();
    for item in page {
        if let Item::Text { text, .. } = item {
            words += text;
        }
    }
    words
}

pub fn bare(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// An invoice of many lines.
pub fn long_invoice(lines: usize) -> Paper {
    let mut data = data("ru");
    let line = data["lines"][0].clone();
    let line = |at: usize| {
        let mut line = line.clone();
        line["name"] = json!(format!("Услуга [{at}], оказанная по заявке заказчика"));
        line
    };
    data["lines"] = (0..lines).map(line).collect();
    make(delivered("payment", "ru").unwrap(), &data).unwrap()
}

#[test]
fn every_delivered_template() {
    for (name, lang, source) in DELIVERED {
        let paper = make(source, &data(lang)).unwrap_or_else(|error| panic!("{name}.{lang}: {error}"));
        assert_eq!(paper.lang, lang);
        assert_eq!(delivered(name, lang), Some(source));
        let pages = layout::pages(&paper).unwrap();
        assert_eq!(pages.len(), if name == "contract" && lang == "ru" { 2 } else { 1 }, "{name}.{lang}");
        assert!(pdf(&paper).unwrap().starts_with(b"%PDF-"));
        // Nothing given: every member may be absent.
        let empty = make(source, &json!({})).unwrap_or_else(|error| panic!("{name}.{lang}: {error}"));
        assert!(pdf(&empty).is_ok() && html(&empty).contains("<main>"));
        assert!(!texts(&empty).concat().contains("none"), "{name}.{lang}");
    }
    assert_eq!(delivered("payment", "de"), None);
}

#[test]
fn every_block_is_read() {
    let blocks = format!(
        "<heading align='center'>H &amp; h</heading>\n<text small='yes' bold='no' align='right'>a\n  b</text>
         <pair><side title='S'><line label='L'>v</line></side><side/></pair>
         <table><col title='A' width='2' align='right'/><col width='1'/>
           <row><cell>1</cell><cell/></row><foot><cell>sum</cell></foot></table>
         <image data='{PNG}' width='10'/><qr>q</qr><rule/><space/><break/>"
    );
    let paper = made(&blocks);
    assert_eq!((paper.title.as_str(), paper.sheet, paper.blocks.len()), ("T", Sheet::A4, 9));
    assert_eq!(texts(&paper), ["H & h", "a b", "S", "L:", "v", "A", "1", "sum"]);
    let Block::Text(text) = &paper.blocks[1] else { panic!() };
    assert_eq!((text.align, text.small, text.bold), (Align::Right, true, false));
    assert_eq!(layout::pages(&paper).unwrap().len(), 2);
    assert!(pdf(&paper).is_ok());
}

#[test]
fn line_feeds_of_values_are_kept() {
    let data = json!({ "a": "one\r\ntwo\n<b>\n", "title": "x\ny", "nothing": null });
    let template =
        "<paper title='{{ title }}' lang='en'><text>\n a: {{ a }}{{ nothing }}{{ b.c }}\n</text></paper>";
    let paper = make(template, &data).unwrap();
    assert_eq!((paper.title.as_str(), texts(&paper)), ("x y", vec!["a: one\ntwo\n<b>".to_owned()]));
}

#[test]
fn what_is_wrong_is_named() {
    for (blocks, named) in [
        ("<script>alert(1)</script>", "script"),
        ("<text>a <b>bold</b></text>", "`b`"),
        ("<text onclick='x'>a</text>", "onclick"),
        ("<text bold='1'>a</text>", "`1`"),
        ("<rule width='3'/>", "width"),
        ("<rule>text</rule>", "$text"),
        ("text", "$text"),
        ("<table><col width='1'/><row><cell/><cell/></row></table>", "2 cells"),
        ("<table><col width='1'/><foot><cell/><cell/></foot></table>", "2 cells"),
        ("<table><col width='1'/><row><text/></row></table>", "text"),
        ("<table><row><cell/></row></table>", "col"),
        ("<table><col width='0'/></table>", "width"),
        ("<table><col/></table>", "@width"),
        ("<pair><side/></pair>", "length 2"),
        ("<image data='!' width='1'/>", "base64"),
        ("<image data='aGk=' width='1'/>", "PNG"),
        ("<image src='http://example.com/x.png' width='1'/>", "@src"),
        ("<text>&nbsp;</text>", "nbsp"),
        ("<text>a</heading>", "heading"),
    ] {
        let why = why(&samples::paper(blocks), &Value::Null);
        assert!(why.contains(named), "{blocks}: {why}");
    }
    let long = samples::paper(&format!("<qr>{}</qr>", "x".repeat(3_000)));
    assert!(why(&long, &Value::Null).contains("qr"));
    for root in ["<html/>", "", "<paper lang='en'/>", "<paper title='t' lang='en' sheet='a3'/>"] {
        why(root, &Value::Null);
    }
}

#[test]
fn templates_have_limits() {
    let endless = "{% for a in range(90000) %}{% for b in range(90000) %}{% endfor %}{% endfor %}";
    let much = "{% for a in range(90000) %}xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\
        xxxxxxxxxxxxxxxxxxxxxxxxxxxx{% endfor %}";
    let spaces = "{% for a in range(11000) %}<space/>{% endfor %}";
    let codes = "{% for a in range(51) %}<qr>x</qr>{% endfor %}";
    for (blocks, named) in [
        (endless, "fuel"),
        (much, "too much"),
        (spaces, "too many blocks"),
        (codes, "too many blocks"),
        ("{% include '/etc/passwd' %}", "passwd"),
        ("{{ 1 / 0 }}", "1 / 0"),
        ("{% if %}", "syntax"),
    ] {
        let why = why(&samples::paper(blocks), &Value::Null);
        assert!(why.contains(named), "{blocks}: {why}");
    }
    let large = samples::paper(&"x".repeat(256 << 10));
    assert!(why(&large, &Value::Null).contains("too large"));
    let paper = made("{% for a in range(2100) %}<break/>{% endfor %}");
    assert_eq!(pdf(&paper).unwrap_err().kind, "limit");
}

#[test]
fn a_page_has_nothing_but_its_words() {
    let hostile = "</td></style><script src=//x>alert('1')</script>&\"'\u{0}";
    let mut data = data("en");
    for place in ["number", "note"] {
        data[place] = json!(hostile);
    }
    data["company"]["name"] = json!(hostile);
    data["lines"][0]["name"] = json!(hostile);
    for (name, lang, source) in DELIVERED {
        let page = html(&make(source, &data).unwrap());
        assert!(!page.contains("<script") && !page.contains("</td></style"), "{name}.{lang}");
        assert!(page.contains("&lt;script src=//x&gt;alert("), "{name}.{lang}");
        assert!(!page.contains(" style=") && !page.contains("http:"), "{name}.{lang}");
    }
    let title = "<paper title='{{ t }}' lang='{{ t }}'><qr>{{ t }}</qr></paper>";
    let page = html(&make(title, &json!({ "t": hostile })).unwrap());
    assert!(page.contains("<html lang=\"&lt;/td&gt;") && !page.contains("<script"));
    assert!(page.contains("&amp;&quot;'\u{fffd}\">") && page.contains("<title>&lt;/td&gt;"));
}

#[test]
fn the_policy_allows_the_styles_of_every_sheet() {
    use base64::{Engine, engine::general_purpose::STANDARD};
    use sha2::{Digest, Sha256};
    for sheet in Sheet::ALL {
        let page = html(&Paper { sheet, ..made("<rule/>") });
        let styles: Vec<&str> =
            page.split("<style>").skip(1).filter_map(|rest| rest.split("</style>").next()).collect();
        assert_eq!(styles.len(), 2);
        for style in styles {
            let hash = STANDARD.encode(Sha256::digest(style));
            assert!(html::CONTENT_SECURITY_POLICY.contains(&format!("'sha256-{hash}'")), "{sheet:?}");
        }
    }
}

#[test]
fn a_long_invoice_loses_no_line() {
    let paper = long_invoice(300);
    let pages = layout::pages(&paper).unwrap();
    assert!((10..20).contains(&pages.len()), "{}", pages.len());
    for (at, page) in pages.iter().enumerate() {
        let words = words(page);
        assert!(words.ends_with(&format!("{} / {}", at + 1, pages.len())));
        let is_headed = words.contains("Кол-во");
        assert_eq!(is_headed, words.contains("Услуга ["), "{at}");
    }
    let all: String = pages.iter().map(words).collect();
    for at in 0..300 {
        assert_eq!(all.matches(&format!("[{at}]")).count(), 1, "{at}");
    }
    // The totals are never alone.
    let last = pages.iter().find(|page| words(page).contains("Всего к оплате")).unwrap();
    assert!(words(last).contains("[299]"));
}

/// No text is beyond the edges of what may be written on.
fn assert_within(paper: &Paper) {
    let (width, height) = paper.sheet.size();
    let (right, bottom) = ((f32::from(width) - 12.0) * layout::MM, f32::from(height) * layout::MM);
    for item in layout::pages(paper).unwrap().iter().flatten() {
        if let Item::Text { x, y, style, text } = item {
            let end = x + super::font::face(style.bold).width(text, style.size);
            assert!(*x >= 18.0 * layout::MM - 0.1 && end <= right + 0.1, "{text}: {x} {end}");
            assert!(*y > 0.0 && *y < bottom, "{text}");
        }
    }
}

#[test]
fn long_words_are_broken_and_kept() {
    let long = "неразрывное".repeat(40);
    let amount = "1\u{a0}234\u{a0}567\u{a0}890\u{a0}123,45";
    let mut data = data("ru");
    data["lines"][0]["name"] = json!(long);
    data["lines"][0]["amount"] = json!(amount);
    data["totals"]["total"] = json!(amount);
    data["company"]["name"] = json!(long);
    data["company"]["site"] = json!(long);
    for (name, lang, source) in DELIVERED {
        let paper = make(source, &data).unwrap();
        assert_within(&paper);
        let all: String =
            layout::pages(&paper).unwrap().iter().map(words).map(|words| bare(&words)).collect();
        for text in texts(&paper) {
            assert!(all.contains(&bare(&text)), "{name}.{lang}: {text}");
        }
    }
    let paper = make(delivered("payment", "ru").unwrap(), &data).unwrap();
    let whole = |item: &Item| matches!(item, Item::Text { text, .. } if text == amount);
    assert!(layout::pages(&paper).unwrap().iter().flatten().any(whole), "an amount is not broken");
}

#[test]
fn a_row_longer_than_a_page() {
    let text = (0..4_000).map(|at| format!("w{at} ")).collect::<String>();
    let head = "<col title='Head' width='1'/><col title='Other' width='1'/>";
    let blocks =
        format!("<text>before</text><table>{head}<row><cell>{text}</cell><cell>x</cell></row></table>");
    let paper = made(&blocks);
    let pages = layout::pages(&paper).unwrap();
    assert!(pages.len() > 3);
    assert!(pages.iter().all(|page| words(page).contains("HeadOther")));
    let all: String = pages.iter().map(words).collect();
    assert!((0..4_000).all(|at| all.contains(&format!("w{at}"))));
    assert_within(&paper);
    // A head as high as a page is not repeated, and a pair goes over pages as well.
    let blocks = format!(
        "<table><col title='{text}' width='1'/><row><cell>row</cell></row></table>
         <pair><side><line label='{text}'>{text}</line></side><side title='{text}'/></pair>"
    );
    let paper = made(&blocks);
    assert_within(&paper);
    let all: String = layout::pages(&paper).unwrap().iter().map(words).collect();
    assert!((0..4_000).all(|at| all.matches(&format!("w{at}")).count() >= 4));
}

#[test]
fn an_empty_table() {
    for blocks in ["<table><col title='A' width='1'/></table>", "<table><col width='1'/></table>"] {
        let paper = made(blocks);
        assert!(pdf(&paper).is_ok() && html(&paper).contains("</table>"));
    }
    let empty = make("<paper title='' lang=''/>", &Value::Null).unwrap();
    assert_eq!(layout::pages(&empty).unwrap().len(), 1);
    assert!(pdf(&empty).is_ok());
}

#[test]
fn the_same_paper_gives_the_same_bytes() {
    let paper = long_invoice(40);
    let first = pdf(&paper).unwrap();
    assert!(first.len() < 60_000, "the fonts are cut to what is used: {}", first.len());
    let threads: Vec<_> = (0..3).map(|_| std::thread::spawn(|| pdf(&long_invoice(40)).unwrap())).collect();
    assert!(threads.into_iter().all(|thread| thread.join().unwrap() == first));
    assert!(!String::from_utf8_lossy(&first).contains("CreationDate"));
}

#[test]
fn a_broken_picture_is_an_error() {
    let mut png = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, PNG).unwrap();
    png.truncate(45);
    let image = super::Image::png(png, 10).unwrap();
    let paper = Paper { blocks: vec![Block::Image(image)], ..made("") };
    assert_eq!(pdf(&paper).unwrap_err().kind, "format");
    assert!(html(&paper).contains("data:image/png;base64,"));
}

#[test]
fn what_leads_goes_with_what_follows() {
    let lines = "<line>x</line>".repeat(20);
    let rest =
        format!("<heading>H</heading><text bold='yes'>B</text><pair><side>{lines}</side><side/></pair>");
    for gaps in 0..60 {
        let paper = made(&format!("{}{rest}", "<text>gap</text>".repeat(gaps)));
        let pages = layout::pages(&paper).unwrap();
        let lead = pages.iter().position(|page| words(page).contains("HB")).unwrap();
        assert!(words(&pages[lead]).contains("HBx"), "{gaps}");
        assert_eq!(pages.iter().map(words).collect::<String>().matches("HB").count(), 1);
    }
    // With nothing to go with, or with what is longer than a page.
    assert_eq!(layout::pages(&made("<heading>H</heading><break/>")).unwrap().len(), 2);
    let long = format!("<heading>H</heading><pair><side>{}</side><side/></pair>", lines.repeat(20));
    assert!(words(&layout::pages(&made(&long)).unwrap()[0]).starts_with("Hx"));
}

#[test]
fn no_character_stops_a_document() {
    let text: String = (0..=0x10_FFFF).step_by(97).filter_map(char::from_u32).collect();
    for shown in [text.clone(), text.chars().rev().collect(), "\u{feff}\u{202e}\u{301}\u{85}".to_owned()] {
        let template = samples::paper("<heading>{{ a }}</heading><qr>x</qr>");
        let paper = make(&template, &json!({ "a": shown })).unwrap();
        assert!(pdf(&paper).is_ok() && html(&paper).contains("<h1"));
        assert_within(&paper);
    }
}
