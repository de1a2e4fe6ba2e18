//! Bytes on the wire: the few building blocks that every table uses.
//!
//! There is no packet type here on purpose. A vector's bytes are put together field by field by the
//! table that knows what they mean, so that no encoder's mistake can repeat itself in its tests.

/// A Variable Byte Integer in its shortest form.
pub(crate) fn varint(value: usize) -> Vec<u8> {
    let mut rest = value;
    let mut out = Vec::new();
    loop {
        let low = u8::try_from(rest % 128).unwrap_or_default();
        rest /= 128;
        if rest == 0 {
            out.push(low);
            return out;
        }
        out.push(low | 0x80);
    }
}

/// The same value in exactly `width` bytes, padded with continuation bytes.
pub(crate) fn varint_of_width(value: usize, width: usize) -> Vec<u8> {
    let mut out = varint(value);
    while out.len() < width {
        if let Some(last) = out.last_mut() {
            *last |= 0x80;
        }
        out.push(0);
    }
    out
}

/// A string or binary field: two bytes of length, then the content.
pub(crate) fn field(content: &[u8]) -> Vec<u8> {
    field_claiming(content.len(), content)
}

/// A string or binary field whose length says something else than its content.
pub(crate) fn field_claiming(length: usize, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(length).unwrap_or(u16::MAX);
    [&length.to_be_bytes()[..], content].concat()
}

/// Puts a fixed header before a body.
pub(crate) fn frame(first: u8, body: &[u8]) -> Vec<u8> {
    [&[first][..], &varint(body.len()), body].concat()
}

/// How many bytes the fixed header takes before a body of this length.
pub(crate) fn head(body: usize) -> usize {
    1 + varint(body).len()
}

/// A body under construction, whose positions become offsets once its length is known.
#[derive(Clone, Debug)]
pub(crate) struct Body {
    first: u8,
    pub(crate) bytes: Vec<u8>,
}

impl Body {
    pub(crate) fn new(first: u8) -> Self {
        Self { first, bytes: Vec::new() }
    }

    pub(crate) fn raw(mut self, bytes: &[u8]) -> Self {
        self.bytes.extend_from_slice(bytes);
        self
    }

    pub(crate) fn field(self, content: &[u8]) -> Self {
        self.raw(&field(content))
    }

    pub(crate) fn u16(self, value: u16) -> Self {
        self.raw(&value.to_be_bytes())
    }

    pub(crate) fn here(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn frame(&self) -> Vec<u8> {
        frame(self.first, &self.bytes)
    }

    /// The offset in the whole packet of a position in the body.
    pub(crate) fn offset(&self, position: usize) -> usize {
        head(self.bytes.len()) + position
    }
}
