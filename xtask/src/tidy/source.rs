//! Rust source with its comments and literals blanked, so that a gate can look for words of the code alone.

/// The text with comments, strings and characters replaced by spaces; lines stay where they are.
pub(crate) fn code(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut i = 0;
    while i < chars.len() {
        let end = literal_end(&chars, i);
        if end == i {
            out.push(chars[i]);
            i += 1;
        } else {
            out.extend(chars[i..end].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
            i = end;
        }
    }
    out
}

/// Whether a word stands in the code: letters, digits and `_` do not touch it.
pub(crate) fn has_word(code: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word).any(|(at, _)| {
        !code[..at].chars().next_back().is_some_and(part) && !code[at + word.len()..].chars().next().is_some_and(part)
    })
}

/// Where the comment or literal that starts at `i` ends; `i` itself if none starts there.
fn literal_end(c: &[char], i: usize) -> usize {
    let at = |k: usize| c.get(k).copied().unwrap_or('\0');
    match (at(i), at(i + 1)) {
        ('/', '/') => (i..c.len()).find(|k| c[*k] == '\n').unwrap_or(c.len()),
        ('/', '*') => block_end(c, i),
        ('"', _) => string_end(c, i + 1),
        ('r', '"' | '#') if i == 0 || !(at(i - 1).is_alphanumeric() || at(i - 1) == '_') => raw_end(c, i),
        // A character, not a lifetime: 'x' or an escape.
        ('\'', '\\') => (i + 3..c.len()).find(|k| c[*k] == '\'').map_or(c.len(), |k| k + 1),
        ('\'', _) if at(i + 2) == '\'' => i + 3,
        _ => i,
    }
}

fn block_end(c: &[char], i: usize) -> usize {
    let (mut depth, mut k) = (0, i);
    while k + 1 < c.len() {
        match (c[k], c[k + 1]) {
            ('/', '*') => depth += 1,
            ('*', '/') => depth -= 1,
            _ => {
                k += 1;
                continue;
            }
        }
        k += 2;
        if depth == 0 {
            return k;
        }
    }
    c.len()
}

fn string_end(c: &[char], mut k: usize) -> usize {
    while k < c.len() {
        match c[k] {
            '\\' => k += 2,
            '"' => return k + 1,
            _ => k += 1,
        }
    }
    c.len()
}

fn raw_end(c: &[char], i: usize) -> usize {
    let hashes = c[i + 1..].iter().take_while(|x| **x == '#').count();
    if c.get(i + 1 + hashes) != Some(&'"') {
        return i;
    }
    let body = i + 2 + hashes;
    let closes = |k: &usize| c[*k] == '"' && c[k + 1..].iter().take(hashes).filter(|x| **x == '#').count() == hashes;
    (body..c.len()).find(closes).map_or(c.len(), |k| k + 1 + hashes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_in_comments_and_literals_are_not_code() {
        let text =
            "// unsafe\n/* unsafe /* unsafe */ */ \"unsafe \\\" unsafe\" r#\"unsafe \" unsafe\"# 'u' fn a<'u>() {}";
        assert!(!has_word(&code(text), "unsafe"));
        assert!(has_word(&code(text), "fn"));
        assert_eq!(code(text).lines().count(), text.lines().count());
        assert!(has_word(&code("let c = '\\''; unsafe { x }"), "unsafe"));
        assert!(!has_word("unsafe_code", "unsafe"));
    }
}
