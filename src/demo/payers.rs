//! The payers of the demo's clients.

use super::stage::Pairs;

/// Whom documents are made out to: the first is the payer of the client's payments.
pub const PAYERS: [(&str, Pairs); 13] = [
    (
        "client",
        &[
            ("profiletype", "1"),
            ("name", "Lindqvist, Ada"),
            ("person", "Ada Lindqvist"),
            ("postcode_physical", "10115"),
            ("city_physical", "Berlin"),
            ("address_physical", "Musterallee 4"),
        ],
    ),
    (
        "client",
        &[
            ("profiletype", "2"),
            ("name", "Lindqvist Design UG"),
            ("person", "Ada Lindqvist"),
            ("jobtitle", "Managing director"),
            ("vatnum", "DE000000110"),
            ("eu_vat", "DE000000110"),
            ("postcode_legal", "10115"),
            ("city_legal", "Berlin"),
            ("address_legal", "Musterallee 4"),
            ("ddirector", "Ada Lindqvist"),
            ("maildocs", "on"),
        ],
    ),
    (
        "reseller",
        &[
            ("profiletype", "2"),
            ("name", "Hanse Web Reselling KG"),
            ("person", "Torben Kruse"),
            ("jobtitle", "Owner"),
            ("vatnum", "DE000000120"),
            ("postcode_legal", "20095"),
            ("city_legal", "Hamburg"),
            ("address_legal", "Beispielkai 5"),
        ],
    ),
    (
        "smith",
        &[
            ("profiletype", "2"),
            ("name", "Smith & <Sons> \"Ltd\""),
            ("person", "John O'Smith"),
            ("jobtitle", "Partner"),
            ("postcode_legal", "94105"),
            ("city_legal", "San Francisco"),
            ("address_legal", "6 Example Street; Suite 'B'"),
        ],
    ),
    (
        "shop1",
        &[
            ("profiletype", "3"),
            ("name", "Frieda Rosengarten, Blumenladen"),
            ("person", "Frieda Rosengarten"),
            ("city_physical", "Hamburg"),
            ("address_physical", "Mustergasse 7"),
        ],
    ),
    (
        "ivanova",
        &[
            ("profiletype", "1"),
            ("name", "Иванова Мария Андреевна"),
            ("person", "Мария Андреевна Иванова"),
            ("passport", "00 00 000001"),
            ("postcode_physical", "125000"),
            ("city_physical", "Москва"),
            ("address_physical", "ул. Примерная, д. 8, кв. 9"),
        ],
    ),
    (
        "shop2",
        &[
            ("profiletype", "1"),
            ("name", "Möwe, Ølaf"),
            ("person", "Ølaf Möwe"),
            ("city_physical", "Hamburg"),
            ("address_physical", "Beispielstrand 10"),
        ],
    ),
    (
        "berg",
        &[
            ("profiletype", "2"),
            ("name", "Berg & Tal Software GmbH"),
            ("person", "Lieselotte Berg"),
            ("jobtitle", "CFO"),
            ("vatnum", "ATU00000150"),
            ("eu_vat", "ATU00000150"),
            ("city_legal", "Wien"),
            ("address_legal", "Beispielring 11"),
            ("ddirector", "Lieselotte Berg"),
        ],
    ),
    (
        "shop3",
        &[
            ("profiletype", "3"),
            ("name", "Книжная лавка «Полка»"),
            ("person", "Софья Ильинична Полканова"),
            ("city_physical", "München"),
            ("address_physical", "Musterplatz 12"),
        ],
    ),
    (
        "dupont",
        &[
            ("profiletype", "2"),
            ("name", "Société Dupont et Fils SARL"),
            ("person", "Hélène Dupont"),
            ("vatnum", "FR00000000160"),
            ("city_legal", "Lyon"),
            ("address_legal", "13 rue de l'Exemple"),
        ],
    ),
    (
        "orlov",
        &[
            ("profiletype", "3"),
            ("name", "ИП Орлов Ёрш Жанович"),
            ("person", "Ёрш Жанович Орлов"),
            ("vatnum", "000000000170"),
            ("city_legal", "Новосибирск"),
            ("address_legal", "пр. Образцовый, д. 14"),
        ],
    ),
    ("orlov", &[("profiletype", "1"), ("name", "Орлов Ёрш Жанович"), ("passport", "00 00 000002")]),
    (
        "tanaka",
        &[
            ("profiletype", "2"),
            ("name", "Tanaka Tea House K.K."),
            ("person", "Tanaka Haru"),
            ("city_legal", "Kyōto"),
            ("address_legal", "15 Rei-machi"),
        ],
    ),
];
