//! A letter: the same words as plain text and as HTML.

use secrecy::{ExposeSecret, SecretString};

/// Characters of a name that a letter quotes.
const QUOTED_CHARS_MAX: usize = 80;

/// A link that a letter asks its reader to follow.
#[derive(Clone, Debug)]
struct Action {
    label: &'static str,
    /// Carries a token.
    url: SecretString,
}

/// What a mail says. Names and other words that users gave come in by
/// [`quoted`] alone.
#[derive(Clone, Debug)]
pub struct Letter {
    subject: String,
    before: Vec<String>,
    action: Option<Action>,
    after: Vec<String>,
}

impl Letter {
    /// A letter without a body yet.
    #[must_use]
    pub fn new(subject: impl Into<String>) -> Self {
        Self {
            subject: subject.into(),
            before: Vec::new(),
            action: None,
            after: Vec::new(),
        }
    }

    /// Adds a paragraph.
    #[must_use]
    pub fn paragraph(mut self, text: impl Into<String>) -> Self {
        match self.action {
            None => self.before.push(text.into()),
            Some(_) => self.after.push(text.into()),
        }
        self
    }

    /// Adds the link to follow, after the paragraphs so far.
    #[must_use]
    pub fn action(mut self, label: &'static str, url: SecretString) -> Self {
        self.action = Some(Action { label, url });
        self
    }

    /// The subject: one line.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The body as plain text; a link stands on a line of its own.
    #[must_use]
    pub fn text(&self) -> String {
        let mut blocks: Vec<String> = self.before.clone();
        if let Some(action) = &self.action {
            blocks.push(format!("{}:\n{}", action.label, action.url.expose_secret()));
        }
        blocks.extend(self.after.iter().cloned());
        blocks.push("Tradebridge".to_owned());
        blocks.join("\n\n") + "\n"
    }

    /// The body as an HTML document, in ASCII, without anything to load.
    #[must_use]
    pub fn html(&self) -> String {
        let mut html = String::from(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"></head>\n\
             <body style=\"font-family:sans-serif;max-width:36em\">\n",
        );
        add_paragraphs(&mut html, &self.before);
        if let Some(action) = &self.action {
            let url = escaped(action.url.expose_secret());
            let label = escaped(action.label);
            html.push_str(&format!("<p><a href=\"{url}\">{label}</a></p>\n"));
        }
        add_paragraphs(&mut html, &self.after);
        html.push_str("<p>Tradebridge</p>\n</body></html>\n");
        html
    }
}

fn add_paragraphs(html: &mut String, paragraphs: &[String]) {
    for paragraph in paragraphs {
        html.push_str(&format!("<p>{}</p>\n", escaped(paragraph)));
    }
}

/// Text as HTML shows it, in ASCII: everything else is written as a number.
fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            plain if plain.is_ascii() => html.push(plain),
            other => html.push_str(&format!("&#{};", u32::from(other))),
        }
    }
    html
}

/// Words that a user gave, fit for a line of a letter and for its subject:
/// one line, of bounded length, without what is invisible, turns the writing
/// direction or is made a link by mail programs.
#[must_use]
pub(super) fn quoted(words: &str) -> String {
    let visible = words.chars().map(|character| match character {
        control if control.is_control() || control.is_whitespace() => ' ',
        // Marks of direction, joiners and other invisible characters.
        '\u{ad}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}' => ' ',
        '/' | '\\' => ' ',
        other => other,
    });
    let line: String = visible.collect();
    let words: Vec<&str> = line.split(' ').filter(|word| !word.is_empty()).collect();
    let line = words.join(" ");
    if line.chars().count() <= QUOTED_CHARS_MAX {
        return line;
    }
    let cut: String = line.chars().take(QUOTED_CHARS_MAX).collect();
    format!("{}…", cut.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn both_forms_have_the_same_words_and_the_link_is_whole() {
        let letter = Letter::new("Hello")
            .paragraph("Ada & Bob <both> wrote.")
            .action("Follow", "https://app.example/x?a=1&token=AZaz09-_".into())
            .paragraph("Good bye.");
        assert_eq!(
            letter.text(),
            "Ada & Bob <both> wrote.\n\nFollow:\nhttps://app.example/x?a=1&token=AZaz09-_\n\n\
             Good bye.\n\nTradebridge\n"
        );
        let html = letter.html();
        assert!(
            html.contains("<p>Ada &amp; Bob &lt;both&gt; wrote.</p>"),
            "{html}"
        );
        let link = r#"<a href="https://app.example/x?a=1&amp;token=AZaz09-_">Follow</a>"#;
        assert!(html.contains(link), "{html}");
        let (words, link, bye) = (html.find("wrote"), html.find("href"), html.find("Good bye"));
        assert!(words < link && link < bye, "{html}");
    }

    #[test]
    fn a_name_cannot_add_a_line_a_tag_or_a_link() {
        assert_eq!(
            quoted("Ada\r\nBcc: all@x.example"),
            "Ada Bcc: all@x.example"
        );
        assert_eq!(
            quoted("https://evil.example/win"),
            "https: evil.example win"
        );
        assert_eq!(quoted("\u{202e}gro.elpmaxe\u{200b}"), "gro.elpmaxe");
        assert_eq!(quoted("  José   Ñandú "), "José Ñandú");
        let long = quoted(&"é".repeat(500));
        assert_eq!(long.chars().count(), QUOTED_CHARS_MAX + 1);
        assert_eq!(escaped("<b>\"é'"), "&lt;b&gt;&quot;&#233;&#39;");
    }

    proptest! {
        #[test]
        fn whatever_is_quoted_stays_one_bounded_line(words in "\\PC{0,200}|[\\x00-\\x7f]{0,200}") {
            let line = quoted(&words);
            prop_assert!(line.chars().count() <= QUOTED_CHARS_MAX + 1);
            prop_assert!(!line.chars().any(char::is_control));
            prop_assert!(!line.contains("//"));
            let html = Letter::new("x").paragraph(line).html();
            prop_assert!(html.is_ascii());
            // The document's own tags and no other.
            prop_assert_eq!(html.matches('<').count(), 12);
        }
    }
}
