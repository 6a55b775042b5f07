//! The few units of SMPP 3.4 that a sender of messages needs, as octets. It is lenient where
//! providers are known to deviate: long message ids, bodies of refused answers, what follows a body.

/// Units are framed by their length, so a wrong one cannot be got over.
pub const PDU_MAX_BYTES: usize = 64 * 1024;
const HEAD_BYTES: usize = 16;

/// Command ids (SMPP 3.4 §5.1.2.1).
pub mod command {
    pub const RESPONSE: u32 = 0x8000_0000;
    pub const GENERIC_NACK: u32 = RESPONSE;
    pub const BIND_RECEIVER: u32 = 0x1;
    pub const SUBMIT_SM: u32 = 0x4;
    pub const DELIVER_SM: u32 = 0x5;
    pub const UNBIND: u32 = 0x6;
    pub const BIND_TRANSCEIVER: u32 = 0x9;
    pub const ENQUIRE_LINK: u32 = 0x15;
    pub const DATA_SM: u32 = 0x103;
}

/// What a request came to (SMPP 3.4 §5.1.3).
pub mod status {
    pub const OK: u32 = 0;
    pub const INVALID_COMMAND: u32 = 0x3;
    pub const QUEUE_FULL: u32 = 0x14;
    pub const THROTTLED: u32 = 0x58;
    /// Of a receiver: later, never.
    pub const TEMPORARY: u32 = 0x64;
    pub const PERMANENT: u32 = 0x65;

    const WORDS: [(u32, &str); 20] = [
        (0x1, "invalid message length"),
        (0x2, "invalid command length"),
        (0x3, "invalid command"),
        (0x4, "not bound for this"),
        (0x5, "already bound"),
        (0x8, "system error"),
        (0xA, "invalid source address"),
        (0xB, "invalid destination address"),
        (0xD, "bind failed"),
        (0xE, "invalid password"),
        (0xF, "invalid system id"),
        (QUEUE_FULL, "message queue full"),
        (0x15, "invalid service type"),
        (0x43, "invalid esm class"),
        (0x45, "submit failed"),
        (0x48, "invalid type of source address"),
        (0x50, "invalid type of destination address"),
        (0x53, "invalid system type"),
        (THROTTLED, "throttled"),
        (0xFF, "unknown error"),
    ];

    /// A status for who looks into the matter.
    pub fn words(status: u32) -> String {
        let known = WORDS.iter().find(|(code, _)| *code == status);
        format!("SMPP status {status:#x}{}", known.map_or(String::new(), |(_, words)| format!(": {words}")))
    }
}

/// Optional parameters (SMPP 3.4 §5.3.2).
const RECEIPTED_MESSAGE_ID: u16 = 0x1E;
const MESSAGE_PAYLOAD: u16 = 0x424;
const MESSAGE_STATE: u16 = 0x427;
const SAR_REFERENCE: u16 = 0x20C;
const SAR_TOTAL: u16 = 0x20E;
const SAR_NUMBER: u16 = 0x20F;

pub const UCS2: u8 = 8;
const INTERNATIONAL: [u8; 2] = [1, 1];

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pdu {
    pub command: u32,
    pub status: u32,
    pub sequence: u32,
    pub body: Vec<u8>,
}

impl Pdu {
    pub fn request(command: u32, sequence: u32, body: Vec<u8>) -> Self {
        Self { command, status: status::OK, sequence, body }
    }

    /// An answer. That to a delivery has an id, which is empty (§4.6.2, §4.7.2).
    pub fn answer(&self, status: u32) -> Self {
        let has_id = matches!(self.command, command::DELIVER_SM | command::DATA_SM);
        let body = if has_id { vec![0] } else { Vec::new() };
        Self { command: self.command | command::RESPONSE, status, sequence: self.sequence, body }
    }

    pub fn refusal(&self, status: u32) -> Self {
        Self { command: command::GENERIC_NACK, status, sequence: self.sequence, body: Vec::new() }
    }

    pub fn is_answer(&self) -> bool {
        self.command & command::RESPONSE != 0
    }

    pub fn octets(&self) -> Vec<u8> {
        let length = (HEAD_BYTES + self.body.len()) as u32;
        let head = [length, self.command, self.status, self.sequence].map(u32::to_be_bytes);
        [head.concat(), self.body.clone()].concat()
    }

    /// Takes the first unit out of what has arrived, if it is all there; `Err` is a length that
    /// none can have.
    pub fn take(arrived: &mut Vec<u8>) -> Result<Option<Self>, u32> {
        if arrived.len() < HEAD_BYTES {
            return Ok(None);
        }
        let word = |at: usize| u32::from_be_bytes([0, 1, 2, 3].map(|byte| arrived[4 * at + byte]));
        let length = word(0) as usize;
        if !(HEAD_BYTES..=PDU_MAX_BYTES).contains(&length) {
            return Err(word(0));
        }
        if arrived.len() < length {
            return Ok(None);
        }
        let (command, status, sequence) = (word(1), word(2), word(3));
        let body = arrived.drain(..length).skip(HEAD_BYTES).collect();
        Ok(Some(Self { command, status, sequence, body }))
    }

    /// The id in the answer to a submission; "" where there is none.
    pub fn message_id(&self) -> String {
        text(self.body.split(|octet| *octet == 0).next().unwrap_or_default())
    }
}

fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}

/// A text that ends with a zero octet, and has none before.
fn put(body: &mut Vec<u8>, text: &str, max: usize) {
    body.extend(text.bytes().filter(|octet| *octet != 0).take(max));
    body.push(0);
}

/// The body of bind_transceiver. A password is of 8 octets in the letter of §4.1.1, and of more with
/// many providers.
pub fn bind(system_id: &str, password: &str, system_type: &str) -> Vec<u8> {
    let mut body = Vec::new();
    put(&mut body, system_id, 64);
    put(&mut body, password, 64);
    put(&mut body, system_type, 12);
    body.extend([0x34, 0, 0, 0]); // version 3.4; addresses: whatever the provider has for us
    body
}

/// One part of a message.
#[derive(Debug)]
pub struct Submit<'a> {
    pub sender: &'a str,
    /// `+` and digits
    pub phone: &'a str,
    pub is_unicode: bool,
    pub octets: Vec<u8>,
    /// Which message this is a part of, of how many, and which: from 1.
    pub part: Option<[u8; 3]>,
}

/// A sender as it is written, with the type and plan of its number (§5.2.5): international, short or
/// letters. An empty one is for the provider to fill in.
fn source(sender: &str) -> ([u8; 2], &str) {
    let digits = sender.strip_prefix('+').unwrap_or(sender);
    match (digits.len(), digits.bytes().all(|byte| byte.is_ascii_digit())) {
        (0, _) => ([0, 0], ""),
        (7.., true) => (INTERNATIONAL, digits),
        (_, true) => ([3, 0], digits),
        (_, false) => ([5, 0], sender),
    }
}

impl Submit<'_> {
    pub fn body(&self) -> Vec<u8> {
        let mut body = vec![0]; // the default service
        let (kind, sender) = source(self.sender);
        body.extend(kind);
        put(&mut body, sender, 20);
        body.extend(INTERNATIONAL);
        put(&mut body, self.phone.trim_start_matches('+'), 20);
        let header = self.part.map(|[reference, total, number]| [5, 0, 3, reference, total, number]);
        let esm_class = if header.is_some() { 0x40 } else { 0 };
        body.extend([esm_class, 0, 0, 0, 0]); // no protocol or priority; at once; as long as is usual
        let data_coding = if self.is_unicode { UCS2 } else { 0 };
        body.extend([1, 0, data_coding, 0]); // a receipt, whatever becomes of it
        let message = [header.as_ref().map_or(&[][..], |header| header), &self.octets].concat();
        body.push(message.len() as u8); // a part has at most 160 octets
        body.extend(message);
        body
    }
}

/// What deliver_sm or data_sm brings.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Delivery {
    pub source: String,
    pub destination: String,
    pub esm_class: u8,
    pub data_coding: u8,
    /// The message as it came, and as a receipt has it.
    pub octets: Vec<u8>,
    pub text: String,
    /// Which message it is a part of, of how many parts, and which: 0 where parameters do not say it.
    pub sar: [u16; 3],
    pub receipted_message_id: Option<String>,
    pub message_state: Option<u8>,
}

impl Delivery {
    /// A receipt, by its class or its parameters (§5.2.12).
    pub fn is_receipt(&self) -> bool {
        self.esm_class & 0x3C == 0x04 || self.receipted_message_id.is_some()
    }

    pub fn read(pdu: &Pdu) -> Option<Self> {
        let mut input = Input(&pdu.body);
        input.text()?; // service
        let mut addresses = [String::new(), String::new()];
        for address in &mut addresses {
            input.octets(2)?; // its type and plan
            *address = input.text()?;
        }
        let [source, destination] = addresses;
        let mut delivery = Self { source, destination, ..Self::default() };
        match pdu.command {
            command::DATA_SM => delivery.short(&mut input)?,
            _ => delivery.long(&mut input)?,
        }
        delivery.parameters(&mut input);
        delivery.text = decoded(&delivery.octets, delivery.data_coding);
        Some(delivery)
    }

    /// What data_sm has behind the addresses (§4.7.1); its message is a parameter.
    fn short(&mut self, input: &mut Input) -> Option<()> {
        let [esm_class, _, data_coding] = *input.octets(3)? else { return None };
        (self.esm_class, self.data_coding) = (esm_class, data_coding);
        Some(())
    }

    /// The same of deliver_sm (§4.6.1).
    fn long(&mut self, input: &mut Input) -> Option<()> {
        self.esm_class = input.octets(3)?[0];
        input.text()?; // times
        input.text()?;
        let [_, _, data_coding, _, length] = *input.octets(5)? else { return None };
        self.data_coding = data_coding;
        self.octets = input.octets(usize::from(length))?.to_vec();
        Some(())
    }

    fn parameters(&mut self, input: &mut Input) {
        while let Some((tag, value)) = input.parameter() {
            match tag {
                RECEIPTED_MESSAGE_ID => self.receipted_message_id = Input(value).text_or_rest(),
                MESSAGE_STATE => self.message_state = value.first().copied(),
                MESSAGE_PAYLOAD => self.octets = value.to_vec(),
                SAR_REFERENCE => self.sar[0] = number(value),
                SAR_TOTAL => self.sar[1] = number(value),
                SAR_NUMBER => self.sar[2] = number(value),
                _ => {}
            }
        }
    }
}

fn number(octets: &[u8]) -> u16 {
    octets.iter().fold(0, |number, octet| number << 8 | u16::from(*octet))
}

fn decoded(octets: &[u8], data_coding: u8) -> String {
    if data_coding != UCS2 {
        return text(octets);
    }
    let units: Vec<u16> = octets.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect();
    String::from_utf16_lossy(&units)
}

struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn octets(&mut self, count: usize) -> Option<&'a [u8]> {
        let (octets, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(octets)
    }

    fn text(&mut self) -> Option<String> {
        let end = self.0.iter().position(|octet| *octet == 0)?;
        let octets = self.octets(end + 1)?;
        Some(text(&octets[..end]))
    }

    /// A text whose last zero some leave out.
    fn text_or_rest(&mut self) -> Option<String> {
        self.text().or_else(|| Some(text(self.0))).filter(|text| !text.is_empty())
    }

    fn parameter(&mut self) -> Option<(u16, &'a [u8])> {
        let [tag, tag_low, length, length_low] = *self.octets(4)? else { return None };
        let value = self.octets(usize::from(u16::from_be_bytes([length, length_low])))?;
        Some((u16::from_be_bytes([tag, tag_low]), value))
    }
}

#[cfg(test)]
mod tests;
