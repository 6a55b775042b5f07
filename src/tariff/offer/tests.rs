use super::*;
use crate::ledger::tests::{Dice, money};
use crate::tariff::quote::{Off, On, What};

fn parts() -> Vec<QuotePart> {
    vec![
        QuotePart::new(What::Tariff, "VPS", money("10"), 1),
        QuotePart::new(What::Setup, "Setup", money("5"), 1),
        QuotePart::new(What::Addon(7), "IP", money("2"), 3),
    ]
}

fn offer(id: i64, kind: Kind, off: Off, on: On) -> Offer {
    Offer { kind, id, discount: Discount { off, on } }
}

#[test]
fn words() {
    for word in ["personal", "promo", "globaldiscount"] {
        assert_eq!(Kind::from_word(word).map(Kind::word), Some(word));
    }
    assert_eq!(Kind::from_word("global"), None);
}

#[test]
fn the_one_that_takes_most_wins_alone() {
    use Kind::{Global, Personal, Promo};
    use Off::{Fixed, Percent};
    let (ten, third) = (Percent(100_000), Percent(333_333));
    let nothing = Fixed(Money::ZERO);
    for (offers, winner) in [
        (&[][..], 0),
        (&[(Personal, ten, On::Whole)], 1),
        // 2.10 against 3.33 and 2.00.
        (&[(Personal, ten, On::Whole), (Promo, third, On::Tariff), (Global, third, On::Addon(7))], 2),
        (&[(Global, Fixed(money("2.10")), On::Whole), (Personal, ten, On::Whole)], 2),
        (&[(Global, Fixed(money("2.11")), On::Whole), (Personal, ten, On::Whole)], 1),
        // Ties: personal, promo, global, then the first.
        (&[(Global, ten, On::Whole), (Promo, ten, On::Whole), (Personal, ten, On::Whole)], 3),
        (&[(Global, ten, On::Whole), (Promo, ten, On::Whole)], 2),
        (&[(Promo, ten, On::Whole), (Promo, ten, On::Whole)], 1),
        // No more than the add-on costs.
        (&[(Promo, Fixed(money("99")), On::Addon(7)), (Global, Fixed(money("6.01")), On::Whole)], 2),
        // What takes nothing is no discount.
        (&[(Personal, nothing, On::Whole), (Promo, Percent(0), On::Whole), (Global, ten, On::Addon(8))], 0),
    ] {
        let offers: Vec<Offer> =
            offers.iter().zip(1..).map(|((kind, off, on), id)| offer(id, *kind, *off, *on)).collect();
        let won = best(&parts(), Scale::minor("USD"), &offers).unwrap();
        assert_eq!(won.map_or(0, |offer| offer.id), winner, "{offers:?}");
    }
}

#[test]
fn a_wrong_offer_is_an_error_and_not_passed_over() {
    for off in [Off::Percent(-1), Off::Percent(1_000_001), Off::Fixed(Money(-1))] {
        let offers = [offer(1, Kind::Promo, off, On::Whole)];
        assert_eq!(best(&parts(), Scale::minor("USD"), &offers).unwrap_err().object, "discount");
    }
}

#[test]
fn nobody_takes_more_than_the_winner_whatever_the_order() {
    let (mut dice, cents) = (Dice(47), Scale::minor("USD"));
    for _ in 0..2_000 {
        let mut offers: Vec<Offer> = (1..=dice.between(1, 6))
            .map(|id| {
                let kind = [Kind::Personal, Kind::Promo, Kind::Global][dice.between(0, 2) as usize];
                let on = [On::Whole, On::Tariff, On::Addon(7), On::Addon(8)][dice.between(0, 3) as usize];
                let off = match dice.between(0, 1) {
                    0 => Off::Percent(dice.between(0, 20) * 50_000),
                    _ => Off::Fixed(Money(dice.between(0, 2_500) * 10_000)),
                };
                offer(id, kind, off, on)
            })
            .collect();
        let taken = |offer: &Offer| offer.discount.taken(&parts(), cents).unwrap();
        let won = best(&parts(), cents, &offers).unwrap();
        let most = offers.iter().map(taken).max().unwrap();
        assert_eq!(won.as_ref().map_or(Money::ZERO, taken), most);
        let first_kind = offers.iter().filter(|offer| taken(offer) == most).map(|offer| offer.kind).min();
        assert!(won.is_none_or(|won| Some(won.kind) == first_kind));
        offers.reverse();
        let again = best(&parts(), cents, &offers).unwrap();
        assert_eq!(again.map(|offer| offer.kind), won.map(|offer| offer.kind));
    }
}
