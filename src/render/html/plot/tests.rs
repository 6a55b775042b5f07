//! Ticks, heights and words of plots, from no value at all to the greatest there is.

use super::scale::{Scale, short, tenths};
use super::{Chart, Kind, Series, legend, svg};

const ONE: i64 = 1_000_000;

fn ticks(values: &[i64], whole: bool) -> Vec<String> {
    Scale::new(values, whole).ticks().into_iter().map(short).collect()
}

#[test]
fn ticks_are_round_and_hold_every_value() {
    for (values, whole, expected) in [
        (&[][..], false, &["0", "1"][..]),
        (&[0, 0], true, &["0", "1"]),
        (&[ONE], true, &["0", "1"]),
        (&[3 * ONE], true, &["0", "1", "2", "3"]),
        (&[ONE / 2], false, &["0", "0.2", "0.4", "0.6"]),
        (&[1], false, &["0", "0.000001"]),
        (&[705_000], false, &["0", "0.2", "0.4", "0.6", "0.8"]),
        (&[1_975 * ONE], false, &["0", "500", "1k", "1.5k", "2k"]),
        (&[-50 * ONE, 120 * ONE], false, &["−50", "0", "50", "100", "150"]),
        (&[-3 * ONE], true, &["−3", "−2", "−1", "0"]),
        (&[i64::MAX], false, &["0", "5T", "10T"]),
    ] {
        assert_eq!(ticks(values, whole), expected, "{values:?}");
        let scale = Scale::new(values, whole);
        for value in values {
            assert!((220..=1660).contains(&scale.y(*value)), "{value} of {values:?}");
        }
    }
    let (low, high) = (Scale::new(&[i64::MIN, i64::MAX], false), i64::MAX);
    assert!(low.y(high) < low.y(0) && low.y(0) < low.y(i64::MIN));
}

#[test]
fn lengths_and_short_numbers() {
    assert_eq!([0, 5, 10, 123, -7, -25].map(tenths), ["0", "0.5", "1", "12.3", "-0.7", "-2.5"]);
    for (units, expected) in
        [(999, "999"), (1_000, "1k"), (1_250, "1.25k"), (2_000_000, "2M"), (-20_000, "−20k")]
    {
        assert_eq!(short(i128::from(units) * i128::from(ONE)), expected);
    }
}

fn chart<'a>(kind: Kind, labels: &'a [String], series: &'a [(&'a str, Vec<i64>, bool)]) -> Chart<'a> {
    let of = |(label, values, is_before): &'a (&str, Vec<i64>, bool)| Series {
        label,
        values: values.clone(),
        texts: vec!["7.00 EUR"; values.len()],
        is_before: *is_before,
    };
    Chart {
        kind,
        id: "takings-0".into(),
        title: "Takings <b>".into(),
        about: "Day: \"a\" & b".into(),
        unit: "EUR",
        whole: false,
        labels: labels.iter().map(String::as_str).collect(),
        series: series.iter().map(of).collect(),
    }
}

fn days(count: usize) -> Vec<String> {
    (0..count).map(|day| format!("2026-{:02}-{:02}", day / 28 + 1, day % 28 + 1)).collect()
}

/// The elements balance, so a browser sees the same tree everywhere.
fn balances(svg: &str) -> bool {
    ["<svg", "<g>", "<text", "<title", "<desc", "<defs>", "<pattern"]
        .iter()
        .zip(["</svg>", "</g>", "</text>", "</title>", "</desc>", "</defs>", "</pattern>"])
        .all(|(open, close)| svg.matches(open).count() == svg.matches(close).count())
}

#[test]
fn every_kind_draws_every_amount_of_points() {
    for kind in [Kind::Bars, Kind::Lines, Kind::Stack, Kind::Share] {
        for count in [0, 1, 2, 30, 365] {
            let labels = days(count);
            let values: Vec<i64> = (0..count as i64).map(|at| (at % 7 - 2) * ONE).collect();
            let series = [
                ("Amount", values.clone(), false),
                ("Cost", values.clone(), false),
                ("Before", values, true),
            ];
            let drawn = svg(&chart(kind, &labels, &series));
            assert!(balances(&drawn), "{kind:?} of {count}: {drawn}");
            assert!(drawn.starts_with("<svg class=\"plot\"") && drawn.contains("role=\"img\""));
            assert!(!drawn.contains("style=") && !drawn.contains("NaN") && !drawn.contains("=\"-0\""));
        }
    }
}

#[test]
fn what_stands_in_a_label_stays_text() {
    let labels = ["<script>alert(1)</script>".to_owned(), "\"'&".to_owned()];
    let series = [("<img onerror=x>", vec![ONE, 2 * ONE], false), ("b", vec![ONE, ONE], false)];
    for kind in [Kind::Bars, Kind::Lines, Kind::Stack, Kind::Share] {
        let chart = chart(kind, &labels, &series);
        let drawn = svg(&chart) + &legend(&chart);
        assert!(!drawn.contains("<script") && !drawn.contains("<img") && drawn.contains("&lt;script&gt;"));
        assert!(drawn.contains("Takings &lt;b&gt;") && drawn.contains("Day: &quot;a&quot; &amp; b"));
    }
}

#[test]
fn series_differ_by_more_than_their_colour() {
    let labels = days(3);
    let series = [("A", vec![ONE; 3], false), ("B", vec![ONE; 3], false), ("C", vec![ONE; 3], true)];
    let bars = chart(Kind::Bars, &labels, &series);
    let drawn = svg(&bars);
    assert!(drawn.contains("url(#takings-0-p1)") && drawn.contains("class=\"before\""));
    assert_eq!(legend(&bars).matches("<li>").count(), 3);
    let lines = svg(&chart(Kind::Lines, &labels, &series));
    assert!(lines.contains("l-s0") && lines.contains("l-s1") && lines.contains("<circle"));
    let one = [("A", vec![ONE; 3], false)];
    assert_eq!(legend(&chart(Kind::Bars, &labels, &one)), "");
}

/// A day without anything has no column, and the smallest amount can be seen.
#[test]
fn nothing_and_next_to_nothing() {
    let labels = days(3);
    let series = [("A", vec![0, 1, i64::MAX], false)];
    let drawn = svg(&chart(Kind::Bars, &labels, &series));
    assert_eq!(drawn.matches("<rect").count(), 2);
    assert!(drawn.contains("height=\"0.5\""), "{drawn}");
}
