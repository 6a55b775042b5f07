//! What a route consists of: its parameters, the functions behind it, the parts of its reply.

use serde::Deserialize;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    #[default]
    Text,
    /// The same, but "" where there is none.
    String,
    Int,
    Bool,
    /// Text or number, without an exponent.
    Amount,
    /// The login of a client, which becomes the id of his account.
    Login,
    /// The amount of a document: `5.00 EUR`.
    Money,
    /// Several texts, which become lines.
    List,
    /// 1, true and on are yes, all else is no.
    Switch,
    /// Microseconds of a document.
    Moment,
    /// Nothing at all.
    Null,
    /// A list without anything.
    Empty,
    /// Words separated by commas as the names of members that are 1: `{"af":1}`.
    Members,
}

/// A parameter.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct In {
    #[serde(rename = "@name")]
    pub name: String,
    /// What we call it, by as many names as there are words; the same where nothing is said.
    #[serde(default, rename = "@to")]
    to: String,
    #[serde(default, rename = "@kind")]
    pub kind: Kind,
    #[serde(default, rename = "@required")]
    required: String,
    /// The kinds of keys that send it, separated by blanks; of others it has no effect. All where nothing is
    /// said.
    #[serde(default, rename = "@keys")]
    keys: String,
    /// The header of a request that stands for it where it is not sent.
    #[serde(default, rename = "@header")]
    pub header: String,
    /// Where nothing is sent.
    #[serde(default, rename = "@default")]
    pub default: String,
    /// `number.country:country`: a number stands for that column of the row which has it as its id;
    /// `number.maxprice?product:id`: a word for that of the row with this word.
    #[serde(default, rename = "@lookup")]
    pub lookup: String,
    /// What it may be, separated by blanks; anything where nothing is said.
    #[serde(default, rename = "@words")]
    words: String,
}

/// One of our functions.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    #[serde(rename = "@func")]
    pub func: String,
    /// `active=on`: only where the parameter has this value.
    #[serde(default, rename = "@when")]
    pub when: String,
    /// Only looks, whatever else the route does.
    #[serde(default, rename = "@looks")]
    looks: String,
    #[serde(default, rename = "set")]
    pub sets: Vec<Set>,
    #[serde(default, rename = "reply")]
    pub replies: Vec<Reply>,
    /// The reply as plain text: the first whose condition holds.
    #[serde(default, rename = "text")]
    pub texts: Vec<Text>,
}

/// `ACCESS_NUMBER:{id}:{phone}`: names stand for leaves of the document; of several elements the last.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// `status=PENDING,RECEIVED`: only where the leaf has one of these values.
    #[serde(default, rename = "@when")]
    pub when: String,
    #[serde(rename = "@is")]
    pub is: String,
}

/// A parameter that is always the same.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Set {
    #[serde(rename = "@name")]
    pub name: String,
    #[serde(rename = "@value")]
    pub value: String,
}

/// A part of the reply.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// The member: `data`, or `data/sip` for one inside of it; "" for the reply itself.
    #[serde(default, rename = "@at")]
    pub at: String,
    /// A list of all rows, not an object: `yes`, or the name of the elements that a document has.
    /// `distinct`: of those that differ. `keyed`: an object with a member for each row. `nested`: likewise, laid
    /// into what is there, under the values of several columns.
    #[serde(default, rename = "@rows")]
    pub rows: String,
    /// What the member of a row is called by; a text with `{name}`s of columns, where it has any.
    #[serde(default, rename = "@key")]
    pub key: String,
    /// A list of the texts of the elements that a document has under this name; left out where there are
    /// none.
    #[serde(default, rename = "@texts")]
    pub texts: String,
    #[serde(default, rename = "out")]
    pub outs: Vec<Out>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Out {
    #[serde(rename = "@name")]
    pub name: String,
    /// What we call it; the same where nothing is said.
    #[serde(default, rename = "@from")]
    from: String,
    /// Of values that a document has as text.
    #[serde(default, rename = "@kind")]
    pub kind: Kind,
    /// Always this.
    #[serde(default, rename = "@value")]
    pub value: Option<String>,
    /// Not the value, but whether it is one of these, separated by blanks.
    #[serde(default, rename = "@is")]
    pub is: Option<String>,
    /// Left out where there is none.
    #[serde(default, rename = "@optional")]
    optional: String,
    /// A list: what differs between rows that are alike in all else.
    #[serde(default, rename = "out")]
    pub outs: Vec<Out>,
    /// A list of the elements that the document has under this name.
    #[serde(default, rename = "@each")]
    pub each: String,
    /// A list of the rows that this function has of a row: its column `elid` says which.
    #[serde(default, rename = "@func")]
    pub func: String,
    #[serde(default, rename = "@elid")]
    pub elid: String,
    /// `status=RECEIVED FINISHED`: of other rows there are none.
    #[serde(default, rename = "@when")]
    pub when: String,
}

impl Call {
    pub fn looks(&self) -> bool {
        self.looks == "yes"
    }
}

impl In {
    pub fn to(&self) -> impl Iterator<Item = &str> {
        if self.to.is_empty() { &self.name } else { &self.to }.split(' ')
    }

    pub fn is_required(&self) -> bool {
        self.required == "yes"
    }

    pub fn takes(&self, text: &str) -> bool {
        self.words.is_empty() || self.words.split(' ').any(|word| word == text)
    }

    /// A number where ids are looked up, anything where words are.
    pub fn is_looked_up(&self, text: &str) -> bool {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        !self.lookup.is_empty() && (is_number || self.lookup.contains('?'))
    }

    /// Does a key of that kind send it?
    pub fn is_taken(&self, key: &str) -> bool {
        self.keys.is_empty() || self.keys.split(' ').any(|kind| kind == key)
    }
}

impl Out {
    pub fn is_list(&self) -> bool {
        !self.outs.is_empty() && self.each.is_empty() && self.func.is_empty()
    }

    pub fn is_optional(&self) -> bool {
        self.optional == "yes"
    }

    pub fn from(&self) -> &str {
        if self.from.is_empty() { &self.name } else { &self.from }
    }
}
